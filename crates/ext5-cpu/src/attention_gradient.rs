use crate::attention::{DistanceBias, Heads};
use crate::attention_head::{Done, Head};
use crate::team::{self, Shared};
use crate::{Dropout, add};
use std::ops::Range;

/// Rows of the queries of a segment, and those of its keys.
pub(crate) type Pair = (Range<usize>, Range<usize>);

/// Attention inside training segments: which rows look at which, with what bias and dropout. Scores are made again on the way
/// back from the logarithms of their sums, and never lie in memory together.
#[derive(Clone, Copy, Debug)]
pub struct Attention<'a> {
    /// Number and width of the heads.
    pub heads: Heads,
    /// Rows of the queries of each segment, and those of its keys. Ranges of queries ascend and do not meet, nor do those of keys.
    pub pairs: &'a [(Range<usize>, Range<usize>)],
    /// Added by distance, where queries and keys are the same rows.
    pub bias: Option<&'a DistanceBias>,
    /// Whether a key after its query is not seen; queries and keys are then the same rows.
    pub causal: bool,
    /// Dropout of the probabilities: how much, at which place of the model (one more for each head), and the key of each query.
    pub dropout: Option<(Dropout, u32, &'a [u64])>,
}

/// Numbers of one kind in the columns of a matrix: those of head `h` in row `r` begin at `r * stride + first + h * K`.
#[derive(Clone, Copy)]
pub(crate) struct Columns<T> {
    pub(crate) values: T,
    stride: usize,
    first: usize,
}

fn columns<T>(values: T, stride: usize, first: usize) -> Columns<T> {
    Columns {
        values,
        stride,
        first,
    }
}

impl<T: Copy> Columns<T> {
    pub(crate) fn place(&self, row: usize, column: usize) -> usize {
        row * self.stride + self.first + column
    }
}

pub(crate) type Read<'a> = Columns<&'a [f32]>;
pub(crate) type Written<'a> = Columns<&'a Shared<'a>>;

impl Written<'_> {
    /// Writes `values`, each times `factor`, from a row and a column on.
    ///
    /// # Safety
    /// No other task touches these places.
    pub(crate) unsafe fn write(&self, row: usize, column: usize, values: &[f32], factor: f32) {
        let first = self.place(row, column);
        // SAFETY: the caller's.
        let to = unsafe { self.values.range(first..first + values.len()) };
        for (to, value) in to.iter_mut().zip(values) {
            *to = value * factor;
        }
    }
}

/// Queries, keys and values, or their gradients.
#[derive(Clone, Copy)]
pub(crate) struct Three<T> {
    pub(crate) q: Columns<T>,
    pub(crate) k: Columns<T>,
    pub(crate) v: Columns<T>,
}

/// All three in rows `[N, 3 * H * K]`.
fn beside<T: Copy>(values: T, total: usize) -> Three<T> {
    let columns = |number: usize| columns(values, 3 * total, number * total);
    Three {
        q: columns(0),
        k: columns(1),
        v: columns(2),
    }
}

/// Queries in rows `[N, H * K]`, keys and values in rows `[M, 2 * H * K]` elsewhere.
fn apart<T: Copy>(q: T, kv: T, total: usize) -> Three<T> {
    Three {
        q: columns(q, total, 0),
        k: columns(kv, 2 * total, 0),
        v: columns(kv, 2 * total, total),
    }
}

