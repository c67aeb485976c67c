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
#[expect(
    clippy::float_cmp,
    reason = "exactly 1 and minus infinity mean what they say"
)]
pub(super) fn warp(row: &mut [f32], sample: &Sample) {
    let peak = max(row);
    if peak == f32::NEG_INFINITY {
        return;
    }
    if sample.temperature != 1.0 {
        // From the greatest, so that the smallest temperature still leaves that one finite.
        for logit in row.iter_mut() {
            *logit = (*logit - peak) / sample.temperature;
        }
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

#[cfg(test)]
mod tests {
    use super::{Sample, draw, warp};
    use ext5_objectives::Stream;
    use serde_json::Value;

    #[test]
    fn the_same_tokens_stay_as_with_transformers() {
        let recorded = include_str!("../../tests/golden/sampling.json");
        let recorded: Value = serde_json::from_str(recorded).unwrap();
        let floats = |value: &Value| -> Vec<f64> { serde_json::from_value(value.clone()).unwrap() };
        for case in recorded["cases"].as_array().unwrap() {
            let mut row: Vec<f32> = floats(&recorded["logits"])
                .iter()
                .map(|&it| it as f32)
                .collect();
            let sample = Sample {
                temperature: case["temperature"].as_f64().unwrap() as f32,
                top_k: case["top_k"].as_u64().unwrap() as usize,
                top_p: case["top_p"].as_f64().unwrap() as f32,
                seed: 0,
            };
            warp(&mut row, &sample);
            let total = f64::from(ext5_cpu::log_sum_exp(&row));
            for (logit, probability) in row.iter().zip(floats(&case["probabilities"])) {
                assert_eq!(logit.is_finite(), probability > 0.0, "{sample:?}");
                let found = (f64::from(*logit) - total).exp();
                assert!(
                    (found - probability).abs() < 1e-6,
                    "{found} for {probability}"
                );
            }
        }
    }

    #[test]
    fn a_share_keeps_what_a_full_sort_keeps() {
        let mut stream = Stream::new(&[8]);
        for round in 0..300_u64 {
            // Flat rows, steep rows, and rows whose tail lies beyond the buckets.
            let spread = [0.01, 2.0, 30.0][round as usize % 3];
            let width = 1 + stream.below(700) as usize;
            let row: Vec<f32> = (0..width)
                .map(|_| (spread * stream.normal()) as f32)
                .collect();
            let share = 0.02 + 0.96 * stream.uniform();
            let sample = Sample {
                top_p: share as f32,
                ..Sample::default()
            };
            let mut warped = row.clone();
            warp(&mut warped, &sample);
            let weight: f64 = row.iter().map(|&it| f64::from(it).exp()).sum();
            let mut sorted = row.clone();
            sorted.sort_by(|one, other| other.total_cmp(one));
            let mut above = 0.0; // a token stays while the more probable ones have less than the share
            let least = sorted.into_iter().take_while(|&it| {
                let stays = above < share;
                above += f64::from(it).exp() / weight;
                stays
            });
            let least = least.last().unwrap();
            let kept = row
                .iter()
                .map(|&it| if it < least { f32::NEG_INFINITY } else { it });
            assert_eq!(warped, kept.collect::<Vec<_>>(), "round {round}");
        }
    }

    #[test]
    fn nothing_is_drawn_from_nothing() {
        let mut row = [f32::NEG_INFINITY; 700];
        warp(
            &mut row,
            &Sample {
                temperature: 0.5,
                top_k: 3,
                top_p: 0.5,
                seed: 0,
            },
        );
        assert_eq!(draw(&row, &mut Stream::new(&[1])), None);
        row[600] = -50.0;
        assert_eq!(draw(&row, &mut Stream::new(&[1])), Some(600));
    }
}
