//! Student's t distribution with a whole number of degrees of freedom, by the incomplete beta function's continued fraction
//! (Abramowitz and Stegun 26.5.8, 26.7.1); within 1e-9 of `scipy.stats.t`.
use std::f64::consts::PI;

/// Above it a quotient of gamma functions is taken from its series, whose error is then below the last bit.
const MANY: u64 = 100_000;
/// Smallest step of the continued fraction that still counts.
const PRECISION: f64 = 1e-16;
/// Steps of the continued fraction; it needs about the square root of the degrees of freedom.
const STEPS: u64 = 20_000;

/// Probability that t is at least this far from 0, on either side; 1 without degrees of freedom.
pub fn two_sided(t: f64, df: u64) -> f64 {
    let (half, ratio) = (df as f64 / 2.0, t * t / df as f64);
    if df == 0 || ratio.is_nan() {
        return 1.0;
    }
    if ratio.is_infinite() {
        return 0.0;
    }
    let (below, above) = (1.0 / (1.0 + ratio), ratio / (1.0 + ratio));
    let front = gamma_quotient(df) / PI.sqrt() * (-half * ratio.ln_1p()).exp() * above.sqrt();
    let p_value = if below < (half + 1.0) / (half + 2.5) {
        front / (half * fraction(half, 0.5, below))
    } else {
        1.0 - front / (0.5 * fraction(0.5, half, above))
    };
    p_value.clamp(0.0, 1.0)
}

/// The t below which `probability` lies; infinite at probabilities of 0 and 1, and without degrees of freedom.
pub fn quantile(probability: f64, df: u64) -> f64 {
    let tail = 2.0 * probability.min(1.0 - probability);
    let sign = if probability < 0.5 { -1.0 } else { 1.0 };
    if df == 0 || tail.is_nan() || tail <= 0.0 {
        return sign * f64::INFINITY;
    }
    // The tail falls ever more slowly, so that Newton's steps from 0 come nearer and never go beyond.
    let mut t = 0.0;
    for _ in 0..STEPS {
        let next = t + (two_sided(t, df) - tail) / (2.0 * density(t, df));
        if next.is_nan() || next <= t {
            break;
        }
        t = next;
    }
    sign * t
}

fn density(t: f64, df: u64) -> f64 {
    let (quotient, df) = (gamma_quotient(df), df as f64);
    quotient / (df * PI).sqrt() * (-f64::midpoint(df, 1.0) * (t * t / df).ln_1p()).exp()
}

/// Gamma of half of `df + 1` divided by gamma of half of `df`.
fn gamma_quotient(df: u64) -> f64 {
    if df > MANY {
        let df = df as f64;
        return (df / 2.0).sqrt() * (1.0 - 1.0 / (4.0 * df) + 1.0 / (32.0 * df * df));
    }
    let (first, start) = if df % 2 == 1 {
        (1, 1.0 / PI.sqrt())
    } else {
        (2, PI.sqrt() / 2.0)
    };
    let steps = (first..df).step_by(2);
    steps.fold(start, |quotient, at| quotient * (at + 1) as f64 / at as f64)
}

/// The continued fraction of the incomplete beta function, from its front (modified Lentz).
fn fraction(a: f64, b: f64, x: f64) -> f64 {
    let nonzero = |value: f64| {
        if value.abs() < 1e-300 { 1e-300 } else { value }
    };
    let (mut value, mut upper, mut lower) = (1.0, 1.0, 0.0);
    for step in 1..STEPS {
        let m = (step / 2) as f64;
        let term = if step % 2 == 1 {
            -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0))
        } else {
            m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m))
        };
        lower = 1.0 / nonzero(1.0 + term * lower);
        upper = nonzero(1.0 + term / upper);
        value *= upper * lower;
        if (upper * lower - 1.0).abs() < PRECISION {
            break;
        }
    }
    value
}
