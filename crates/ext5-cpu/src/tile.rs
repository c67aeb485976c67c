use crate::PANEL;
use crate::isa::{for_each_isa, multiply_add};
use crate::team::Shared;

/// A number that a product can read.
pub(crate) trait Number: Copy + Send + Sync + 'static {
    fn widen(self) -> f32;
}

impl Number for f32 {
    #[inline(always)]
    fn widen(self) -> f32 {
        self
    }
}

impl Number for u16 {
    #[inline(always)]
    fn widen(self) -> f32 {
        f32::from_bits(u32::from(self) << 16)
    }
}

impl Number for i8 {
    #[inline(always)]
    fn widen(self) -> f32 {
        f32::from(self)
    }
}

/// Rows of `a`, `[rows, k]` at distance `a_stride`, times one panel `[k, PANEL]`, into columns of `out`.
pub(crate) struct Strip<'a, T> {
    pub(crate) a: &'a [f32],
    pub(crate) a_stride: usize,
    pub(crate) rows: usize,
    pub(crate) panel: &'a [T],
    /// Scale of each column, empty for 1.
    pub(crate) scales: &'a [f32],
}

/// Where the results of a strip go: row `r` begins at `first + r * stride`; `columns` of the panel are written.
pub(crate) struct Place<'a> {
    pub(crate) out: &'a Shared<'a>,
    pub(crate) first: usize,
    pub(crate) stride: usize,
    pub(crate) columns: usize,
}

for_each_isa! {
    /// A strip of f32.
    pub(crate) fn strip_f32(strip: &Strip<'_, f32>, place: &Place<'_>) => strip_body_f32
}
for_each_isa! {
    /// A strip of bf16.
    pub(crate) fn strip_bf16(strip: &Strip<'_, u16>, place: &Place<'_>) => strip_body_bf16
}
for_each_isa! {
    /// A strip of 8-bit numbers.
    pub(crate) fn strip_int8(strip: &Strip<'_, i8>, place: &Place<'_>) => strip_body_int8
}

#[inline(always)]
fn strip_body_f32<const FMA: bool>(strip: &Strip<'_, f32>, place: &Place<'_>) {
    strip_body::<FMA, f32>(strip, place);
}

#[inline(always)]
fn strip_body_bf16<const FMA: bool>(strip: &Strip<'_, u16>, place: &Place<'_>) {
    strip_body::<FMA, u16>(strip, place);
}

#[inline(always)]
fn strip_body_int8<const FMA: bool>(strip: &Strip<'_, i8>, place: &Place<'_>) {
    strip_body::<FMA, i8>(strip, place);
}

/// Every element is one chain of sums over k from front to back, whatever tile it falls into: results do not depend on how
/// many rows a batch has.
#[inline(always)]
fn strip_body<const FMA: bool, T: Number>(strip: &Strip<'_, T>, place: &Place<'_>) {
    let mut row = 0;
    while strip.rows - row >= 6 {
        halves::<FMA, 6, T>(strip, place, row);
        row += 6;
    }
    match strip.rows - row {
        1 => tile::<FMA, 1, 32, T>(strip, place, row, 0),
        2 => tile::<FMA, 2, 32, T>(strip, place, row, 0),
        3 => tile::<FMA, 3, 32, T>(strip, place, row, 0),
        4 => halves::<FMA, 4, T>(strip, place, row),
        5 => halves::<FMA, 5, T>(strip, place, row),
        _ => {}
    }
}

/// A panel in two halves, so that the sums of more than three rows fit into registers.
#[inline(always)]
fn halves<const FMA: bool, const R: usize, T: Number>(
    strip: &Strip<'_, T>,
    place: &Place<'_>,
    row: usize,
) {
    tile::<FMA, R, 16, T>(strip, place, row, 0);
    if place.columns > 16 {
        tile::<FMA, R, 16, T>(strip, place, row, 16);
    }
}

#[inline(always)]
#[expect(
    clippy::needless_range_loop,
    reason = "an iterator over `sums` would keep them in memory"
)]
fn tile<const FMA: bool, const R: usize, const W: usize, T: Number>(
    strip: &Strip<'_, T>,
    place: &Place<'_>,
    row: usize,
    column: usize,
) {
    let k = strip.panel.len() / PANEL;
    let rows = &strip.a[row * strip.a_stride..];
    assert!(
        rows.len() >= (R - 1) * strip.a_stride + k && column + W <= PANEL,
        "a tile lies within its strip"
    );
    let mut sums = [[0.0_f32; W]; R];
    for p in 0..k {
        let mut b = [0.0_f32; W];
        for (w, b) in b.iter_mut().enumerate() {
            // SAFETY: p < k lines of PANEL numbers, column + w < PANEL. A check here would keep sums out of registers.
            *b = unsafe { *strip.panel.get_unchecked(p * PANEL + column + w) }.widen();
        }
        for (r, sums) in sums.iter_mut().enumerate() {
            // SAFETY: r < R and p < k, within the length asserted above.
            let a = unsafe { *rows.get_unchecked(r * strip.a_stride + p) };
            for (sum, &b) in sums.iter_mut().zip(&b) {
                *sum = multiply_add::<FMA>(a, b, *sum);
            }
        }
    }
    let columns = place.columns.saturating_sub(column).min(W);
    for r in 0..R {
        // A copy: a slice of `sums` itself would keep them in memory during the loop above.
        let mut line = sums[r];
        if let Some(scales) = strip.scales.get(column..column + W) {
            for (sum, scale) in line.iter_mut().zip(scales) {
                *sum *= scale;
            }
        }
        let first = place.first + (row + r) * place.stride + column;
        // SAFETY: whoever made the place lets no other task write these rows of these columns.
        unsafe { place.out.write(first, &line[..columns]) };
    }
}
