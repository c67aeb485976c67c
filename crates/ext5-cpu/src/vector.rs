use crate::isa::{for_each_isa, multiply_add};

pub(crate) const LANES: usize = 32;

for_each_isa! {
    /// Sum of `a[i] * b[i]`.
    pub fn dot(a: &[f32], b: &[f32]) -> f32 => dot_body
}
for_each_isa! {
    /// The largest number; negative infinity of none.
    pub fn max(values: &[f32]) -> f32 => max_body
}
for_each_isa! {
    /// Turns logits into probabilities; all zero where every logit is negative infinity.
    pub fn softmax(values: &mut [f32]) => softmax_body
}
for_each_isa! {
    /// Logarithm of the sum of exponentials, stable.
    pub fn log_sum_exp(values: &[f32]) -> f32 => log_sum_exp_body
}
for_each_isa! {
    /// RMS norm of `x` (T5's layer norm, arXiv 1910.07467): `x / sqrt(mean(x²) + epsilon) * weight` into `out`.
    pub fn rms_norm(x: &[f32], weight: &[f32], epsilon: f32, out: &mut [f32]) => rms_norm_body
}
for_each_isa! {
    /// `x = max(x, 0)`.
    pub fn relu(x: &mut [f32]) => relu_body
}
for_each_isa! {
    /// `x = x * sigmoid(x)`.
    pub fn silu(x: &mut [f32]) => silu_body
}
for_each_isa! {
    /// GELU in its tanh approximation (`gelu_new` of transformers).
    pub fn gelu_tanh(x: &mut [f32]) => gelu_tanh_body
}
for_each_isa! {
    /// `x = x * gate`.
    pub fn multiply(x: &mut [f32], gate: &[f32]) => multiply_body
}
for_each_isa! {
    /// `x = x + y`.
    pub fn add(x: &mut [f32], y: &[f32]) => add_body
}

/// Index of the largest number, the first of equals; 0 of none.
#[expect(clippy::float_cmp, reason = "looks for the very number found")]
pub fn argmax(values: &[f32]) -> usize {
    let most = max(values);
    values.iter().position(|&value| value == most).unwrap_or(0)
}

/// The sums of [`LANES`] interleaved parts, added in one fixed order.
#[inline(always)]
pub(crate) fn total(mut lanes: [f32; LANES]) -> f32 {
    let mut width = LANES / 2;
    while width > 0 {
        for lane in 0..width {
            lanes[lane] += lanes[lane + width];
        }
        width /= 2;
    }
    lanes[0]
}

#[inline(always)]
pub(crate) fn dot_body<const FMA: bool>(a: &[f32], b: &[f32]) -> f32 {
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    let mut lanes = [0.0; LANES];
    for (a, b) in a.iter().zip(b) {
        for lane in 0..LANES {
            lanes[lane] = multiply_add::<FMA>(a[lane], b[lane], lanes[lane]);
        }
    }
    let mut sum = total(lanes);
    for (&a, &b) in a_rest.iter().zip(b_rest) {
        sum = multiply_add::<FMA>(a, b, sum);
    }
    sum
}

#[inline(always)]
pub(crate) fn max_body<const FMA: bool>(values: &[f32]) -> f32 {
    let (chunks, rest) = values.as_chunks::<LANES>();
    let mut lanes = [f32::NEG_INFINITY; LANES];
    for chunk in chunks {
        for lane in 0..LANES {
            lanes[lane] = if chunk[lane] > lanes[lane] {
                chunk[lane]
            } else {
                lanes[lane]
            };
        }
    }
    let both = lanes.iter().chain(rest);
    both.fold(
        f32::NEG_INFINITY,
        |most, &value| if value > most { value } else { most },
    )
}

#[inline(always)]
pub(crate) fn softmax_body<const FMA: bool>(values: &mut [f32]) {
    let most = max_body::<FMA>(values);
    if most == f32::NEG_INFINITY {
        // Nothing is allowed, or nothing is a number: damage must show.
        let damaged = values.iter().any(|value| value.is_nan());
        values.fill(if damaged { f32::NAN } else { 0.0 });
        return;
    }
    for value in values.iter_mut() {
        *value = exp::<FMA>(*value - most);
    }
    let scale = 1.0 / sum::<FMA>(values, |value| value);
    for value in values {
        *value *= scale;
    }
}

#[inline(always)]
fn log_sum_exp_body<const FMA: bool>(values: &[f32]) -> f32 {
    let most = max_body::<FMA>(values);
    if most == f32::NEG_INFINITY {
        return values
            .iter()
            .copied()
            .find(|value| value.is_nan())
            .unwrap_or(most);
    }
    most + sum::<FMA>(values, |value| exp::<FMA>(value - most)).ln()
}

