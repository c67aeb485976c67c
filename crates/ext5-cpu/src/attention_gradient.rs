use crate::attention::{DistanceBias, Heads};
use crate::gradient::{probabilities, softmax_gradient, softmax_with_log_sum};
use crate::matmul::{Matrix, Output, here};
use crate::team::{self, Shared};
use crate::{Dropout, add, dot};
use std::cell::RefCell;
use std::ops::Range;

/// Queries whose scores are held at once.
const QUERIES: usize = 128;

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
struct Columns<T> {
    values: T,
    stride: usize,
    first: usize,
}

impl<T: Copy> Columns<T> {
    fn place(&self, row: usize, column: usize) -> usize {
        row * self.stride + self.first + column
    }
}

type Read<'a> = Columns<&'a [f32]>;
type Written<'a> = Columns<&'a Shared<'a>>;

impl<'a> Read<'a> {
    fn rows(&self, rows: &Range<usize>, column: usize, width: usize) -> Matrix<'a> {
        let first = self.place(rows.start, column).min(self.values.len());
        Matrix::strided(&self.values[first..], rows.len(), width, self.stride)
    }
}

impl Written<'_> {
    /// Adds `a * b` from a row and a column on.
    ///
    /// # Safety
    /// No other task touches these rows and columns.
    unsafe fn add_product(&self, (row, column): (usize, usize), a: Matrix<'_>, b: Matrix<'_>) {
        let place = self.place(row, column);
        // SAFETY: the caller's.
        unsafe { here(a, b, Output::Add, self.values, place, self.stride) };
    }
}

/// Queries, keys and values, or their gradients.
#[derive(Clone, Copy)]
struct Three<T> {
    q: Columns<T>,
    k: Columns<T>,
    v: Columns<T>,
}

/// All three in rows `[N, 3 * H * K]`.
fn beside<T: Copy>(values: T, total: usize) -> Three<T> {
    let columns = |number: usize| Columns {
        values,
        stride: 3 * total,
        first: number * total,
    };
    Three {
        q: columns(0),
        k: columns(1),
        v: columns(2),
    }
}

/// Queries in rows `[N, H * K]`, keys and values in rows `[M, 2 * H * K]` elsewhere.
fn apart<T: Copy>(q: T, kv: T, total: usize) -> Three<T> {
    let columns = |values: T, stride: usize, first: usize| Columns {
        values,
        stride,
        first,
    };
    Three {
        q: columns(q, total, 0),
        k: columns(kv, 2 * total, 0),
        v: columns(kv, 2 * total, total),
    }
}

thread_local! {
    /// Scores of a block of queries and their gradient, kept from call to call.
    static SCRATCH: RefCell<[Vec<f32>; 2]> = const { RefCell::new([Vec::new(), Vec::new()]) };
}

