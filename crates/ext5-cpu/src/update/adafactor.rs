use super::{CHUNK, LANES, chunk_sums, for_each_chunk, total};
use crate::isa::{for_each_isa, multiply_add};
use crate::team::Shared;

/// Rows of a matrix that one task works on.
const ROWS: usize = 32;
/// Added to each squared gradient, as in T5X.
const EPSILON: f32 = 1e-30;

/// Moves the second moments of the rows and columns of a matrix to `old * moment + new * mean`, the means of the squares of
/// the gradient `[rows, columns]` times `scale`; `weights` are `(old, new)`.
pub fn factored_moments(
    gradient: &[f32],
    scale: f32,
    weights: (f32, f32),
    rows: &mut [f32],
    columns: &mut [f32],
) {
    let (height, width) = (rows.len(), columns.len());
    let (old, new) = weights;
    let mut sums = vec![0.0; height.div_ceil(ROWS) * width];
    let (shared_rows, shared_sums) = (Shared::new(rows), Shared::new(&mut sums));
    for_each_chunk(height, ROWS, &|range| {
        let part = range.start / ROWS;
        // SAFETY: each task has its own rows and its own part of the column sums.
        let (rows, sums) = unsafe {
            (
                shared_rows.range(range.clone()),
                shared_sums.range(part * width..(part + 1) * width),
            )
        };
        for (row, moment) in range.zip(rows) {
            let sum = add_squares(&gradient[row * width..(row + 1) * width], scale, sums);
            *moment = old * *moment + new * (sum / width as f32);
        }
    });
    let mut totals = vec![0.0_f64; width];
    for part in sums.chunks_exact(width.max(1)) {
        for (total, &sum) in totals.iter_mut().zip(part) {
            *total += f64::from(sum);
        }
    }
    for (moment, total) in columns.iter_mut().zip(totals) {
        *moment = old * *moment + new * (total / height as f64) as f32;
    }
}

/// Sum of the squares of the update `gradient[i][j] * rows[i] * columns[j]`.
pub fn factored_squares(gradient: &[f32], rows: &[f32], columns: &[f32]) -> f64 {
    let width = columns.len();
    chunk_sums(rows.len(), ROWS, &|range| {
        range
            .map(|row| {
                let gradient = &gradient[row * width..(row + 1) * width];
                f64::from(row_squares(gradient, rows[row], columns))
            })
            .sum()
    })
}

/// `values = keep * values - factor * update`, the update as that of [`factored_squares`].
pub fn factored_apply(
    values: &mut [f32],
    gradient: &[f32],
    rows: &[f32],
    columns: &[f32],
    (keep, factor): (f32, f32),
) {
    let width = columns.len();
    let values = Shared::new(values);
    for_each_chunk(rows.len(), ROWS, &|range| {
        for row in range {
            let places = row * width..(row + 1) * width;
            // SAFETY: each task has its own rows.
            let values = unsafe { values.range(places.clone()) };
            row_apply(values, &gradient[places], rows[row] * factor, columns, keep);
        }
    });
}

/// Moves the second moment of every number to `old * moment + new * square`, the square of the gradient times `scale`, and
/// returns the sum of the squares of the update, the scaled gradient over the root of the moment; `weights` are `(old, new)`.
pub fn unfactored_moments(
    gradient: &[f32],
    scale: f32,
    weights: (f32, f32),
    moments: &mut [f32],
) -> f64 {
    let len = moments.len();
    let moments = Shared::new(moments);
    chunk_sums(len, CHUNK, &|range| {
        // SAFETY: each task has its own range.
        let moments = unsafe { moments.range(range.clone()) };
        chunk_moments(&gradient[range], scale, weights, moments)
    })
}

/// `values = keep * values - factor * update`, the update as that of [`unfactored_moments`] with `factor` holding the scale.
pub fn unfactored_apply(
    values: &mut [f32],
    gradient: &[f32],
    moments: &[f32],
    (keep, factor): (f32, f32),
) {
    let len = values.len();
    let values = Shared::new(values);
    for_each_chunk(len, CHUNK, &|range| {
        // SAFETY: each task has its own range.
        let values = unsafe { values.range(range.clone()) };
        chunk_apply(
            values,
            &gradient[range.clone()],
            &moments[range],
            keep,
            factor,
        );
    });
}

