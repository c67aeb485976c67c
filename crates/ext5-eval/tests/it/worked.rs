//! T5's rules worked by hand, and properties that hold for any text.
use ext5_data::Example;
use ext5_eval::{Bootstrap, Error, Kind, METRICS, Metric, Result, score};
use proptest::prelude::*;
use serde_json::json;

fn example(targets: &str, references: &[&str], group: Option<&str>) -> Example {
    Example {
        id: targets.to_owned(),
        group: group.map(str::to_owned),
        targets: targets.to_owned(),
        references: references.iter().map(|text| (*text).to_owned()).collect(),
        ..Example::default()
    }
}

fn values(
    metric: &str,
    postprocess: &str,
    answers: &[&str],
    targets: &[Example],
    labels: &[&str],
) -> Result<Vec<f64>> {
    let answers: Vec<String> = answers.iter().map(|text| (*text).to_owned()).collect();
    let labels: Vec<String> = labels.iter().map(|text| (*text).to_owned()).collect();
    let scores = score(
        metric,
        postprocess,
        &answers,
        targets,
        &labels,
        Bootstrap::NONE,
    )?;
    Ok(scores
        .iter()
        .map(|score| score.value.unwrap_or(f64::NAN))
        .collect())
}

fn near(found: &[f64], wanted: &[f64]) {
    assert_eq!(found.len(), wanted.len());
    for (found, wanted) in found.iter().zip(wanted) {
        assert!((found - wanted).abs() < 1e-9, "{found} is not {wanted}");
    }
}

#[test]
fn record_keeps_the_first_of_each_query_and_the_best_answer() {
    let answers = ["The Beatles", "wrong", "John Lennon"];
    let targets = [
        example(
            "Beatles",
            &["Beatles", "The Fab Four"],
            Some("passage 1 query"),
        ),
        example(
            "The Fab Four",
            &["Beatles", "The Fab Four"],
            Some("passage 1 query"),
        ), // same query: left out
        example("Lennon", &["Lennon", "McCartney"], Some("passage 2 query")),
    ];
    // Query 1: right. Query 2: one of two words, F1 2/3.
    near(
        &values("record", "record", &answers, &targets, &[]).unwrap(),
        &[50.0, 100.0 * (1.0 + 2.0 / 3.0) / 2.0],
    );
}

#[test]
fn multirc_counts_answers_for_f1_and_questions_for_exact_match() {
    let targets: Vec<Example> = [
        ("True", "q1"),
        ("False", "q1"),
        ("True", "q2"),
        ("True", "q3"),
    ]
    .map(|(target, group)| example(target, &[target], Some(group)))
    .into();
    let answers = ["True", "False", "true", "True"]; // `true` is no class: taken as False
    // Hits 2, answers 2, targets 3.
    near(
        &values("multirc_f1a", "multirc", &answers, &targets, &[]).unwrap(),
        &[80.0],
    );
    near(
        &values("multirc_em", "multirc", &answers, &targets, &[]).unwrap(),
        &[200.0 / 3.0],
    );
}

#[test]
fn wsc_compares_the_judgement_with_the_label() {
    let judged = |referent: &str, label| Example {
        fields: json!({ "label": label }).as_object().unwrap().clone(),
        ..example(referent, &[referent], None)
    };
    let targets = [
        judged("the old dog", json!(1)),
        judged("the old dog", json!(0)),
        judged("Bob's hat", json!(true)),
        judged("cat", json!(0)), // empty answer: -1, right for neither label
    ];
    near(
        &values("accuracy", "wsc", &["dog", "cat", "Bob", ""], &targets, &[]).unwrap(),
        &[50.0],
    );
    let error = values(
        "accuracy",
        "wsc",
        &["dog"],
        &[judged("dog", json!(-1))],
        &[],
    )
    .unwrap_err();
    assert_eq!(
        error.to_string(),
        "example `dog`: `label` is -1, expected 0 or 1, for `wsc`"
    );
}

#[test]
fn an_answer_that_is_no_class_is_not_class_zero() {
    let classes = ["entailment", "contradiction", "neutral"];
    let targets = classes.map(|class| example(class, &[class], None));
    // The third answer is invalid: F1 1, 1 and 0.
    let answers = ["entailment", "contradiction", "Neutral"];
    near(
        &values("mean_3class_f1", "label", &answers, &targets, &classes).unwrap(),
        &[200.0 / 3.0],
    );
    near(
        &values("accuracy", "label", &answers, &targets, &classes).unwrap(),
        &[200.0 / 3.0],
    );
}

#[test]
fn similarity_that_cannot_be_read_is_minus_one() {
    let targets = ["0.0", "2.5", "5.0"].map(|target| example(target, &[target], None));
    near(
        &values(
            "pearson_corrcoef",
            "float",
            &["0", "2.5", "5"],
            &targets,
            &[],
        )
        .unwrap(),
        &[100.0],
    );
    let answers = ["<pad>", "2.0", "5"]; // (-1, 2, 5): still a line
    near(
        &values("pearson_corrcoef", "float", &answers, &targets, &[]).unwrap(),
        &[100.0],
    );
    let constant = score(
        "spearman_corrcoef",
        "float",
        &["1", "1", "1"].map(str::to_owned),
        &targets,
        &[],
        Bootstrap::default(),
    );
    let constant = &constant.unwrap()[0];
    assert_eq!((constant.value, constant.interval), (None, None));
}

