use crate::isa::{for_each_isa, multiply_add};
use crate::vector::{dot_body, exp, max_body, total_of};

for_each_isa! {
    /// Gradient of [`crate::rms_norm`]: of `dy`, that of its output, adds to `dx` and to `dweight`.
    pub fn rms_norm_gradient(x: &[f32], weight: &[f32], epsilon: f32, dy: &[f32], dx: &mut [f32], dweight: &mut [f32])
        => rms_norm_gradient_body
}
for_each_isa! {
    /// A gated GELU's row `[2 * F]`, gate first, with the gradient `d` `[F]` of its output: the row becomes its own gradient, `d`
    /// becomes the output.
    pub fn gated_gelu_gradient(wide: &mut [f32], d: &mut [f32]) => gated_gelu_gradient_body
}
for_each_isa! {
    /// As [`gated_gelu_gradient`], for a gated `SiLU`.
    pub fn gated_silu_gradient(wide: &mut [f32], d: &mut [f32]) => gated_silu_gradient_body
}
for_each_isa! {
    /// As [`gated_gelu_gradient`], for a gated `ReLU`.
    pub fn gated_relu_gradient(wide: &mut [f32], d: &mut [f32]) => gated_relu_gradient_body
}
for_each_isa! {
    /// A GELU's row `[F]` with the gradient `d` `[F]` of its output: the row becomes its own gradient, `d` the output.
    pub fn gelu_gradient(wide: &mut [f32], d: &mut [f32]) => gelu_gradient_body
}
for_each_isa! {
    /// As [`gelu_gradient`], for `SiLU`.
    pub fn silu_gradient(wide: &mut [f32], d: &mut [f32]) => silu_gradient_body
}
for_each_isa! {
    /// As [`gelu_gradient`], for `ReLU`.
    pub fn relu_gradient(wide: &mut [f32], d: &mut [f32]) => relu_gradient_body
}
for_each_isa! {
    /// Turns a row of logits into `scale` times the gradient of `-log p(target) + z_loss * log²Z`; answers `(-log p(target), log Z)`.
    pub fn cross_entropy_gradient(logits: &mut [f32], target: usize, scale: f32, z_loss: f32) -> (f32, f32)
        => cross_entropy_gradient_body
}

#[inline(always)]
fn rms_norm_gradient_body<const FMA: bool>(
    x: &[f32],
    weight: &[f32],
    epsilon: f32,
    dy: &[f32],
    dx: &mut [f32],
    dweight: &mut [f32],
) {
    let width = x.len();
    let (weight, dy, dx, dweight) = (
        &weight[..width],
        &dy[..width],
        &mut dx[..width],
        &mut dweight[..width],
    );
    let scale = 1.0 / (dot_body::<FMA>(x, x) / width as f32 + epsilon).sqrt();
    let along = total_of(width, |at| dy[at] * weight[at] * x[at]);
    let pull = along * scale * scale * scale / width as f32;
    for at in 0..width {
        let dy = dy[at] * scale;
        dx[at] += dy * weight[at] - pull * x[at];
        dweight[at] = multiply_add::<FMA>(dy, x[at], dweight[at]);
    }
}

/// GELU in its tanh approximation and its slope.
#[inline(always)]
fn gelu<const FMA: bool>(x: f32) -> (f32, f32) {
    // x s with s = sigmoid(2u), u = sqrt(2/pi) (x + 0.044715 x³)
    const TWICE: f32 = 1.595_769_2;
    const CUBIC: f32 = 0.044_715;
    let square = x * x;
    let u = TWICE * x * multiply_add::<FMA>(CUBIC, square, 1.0);
    let s = 1.0 / (1.0 + exp::<FMA>(-u));
    let du = TWICE * multiply_add::<FMA>(3.0 * CUBIC, square, 1.0);
    (x * s, s + x * s * (1.0 - s) * du)
}

#[inline(always)]
fn silu<const FMA: bool>(x: f32) -> (f32, f32) {
    let s = 1.0 / (1.0 + exp::<FMA>(-x));
    (x * s, s + x * s * (1.0 - s))
}

#[inline(always)]
fn relu<const FMA: bool>(x: f32) -> (f32, f32) {
    if x > 0.0 {
        (x, 1.0)
    } else {
        // 0, or NaN: damage must show.
        (x * 0.0, 0.0)
    }
}

#[inline(always)]
fn gated(wide: &mut [f32], d: &mut [f32], activation: impl Fn(f32) -> (f32, f32)) {
    let width = d.len();
    let (gate, linear) = wide.split_at_mut(width);
    let linear = &mut linear[..width];
    for at in 0..width {
        let (value, slope) = activation(gate[at]);
        gate[at] = d[at] * linear[at] * slope;
        let output = value * linear[at];
        linear[at] = d[at] * value;
        d[at] = output;
    }
}

#[inline(always)]
fn plain(wide: &mut [f32], d: &mut [f32], activation: impl Fn(f32) -> (f32, f32)) {
    for (wide, d) in wide.iter_mut().zip(d) {
        let (value, slope) = activation(*wide);
        *wide = *d * slope;
        *d = value;
    }
}

#[inline(always)]
fn gated_gelu_gradient_body<const FMA: bool>(wide: &mut [f32], d: &mut [f32]) {
    gated(wide, d, gelu::<FMA>);
}

#[inline(always)]
fn gated_silu_gradient_body<const FMA: bool>(wide: &mut [f32], d: &mut [f32]) {
    gated(wide, d, silu::<FMA>);
}

#[inline(always)]
fn gated_relu_gradient_body<const FMA: bool>(wide: &mut [f32], d: &mut [f32]) {
    gated(wide, d, relu::<FMA>);
}

#[inline(always)]
fn gelu_gradient_body<const FMA: bool>(wide: &mut [f32], d: &mut [f32]) {
    plain(wide, d, gelu::<FMA>);
}

#[inline(always)]
fn silu_gradient_body<const FMA: bool>(wide: &mut [f32], d: &mut [f32]) {
    plain(wide, d, silu::<FMA>);
}

#[inline(always)]
fn relu_gradient_body<const FMA: bool>(wide: &mut [f32], d: &mut [f32]) {
    plain(wide, d, relu::<FMA>);
}

#[inline(always)]
fn cross_entropy_gradient_body<const FMA: bool>(
    logits: &mut [f32],
    target: usize,
    scale: f32,
    z_loss: f32,
) -> (f32, f32) {
    let given = logits[target];
    let most = max_body::<FMA>(logits);
    for value in logits.iter_mut() {
        *value = exp::<FMA>(*value - most);
    }
    let sum = total_of(logits.len(), |at| logits[at]);
    let log_z = most + sum.ln();
    let factor = scale * (1.0 + 2.0 * z_loss * log_z) / sum;
    for value in logits.iter_mut() {
        *value *= factor;
    }
    logits[target] -= scale;
    (log_z - given, log_z)
}