for_each_isa! {
    /// Adds the square of each number of a row to the sum of its column; returns the sum of the row.
    fn add_squares(gradient: &[f32], scale: f32, sums: &mut [f32]) -> f32 => add_squares_body
}
for_each_isa! {
    fn row_squares(gradient: &[f32], row: f32, columns: &[f32]) -> f32 => row_squares_body
}
for_each_isa! {
    fn row_apply(values: &mut [f32], gradient: &[f32], row: f32, columns: &[f32], keep: f32) => row_apply_body
}
for_each_isa! {
    fn chunk_moments(gradient: &[f32], scale: f32, weights: (f32, f32), moments: &mut [f32]) -> f64 => chunk_moments_body
}
for_each_isa! {
    fn chunk_apply(values: &mut [f32], gradient: &[f32], moments: &[f32], keep: f32, factor: f32) => chunk_apply_body
}

#[inline(always)]
fn add_squares_body<const FMA: bool>(gradient: &[f32], scale: f32, sums: &mut [f32]) -> f32 {
    let ((chunks, rest), (sums, sums_rest)) =
        (gradient.as_chunks::<LANES>(), sums.as_chunks_mut::<LANES>());
    let mut lanes = [0.0; LANES];
    for (chunk, sums) in chunks.iter().zip(sums) {
        for lane in 0..LANES {
            let gradient = chunk[lane] * scale;
            let square = multiply_add::<FMA>(gradient, gradient, EPSILON);
            lanes[lane] += square;
            sums[lane] += square;
        }
    }
    let mut sum = total(lanes);
    for (gradient, column) in rest.iter().zip(sums_rest) {
        let gradient = gradient * scale;
        let square = multiply_add::<FMA>(gradient, gradient, EPSILON);
        sum += square;
        *column += square;
    }
    sum
}

#[inline(always)]
fn row_squares_body<const FMA: bool>(gradient: &[f32], row: f32, columns: &[f32]) -> f32 {
    let ((chunks, rest), (columns, columns_rest)) =
        (gradient.as_chunks::<LANES>(), columns.as_chunks::<LANES>());
    let mut lanes = [0.0; LANES];
    for (chunk, columns) in chunks.iter().zip(columns) {
        for lane in 0..LANES {
            let update = chunk[lane] * row * columns[lane];
            lanes[lane] = multiply_add::<FMA>(update, update, lanes[lane]);
        }
    }
    let rest = rest.iter().zip(columns_rest).map(|(gradient, column)| {
        let update = gradient * row * column;
        update * update
    });
    total(lanes) + rest.sum::<f32>()
}

#[inline(always)]
fn row_apply_body<const FMA: bool>(
    values: &mut [f32],
    gradient: &[f32],
    row: f32,
    columns: &[f32],
    keep: f32,
) {
    for ((value, gradient), column) in values.iter_mut().zip(gradient).zip(columns) {
        *value = multiply_add::<FMA>(keep, *value, -(gradient * row * column));
    }
}

#[inline(always)]
fn chunk_moments_body<const FMA: bool>(
    gradient: &[f32],
    scale: f32,
    (old, new): (f32, f32),
    moments: &mut [f32],
) -> f64 {
    let ((chunks, rest), (moments, moments_rest)) = (
        gradient.as_chunks::<LANES>(),
        moments.as_chunks_mut::<LANES>(),
    );
    let update = |gradient: f32, moment: &mut f32| {
        let gradient = gradient * scale;
        let square = multiply_add::<FMA>(gradient, gradient, EPSILON);
        *moment = multiply_add::<FMA>(old, *moment, new * square);
        let update = gradient / moment.sqrt();
        f64::from(update * update)
    };
    let mut lanes = [0.0; LANES];
    for (chunk, moments) in chunks.iter().zip(moments) {
        for lane in 0..LANES {
            lanes[lane] += update(chunk[lane], &mut moments[lane]);
        }
    }
    let rest = rest.iter().zip(moments_rest);
    let rest = rest.map(|(&gradient, moment)| update(gradient, moment));
    total(lanes) + rest.sum::<f64>()
}

#[inline(always)]
fn chunk_apply_body<const FMA: bool>(
    values: &mut [f32],
    gradient: &[f32],
    moments: &[f32],
    keep: f32,
    factor: f32,
) {
    for ((value, gradient), moment) in values.iter_mut().zip(gradient).zip(moments) {
        *value = multiply_add::<FMA>(keep, *value, -(gradient / moment.sqrt() * factor));
    }
}
