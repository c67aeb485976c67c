use crate::isa::{for_each_isa, multiply_add};
use crate::matmul::Output;

/// Columns of a panel.
pub(crate) const WIDE: usize = 16;
/// Rows of a tile, whose sums fill the registers of AVX2 with those of a panel.
pub(crate) const TALL: usize = 6;
/// Products that are summed at once: so much of a few panels stays in the first-level cache.
const DEPTH: usize = 128;

/// Memory that is kept from call to call and begins with a line of the cache.
#[derive(Debug, Default)]
pub(crate) struct Buffer(Vec<f32>);

impl Buffer {
    /// `len` numbers, which are whatever was left there.
    pub(crate) fn take(&mut self, len: usize) -> &mut [f32] {
        if self.0.len() < len + WIDE {
            self.0 = vec![0.0; len + WIDE];
        }
        let first = self.0.as_ptr().align_offset(64).min(WIDE);
        &mut self.0[first..first + len]
    }

    /// `len` zeros.
    pub(crate) fn zeros(&mut self, len: usize) -> &mut [f32] {
        let values = self.take(len);
        values.fill(0.0);
        values
    }

    /// Rows one after another, `row(r)` of `width` numbers each.
    pub(crate) fn copy<'a>(
        &mut self,
        rows: usize,
        width: usize,
        row: impl Fn(usize) -> &'a [f32],
    ) -> Left<'_> {
        let values = self.take(rows * width);
        for (at, to) in values.chunks_exact_mut(width).enumerate() {
            to.copy_from_slice(row(at));
        }
        Left::rows(values, width)
    }

    /// The matrix `[depth, columns]` of rows `row(p)`, cut into panels.
    pub(crate) fn pack<'a>(
        &mut self,
        depth: usize,
        columns: usize,
        row: impl Fn(usize) -> &'a [f32],
    ) -> Right<'_> {
        let panel = depth * WIDE;
        let values = self.take(columns.div_ceil(WIDE) * panel);
        for p in 0..depth {
            let (whole, rest) = row(p).as_chunks::<WIDE>();
            let places = (p * WIDE..).step_by(panel.max(1));
            for (part, place) in whole.iter().zip(places) {
                values[place..place + WIDE].copy_from_slice(part);
            }
            if !rest.is_empty() {
                let to = &mut values[whole.len() * panel + p * WIDE..][..WIDE];
                to.fill(0.0);
                to[..rest.len()].copy_from_slice(rest);
            }
        }
        Right { values, depth }
    }

    /// The matrix `[depth, columns]` of columns `column(n)`, cut into panels.
    pub(crate) fn pack_turned<'a>(
        &mut self,
        depth: usize,
        columns: usize,
        column: impl Fn(usize) -> &'a [f32],
    ) -> Right<'_> {
        let panel = depth * WIDE;
        let values = self.take(columns.div_ceil(WIDE) * panel);
        for (number, to) in values.chunks_exact_mut(panel).enumerate() {
            let first = number * WIDE;
            let from: [&[f32]; WIDE] = std::array::from_fn(|lane| {
                // Columns behind the last repeat it: nobody looks at them.
                &column((first + lane).min(columns - 1))[..depth]
            });
            turn(&from, to);
        }
        Right { values, depth }
    }
}

for_each_isa! {
    /// Rows `from`, all of one length, become columns of `to`.
    fn turn(from: &[&[f32]; WIDE], to: &mut [f32]) => turn_body
}

#[inline(always)]
fn turn_body<const FMA: bool>(from: &[&[f32]; WIDE], to: &mut [f32]) {
    for (p, line) in to.chunks_exact_mut(WIDE).enumerate() {
        for (to, from) in line.iter_mut().zip(from) {
            *to = from[p];
        }
    }
}

/// The left side of a product, read where it lies.
#[derive(Clone, Copy)]
pub(crate) struct Left<'a> {
    values: &'a [f32],
    stride: usize,
    turned: bool,
}

impl<'a> Left<'a> {
    /// A row every `stride` numbers.
    pub(crate) fn rows(values: &'a [f32], stride: usize) -> Self {
        Self {
            values,
            stride,
            turned: false,
        }
    }

    /// The transpose.
    pub(crate) fn t(self) -> Self {
        Self {
            turned: !self.turned,
            ..self
        }
    }
}

/// The right side of a product, in panels `[columns / WIDE][depth][WIDE]`.
#[derive(Clone, Copy)]
pub(crate) struct Right<'a> {
    values: &'a [f32],
    depth: usize,
}

/// What is multiplied: `rows` rows of the left side with the first `columns` columns of the right, over the first `depth` of
/// its rows.
#[derive(Clone, Copy)]
pub(crate) struct Block<'a> {
    pub(crate) left: Left<'a>,
    pub(crate) right: Right<'a>,
    pub(crate) rows: usize,
    pub(crate) depth: usize,
    pub(crate) columns: usize,
}

