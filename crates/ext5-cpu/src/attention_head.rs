//! One head of one segment, forward and back, in blocks of queries whose scores fit into the second-level cache.
use crate::attention_gradient::{Attention, Pair, Read, Three, Written};
use crate::block::{Block, Buffer, Left, Right, TALL, WIDE, block_product};
use crate::matmul::Output;
use crate::softmax::{exponentials, softmax_gradient};
use crate::team::Shared;
use crate::{add, dot};
use std::cell::RefCell;
use std::ops::Range;

/// Scores of a block, in numbers.
const SCORES: usize = 48 << 10;
/// Most queries of a block.
const QUERIES: usize = 16 * TALL;

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

/// Memory of a segment's head, kept from call to call.
#[derive(Debug, Default)]
struct Scratch {
    keys: Buffer,
    keys_turned: Buffer,
    values: Buffer,
    no_bias: Buffer,
    d_keys: Buffer,
    d_values: Buffer,
    block: BlockScratch,
}

/// Memory of a block of queries.
#[derive(Debug, Default)]
struct BlockScratch {
    queries: Buffer,
    queries_packed: Buffer,
    d_out: Buffer,
    d_out_packed: Buffer,
    scores: Buffer,
    d_scores: Buffer,
    result: Buffer,
}

/// Keys and values of a segment, ready for the way back.
struct Sides<'a> {
    keys: Right<'a>,
    keys_turned: Right<'a>,
    values_turned: Right<'a>,
    no_bias: &'a [f32],
}

/// What the way forward left, and the gradient of its output, in rows `[N, H * K]`.
#[derive(Clone, Copy)]
pub(crate) struct Done<'a> {
    pub(crate) out: Read<'a>,
    pub(crate) d_out: Read<'a>,
    /// Of this head's queries.
    pub(crate) log_sums: &'a [f32],
}

/// One head of one segment.
#[derive(Clone, Copy)]
pub(crate) struct Head<'a> {
    attention: &'a Attention<'a>,
    three: &'a Three<&'a [f32]>,
    pair: &'a Pair,
    head: usize,
    width: usize,
    /// First column.
    column: usize,
    /// Numbers from one row of scores to the next.
    stride: usize,
    /// Most queries of a block.
    most: usize,
}

impl<'a> Head<'a> {
    pub(crate) fn new(
        attention: &'a Attention<'a>,
        three: &'a Three<&'a [f32]>,
        pair: &'a Pair,
        head: usize,
    ) -> Self {
        let panels = pair.1.len().div_ceil(WIDE);
        let fitting = SCORES / (panels * WIDE).max(1) / TALL * TALL;
        Self {
            attention,
            three,
            pair,
            head,
            width: attention.heads.width,
            column: head * attention.heads.width,
            // An odd number of lines, so that a column of scores uses all of the cache.
            stride: (panels | 1) * WIDE,
            most: fitting.clamp(TALL, QUERIES),
        }
    }

    /// This head's columns of row `first` and those that follow.
    fn rows(&self, of: Read<'a>, first: usize) -> impl Fn(usize) -> &'a [f32] + use<'a> {
        let (column, width) = (self.column, self.width);
        move |row| &of.values[of.place(first + row, column)..][..width]
    }

    /// Blocks of queries, each with how many keys it may see.
    fn blocks(&self) -> impl Iterator<Item = (Range<usize>, usize)> + use<> {
        let (queries, keys, most) = (self.pair.0.clone(), self.pair.1.len(), self.most);
        let causal = self.attention.causal;
        queries.clone().step_by(most).map(move |first| {
            let last = (first + most).min(queries.end);
            let seen = if causal {
                keys.min(last - queries.start)
            } else {
                keys
            };
            (first..last, seen)
        })
    }

