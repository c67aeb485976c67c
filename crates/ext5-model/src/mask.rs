use burn::tensor::{Int, Tensor};
use ext5_kernels::MASKED;

/// Additive attention mask `[B, 1, S, T]`: 0 where the query's and the key's segments are equal and not padding (0),
/// and, if `causal`, the key is not after the query; [`MASKED`] elsewhere.
///
/// # Shapes
/// - `query_segments`: `[B, S]`
/// - `key_segments`: `[B, T]`
pub(crate) fn attention_mask(
    query_segments: Tensor<2, Int>,
    key_segments: Tensor<2, Int>,
    causal: bool,
) -> Tensor<4> {
    let [batch, queries] = query_segments.dims();
    let [_, keys] = key_segments.dims();
    let device = query_segments.device();
    let shape = [batch, queries, keys];
    let query = query_segments.reshape([batch, queries, 1]).expand(shape);
    let key = key_segments.reshape([batch, 1, keys]).expand(shape);
    let mut allowed = query.equal(key.clone()).bool_and(key.not_equal_elem(0));
    if causal {
        let places = |count: usize| Tensor::<1, Int>::arange(0..count as i64, &device);
        let query = places(queries).reshape([1, queries, 1]).expand(shape);
        let key = places(keys).reshape([1, 1, keys]).expand(shape);
        allowed = allowed.bool_and(key.lower_equal(query));
    }
    Tensor::<3>::zeros(shape, &device)
        .mask_fill(allowed.bool_not(), MASKED)
        .reshape([batch, 1, queries, keys])
}
