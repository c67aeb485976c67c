//! Answers, labels, numbers and parses against `answers.json`, which `tests/golden/export_answers.py` recorded from t5,
//! scikit-learn, scipy and seqeval.
use std::borrow::Cow;

use ext5_data::Example;
use ext5_eval::{Accumulator, Answer, Bootstrap, Item, metric, score};
use serde_json::Value;

fn recorded() -> Value {
    serde_json::from_str(include_str!("../golden/answers.json")).unwrap()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap()
}

fn strings(value: &Value) -> Vec<String> {
    let texts = list(value).iter();
    texts
        .map(|text| text.as_str().unwrap().to_owned())
        .collect()
}

/// Compares scores by name; says how many there were.
fn compare(place: &str, found: &[ext5_eval::MetricScore], wanted: &Value) -> usize {
    let wanted = wanted.as_object().unwrap();
    assert_eq!(found.len(), wanted.len(), "{place}");
    for score in found {
        let (found, wanted) = (score.value.unwrap(), wanted[&score.name].as_f64().unwrap());
        let error = (found - wanted).abs() / wanted.abs().max(1.0);
        assert!(
            error < 1e-9,
            "{place}, {}: {found} is not {wanted}",
            score.name
        );
    }
    found.len()
}

#[test]
fn texts_score_as_t5_and_seqeval_have_it() {
    let mut compared = 0;
    for case in list(&recorded()["texts"]) {
        let predictions = strings(&case["predictions"]);
        assert!(predictions.len() >= 500);
        let targets: Vec<Example> = list(&case["references"])
            .iter()
            .enumerate()
            .map(|(index, references)| Example {
                targets: references[0].as_str().unwrap().to_owned(),
                references: strings(references),
                group: case["groups"][index].as_str().map(str::to_owned),
                ..Example::default()
            })
            .collect();
        for (name, wanted) in case["scores"].as_object().unwrap() {
            let found = score(name, "none", &predictions, &targets, &[], Bootstrap::NONE);
            compared += compare(name, &found.unwrap(), wanted);
        }
    }
    assert!(compared > 25, "{compared}");
}

#[test]
fn numbers_score_as_t5_has_it() {
    for case in list(&recorded()["numbers"]) {
        let targets: Vec<Example> = strings(&case["targets"])
            .into_iter()
            .map(|targets| Example {
                targets,
                ..Example::default()
            })
            .collect();
        let predictions = strings(&case["predictions"]);
        for (name, wanted) in case["scores"].as_object().unwrap() {
            let found = score(name, "float", &predictions, &targets, &[], Bootstrap::NONE);
            compare(name, &found.unwrap(), wanted);
        }
    }
}

#[test]
fn labels_score_as_t5_and_scikit_learn_have_it() {
    for case in list(&recorded()["labels"]) {
        let groups = strings(&case["groups"]);
        for (name, wanted) in case["scores"].as_object().unwrap() {
            let mut accumulator = Accumulator::new(metric(name).unwrap());
            let pairs = list(&case["predictions"])
                .iter()
                .zip(list(&case["targets"]));
            for ((given, target), group) in pairs.zip(&groups) {
                let item = Item {
                    id: "",
                    prediction: Answer::Label(given.as_i64().unwrap()),
                    target: Answer::Label(target.as_i64().unwrap()),
                    references: Cow::Owned(Vec::new()),
                    invalid: false,
                    group: Some(group),
                    source: "",
                    classes: case["classes"].as_u64().unwrap() as usize,
                    ranking: None,
                    likelihood: None,
                };
                accumulator.add(&item).unwrap();
            }
            compare(name, &accumulator.scores(Bootstrap::NONE), wanted);
        }
    }
}