    /// How many of a block's `keys` a query sees, and what is added to their scores.
    fn seen<'b>(&'b self, query: usize, keys: usize, none: &'b [f32]) -> (usize, &'b [f32]) {
        let place = query - self.pair.0.start;
        let seen = if self.attention.causal {
            keys.min(place + 1)
        } else {
            keys
        };
        let bias = match self.attention.bias {
            Some(bias) => bias.row(self.head, place, seen),
            None => &none[..seen],
        };
        (seen, bias)
    }

    fn drop_out(&self, query: usize, values: &mut [f32]) {
        if let Some((dropout, site, keys)) = self.attention.dropout {
            dropout.apply(keys[query], site + self.head as u32, values);
        }
    }

    /// Into this head's columns of `out`, and `log_sums` of its queries.
    ///
    /// # Safety
    /// No other task touches this head of this segment in `out` and `log_sums`.
    pub(crate) unsafe fn forward(&self, out: &Written<'_>, log_sums: &Written<'_>) {
        let (keys, width, first) = (self.pair.1.len(), self.width, self.pair.1.start);
        SCRATCH.with_borrow_mut(|scratch| {
            let k = self.rows(self.three.k, first);
            let k = scratch.keys_turned.pack_turned(width, keys, k);
            let v = self.rows(self.three.v, first);
            let v = scratch.values.pack(keys, width, v);
            let none = scratch.no_bias.zeros(keys);
            for (queries, seen) in self.blocks() {
                // SAFETY: the caller's.
                unsafe {
                    let block = (queries, seen, &mut scratch.block);
                    self.forward_block((k, v, none), block, out, log_sums);
                }
            }
        });
    }

    /// # Safety
    /// As [`Head::forward`].
    unsafe fn forward_block(
        &self,
        (k, v, none): (Right<'_>, Right<'_>, &[f32]),
        (queries, seen, scratch): (Range<usize>, usize, &mut BlockScratch),
        out: &Written<'_>,
        log_sums: &Written<'_>,
    ) {
        let (rows, width, stride) = (queries.len(), self.width, self.stride);
        let q = self.rows(self.three.q, queries.start);
        let q = scratch.queries.copy(rows, width, q);
        let scores = scratch.scores.take(rows * stride);
        let to_scores = Block {
            left: q,
            right: k,
            rows,
            depth: width,
            columns: seen,
        };
        block_product(to_scores, Output::Replace, scores, stride);
        let mut factors = [0.0; QUERIES];
        let lines = scores.chunks_exact_mut(stride).zip(&mut factors);
        for (query, (line, factor)) in queries.clone().zip(lines) {
            let (own, bias) = self.seen(query, seen, none);
            let (line, unseen) = line.split_at_mut(own);
            let log_sum;
            (log_sum, *factor) = exponentials(line, bias);
            self.drop_out(query, line);
            unseen.fill(0.0);
            // SAFETY: the caller's.
            unsafe { log_sums.write(query, 0, &[log_sum], 1.0) };
        }
        let wide = width.next_multiple_of(WIDE);
        let result = scratch.result.take(rows * wide);
        let to_result = Block {
            left: Left::rows(scores, stride),
            right: v,
            rows,
            depth: seen,
            columns: width,
        };
        block_product(to_result, Output::Replace, result, wide);
        for ((query, line), factor) in queries.zip(result.chunks_exact(wide)).zip(factors) {
            // SAFETY: the caller's.
            unsafe { out.write(query, self.column, &line[..width], factor) };
        }
    }

    /// Into this head's columns of `d`; adds to `d_bias`, `[2 * keys - 1]`.
    ///
    /// # Safety
    /// No other task touches this head of this segment in `d`.
    pub(crate) unsafe fn backward(
        &self,
        done: Done<'a>,
        d: &Three<&Shared<'_>>,
        d_bias: &mut [f32],
    ) {
        let (keys, width, first) = (self.pair.1.len(), self.width, self.pair.1.start);
        let wide = width.next_multiple_of(WIDE);
        SCRATCH.with_borrow_mut(|scratch| {
            let k = || self.rows(self.three.k, first);
            let v = self.rows(self.three.v, first);
            let sides = Sides {
                keys: scratch.keys.pack(keys, width, k()),
                keys_turned: scratch.keys_turned.pack_turned(width, keys, k()),
                values_turned: scratch.values.pack_turned(width, keys, v),
                no_bias: scratch.no_bias.zeros(keys),
            };
            let d_keys = scratch.d_keys.zeros(keys * wide);
            let d_values = scratch.d_values.zeros(keys * wide);
            for (queries, seen) in self.blocks() {
                let block = (queries.clone(), seen, &mut scratch.block);
                let d_queries = self.backward_block(
                    &sides,
                    block,
                    done,
                    [&mut *d_keys, &mut *d_values],
                    d_bias,
                );
                for (query, line) in queries.zip(d_queries.chunks_exact(wide)) {
                    // SAFETY: the caller's.
                    unsafe { d.q.write(query, self.column, &line[..width], 1.0) };
                }
            }
            for (to, from) in [(&d.k, d_keys), (&d.v, d_values)] {
                for (row, line) in self.pair.1.clone().zip(from.chunks_exact(wide)) {
                    // SAFETY: the caller's.
                    unsafe { to.write(row, self.column, &line[..width], 1.0) };
                }
            }
        });
    }

    /// The gradient of a block of queries; adds to those of keys, values and bias.
    fn backward_block<'s>(
        &self,
        sides: &Sides<'_>,
        (queries, seen, scratch): (Range<usize>, usize, &'s mut BlockScratch),
        done: Done<'a>,
        [d_keys, d_values]: [&mut [f32]; 2],
        d_bias: &mut [f32],
    ) -> &'s [f32] {
        let (rows, width, stride) = (queries.len(), self.width, self.stride);
        let wide = width.next_multiple_of(WIDE);
        let q = || self.rows(self.three.q, queries.start);
        let d_out = || self.rows(done.d_out, queries.start);
        let scores = scratch.scores.take(rows * stride);
        let d_scores = scratch.d_scores.take(rows * stride);
        let over_width = |left, right, to| {
            let block = Block {
                left,
                right,
                rows,
                depth: width,
                columns: seen,
            };
            block_product(block, Output::Replace, to, stride);
        };
        over_width(
            scratch.queries.copy(rows, width, q()),
            sides.keys_turned,
            &mut *scores,
        );
        over_width(
            scratch.d_out.copy(rows, width, d_out()),
            sides.values_turned,
            &mut *d_scores,
        );
        let lines = scores
            .chunks_exact_mut(stride)
            .zip(d_scores.chunks_exact_mut(stride));
        for (query, both) in queries.clone().zip(lines) {
            self.backward_row(query, seen, both, (done, sides.no_bias), d_bias);
        }
        let add_turned = |scores: &[f32], right, to: &mut [f32]| {
            let block = Block {
                left: Left::rows(scores, stride).t(),
                right,
                rows: seen,
                depth: rows,
                columns: width,
            };
            block_product(block, Output::Add, to, wide);
        };
        let right = scratch.d_out_packed.pack(rows, width, d_out());
        add_turned(scores, right, d_values);
        let right = scratch.queries_packed.pack(rows, width, q());
        add_turned(d_scores, right, d_keys);
        let result = scratch.result.take(rows * wide);
        let block = Block {
            left: Left::rows(d_scores, stride),
            right: sides.keys,
            rows,
            depth: seen,
            columns: width,
        };
        block_product(block, Output::Replace, result, wide);
        result
    }

    /// Turns a row of scores into probabilities, as dropout leaves them, and the gradient of these into that of scores.
    fn backward_row(
        &self,
        query: usize,
        keys: usize,
        (scores, d): (&mut [f32], &mut [f32]),
        (done, none): (Done<'a>, &[f32]),
        d_bias: &mut [f32],
    ) {
        let (seen, bias) = self.seen(query, keys, none);
        let (scores, unseen) = scores.split_at_mut(seen);
        let (d, d_unseen) = d.split_at_mut(seen);
        unseen.fill(0.0);
        d_unseen.fill(0.0);
        let of = |read: Read<'a>| self.rows(read, query)(0);
        let mean = dot(of(done.out), of(done.d_out));
        self.drop_out(query, d);
        softmax_gradient(scores, bias, done.log_sums[query], mean, d);
        if self.attention.bias.is_some() && seen > 0 {
            let start = self.pair.1.len() - 1 - (query - self.pair.0.start);
            add(&mut d_bias[start..start + seen], d);
        }
        self.drop_out(query, scores);
    }
}