#[test]
fn bad_input_has_typed_errors() {
    let target = [example("a", &["a"], None)];
    let error = values("exact_match", "none", &["a", "b"], &target, &[]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "got 2 predictions for 1 targets, expected one for each"
    );
    assert!(matches!(
        values("exact_match", "none", &[], &[], &[]),
        Err(Error::NoExamples)
    ));
    assert!(matches!(
        values("accuracy", "label", &["a"], &target, &["b"]),
        Err(Error::LabelOutside { .. })
    ));
    assert!(matches!(
        values("pearson_corrcoef", "float", &["1"], &target, &[]),
        Err(Error::Field { .. })
    ));
    assert!(matches!(
        values("squad", "qa", &["1"], &[example("", &[], None)], &[]),
        Err(Error::Field { .. })
    ));
    assert!(matches!(
        values("f1", "none", &["1"], &target, &[]),
        Err(Error::Mismatch { .. })
    ));
    let three = [example("c", &["c"], None)];
    assert!(matches!(
        values("f1", "label", &["a"], &three, &["a", "b", "c"]),
        Err(Error::LabelOutside { .. })
    ));
    let message = values("squda", "none", &["a"], &target, &[])
        .unwrap_err()
        .to_string();
    assert_eq!(message, "unknown metric `squda`, did you mean `squad`?");
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        ".{0,40}",
        "[a-cA-C .,'\u{301}\n-]{0,30}",
        "(the|a|an|U\\.S\\.|1,0|[^a]){0,8}"
    ]
}

/// Metrics whose scores are no shares.
const UNBOUNDED: &[&str] = &[
    "cider",
    "diversity",
    "edit_distance",
    "nist",
    "nist_merged",
    "ter",
    "text_length",
    "wer",
];

/// Metrics by which a right answer need not be the best there is.
const WITHOUT_BEST: &[&str] = &[
    "cider",
    "diversity",
    "local_recall",
    "meteor",
    "nist",
    "nist_merged",
    "sari",
    "text_length",
];

/// Metrics over text that need no files.
fn text_metrics() -> impl Iterator<Item = &'static Metric> {
    let metrics = METRICS.iter();
    metrics.filter(|metric| metric.kinds.contains(&Kind::Text) && metric.name != "meteor_wordnet")
}

proptest! {
    /// Every metric over text answers any text with finite values, shares between 0 and 100, whatever the order of examples.
    #[test]
    fn any_text_has_a_score(rows in prop::collection::vec((any_text(), prop::collection::vec(any_text(), 1..3)), 1..6)) {
        for metric in text_metrics() {
            let of = |rows: &[(String, Vec<String>)]| {
                let answers: Vec<String> = rows.iter().map(|row| row.0.clone()).collect();
                let targets: Vec<Example> = rows.iter().enumerate().map(|(index, row)| Example {
                    inputs: "the source".to_owned(),
                    targets: row.1[0].clone(),
                    references: row.1.clone(),
                    group: Some(index.to_string()),
                    ..Example::default()
                }).collect();
                score(metric.name, "none", &answers, &targets, &[], Bootstrap::NONE).unwrap()
            };
            let mut reversed = rows.clone();
            reversed.reverse();
            for (score, again) in of(&rows).iter().zip(of(&reversed)) {
                if let Some(value) = score.value {
                    // `mteval` counts fewer than no n-grams of answers shorter than they.
                    let is_signed = metric.name == "nist_merged" || score.name.starts_with("cond_entropy");
                    prop_assert!(value >= 0.0 || is_signed);
                    prop_assert!(UNBOUNDED.contains(&metric.name) || value <= 100.0 + 1e-9, "{} {value}", metric.name);
                    // Resamples are drawn by place.
                    let is_median = ["rouge", "rouge_stemmed"].contains(&metric.name);
                    prop_assert!(is_median || (value - again.value.unwrap()).abs() < 1e-9);
                }
            }
        }
    }

    /// The right answer itself is right, by every metric that can say so.
    #[test]
    fn the_right_answer_is_right(text in "[a-z]{2,5}( [b-z]{2,5}){4,9}") {
        let targets = [example(&text, &["unrelated", &text], Some("g"))];
        for metric in text_metrics().filter(|metric| !WITHOUT_BEST.contains(&metric.name)) {
            for value in values(metric.name, "none", &[&text], &targets, &[]).unwrap() {
                let wanted = if metric.higher_is_better { 100.0 } else { 0.0 };
                // Not defined: there is nothing in the text that the metric looks for.
                prop_assert!(value.is_nan() || (value - wanted).abs() < 1e-9, "{} {value}", metric.name);
            }
        }
    }
}