/// Sum of `of(0)` to `of(count - 1)` in [`LANES`] interleaved parts.
#[inline(always)]
pub(crate) fn total_of(count: usize, of: impl Fn(usize) -> f32) -> f32 {
    let mut lanes = [0.0; LANES];
    let whole = count - count % LANES;
    let mut first = 0;
    while first < whole {
        for (lane, sum) in lanes.iter_mut().enumerate() {
            *sum += of(first + lane);
        }
        first += LANES;
    }
    (whole..count).fold(total(lanes), |sum, at| sum + of(at))
}

#[inline(always)]
fn sum<const FMA: bool>(values: &[f32], of: impl Fn(f32) -> f32) -> f32 {
    let (chunks, rest) = values.as_chunks::<LANES>();
    let mut lanes = [0.0; LANES];
    for chunk in chunks {
        for lane in 0..LANES {
            lanes[lane] += of(chunk[lane]);
        }
    }
    rest.iter()
        .fold(total(lanes), |sum, &value| sum + of(value))
}

#[inline(always)]
fn rms_norm_body<const FMA: bool>(x: &[f32], weight: &[f32], epsilon: f32, out: &mut [f32]) {
    let mean = dot_body::<FMA>(x, x) / x.len() as f32;
    let scale = 1.0 / (mean + epsilon).sqrt();
    for ((out, &x), &weight) in out.iter_mut().zip(x).zip(weight) {
        *out = x * scale * weight;
    }
}

#[inline(always)]
fn relu_body<const FMA: bool>(x: &mut [f32]) {
    for x in x {
        *x = if *x < 0.0 { 0.0 } else { *x };
    }
}

#[inline(always)]
fn silu_body<const FMA: bool>(x: &mut [f32]) {
    for x in x {
        *x /= 1.0 + exp::<FMA>(-*x);
    }
}

#[inline(always)]
fn gelu_tanh_body<const FMA: bool>(x: &mut [f32]) {
    // 0.5 x (1 + tanh(u)) = x sigmoid(2u) with u = sqrt(2/pi) (x + 0.044715 x³)
    const TWICE: f32 = 1.595_769_2;
    for x in x {
        let cube = *x * *x * *x;
        let u = TWICE * multiply_add::<FMA>(0.044_715, cube, *x);
        *x /= 1.0 + exp::<FMA>(-u);
    }
}

#[inline(always)]
fn multiply_body<const FMA: bool>(x: &mut [f32], gate: &[f32]) {
    for (x, &gate) in x.iter_mut().zip(gate) {
        *x *= gate;
    }
}

#[inline(always)]
fn add_body<const FMA: bool>(x: &mut [f32], y: &[f32]) {
    for (x, &y) in x.iter_mut().zip(y) {
        *x += y;
    }
}

/// Exponential without a branch, so that a loop of it becomes vector code; within 2 units in the last place, 0 below -87.3,
/// that of 88.7 above it, NaN of NaN.
#[inline(always)]
pub(crate) fn exp<const FMA: bool>(x: f32) -> f32 {
    const LOG2_E: f32 = std::f32::consts::LOG2_E;
    // ln 2 in two parts, the first with few bits, so that n * HIGH is exact.
    const HIGH: f32 = 0.693_359_4;
    const LOW: f32 = -2.121_944_4e-4;
    const ROUND: f32 = 12_582_912.0; // 1.5 * 2^23: adding it leaves the nearest whole number in the low bits
    let given = x;
    let x = if x > 88.7 { 88.7 } else { x };
    let x = if x < -87.3 { -87.3 } else { x };
    let shifted = multiply_add::<FMA>(x, LOG2_E, ROUND);
    let n = shifted - ROUND;
    let r = multiply_add::<FMA>(-n, LOW, multiply_add::<FMA>(-n, HIGH, x));
    // Taylor's polynomial of degree 7 over |r| <= ln 2 / 2.
    let mut p = 1.0 / 5040.0;
    for c in [
        1.0 / 720.0,
        1.0 / 120.0,
        1.0 / 24.0,
        1.0 / 6.0,
        0.5,
        1.0,
        1.0,
    ] {
        p = multiply_add::<FMA>(p, r, c);
    }
    let power = ((shifted.to_bits() as i32).wrapping_sub(ROUND.to_bits() as i32)) << 23;
    let value = f32::from_bits((p.to_bits() as i32).wrapping_add(power) as u32);
    let value = if given < -87.3 { 0.0 } else { value };
    if given.is_nan() { given } else { value }
}
