//! Test splits whose right answers are not published: answers are given and kept, scores are not made up.
use ext5_eval::{Bootstrap, EvaluateOptions, evaluate_task};

use crate::scripted::{SENTIMENT, Scripted, task};

fn model() -> Scripted {
    Scripted {
        generate: |text| Ok(text.to_owned()),
        score: |_, _| 0.0,
        batches: Vec::new(),
    }
}

#[test]
fn answers_are_kept_and_not_scored() {
    let folder = tempfile::tempdir().unwrap();
    let rows = [
        r#"{"text": "good", "label": -1}"#,
        r#"{"text": "bad", "label": -1}"#,
    ];
    let hidden = task(&folder, "hidden", SENTIMENT, &rows);
    let mut answers = Vec::new();
    let mut options = EvaluateOptions {
        bootstrap: Bootstrap::NONE,
        ..EvaluateOptions::default()
    };
    let mut keep = |sample: &ext5_eval::Sample<'_>| {
        answers.push(sample.prediction.to_owned());
        Ok(())
    };
    options.on_sample = Some(&mut keep);
    let report = evaluate_task(&hidden, "validation", None, &mut model(), &mut options).unwrap();
    assert_eq!((report.examples, report.scores.len()), (2, 0));
    assert_eq!(
        report.notes,
        ["the right answers are not published: there are answers and no scores"]
    );
    assert_eq!(answers, ["good", "bad"]);
}

#[test]
fn a_part_without_right_answers_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let rows = [
        r#"{"text": "good", "label": 1}"#,
        r#"{"text": "bad", "label": -1}"#,
    ];
    let mixed = task(&folder, "mixed", SENTIMENT, &rows);
    let mut options = EvaluateOptions::default();
    let error = evaluate_task(&mixed, "validation", None, &mut model(), &mut options).unwrap_err();
    let mut said = format!("{error}");
    let mut cause: &dyn std::error::Error = &error;
    while let Some(source) = cause.source() {
        said.push_str(&format!(": {source}"));
        cause = source;
    }
    assert!(
        said.contains("a right answer of every example of the split, or of none"),
        "{said}"
    );
}
