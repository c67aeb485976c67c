use crate::isa::{for_each_isa, multiply_add};
use crate::product::product_here;
use crate::team::{self, Shared};
use crate::vector::{dot_body, softmax_body};
use crate::{Panels, Precision, softmax};
use std::ops::Range;

/// Queries whose scores are held at once.
const QUERIES: usize = 48;

/// Attention heads: how many, and the width of each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Heads {
    /// Number of heads `H`.
    pub count: usize,
    /// Width of a head `K`.
    pub width: usize,
}

impl Heads {
    /// `H * K`.
    pub fn total(self) -> usize {
        self.count * self.width
    }
}

/// What is added to the score of a key by its distance from the query, for each head.
#[derive(Clone, Debug)]
pub struct DistanceBias {
    values: Vec<f32>,
    reach: usize,
}

impl DistanceBias {
    /// The bias `of(head, key - query)` for distances below `reach` either way.
    pub fn new(heads: usize, reach: usize, of: impl Fn(usize, i64) -> f32) -> Self {
        let last = reach as i64;
        let values = (0..heads)
            .flat_map(|head| (1 - last..last).map(move |distance| (head, distance)))
            .map(|(head, distance)| of(head, distance))
            .collect();
        Self { values, reach }
    }

    /// Distances covered.
    pub fn reach(&self) -> usize {
        self.reach
    }

    /// The biases of keys `0..keys` for a query at `query`.
    pub(crate) fn row(&self, head: usize, query: usize, keys: usize) -> &[f32] {
        assert!(
            query < self.reach && keys <= self.reach,
            "the bias reaches as far as its rows"
        );
        let start = head * (2 * self.reach - 1) + self.reach - 1 - query;
        &self.values[start..start + keys]
    }
}

/// Keys and values of one head, ready for products: keys transposed `[K, T]`, values `[T, K]`.
#[derive(Clone, Debug)]
pub struct KeyValue {
    keys: Panels,
    values: Panels,
}

impl KeyValue {
    /// Of rows `rows` of `source`, `[N, stride]`, keys in columns from `key`, values from `value`.
    fn new(
        source: &[f32],
        stride: usize,
        rows: Range<usize>,
        [key, value]: [usize; 2],
        width: usize,
    ) -> Self {
        let (first, length) = (rows.start, rows.len());
        Self {
            keys: Panels::pack(width, length, Precision::F32, |d, t| {
                source[(first + t) * stride + key + d]
            }),
            values: Panels::pack(length, width, Precision::F32, |t, d| {
                source[(first + t) * stride + value + d]
            }),
        }
    }

    /// For each span of rows of `source`, `[N, 2 * H * K]` with keys before values, and for each head, `[spans][H]`.
    pub fn of_spans(source: &[f32], spans: &[Range<usize>], heads: Heads) -> Vec<Self> {
        let total = heads.total();
        let mut cells = Vec::with_capacity(spans.len() * heads.count);
        for span in spans {
            for head in 0..heads.count {
                let places = [head * heads.width, total + head * heads.width];
                cells.push(Self::new(
                    source,
                    2 * total,
                    span.clone(),
                    places,
                    heads.width,
                ));
            }
        }
        cells
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        self.keys.bytes() + self.values.bytes()
    }

    /// Attention of `rows` queries in `q` (one every `stride`) over the first keys that `keys(row)` allows.
    fn attend(
        &self,
        q: (&[f32], usize),
        rows: usize,
        add: impl Fn(usize, &mut [f32]),
        keys: impl Fn(usize) -> usize,
        out: (&Shared<'_>, usize, usize),
    ) {
        let length = self.keys.n();
        let mut scores = vec![0.0; QUERIES.min(rows) * length];
        let (shared, place, out_stride) = out;
        for first in (0..rows).step_by(QUERIES) {
            let here = QUERIES.min(rows - first);
            let scores = &mut scores[..here * length];
            product_here(
                (&q.0[first * q.1..], q.1),
                here,
                &self.keys,
                &Shared::new(scores),
                (0, length),
            );
            for (row, scores) in scores.chunks_exact_mut(length).enumerate() {
                let (seen, unseen) = scores.split_at_mut(keys(first + row).min(length));
                add(first + row, seen);
                softmax(seen);
                unseen.fill(0.0);
            }
            let to = (place + first * out_stride, out_stride);
            product_here((scores, length), here, &self.values, shared, to);
        }
    }
}

/// Tasks write what their ranges name, so ranges must not meet.
fn assert_apart<'a>(ranges: impl Iterator<Item = &'a Range<usize>>) {
    let mut free = 0;
    for range in ranges {
        assert!(
            free <= range.start && range.start <= range.end,
            "ranges of rows ascend and do not meet"
        );
        free = range.end;
    }
}

