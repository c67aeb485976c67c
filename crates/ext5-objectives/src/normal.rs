//! Normal values by the thousand, the bits of [`Stream::normal`] rounded to f32.
//!
//! Logarithm and cosine are polynomials, without branches and calls, good to far more digits than an f32 has: where the next
//! f32 on either side is out of their error's reach, the value is the one sought, elsewhere it is computed as `normal` does.
use crate::Stream;

/// Values that are computed at once.
const LANES: usize = 32;
/// Bound of the error of a value, in parts of its size and of its radius; that of the polynomials is a hundredth of it.
const ERROR: f64 = 1e-13;

/// Fills `out` with the next values of `stream`.
pub(crate) fn fill(stream: &mut Stream, out: &mut [f32]) {
    let (chunks, rest) = out.as_chunks_mut::<LANES>();
    for chunk in chunks {
        let before = stream.clone();
        let (mut first, mut second) = ([0.0; LANES], [0.0; LANES]);
        for (first, second) in first.iter_mut().zip(&mut second) {
            (*first, *second) = (stream.uniform(), stream.uniform());
        }
        let mut sure = [false; LANES];
        let lanes = chunk.iter_mut().zip(&mut sure);
        for ((value, sure), (first, second)) in lanes.zip(first.into_iter().zip(second)) {
            let radius = (-2.0 * logarithm(1.0 - first)).sqrt();
            let found = radius * cosine(second);
            let error = ERROR * (found.abs() + radius);
            *value = (found - error) as f32;
            let above = (found + error) as f32;
            *sure = value.to_bits() == above.to_bits() && radius > 0.0;
        }
        for (lane, value) in chunk.iter_mut().enumerate() {
            if !sure.get(lane).copied().unwrap_or_default() {
                let mut again = before.clone();
                again.skip(2 * lane as u64);
                *value = again.normal() as f32;
            }
        }
    }
    for value in rest {
        *value = stream.normal() as f32;
    }
}

/// Natural logarithm of a number above 0 that is not subnormal.
fn logarithm(x: f64) -> f64 {
    const MANTISSA: u64 = (1 << 52) - 1;
    const ROOT_HALF: u64 = std::f64::consts::FRAC_1_SQRT_2.to_bits();
    const ONE: u64 = 1.0_f64.to_bits();
    /// Its last bits are whole numbers.
    const WHOLE: f64 = (1_u64 << 52) as f64;
    // x = m * 2^exponent with m around 1.
    let shifted = x.to_bits().wrapping_add(ONE - ROOT_HALF);
    let m = f64::from_bits((shifted & MANTISSA).wrapping_add(ROOT_HALF));
    let exponent = f64::from_bits(WHOLE.to_bits() | (shifted >> 52)) - (WHOLE + 1023.0);
    // ln m = 2 artanh s
    let s = (m - 1.0) / (m + 1.0);
    let z = s * s;
    let mut sum = 1.0 / 19.0;
    for odd in [17.0, 15.0, 13.0, 11.0, 9.0, 7.0, 5.0, 3.0, 1.0] {
        sum = sum * z + 1.0 / odd;
    }
    exponent * std::f64::consts::LN_2 + 2.0 * s * sum
}

/// Cosine of `turns` whole turns, from 0 to 1.
fn cosine(turns: f64) -> f64 {
    // A sine within a quarter of a turn of 0, by Taylor's polynomial.
    let x = std::f64::consts::TAU * ((turns - 0.5).abs() - 0.25);
    let z = x * x;
    let mut sum = 1.0;
    for last in [20.0, 18.0, 16.0, 14.0, 12.0, 10.0, 8.0, 6.0, 4.0, 2.0] {
        sum = 1.0 - sum * z * (1.0 / (last * (last + 1.0)));
    }
    x * sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_those_of_values_drawn_one_by_one() {
        for seed in 0..4 {
            let mut stream = Stream::new(&[seed]);
            let mut found = vec![0.0; 250_003];
            fill(&mut stream.clone(), &mut found);
            for (at, found) in found.into_iter().enumerate() {
                let expected = stream.normal() as f32;
                assert_eq!(found.to_bits(), expected.to_bits(), "value {at} of {seed}");
            }
        }
    }

    /// Far closer than what [`fill`] takes for granted.
    #[test]
    fn polynomials_are_good_to_a_hundredth_of_the_bound() {
        for number in 0..100_000 {
            let turns = f64::from(number) / 100_000.0;
            let exact = (std::f64::consts::TAU * turns).cos();
            assert!((cosine(turns) - exact).abs() < ERROR / 100.0, "{turns}");
            for x in [1.0 - turns, (1.0 - turns) * 2_f64.powi(-50)] {
                let (found, exact) = (logarithm(x), x.ln());
                assert!((found - exact).abs() <= ERROR / 50.0 * exact.abs(), "{x}");
            }
        }
    }
}