impl Attention<'_> {
    /// Self-attention of `qkv`, `[N, 3 * H * K]`: into `out`, `[N, H * K]`, and `log_sums`, `[H, N]`.
    pub fn within(&self, qkv: &[f32], out: &mut [f32], log_sums: &mut [f32]) {
        self.forward(&beside(qkv, self.heads.total()), out, log_sums);
    }

    /// Attention of `q`, `[N, H * K]`, over `kv`, `[M, 2 * H * K]`: into `out`, `[N, H * K]`, and `log_sums`, `[H, N]`.
    pub fn across(&self, q: &[f32], kv: &[f32], out: &mut [f32], log_sums: &mut [f32]) {
        self.forward(&apart(q, kv, self.heads.total()), out, log_sums);
    }

    /// Gradient of [`Attention::within`]: of that of its output, `d_out`, into `d_qkv`; adds to `d_bias` that of the bias by head
    /// and distance, `[H, 2 * reach - 1]`.
    pub fn within_gradient(
        &self,
        qkv: &[f32],
        (out, log_sums): (&[f32], &[f32]),
        d_out: &[f32],
        d_qkv: &mut [f32],
        d_bias: &mut [f32],
    ) {
        let total = self.heads.total();
        let shared = Shared::new(d_qkv);
        self.backward(
            &beside(qkv, total),
            (out, log_sums, d_out),
            &beside(&shared, total),
            d_bias,
        );
    }

    /// Gradient of [`Attention::across`]: of that of its output, `d_out`, into `d_q` and `d_kv`.
    pub fn across_gradient(
        &self,
        (q, kv): (&[f32], &[f32]),
        (out, log_sums): (&[f32], &[f32]),
        d_out: &[f32],
        (d_q, d_kv): (&mut [f32], &mut [f32]),
    ) {
        let total = self.heads.total();
        let (d_q, d_kv) = (Shared::new(d_q), Shared::new(d_kv));
        self.backward(
            &apart(q, kv, total),
            (out, log_sums, d_out),
            &apart(&d_q, &d_kv, total),
            &mut [],
        );
    }

    /// Tasks write what the ranges of their segments name: these must not meet, nor leave the rows of their head.
    fn check(&self, out: &[f32], log_sums: &[f32]) {
        let tokens = out.len().checked_div(self.heads.total()).unwrap_or(0);
        assert_eq!(
            Some(log_sums.len()),
            tokens.checked_mul(self.heads.count),
            "each query of each head has the logarithm of its sum"
        );
        let last = self.pairs.last().cloned().unwrap_or_default();
        assert!(last.0.end <= tokens, "queries are among the rows");
        // Places of keys are multiplied without a check from here on.
        let stride = self.heads.total().checked_mul(3);
        let end = stride.and_then(|stride| stride.checked_mul(last.1.end));
        assert!(end.is_some(), "keys are among the rows");
        let (mut queries, mut keys) = (0, 0);
        for pair in self.pairs {
            assert!(
                queries <= pair.0.start && pair.0.start <= pair.0.end,
                "ranges of queries ascend and do not meet"
            );
            assert!(
                keys <= pair.1.start && pair.1.start <= pair.1.end,
                "ranges of keys ascend and do not meet"
            );
            (queries, keys) = (pair.0.end, pair.1.end);
        }
    }

    fn forward(&self, three: &Three<&[f32]>, out: &mut [f32], log_sums: &mut [f32]) {
        self.check(out, log_sums);
        let (count, total) = (self.heads.count, self.heads.total());
        let tokens = out.len() / total;
        let (out, log_sums) = (Shared::new(out), Shared::new(log_sums));
        team::run(self.pairs.len() * count, &|task| {
            let (pair, head) = (&self.pairs[task / count], task % count);
            let out = columns(&out, total, 0);
            let log_sums = columns(&log_sums, 1, head * tokens);
            // SAFETY: each task has its own rows of its own head.
            unsafe { Head::new(self, three, pair, head).forward(&out, &log_sums) };
        });
    }

    fn backward(
        &self,
        three: &Three<&[f32]>,
        (out, log_sums, d_out): (&[f32], &[f32], &[f32]),
        d: &Three<&Shared<'_>>,
        d_bias: &mut [f32],
    ) {
        self.check(out, log_sums);
        let (count, total) = (self.heads.count, self.heads.total());
        // A part for each task, added up in their order, so that sums do not depend on threads.
        let reach = |pair: &Pair| self.bias.map_or(0, |_| 2 * pair.1.len().max(1) - 1);
        let mut first = 0;
        let parts: Vec<Range<usize>> = self
            .pairs
            .iter()
            .flat_map(|pair| std::iter::repeat_n(reach(pair), count))
            .map(|size| {
                first += size;
                first - size..first
            })
            .collect();
        let mut biases = vec![0.0; first];
        let shared = Shared::new(&mut biases);
        let tokens = out.len() / total;
        team::run(parts.len(), &|task| {
            let (pair, head) = (&self.pairs[task / count], task % count);
            let done = Done {
                out: columns(out, total, 0),
                d_out: columns(d_out, total, 0),
                log_sums: &log_sums[head * tokens..(head + 1) * tokens],
            };
            // SAFETY: each task has its own part, and its own rows of its own head.
            unsafe {
                let d_bias = shared.range(parts[task].clone());
                Head::new(self, three, pair, head).backward(done, d, d_bias);
            }
        });
        let Some(bias) = self.bias else { return };
        let width = 2 * bias.reach() - 1;
        for (task, part) in parts.into_iter().enumerate() {
            let start = task % count * width + bias.reach() - part.len().div_ceil(2);
            add(&mut d_bias[start..start + part.len()], &biases[part]);
        }
    }
}
