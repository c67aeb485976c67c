//! Against `statistics.json`, which `tests/golden/export_statistics.py` recorded from scipy.
use ext5_findings::statistics::{Estimate, spearman, student};
use serde_json::Value;

fn recorded() -> Value {
    serde_json::from_str(include_str!("../golden/statistics.json")).unwrap()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap()
}

fn floats(value: &Value) -> Vec<f64> {
    list(value).iter().map(|it| it.as_f64().unwrap()).collect()
}

fn near(left: f64, right: &Value) {
    let right = right.as_f64().unwrap();
    let error = (left - right).abs() / right.abs().max(1.0);
    assert!(error < 1e-9, "{left} {right}");
}

#[test]
fn students_t_is_scipys() {
    let recorded = recorded();
    for case in list(&recorded["student"]["two_sided"]) {
        let (df, t) = (case[0].as_u64().unwrap(), case[1].as_f64().unwrap());
        let (ours, theirs) = (student::two_sided(t, df), case[2].as_f64().unwrap());
        // Small ones to as many digits as large ones.
        assert!(
            (ours - theirs).abs() <= 1e-9 * theirs,
            "{df} {t}: {ours} {theirs}"
        );
    }
    for case in list(&recorded["student"]["quantiles"]) {
        let (df, share) = (case[0].as_u64().unwrap(), case[1].as_f64().unwrap());
        near(student::quantile(share, df), &case[2]);
    }
}

#[test]
fn pairs_and_slopes_by_seed_are_scipys() {
    for case in list(&recorded()["paired"]) {
        let samples: Vec<Vec<f64>> = list(&case["samples"]).iter().map(floats).collect();
        let weights = floats(&case["weights"]);
        let parts = weights.into_iter().zip(samples.iter().map(Vec::as_slice));
        let estimate = Estimate::paired(&parts.collect::<Vec<_>>()).unwrap();
        assert_eq!(Some(estimate.df), case["df"].as_u64());
        near(estimate.p_value().unwrap(), &case["p_value"]);
        let (low, high) = estimate.interval().unwrap();
        near(low, &case["low"]);
        near(high, &case["high"]);
    }
}

#[test]
fn means_are_scipys() {
    for case in list(&recorded()["means"]) {
        let estimate = Estimate::of_mean(&floats(&case["sample"])).unwrap();
        let (low, high) = estimate.interval().unwrap();
        near(estimate.value, &case["mean"]);
        near(low, &case["low"]);
        near(high, &case["high"]);
    }
}

#[test]
fn rank_correlations_are_scipys() {
    let recorded = recorded();
    let cases = list(&recorded["ranks"]);
    assert!(cases.len() > 20);
    for case in cases {
        let value = spearman(&floats(&case["first"]), &floats(&case["second"]));
        near(value.unwrap(), &case["spearman"]);
    }
}
