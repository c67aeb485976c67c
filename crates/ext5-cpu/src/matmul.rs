use crate::team::{self, Shared, share};
use gemm::Parallelism;

/// Rows or columns that a thread's part of a product should have: narrower ones pack their operands too often.
const PART: usize = 512;
/// Places to which parts are cut, the widths of the kernels' tiles.
const TILE: usize = 16;

/// A matrix that lies in a slice, to be read.
#[derive(Clone, Copy, Debug)]
pub struct Matrix<'a> {
    values: &'a [f32],
    rows: usize,
    columns: usize,
    row_stride: usize,
    column_stride: usize,
}

impl<'a> Matrix<'a> {
    /// `values` as rows of `columns` numbers, one after another.
    pub fn new(values: &'a [f32], columns: usize) -> Self {
        let rows = values.len().checked_div(columns).unwrap_or(0);
        Self::strided(values, rows, columns, columns)
    }

    /// `rows` rows of `columns` numbers, one every `stride`.
    pub fn strided(values: &'a [f32], rows: usize, columns: usize, stride: usize) -> Self {
        assert!(
            rows == 0
                || columns == 0
                || places(rows, columns, stride).is_some_and(|places| places <= values.len()),
            "a matrix lies within its slice"
        );
        Self {
            values,
            rows,
            columns,
            row_stride: stride,
            column_stride: 1,
        }
    }

    /// Place of the last number.
    fn reach(&self) -> Option<usize> {
        let down = self.rows.saturating_sub(1).checked_mul(self.row_stride)?;
        let along = self.columns.saturating_sub(1);
        down.checked_add(along.checked_mul(self.column_stride)?)
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The transpose, nothing is moved.
    #[must_use]
    pub fn t(self) -> Self {
        Self {
            rows: self.columns,
            columns: self.rows,
            row_stride: self.column_stride,
            column_stride: self.row_stride,
            ..self
        }
    }
}

/// Places from the first number of `rows` rows to behind the last, one row every `stride`; `None` of more than can be: sums
/// wrap in this crate, and `unsafe` rests on these.
fn places(rows: usize, columns: usize, stride: usize) -> Option<usize> {
    rows.saturating_sub(1)
        .checked_mul(stride)?
        .checked_add(columns)
}

/// What a product does with what lies where it goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    /// Is written over.
    Replace,
    /// Is added to.
    Add,
}

/// `out = a * b` or `out += a * b`, `[m, k] * [k, n]`, dense; on all threads, by the `gemm` crate. The fast one for training:
/// the order of sums is free, unlike that of [`crate::product`].
pub fn matmul(a: Matrix<'_>, b: Matrix<'_>, how: Output, out: &mut [f32]) {
    assert_eq!(
        Some(out.len()),
        a.rows.checked_mul(b.columns),
        "the result of a product has m * n numbers"
    );
    let (m, n) = (a.rows, b.columns);
    let threads = team::threads();
    let longer = m.max(n);
    let parts = if longer >= 2 * threads * PART {
        2 * threads
    } else {
        threads.min(longer.div_ceil(TILE)).max(1)
    };
    let shared = Shared::new(out);
    let cut = |part: usize| {
        let tiles = share(longer.div_ceil(TILE), parts, part);
        tiles.start * TILE..(tiles.end * TILE).min(longer)
    };
    team::run(parts, &|part| {
        let range = cut(part);
        let (a, b, first) = if m >= n {
            let first = range.start * a.row_stride;
            let rows = range.len();
            (
                Matrix {
                    values: &a.values[first.min(a.values.len())..],
                    rows,
                    ..a
                },
                b,
                range.start * n,
            )
        } else {
            let first = range.start * b.column_stride;
            let columns = range.len();
            (
                a,
                Matrix {
                    values: &b.values[first.min(b.values.len())..],
                    columns,
                    ..b
                },
                range.start,
            )
        };
        // SAFETY: parts have rows or columns of the result apart from each other.
        unsafe { here(a, b, how, &shared, first, n) };
    });
}

/// A product on this thread, row `r` of the result from place `first + r * stride` of `out` on.
///
/// # Safety
/// No other task reads or writes these places at the same time.
pub(crate) unsafe fn here(
    left: Matrix<'_>,
    right: Matrix<'_>,
    how: Output,
    out: &Shared<'_>,
    first: usize,
    stride: usize,
) {
    assert_eq!(left.columns, right.rows, "a product sums over one width");
    let (m, n, k) = (left.rows, right.columns, left.columns);
    if m == 0 || n == 0 {
        return;
    }
    let last = places(m, n, stride).and_then(|places| places.checked_add(first));
    assert!(n <= stride || m == 1, "rows of a result do not overlap");
    for matrix in [left, right] {
        assert!(
            k == 0 || matrix.reach().is_some_and(|at| at < matrix.values.len()),
            "a matrix lies within its slice"
        );
    }
    // SAFETY: both matrices lie within their slices as just checked, the result within `out` as `places` checks; the places
    // are this task's by the caller's promise.
    unsafe {
        let out = out.places(first..last.unwrap_or(usize::MAX));
        gemm::gemm(
            m,
            n,
            k,
            out,
            1,
            stride as isize,
            how == Output::Add,
            left.values.as_ptr(),
            left.column_stride as isize,
            left.row_stride as isize,
            right.values.as_ptr(),
            right.column_stride as isize,
            right.row_stride as isize,
            1.0,
            1.0,
            false,
            false,
            false,
            Parallelism::None,
        );
    }
}
