//! Updates of weights by their gradients, in as few passes over memory as a rule allows, on all threads.
//!
//! Work is cut into chunks of fixed sizes, whose sums are added in order: the threads cannot change a bit of the result.
mod adafactor;
mod adamw;

pub use adafactor::{
    factored_apply, factored_moments, factored_squares, unfactored_apply, unfactored_moments,
};
pub use adamw::{AdamWStep, adamw};

use crate::isa::for_each_isa;
use crate::team::run;
use std::hint::black_box;
use std::iter::Sum;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};

/// Numbers of a chunk: 64 KiB of each buffer.
const CHUNK: usize = 1 << 14;
const LANES: usize = 16;

/// Sum of the squares, in f64, the same bits on any number of threads.
pub fn sum_of_squares(values: &[f32]) -> f64 {
    chunk_sums(values.len(), CHUNK, &|range| squares(&values[range]))
}

for_each_isa! {
    fn squares(values: &[f32]) -> f64 => squares_body
}

#[inline(always)]
fn squares_body<const FMA: bool>(values: &[f32]) -> f64 {
    let (chunks, rest) = values.as_chunks::<LANES>();
    let mut lanes = [0.0; LANES];
    for chunk in chunks {
        for lane in 0..LANES {
            // The square of an f32 is exact in f64: fusing it with the sum changes no bit.
            let value = f64::from(chunk[lane]);
            lanes[lane] = if FMA {
                value.mul_add(value, lanes[lane])
            } else {
                value * value + lanes[lane]
            };
        }
    }
    let rest = rest
        .iter()
        .map(|&value| f64::from(value) * f64::from(value));
    total(lanes) + rest.sum::<f64>()
}

/// The sum of lanes. They go through memory: else the compiler would shape the loop that filled them after this sum, and
/// take vectors of two.
#[inline(always)]
fn total<T: Sum>(lanes: [T; LANES]) -> T {
    black_box(lanes).into_iter().sum()
}

/// Runs `work` on the ranges of `0..len` that hold `chunk` places each, on all threads.
fn for_each_chunk(len: usize, chunk: usize, work: &(dyn Fn(Range<usize>) + Sync)) {
    run(len.div_ceil(chunk), &|task| {
        work(task * chunk..len.min((task + 1) * chunk));
    });
}

/// Sum over the ranges of `0..len` that hold `chunk` places each, added from the first to the last.
fn chunk_sums(len: usize, chunk: usize, work: &(dyn Fn(Range<usize>) -> f64 + Sync)) -> f64 {
    let sums: Vec<AtomicU64> = (0..len.div_ceil(chunk))
        .map(|_| AtomicU64::new(0))
        .collect();
    for_each_chunk(len, chunk, &|range| {
        let place = range.start / chunk;
        sums[place].store(work(range).to_bits(), Ordering::Relaxed);
    });
    sums.into_iter()
        .map(|sum| f64::from_bits(sum.into_inner()))
        .sum()
}
