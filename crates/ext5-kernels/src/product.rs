use burn::tensor::{FloatDType, Tensor};
pub use ext5_architecture::TrainingPrecision;

/// The matrix product of f32 tensors over their last two dimensions, taken in `precision`; the answer is f32. Burn
/// has no autocast, so each product rounds its own operands; gradients flow back through the same rounding.
///
/// # Shapes
/// - `left`: `[.., M, K]`
/// - `right`: `[.., K, N]`
/// - output: `[.., M, N]`
pub fn product<const D: usize>(
    left: Tensor<D>,
    right: Tensor<D>,
    precision: TrainingPrecision,
) -> Tensor<D> {
    match precision {
        TrainingPrecision::F32 => left.matmul(right),
        TrainingPrecision::Bf16 => {
            let round = |operand: Tensor<D>| operand.cast(FloatDType::BF16);
            round(left).matmul(round(right)).cast(FloatDType::F32)
        }
    }
}
