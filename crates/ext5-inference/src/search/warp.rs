//! Corrections of a row of logits before a token is drawn, and the draw.
use super::settings::Sample;
use super::top::top;
use ext5_cpu::{log_sum_exp, max};
use ext5_objectives::Stream;

/// Logits whose weights are summed before one of them is looked for.
const BLOCK: usize = 512;

/// Temperature, then top-k, then top-p, in place; what cannot be drawn is minus infinity.
pub(super) fn warp(row: &mut [f32], sample: &Sample) {
    for logit in row.iter_mut() {
        *logit /= sample.temperature;
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

/// Keeps the most probable tokens up to the one with which they reach `share` of the probability.
fn keep_share(row: &mut [f32], share: f64) {
    let total = f64::from(log_sum_exp(row));
    let mut count = 64;
    loop {
        let best = top(row, count);
        let mut mass = 0.0;
        let last = best.iter().find(|(logit, _)| {
            mass += (f64::from(*logit) - total).exp();
            mass >= share
        });
        if let Some(&(least, _)) = last {
            return drop_below(row, least);
        }
        if best.len() < count {
            return; // rounding keeps all of it below the share
        }
        count *= 8;
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