for_each_isa! {
    /// A product of blocks that fit into the caches, on this thread: into rows of `out`, one every `stride`, whole panels wide.
    pub(crate) fn block_product(block: Block<'_>, how: Output, out: &mut [f32], stride: usize) => block_product_body
}

#[inline(always)]
fn block_product_body<const FMA: bool>(
    block: Block<'_>,
    how: Output,
    out: &mut [f32],
    stride: usize,
) {
    if block.left.turned {
        parts::<FMA, true>(&block, how, out, stride);
    } else {
        parts::<FMA, false>(&block, how, out, stride);
    }
}

/// Every number is summed in parts of [`DEPTH`] from front to back, whatever tile it falls into.
#[inline(always)]
fn parts<const FMA: bool, const TURNED: bool>(
    block: &Block<'_>,
    how: Output,
    out: &mut [f32],
    stride: usize,
) {
    let panels = block.columns.div_ceil(WIDE);
    for first in (0..block.depth.max(1)).step_by(DEPTH) {
        let depth = DEPTH.min(block.depth - first);
        let part = Part {
            first,
            depth,
            add: first > 0 || how == Output::Add,
            stride,
        };
        // The side that is larger is walked through once.
        if block.rows < block.columns {
            for panel in 0..panels {
                for row in (0..block.rows).step_by(TALL) {
                    tiles::<FMA, TURNED>(block, &part, (row, panel), out);
                }
            }
        } else {
            for row in (0..block.rows).step_by(TALL) {
                for panel in 0..panels {
                    tiles::<FMA, TURNED>(block, &part, (row, panel), out);
                }
            }
        }
    }
}

/// A part of the depth of a product.
struct Part {
    first: usize,
    depth: usize,
    add: bool,
    stride: usize,
}

/// Up to [`TALL`] rows of a panel.
#[inline(always)]
fn tiles<const FMA: bool, const TURNED: bool>(
    block: &Block<'_>,
    part: &Part,
    (row, panel): (usize, usize),
    out: &mut [f32],
) {
    let left = &block.left;
    let place = if TURNED {
        part.first * left.stride + row
    } else {
        row * left.stride + part.first
    };
    let a = Left {
        values: &left.values[place..],
        ..*left
    };
    let first = (panel * block.right.depth + part.first) * WIDE;
    let b = &block.right.values[first..first + part.depth * WIDE];
    let out = &mut out[row * part.stride + panel * WIDE..];
    match block.rows - row {
        1 => tile::<FMA, TURNED, 1>(a, b, part, out),
        2 => tile::<FMA, TURNED, 2>(a, b, part, out),
        3 => tile::<FMA, TURNED, 3>(a, b, part, out),
        4 => tile::<FMA, TURNED, 4>(a, b, part, out),
        5 => tile::<FMA, TURNED, 5>(a, b, part, out),
        _ => tile::<FMA, TURNED, TALL>(a, b, part, out),
    }
}

#[inline(always)]
#[expect(
    clippy::needless_range_loop,
    reason = "an iterator over `sums` would keep them in memory"
)]
fn tile<const FMA: bool, const TURNED: bool, const R: usize>(
    a: Left<'_>,
    b: &[f32],
    part: &Part,
    out: &mut [f32],
) {
    let (depth, a_stride) = (part.depth, a.stride);
    let reach = match (TURNED, depth) {
        (_, 0) => 0,
        (true, depth) => (depth - 1) * a_stride + R,
        (false, depth) => (R - 1) * a_stride + depth,
    };
    assert!(
        reach <= a.values.len() && b.len() == depth * WIDE,
        "a tile lies within its block"
    );
    let last = (R - 1) * part.stride + WIDE;
    assert!(last <= out.len(), "a tile lies within the result");
    let mut sums = [[0.0_f32; WIDE]; R];
    let mut p = 0;
    // Several at once: so few turns are left that the processor foresees the last.
    while p + 4 <= depth {
        // SAFETY: below the reach asserted above.
        unsafe {
            step::<FMA, TURNED, R>(a, b, p, &mut sums);
            step::<FMA, TURNED, R>(a, b, p + 1, &mut sums);
            step::<FMA, TURNED, R>(a, b, p + 2, &mut sums);
            step::<FMA, TURNED, R>(a, b, p + 3, &mut sums);
        }
        p += 4;
    }
    while p < depth {
        // SAFETY: below the reach asserted above.
        unsafe { step::<FMA, TURNED, R>(a, b, p, &mut sums) };
        p += 1;
    }
    for r in 0..R {
        // A copy: a slice of `sums` itself would keep them in memory during the loop above.
        let line = sums[r];
        // SAFETY: below the last place, asserted above.
        let out = unsafe { out.get_unchecked_mut(r * part.stride..r * part.stride + WIDE) };
        if part.add {
            for (out, sum) in out.iter_mut().zip(line) {
                *out += sum;
            }
        } else {
            out.copy_from_slice(&line);
        }
    }
}

/// Adds the products of place `p` of the depth.
///
/// # Safety
/// Row `p` of `b` and places `p` of `R` rows of `a` are there.
#[inline(always)]
unsafe fn step<const FMA: bool, const TURNED: bool, const R: usize>(
    a: Left<'_>,
    b: &[f32],
    p: usize,
    sums: &mut [[f32; WIDE]; R],
) {
    let mut line = [0.0_f32; WIDE];
    for (w, line) in line.iter_mut().enumerate() {
        // SAFETY: the caller's. A check here would keep sums out of registers.
        *line = unsafe { *b.get_unchecked(p * WIDE + w) };
    }
    for (r, sums) in sums.iter_mut().enumerate() {
        let place = if TURNED {
            p * a.stride + r
        } else {
            r * a.stride + p
        };
        // SAFETY: the caller's.
        let a = unsafe { *a.values.get_unchecked(place) };
        for (sum, &b) in sums.iter_mut().zip(&line) {
            *sum = multiply_add::<FMA>(a, b, *sum);
        }
    }
}