fn with_scratch(size: usize, work: impl FnOnce(&mut [f32], &mut [f32])) {
    SCRATCH.with_borrow_mut(|[scores, gradient]| {
        for buffer in [&mut *scores, &mut *gradient] {
            if buffer.len() < size {
                buffer.resize(size, 0.0);
            }
        }
        work(&mut scores[..size], &mut gradient[..size]);
    });
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

    /// Blocks of queries of a segment, each with the keys that it may see.
    fn blocks(
        &self,
        pair: &(Range<usize>, Range<usize>),
    ) -> impl Iterator<Item = (Range<usize>, Range<usize>)> {
        let (queries, keys, causal) = (pair.0.clone(), pair.1.clone(), self.causal);
        queries.clone().step_by(QUERIES).map(move |first| {
            let last = (first + QUERIES).min(queries.end);
            let seen = if causal {
                (keys.start + last - queries.start).min(keys.end)
            } else {
                keys.end
            };
            (first..last, keys.start..seen)
        })
    }

    /// Calls `row` with the scores of each query of a block, complete but for the softmax.
    fn scores(
        &self,
        three: &Three<&[f32]>,
        (pair, head): (&(Range<usize>, Range<usize>), usize),
        (queries, keys): (&Range<usize>, &Range<usize>),
        scores: &mut [f32],
        row: impl Fn(usize, &mut [f32]),
    ) {
        let (width, column) = (self.heads.width, head * self.heads.width);
        let length = keys.len();
        let q = three.q.rows(queries, column, width);
        let k = three.k.rows(keys, column, width);
        let shared = Shared::new(&mut *scores);
        // SAFETY: the scores are this task's own.
        unsafe { here(q, k.t(), Output::Replace, &shared, 0, length) };
        for (query, scores) in queries.clone().zip(scores.chunks_exact_mut(length)) {
            let place = query - pair.0.start;
            let seen = if self.causal { place + 1 } else { length };
            let (seen, unseen) = scores.split_at_mut(seen.min(length));
            if let Some(bias) = self.bias {
                add(seen, bias.row(head, place, seen.len()));
            }
            row(query, seen);
            unseen.fill(0.0);
        }
    }

    fn drop_out(&self, head: usize, query: usize, values: &mut [f32]) {
        if let Some((dropout, site, keys)) = self.dropout {
            dropout.apply(keys[query], site + head as u32, values);
        }
    }

    fn forward(&self, three: &Three<&[f32]>, out: &mut [f32], log_sums: &mut [f32]) {
        self.check(out, log_sums);
        let (width, total) = (self.heads.width, self.heads.total());
        let tokens = out.len() / total;
        let (out, log_sums) = (Shared::new(out), Shared::new(log_sums));
        team::run(self.pairs.len() * self.heads.count, &|task| {
            let (pair, head) = (
                &self.pairs[task / self.heads.count],
                task % self.heads.count,
            );
            let column = head * width;
            for (queries, keys) in self.blocks(pair) {
                if keys.is_empty() {
                    // Nothing to look at gives nothing.
                    for query in queries {
                        let first = query * total + column;
                        // SAFETY: each task has its own rows and columns of the result.
                        unsafe { out.range(first..first + width) }.fill(0.0);
                    }
                    continue;
                }
                with_scratch(queries.len() * keys.len(), |scores, _| {
                    self.scores(
                        three,
                        (pair, head),
                        (&queries, &keys),
                        scores,
                        |query, row| {
                            let log_sum = softmax_with_log_sum(row);
                            self.drop_out(head, query, row);
                            // SAFETY: each task has its own rows of its own head.
                            unsafe { log_sums.write(head * tokens + query, &[log_sum]) };
                        },
                    );
                    let p = Matrix::strided(scores, queries.len(), keys.len(), keys.len());
                    let v = three.v.rows(&keys, column, width);
                    // SAFETY: each task has its own rows and columns of the result.
                    unsafe {
                        here(
                            p,
                            v,
                            Output::Replace,
                            &out,
                            queries.start * total + column,
                            total,
                        );
                    }
                });
            }
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
        let heads = self.heads.count;
        // A part for each task, added up in their order, so that sums do not depend on threads.
        let reach = |pair: &(Range<usize>, Range<usize>)| {
            self.bias.map_or(0, |_| 2 * pair.1.len().max(1) - 1)
        };
        let mut first = 0;
        let parts: Vec<Range<usize>> = self
            .pairs
            .iter()
            .flat_map(|pair| std::iter::repeat_n(reach(pair), heads))
            .map(|size| {
                first += size;
                first - size..first
            })
            .collect();
        let mut biases = vec![0.0; first];
        let shared = Shared::new(&mut biases);
        let tokens = out.len() / self.heads.total();
        team::run(parts.len(), &|task| {
            let (pair, head) = (&self.pairs[task / heads], task % heads);
            // SAFETY: each task has its own part.
            let d_bias = unsafe { shared.range(parts[task].clone()) };
            let log_sums = &log_sums[head * tokens..(head + 1) * tokens];
            self.backward_of(three, (pair, head), (out, log_sums, d_out), d, d_bias);
        });
        let Some(bias) = self.bias else { return };
        let width = 2 * bias.reach() - 1;
        for (task, part) in parts.into_iter().enumerate() {
            let start = task % heads * width + bias.reach() - part.len().div_ceil(2);
            add(&mut d_bias[start..start + part.len()], &biases[part]);
        }
    }

    /// One head of one segment; `d_bias`, `[2 * keys - 1]`, is added to.
    fn backward_of(
        &self,
        three: &Three<&[f32]>,
        (pair, head): (&(Range<usize>, Range<usize>), usize),
        (out, log_sums, d_out): (&[f32], &[f32], &[f32]),
        d: &Three<&Shared<'_>>,
        d_bias: &mut [f32],
    ) {
        let (width, total) = (self.heads.width, self.heads.total());
        let column = head * width;
        let rows = |values, stride: usize, queries: &Range<usize>| {
            Columns {
                values,
                stride,
                first: 0,
            }
            .rows(queries, column, width)
        };
        self.clear(d, pair, column);
        for (queries, keys) in self.blocks(pair).filter(|block| !block.1.is_empty()) {
            let length = keys.len();
            with_scratch(queries.len() * length, |p, dp| {
                self.scores(three, (pair, head), (&queries, &keys), p, |query, row| {
                    probabilities(log_sums[query], row);
                });
                let d_out_block = rows(d_out, total, &queries);
                let v = three.v.rows(&keys, column, width);
                // SAFETY: the scratch is this task's own.
                unsafe {
                    here(
                        d_out_block,
                        v.t(),
                        Output::Replace,
                        &Shared::new(dp),
                        0,
                        length,
                    );
                }
                let place = |query: usize| query * total + column..query * total + column + width;
                for ((query, p), dp) in queries
                    .clone()
                    .zip(p.chunks_exact_mut(length))
                    .zip(dp.chunks_exact_mut(length))
                {
                    let mean = dot(&out[place(query)], &d_out[place(query)]);
                    self.drop_out(head, query, dp);
                    softmax_gradient(p, mean, dp);
                    if self.bias.is_some() {
                        let start = pair.1.len() - 1 - (query - pair.0.start);
                        add(&mut d_bias[start..start + length], dp);
                    }
                    self.drop_out(head, query, p);
                }
                let p = Matrix::strided(p, queries.len(), length, length);
                let dp = Matrix::strided(dp, queries.len(), length, length);
                let of_queries = three.q.rows(&queries, column, width);
                let of_keys = three.k.rows(&keys, column, width);
                // SAFETY: each task has its own rows and columns of the gradients.
                unsafe {
                    d.v.add_product((keys.start, column), p.t(), d_out_block);
                    d.q.add_product((queries.start, column), dp, of_keys);
                    d.k.add_product((keys.start, column), dp.t(), of_queries);
                }
            });
        }
    }

    /// Zeroes what [`Self::backward_of`] adds to.
    fn clear(&self, d: &Three<&Shared<'_>>, pair: &(Range<usize>, Range<usize>), column: usize) {
        for (to, rows) in [(&d.q, &pair.0), (&d.k, &pair.1), (&d.v, &pair.1)] {
            for row in rows.clone() {
                let first = to.place(row, column);
                // SAFETY: each task has its own rows and columns of the gradients.
                unsafe { to.values.range(first..first + self.heads.width) }.fill(0.0);
            }
        }
    }
}