/// Self-attention inside each span of rows of `qkv`, `[N, 3 * H * K]`, into `out`, `[N, H * K]`. T5 does not scale scores.
pub fn self_attention(
    qkv: &[f32],
    spans: &[Range<usize>],
    heads: Heads,
    bias: &DistanceBias,
    causal: bool,
    out: &mut [f32],
) {
    let total = heads.total();
    assert_apart(spans.iter());
    let shared = Shared::new(out);
    team::run(spans.len() * heads.count, &|task| {
        let (span, head) = (&spans[task / heads.count], task % heads.count);
        let column = head * heads.width;
        let places = [total + column, 2 * total + column];
        let cell = KeyValue::new(qkv, 3 * total, span.clone(), places, heads.width);
        let length = span.len();
        let add = |query: usize, scores: &mut [f32]| {
            let bias = bias.row(head, query, scores.len());
            scores
                .iter_mut()
                .zip(bias)
                .for_each(|(score, bias)| *score += bias);
        };
        let keys = |query: usize| if causal { query + 1 } else { length };
        let q = (&qkv[span.start * 3 * total + column..], 3 * total);
        // Each task has its own rows and columns of the result.
        cell.attend(
            q,
            length,
            add,
            keys,
            (&shared, span.start * total + column, total),
        );
    });
}

/// Attention of rows of `q`, `[N, H * K]`, over keys and values elsewhere: each group of rows over `cells[group * H..]`, all
/// of them. Into `out`, `[N, H * K]`.
pub fn cross_attention(
    q: &[f32],
    groups: &[(Range<usize>, &[KeyValue])],
    heads: Heads,
    out: &mut [f32],
) {
    let total = heads.total();
    assert_apart(groups.iter().map(|group| &group.0));
    let shared = Shared::new(out);
    team::run(groups.len() * heads.count, &|task| {
        let ((rows, cells), head) = (&groups[task / heads.count], task % heads.count);
        let place = rows.start * total + head * heads.width;
        let to = (&shared, place, total);
        cells[head].attend(
            (&q[place..], total),
            rows.len(),
            |_, _| {},
            |_| usize::MAX,
            to,
        );
    });
}

/// Attention of one token of each row, `q` `[rows, stride]`, over what `past(row)` names: keys and values `[2 * H * K]` of
/// each position so far, the token's own last. Into `out`, `[rows, H * K]`.
pub fn cached_attention<'a>(
    q: (&[f32], usize),
    past: &(dyn Fn(usize) -> Vec<&'a [f32]> + Sync),
    heads: Heads,
    bias: &DistanceBias,
    out: &mut [f32],
) {
    team::for_each_row(out, heads.total(), &|row, out| {
        let past = past(row);
        let mut scores = vec![0.0; heads.count * past.len()];
        for (head, scores) in scores.chunks_exact_mut(past.len().max(1)).enumerate() {
            scores.copy_from_slice(bias.row(head, past.len() - 1, past.len()));
        }
        attend_row(
            &q.0[row * q.1..][..heads.total()],
            &past,
            heads,
            &mut scores,
            out,
        );
    });
}

for_each_isa! {
    /// One row over its past; `scores`, `[H, T]`, hold the bias.
    fn attend_row(q: &[f32], past: &[&[f32]], heads: Heads, scores: &mut [f32], out: &mut [f32]) => attend_row_body
}

#[inline(always)]
fn attend_row_body<const FMA: bool>(
    q: &[f32],
    past: &[&[f32]],
    heads: Heads,
    scores: &mut [f32],
    out: &mut [f32],
) {
    let (width, length) = (heads.width, past.len());
    for (t, key) in past.iter().enumerate() {
        for (head, q) in q.chunks_exact(width).enumerate() {
            scores[head * length + t] += dot_body::<FMA>(q, &key[head * width..(head + 1) * width]);
        }
    }
    scores
        .chunks_exact_mut(length)
        .for_each(softmax_body::<FMA>);
    out.fill(0.0);
    for (t, value) in past.iter().enumerate() {
        let value = &value[heads.total()..];
        for (head, out) in out.chunks_exact_mut(width).enumerate() {
            let weight = scores[head * length + t];
            for (out, &value) in out.iter_mut().zip(&value[head * width..(head + 1) * width]) {
                *out = multiply_add::<FMA>(weight, value, *out);
            }
        }
    }
}
