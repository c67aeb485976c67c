use burn::tensor::{FloatDType, Tensor};

/// T5's layer norm: divides by the root mean square and scales, without mean or bias; statistics in f32
/// (`T5LayerNorm` of transformers, `LayerNorm` of t5x).
///
/// # Shapes
/// - `input`: `[B, S, D]`
/// - `weight`: `[D]`
/// - output: `[B, S, D]` in the dtype of `input`
pub fn rms_norm(input: Tensor<3>, weight: Tensor<1>, epsilon: f64) -> Tensor<3> {
    let dtype = input.dtype();
    let wide = input.cast(FloatDType::F32);
    let variance = wide.clone().square().mean_dim(2); // [B, S, 1]
    let normed = wide.div(variance.add_scalar(epsilon).sqrt());
    normed.cast(dtype).mul(weight.unsqueeze())
}
