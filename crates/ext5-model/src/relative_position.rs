use burn::tensor::{Device, Int, Tensor, TensorData};
use ext5_architecture::relative_position_bucket;

/// Position bias of one stack, `[1, H, S, T]`, for queries at `offset..offset + queries` and keys at `0..keys`.
///
/// The table's rows are picked by a product with one-hot rows: its gradient is then a product too, where a
/// scatter over `S * T` places would run almost serially on a GPU.
///
/// # Shapes
/// - `table`: `[num_buckets, H]`
pub(crate) fn position_bias(
    table: Tensor<2>,
    bidirectional: bool,
    max_distance: usize,
    offset: usize,
    [queries, keys]: [usize; 2],
) -> Tensor<4> {
    let [num_buckets, heads] = table.dims();
    let device = table.device();
    let bucket_of = |relative: i64| {
        relative_position_bucket(relative, bidirectional, num_buckets, max_distance) as i64
    };
    // Only offset + queries + keys distances occur; each pair looks its own up.
    let last = (offset + queries) as i64;
    let by_distance: Vec<i64> = (-last..keys as i64).map(bucket_of).collect();
    let buckets: Vec<i64> = (0..queries)
        .flat_map(|query| {
            let first = (last - (offset + query) as i64) as usize;
            by_distance[first..first + keys].iter().copied()
        })
        .collect();
    let one_hot = one_hot(buckets, num_buckets, &device); // [S * T, num_buckets]
    one_hot
        .matmul(table)
        .reshape([1, queries, keys, heads])
        .permute([0, 3, 1, 2])
}

fn one_hot(rows: Vec<i64>, classes: usize, device: &Device) -> Tensor<2> {
    let count = rows.len();
    let rows = Tensor::<1, Int>::from_data(TensorData::new(rows, [count]), device);
    Tensor::<2>::eye(classes, device).select(0, rows)
}
