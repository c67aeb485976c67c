use crate::{TrainingPrecision, product};
use burn::tensor::{Tensor, activation};

/// What a masked place adds to its attention score: far below any score, still finite in f32, so that a row
/// with every place masked gives a uniform answer and never NaN.
pub const MASKED: f32 = -1e9;

/// Attention weights softmax(q k^T + bias): scale 1.0, since T5 folds 1/sqrt(`d_kv`) into the initialisation of q.
///
/// # Shapes
/// - `query`: `[B, H, S, K]`
/// - `key`: `[B, H, T, K]`
/// - `bias`: position bias and mask, `[B or 1, H or 1, S, T]`
/// - output: `[B, H, S, T]`
pub fn attention_weights(
    query: Tensor<4>,
    key: Tensor<4>,
    bias: Tensor<4>,
    precision: TrainingPrecision,
) -> Tensor<4> {
    let scores = product(query, key.swap_dims(2, 3), precision);
    activation::softmax(scores + bias, 3)
}
