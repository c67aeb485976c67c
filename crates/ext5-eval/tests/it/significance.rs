//! Paired tests and corrections against `significance.json`, which `tests/golden/export_significance.py` recorded from sacrebleu,
//! scipy, numpy and statsmodels.
use std::borrow::Cow;

use ext5_eval::significance::{
    approximate_randomisation, benjamini_hochberg, holm, paired_bootstrap,
};
use ext5_eval::{Accumulator, Answer, Bootstrap, Item, metric};
use serde_json::Value;

const DRAWS: Bootstrap = Bootstrap {
    resamples: 20_000,
    seed: 5,
};

fn recorded() -> Value {
    serde_json::from_str(include_str!("../golden/significance.json")).unwrap()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap()
}

fn floats(value: &Value) -> Vec<f64> {
    list(value).iter().map(|it| it.as_f64().unwrap()).collect()
}

fn item<'a>(prediction: Answer<'a>, target: Answer<'a>, right: &str) -> Item<'a> {
    Item {
        id: "",
        prediction,
        target,
        references: Cow::Owned(vec![right.to_owned()]),
        invalid: false,
        group: None,
        source: "",
        classes: 2,
        ranking: None,
        likelihood: None,
    }
}

/// The rows of a metric over texts.
fn bleu(predictions: &Value, references: &Value) -> Accumulator {
    let mut rows = Accumulator::new(metric("bleu_13a").unwrap());
    for (text, right) in list(predictions).iter().zip(list(references)) {
        let answer = Answer::Text(text.as_str().unwrap().into());
        let right = right.as_str().unwrap();
        rows.add(&item(answer, Answer::Text(right.into()), right))
            .unwrap();
    }
    rows
}

/// The rows of accuracy over answers that are right (1) or wrong (0).
fn accuracy(answers: &Value) -> Accumulator {
    let mut rows = Accumulator::new(metric("accuracy").unwrap());
    for right in list(answers) {
        let label = Answer::Label(right.as_i64().unwrap());
        rows.add(&item(label, Answer::Label(1), "")).unwrap();
    }
    rows
}

/// Two estimates of one chance, each over `count` draws, differ by more than four standard errors.
fn differ(found: f64, wanted: f64, count: f64) -> bool {
    let chance = f64::midpoint(found, wanted);
    (found - wanted).abs() > 4.0 * (2.0 * chance * (1.0 - chance) / count).sqrt() + 1.0 / count
}

#[test]
fn corrections_equal_those_of_statsmodels() {
    let recorded = recorded();
    let cases = list(&recorded["corrections"]);
    assert!(cases.len() >= 500);
    let mut largest = 0.0_f64;
    for case in cases {
        let p_values = floats(&case["p_values"]);
        for (found, name) in [
            (holm(&p_values), "holm"),
            (benjamini_hochberg(&p_values), "benjamini_hochberg"),
        ] {
            for (found, wanted) in found.iter().zip(floats(&case[name])) {
                largest = largest.max((found - wanted).abs());
            }
        }
    }
    assert!(largest < 1e-12, "{largest}");
}

#[test]
fn tests_of_bleu_agree_with_sacrebleu_and_numpy() {
    for case in list(&recorded()["bleu"]) {
        let [first, second] =
            ["first", "second"].map(|name| bleu(&case[name], &case["references"]));
        let (first, second) = (first.units(), second.units());
        let scores = floats(&case["scores"]);
        let count = DRAWS.resamples as f64;
        let wanted = |name: &str| case[name].as_f64().unwrap();
        let exchanged = approximate_randomisation(first, second, 0, DRAWS).unwrap();
        assert!((exchanged.difference - (scores[1] - scores[0])).abs() < 1e-9);
        let (found, recorded) = (exchanged.p_value, wanted("ar"));
        assert!(!differ(found, recorded, count), "ar {found} {recorded}");
        let resampled = paired_bootstrap(first, second, 0, DRAWS).unwrap();
        let (found, recorded) = (resampled.p_value, wanted("two_sided"));
        assert!(!differ(found, recorded, count), "bs {found} {recorded}");
        // The other reading: absolute differences are centred, one tail counted.
        let (found, recorded) = (resampled.p_sacrebleu.unwrap(), wanted("bs"));
        assert!(
            !differ(found, recorded, count),
            "sacrebleu {found} {recorded}"
        );
        let (interval, bounds) = (resampled.interval.unwrap(), floats(&case["interval"]));
        for (found, wanted) in [interval.low, interval.mid, interval.high]
            .iter()
            .zip(&bounds)
        {
            let error = (bounds[2] - bounds[0]) * 0.03;
            assert!((found - wanted).abs() < error, "{found} {wanted}");
        }
    }
}

#[test]
fn exchanges_agree_with_those_that_scipy_counts_out() {
    for case in list(&recorded()["matches"]) {
        let [first, second] = ["first", "second"].map(|name| accuracy(&case[name]));
        let found = approximate_randomisation(first.units(), second.units(), 0, DRAWS).unwrap();
        let wanted = case["p_value"].as_f64().unwrap();
        let error =
            4.0 * (wanted * (1.0 - wanted) / DRAWS.resamples as f64).sqrt() + 1.0 / 20_000.0;
        assert!(
            (found.p_value - wanted).abs() <= error,
            "{} {wanted}",
            found.p_value
        );
    }
}
