//! ROUGE on the published files of T5's own test, where they are at hand.
use std::path::PathBuf;

use ext5_data::Example;
use ext5_eval::{Bootstrap, MetricScore, score};

/// Plain means of `rouge_score` 0.1.2 over these files, recorded.
const MEANS: [(&str, f64); 4] = [
    ("rouge1", 38.552_549_128_152_73),
    ("rouge2", 22.144_908_117_571_9),
    ("rougeL", 38.323_117_913_587_19),
    ("rougeLsum", 38.326_451_246_920_53),
];

#[test]
fn published_rouge_of_t5_is_met() {
    let Some(shared) = std::env::var_os("EXT5_SHARED") else {
        println!("skipped: EXT5_SHARED is not set");
        return;
    };
    let folder = PathBuf::from(shared).join("fixtures/t5_rouge");
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    let lines = |name: &str| {
        read(name)
            .lines()
            .map(str::to_owned)
            .collect::<Vec<String>>()
    };
    let predictions = lines("prediction_large.txt");
    let targets: Vec<Example> = lines("target_large.txt")
        .into_iter()
        .map(|line| Example {
            references: vec![line],
            ..Example::default()
        })
        .collect();
    assert_eq!((predictions.len(), targets.len()), (1000, 1000));
    let wanted: serde_json::Value =
        serde_json::from_str(&read("expected_bootstrap_results.json")).unwrap();
    let scored =
        |name, bootstrap| score(name, "none", &predictions, &targets, &[], bootstrap).unwrap();
    let means = scored("rouge_mean", Bootstrap::NONE);
    for (score, (name, mean)) in means.iter().zip(MEANS) {
        assert!(
            score.name == name && (score.value.unwrap() - mean).abs() < 1e-9,
            "{score:?}"
        );
    }
    let medians = scored("rouge", Bootstrap::NONE);
    for (name, wanted) in wanted.as_object().unwrap() {
        let value = |scores: &[MetricScore]| {
            let found = scores.iter().find(|score| score.name == *name).unwrap();
            found.value.unwrap()
        };
        let (mean, mid, wanted) = (value(&means), value(&medians), wanted.as_f64().unwrap());
        println!("{name}: mean {mean:.4}, median {mid:.4}, published median {wanted:.4}");
        // Both medians are of 1,000 unseeded or otherwise seeded resamples; the interval is about 1.2 wide.
        assert!(
            (mean - wanted).abs() < 0.05 && (mid - wanted).abs() < 0.05,
            "{name}: {mean} {mid} {wanted}"
        );
    }
}
