//! Every metric against `scores.json`, which `tests/golden/export.py` recorded from the reference packages.
use std::borrow::Cow;

use ext5_eval::{Accumulator, Answer, Bootstrap, Item, METRICS, MetricScore, metric};
use serde_json::Value;

const TOLERANCE: f64 = 1e-9;

fn recorded() -> Value {
    serde_json::from_str(include_str!("../golden/scores.json")).unwrap()
}

fn strings(value: &Value) -> Vec<String> {
    let list = value.as_array().unwrap();
    list.iter()
        .map(|text| text.as_str().unwrap().to_owned())
        .collect()
}

fn floats(value: &Value) -> Vec<f64> {
    value
        .as_array()
        .unwrap()
        .iter()
        .map(|number| number.as_f64().unwrap())
        .collect()
}

fn item<'a>(id: &'a str, prediction: Answer<'a>, target: Answer<'a>) -> Item<'a> {
    Item {
        id,
        prediction,
        target,
        references: Cow::Owned(vec![String::new()]),
        invalid: false,
        group: None,
        source: "",
        classes: 0,
        ranking: None,
        likelihood: None,
    }
}

fn scores<'a>(name: &str, items: impl IntoIterator<Item = Item<'a>>) -> Vec<MetricScore> {
    let mut accumulator = Accumulator::new(metric(name).unwrap());
    for item in items {
        accumulator.add(&item).unwrap();
    }
    accumulator.scores(Bootstrap::NONE)
}

fn assert_scores(place: &str, found: &[MetricScore], wanted: &Value) {
    let wanted = wanted.as_object().unwrap();
    assert_eq!(found.len(), wanted.len(), "{place}");
    for score in found {
        let place = format!("{place}: {}.{}", score.metric, score.name);
        match (score.value, wanted[&score.name].as_f64()) {
            (Some(found), Some(wanted)) => {
                let error = (found - wanted).abs() / wanted.abs().max(1.0);
                assert!(error < TOLERANCE, "{place}: {found} is not {wanted}");
            }
            (found, wanted) => assert_eq!(found, wanted, "{place}"),
        }
    }
}

#[test]
fn texts_score_as_the_packages_score_them() {
    let recorded = recorded();
    let mut compared = 0;
    for case in recorded["texts"].as_array().unwrap() {
        let predictions = strings(&case["predictions"]);
        let references: Vec<_> = case["references"]
            .as_array()
            .unwrap()
            .iter()
            .map(strings)
            .collect();
        let groups = case["groups"].is_array().then(|| strings(&case["groups"]));
        for (name, wanted) in case["scores"].as_object().unwrap() {
            let items =
                predictions
                    .iter()
                    .zip(&references)
                    .enumerate()
                    .map(|(index, (text, right))| {
                        let answer = |text: &'_ str| Answer::Text(Cow::Owned(text.to_owned()));
                        let mut item = item("", answer(text), answer(&right[0]));
                        item.references = Cow::Borrowed(right);
                        item.group = groups.as_ref().map(|groups| groups[index].as_str());
                        item
                    });
            let place = case["name"].as_str().unwrap();
            assert_scores(place, &scores(name, items), wanted);
            compared += wanted.as_object().unwrap().len();
        }
    }
    assert!(compared > 80, "{compared}");
}

#[test]
fn labels_score_as_scikit_learn_scores_them() {
    for case in recorded()["labels"].as_array().unwrap() {
        let (given, targets) = (floats(&case["predictions"]), floats(&case["targets"]));
        let groups = case["groups"].is_array().then(|| strings(&case["groups"]));
        let items = given
            .iter()
            .zip(&targets)
            .enumerate()
            .map(|(index, (given, target))| {
                let mut item = item(
                    "",
                    Answer::Label(*given as i64),
                    Answer::Label(*target as i64),
                );
                item.classes = case["classes"].as_u64().unwrap() as usize;
                item.group = groups.as_ref().map(|groups| groups[index].as_str());
                item
            });
        let name = case["metric"].as_str().unwrap();
        assert_scores(name, &scores(name, items), &case["scores"]);
    }
}

#[test]
fn numbers_correlate_as_scipy_has_it() {
    for case in recorded()["numbers"].as_array().unwrap() {
        let (given, targets) = (floats(&case["predictions"]), floats(&case["targets"]));
        for name in ["pearson_corrcoef", "spearman_corrcoef"] {
            let pairs = given.iter().zip(&targets);
            let items = pairs
                .map(|(given, target)| item("", Answer::Number(*given), Answer::Number(*target)));
            assert_scores(
                name,
                &scores(name, items),
                &serde_json::json!({ name: case[name] }),
            );
        }
    }
}

#[test]
fn bootstrap_of_rouge_lies_where_rouge_score_has_it() {
    let recorded = recorded();
    let wanted = &recorded["rouge_intervals"];
    let mut cases = recorded["texts"].as_array().unwrap().iter();
    let case = cases.find(|case| case["name"] == wanted["name"]).unwrap();
    let predictions = strings(&case["predictions"]);
    let references: Vec<_> = case["references"]
        .as_array()
        .unwrap()
        .iter()
        .map(strings)
        .collect();
    let mut accumulator = Accumulator::new(metric("rouge_mean").unwrap());
    for (prediction, right) in predictions.iter().zip(&references) {
        let mut item = item("", Answer::Text(prediction.into()), Answer::Text("".into()));
        item.references = Cow::Borrowed(right);
        accumulator.add(&item).unwrap();
    }
    for score in accumulator.scores(Bootstrap::default()) {
        let bounds = floats(&wanted["scores"][&score.name]);
        let interval = score.interval.unwrap();
        // Two bootstraps of 1,000 resamples differ by their draws: a few hundredths of the interval's width.
        let error = (bounds[2] - bounds[0]) * 0.1;
        for (found, wanted) in [interval.low, interval.mid, interval.high]
            .iter()
            .zip(bounds)
        {
            assert!(
                (found - wanted).abs() < error,
                "{}: {found} {wanted}",
                score.name
            );
        }
    }
}

#[test]
fn every_metric_has_a_golden_case() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden");
    let artefacts: String = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "json"))
        .map(|path| std::fs::read_to_string(path).unwrap())
        .collect();
    for metric in METRICS {
        let name = format!("\"{}\"", metric.name);
        assert!(
            artefacts.contains(&name),
            "no golden case for {}",
            metric.name
        );
    }
}
