use serde::{Deserialize, Serialize};

/// In which numbers a training step takes its products: linear layers, attention, output layer. Weights, sums, norms,
/// softmax, loss and optimizer are f32 in either.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TrainingPrecision {
    /// Single precision.
    #[default]
    F32,
    /// Operands and answers of products rounded to bfloat16, as PyTorch's autocast has it.
    Bf16,
}
