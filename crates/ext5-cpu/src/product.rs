use crate::panels::Numbers;
use crate::team::{self, Shared};
use crate::tile::{Number, Place, Strip, strip_bf16, strip_f32, strip_int8};
use crate::{PANEL, Panels};

/// Rows that go through all panels together, so that they stay in the second-level cache.
const ROWS: usize = 96;
/// Multiply-adds below which a second thread costs more than it gives.
const ALONE: usize = 1 << 16;

/// `out = a * b`, with `a` `[rows, k]` and `out` `[rows, n]`, both dense; on all threads. Row `r` of the result is the same
/// number for number whatever the other rows are.
pub fn product(a: &[f32], b: &Panels, out: &mut [f32]) {
    let (k, n) = (b.k(), b.n());
    let rows = a.len().checked_div(k).unwrap_or(0);
    assert!(k > 0 || n == 0, "a product sums over at least one number");
    assert_eq!(
        out.len(),
        rows * n,
        "the result of a product has rows * n numbers"
    );
    if out.is_empty() {
        return;
    }
    match &b.numbers {
        Numbers::F32(numbers) => all(a, k, numbers, &[], n, out, strip_f32),
        Numbers::Bf16(numbers) => all(a, k, numbers, &[], n, out, strip_bf16),
        Numbers::Int8(numbers, scales) => all(a, k, numbers, scales, n, out, strip_int8),
    }
}

fn all<T: Number>(
    a: &[f32],
    k: usize,
    panels: &[T],
    scales: &[f32],
    n: usize,
    out: &mut [f32],
    strip: fn(&Strip<'_, T>, &Place<'_>),
) {
    let rows = a.len() / k.max(1);
    let count = n.div_ceil(PANEL);
    let threads = if rows * k * n < ALONE {
        1
    } else {
        team::threads()
    };
    // Few rows: each thread reads its own panels once. Many rows: blocks of rows.
    let blocks = rows.div_ceil(ROWS).max(1);
    let groups = if blocks >= 4 * threads {
        1
    } else {
        count.min(4 * threads)
    };
    let shared = team::Shared::new(out);
    team::run(if threads == 1 { 1 } else { blocks * groups }, &|task| {
        let whole = threads == 1;
        let (block, group) = (task / groups, task % groups);
        let panels_of = if whole {
            0..count
        } else {
            team::share(count, groups, group)
        };
        let starts = if whole { 0..blocks } else { block..block + 1 };
        for start in starts.map(|block| block * ROWS) {
            let here = ROWS.min(rows - start);
            for panel in panels_of.clone() {
                let columns = PANEL.min(n - panel * PANEL);
                let numbers = &panels[panel * k * PANEL..(panel + 1) * k * PANEL];
                let work = Strip {
                    a: &a[start * k..(start + here) * k],
                    a_stride: k,
                    rows: here,
                    panel: numbers,
                    scales: scales
                        .get(panel * PANEL..(panel + 1) * PANEL)
                        .unwrap_or(&[]),
                };
                let place = Place {
                    out: &shared,
                    first: start * n + panel * PANEL,
                    stride: n,
                    columns,
                };
                strip(&work, &place);
            }
        }
    });
}

/// `rows` rows of `a` (one every `a.1`) times `b` on this thread, row `r` into `out` from `place.0 + r * place.1` on. No other
/// task may have these places.
pub(crate) fn product_here(
    a: (&[f32], usize),
    rows: usize,
    b: &Panels,
    out: &Shared<'_>,
    (first, stride): (usize, usize),
) {
    match &b.numbers {
        Numbers::F32(numbers) => here(a, rows, b, (numbers, &[]), out, (first, stride), strip_f32),
        Numbers::Bf16(numbers) => {
            here(a, rows, b, (numbers, &[]), out, (first, stride), strip_bf16);
        }
        Numbers::Int8(numbers, scales) => here(
            a,
            rows,
            b,
            (numbers, scales),
            out,
            (first, stride),
            strip_int8,
        ),
    }
}

fn here<T: Number>(
    (a, a_stride): (&[f32], usize),
    rows: usize,
    b: &Panels,
    (panels, scales): (&[T], &[f32]),
    out: &Shared<'_>,
    (first, stride): (usize, usize),
    strip: fn(&Strip<'_, T>, &Place<'_>),
) {
    let (k, n) = (b.k(), b.n());
    for panel in 0..n.div_ceil(PANEL) {
        let work = Strip {
            a,
            a_stride,
            rows,
            panel: &panels[panel * k * PANEL..(panel + 1) * k * PANEL],
            scales: scales
                .get(panel * PANEL..(panel + 1) * PANEL)
                .unwrap_or(&[]),
        };
        let columns = PANEL.min(n - panel * PANEL);
        strip(
            &work,
            &Place {
                out,
                first: first + panel * PANEL,
                stride,
                columns,
            },
        );
    }
}
