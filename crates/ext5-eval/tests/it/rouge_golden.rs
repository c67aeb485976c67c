//! ROUGE against `rouge.json`, which `tests/golden/export_rouge.py` recorded from `rouge_score`.
use ext5_data::Example;
use ext5_eval::{Bootstrap, MetricScore, score};
use serde_json::Value;

fn cases() -> (Value, Vec<(String, Vec<String>)>) {
    let recorded: Value = serde_json::from_str(include_str!("../golden/rouge.json")).unwrap();
    let cases = serde_json::from_value(recorded["cases"].clone()).unwrap();
    (recorded, cases)
}

fn scored(name: &str, cases: &[(String, Vec<String>)], bootstrap: Bootstrap) -> Vec<MetricScore> {
    let (answers, targets): (Vec<String>, Vec<Example>) = cases
        .iter()
        .cloned()
        .map(|(answer, references)| {
            let example = Example {
                references,
                ..Example::default()
            };
            (answer, example)
        })
        .unzip();
    score(name, "none", &answers, &targets, &[], bootstrap).unwrap()
}

#[test]
fn each_pair_scores_as_rouge_score_has_it() {
    let (recorded, cases) = cases();
    assert!(cases.len() >= 500);
    // The median over resamples of one example is its score.
    for (name, list) in [
        ("rouge_mean", "plain"),
        ("rouge_stemmed_mean", "stemmed"),
        ("rouge", "plain"),
        ("rouge_stemmed", "stemmed"),
    ] {
        let mut largest = 0.0_f64;
        // Resampling is dear and tells nothing more of a single example.
        let step = if name.ends_with("mean") { 1 } else { 20 };
        for (index, case) in cases.iter().enumerate().step_by(step) {
            let found = scored(name, std::slice::from_ref(case), Bootstrap::NONE);
            for (found, wanted) in found.iter().zip(recorded[list][index].as_array().unwrap()) {
                let error = (found.value.unwrap() - wanted.as_f64().unwrap()).abs();
                assert!(
                    error < 1e-9,
                    "{name}.{}: {found:?} {wanted} {case:?}",
                    found.name
                );
                largest = largest.max(error);
            }
        }
        println!(
            "{name}: {} pairs, largest difference {largest:e}",
            cases.len() / step
        );
    }
}

#[test]
fn the_median_is_the_middle_of_the_interval_of_the_mean() {
    let (recorded, cases) = cases();
    for (name, list) in [("rouge", "plain"), ("rouge_stemmed", "stemmed")] {
        let medians = scored(name, &cases, Bootstrap::NONE);
        let means = scored(&format!("{name}_mean"), &cases, Bootstrap::default());
        let rows = recorded[list].as_array().unwrap();
        for (place, (median, mean)) in medians.iter().zip(&means).enumerate() {
            let (value, interval) = (median.value.unwrap(), mean.interval.unwrap());
            assert!((value - interval.mid).abs() < 1e-12);
            let wanted = rows.iter().map(|row| row[place].as_f64().unwrap());
            let wanted = wanted.sum::<f64>() / rows.len() as f64;
            assert!((mean.value.unwrap() - wanted).abs() < 1e-9);
            // The median of 1,000 means lies within a few hundredths of the interval's width of the mean.
            let error = (value - wanted).abs();
            assert!(
                error < 0.1 * (interval.high - interval.low),
                "{value} {wanted}"
            );
            assert!(error > 1e-12);
            assert!(median.signature.contains("agg:median-of-1000-seed-0"));
        }
    }
}
