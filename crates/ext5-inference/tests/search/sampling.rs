//! Drawn tokens against the distributions that `golden/export_sampling.py` recorded.
use crate::scripted::Scripted;
use ext5_inference::{Sample, Settings, Strategy, search};
use serde_json::Value;

const DRAWS: usize = 100_000;
const BATCH: usize = 500;

fn floats(value: &Value) -> Vec<f64> {
    let values = value.as_array().unwrap().iter();
    values.map(|value| value.as_f64().unwrap()).collect()
}

#[test]
fn drawn_tokens_are_distributed_as_transformers_warps_them() {
    let recorded: Value = serde_json::from_str(include_str!("../golden/sampling.json")).unwrap();
    let logits: Vec<f32> = floats(&recorded["logits"])
        .iter()
        .map(|&logit| logit as f32)
        .collect();
    for case in recorded["cases"].as_array().unwrap() {
        let sample = Sample {
            temperature: case["temperature"].as_f64().unwrap() as f32,
            top_k: case["top_k"].as_u64().unwrap() as usize,
            top_p: case["top_p"].as_f64().unwrap() as f32,
            seed: 11,
        };
        let probabilities = floats(&case["probabilities"]);
        let counts = count(&logits, sample);
        let (statistic, freedom) = chi_square(&counts, &probabilities);
        let z = (statistic - freedom) / (2.0 * freedom).sqrt();
        assert!(
            z < 3.5,
            "{sample:?}: chi-square {statistic:.1} with {freedom} degrees of freedom"
        );
    }
}

/// How often each token is the first one drawn for [`DRAWS`] rows.
fn count(logits: &[f32], sample: Sample) -> Vec<u32> {
    let settings = Settings {
        start: 0,
        end: 1,
        max_tokens: 1,
        strategy: Strategy::Sample(sample),
        ..Settings::default()
    };
    let mut counts = vec![0; logits.len()];
    let keys: Vec<u64> = (0..DRAWS as u64).collect();
    for keys in keys.chunks(BATCH) {
        let mut decoder = Scripted::new(logits.len(), keys, |_, _: &[u32]| logits.to_vec());
        for answers in search(&mut decoder, &settings, keys).unwrap() {
            counts[answers[0].ids[0] as usize] += 1;
        }
    }
    counts
}

/// Pearson's statistic and its degrees of freedom; tokens expected less than five times count as one.
fn chi_square(counts: &[u32], probabilities: &[f64]) -> (f64, f64) {
    let (mut statistic, mut cells) = (0.0, 0);
    let (mut rare, mut rare_expected) = (0.0, 0.0);
    for (&count, &probability) in counts.iter().zip(probabilities) {
        let (count, expected) = (f64::from(count), probability * DRAWS as f64);
        assert!(
            expected > 0.0 || count == 0.0,
            "a token was drawn that cannot be"
        );
        if expected < 5.0 {
            rare += count;
            rare_expected += expected;
        } else {
            statistic += (count - expected).powi(2) / expected;
            cells += 1;
        }
    }
    if rare_expected >= 5.0 {
        statistic += (rare - rare_expected).powi(2) / rare_expected;
        cells += 1;
    }
    (statistic, f64::from(cells - 1))
}
