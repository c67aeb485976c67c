//! Corrections of a row of logits before a token is drawn, and the draw.
use super::settings::Sample;
use super::top::top;
use ext5_cpu::{log_sum_exp, max, softmax};
use ext5_objectives::Stream;

/// Logits whose weights are summed before one of them is looked for.
const BLOCK: usize = 512;

/// Buckets that logits are counted into, by how far below the greatest they are.
const BUCKETS: usize = 512;
/// Buckets for each unit of a logit; what is 32 units or more below the greatest is in the last.
const BUCKETS_PER_NAT: f32 = 16.0;

/// Temperature, then top-k, then top-p, in place; what cannot be drawn is minus infinity.
pub(super) fn warp(row: &mut [f32], sample: &Sample) {
    let scale = 1.0 / sample.temperature;
    for logit in row.iter_mut() {
        *logit *= scale;
    }
    if sample.top_k > 0
        && sample.top_k < row.len()
        && let Some(&(least, _)) = top(row, sample.top_k).last()
    {
        drop_below(row, least);
    }
    if sample.top_p < 1.0 {
        keep_share(row, f64::from(sample.top_p));
    }
}

/// Keeps the most probable tokens up to the one with which they reach `share` of the probability, and its equals.
///
/// Tokens are counted into buckets by their logits, so that only those of the bucket in which the share is reached are
/// sorted.
fn keep_share(row: &mut [f32], share: f64) {
    let peak = max(row);
    let mut probabilities = row.to_vec();
    softmax(&mut probabilities);
    let bucket = |logit: f32| (((peak - logit) * BUCKETS_PER_NAT) as usize).min(BUCKETS - 1);
    let mut masses = [0.0; BUCKETS];
    for (&logit, &probability) in row.iter().zip(&probabilities) {
        masses[bucket(logit)] += f64::from(probability);
    }
    let mut above = 0.0;
    let Some(reached) = masses.iter().position(|&mass| {
        let here = above + mass >= share;
        above += if here { 0.0 } else { mass };
        here
    }) else {
        return; // rounding keeps all of it below the share
    };
    let both = row.iter().copied().zip(probabilities);
    let mut inside: Vec<(f32, f32)> = both.filter(|&(it, _)| bucket(it) == reached).collect();
    inside.sort_unstable_by(|one, other| other.0.total_cmp(&one.0));
    let last = inside.iter().find(|&&(_, probability)| {
        above += f64::from(probability);
        above >= share
    });
    if let Some(&(least, _)) = last.or(inside.last()) {
        drop_below(row, least);
    }
}

fn drop_below(row: &mut [f32], least: f32) {
    for logit in row.iter_mut().filter(|logit| **logit < least) {
        *logit = f32::NEG_INFINITY;
    }
}

/// A token drawn by the weights exp(logit); `None` where every logit is minus infinity.
pub(super) fn draw(row: &[f32], stream: &mut Stream) -> Option<u32> {
    let peak = max(row);
    let mass = |block: &[f32]| f64::from(log_sum_exp(block) - peak).exp();
    let masses: Vec<f64> = row.chunks(BLOCK).map(mass).collect();
    let mut left = stream.uniform() * masses.iter().sum::<f64>();
    let mut last = None; // rounding can leave a little behind the last token
    for (block, (logits, mass)) in row.chunks(BLOCK).zip(masses).enumerate() {
        if left >= mass {
            left -= mass;
            continue;
        }
        for (logit, place) in logits.iter().zip((block * BLOCK) as u32..) {
            let weight = f64::from(logit - peak).exp();
            if weight > 0.0 {
                last = Some(place);
                if left < weight {
                    return last;
                }
                left -= weight;
            }
        }
        return last;
    }
    last.or_else(|| top(row, 1).first().map(|&(_, place)| place))
}
