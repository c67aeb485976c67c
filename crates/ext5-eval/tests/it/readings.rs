//! Both readings of the `SuperGLUE` tasks against `readings.json`, which `tests/golden/export_readings.py` recorded from the
//! functions of t5 and of lm-evaluation-harness, and what their differences come to in single examples.
use std::fs;

use ext5_data::{Task, TaskSpec, toml_file};
use ext5_eval::{Bootstrap, EvaluateOptions, Reading, TaskReport, evaluate_task};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::scripted::Scripted;

/// Of each task: how its file scores it.
fn head(task: &str) -> &'static str {
    match task {
        "cb" => "postprocess = \"label\"\nmetrics = [\"mean_3class_f1\", \"accuracy\"]",
        "multirc" => {
            "postprocess = \"label\"\nmetrics = [\"multirc_f1a\", \"multirc_em\"]\ngroup = \"group\""
        }
        "record" => {
            "postprocess = \"record\"\nmetrics = [\"record\"]\ngroup = \"group\"\nreferences = \"references\""
        }
        "wsc" => {
            "postprocess = \"wsc\"\nmetrics = [\"accuracy\"]\nchoices = \"[]\"\n[fields]\nlabel = \"label\""
        }
        _ => "postprocess = \"label\"\nmetrics = [\"accuracy\"]",
    }
}

/// The task over rows that hold their own answer.
fn task(folder: &TempDir, name: &str, labels: &Value, rows: &[Value]) -> Task {
    let lines: Vec<String> = rows.iter().map(Value::to_string).collect();
    fs::write(folder.path().join("rows.jsonl"), lines.join("\n")).unwrap();
    let columns: Vec<&String> = rows[0].as_object().unwrap().keys().collect();
    let text = format!(
        "name = \"super_glue_{name}\"\nfamily = \"other\"\ndescription = \"made up\"\nlabels = {labels}\n\
         inputs = \"{{{{ prediction }}}}\"\ntargets = \"{{{{ target }}}}\"\n{}\n\
         [source]\nformat = \"jsonl\"\ncolumns = {columns:?}\n[source.splits]\nvalidation = [\"rows.jsonl\"]\n",
        head(name)
    );
    let spec: TaskSpec = toml_file::parse("task.toml".as_ref(), &text).unwrap();
    Task::from_spec(spec, folder.path()).unwrap()
}

fn read(name: &str, labels: &Value, rows: &[Value], reading: Reading) -> TaskReport {
    let folder = TempDir::new().unwrap();
    let task = task(&folder, name, labels, rows);
    let mut model = Scripted {
        generate: |inputs| Ok(inputs.to_owned()),
        score: |_, _| 0.0,
        batches: Vec::new(),
    };
    let mut options = EvaluateOptions {
        reading,
        bootstrap: Bootstrap::NONE,
        ..EvaluateOptions::default()
    };
    evaluate_task(&task, "validation", None, &mut model, &mut options).unwrap()
}

fn named(report: &TaskReport) -> impl Iterator<Item = (&str, f64)> {
    let scores = report.scores.iter();
    scores.map(|score| (score.name.as_str(), score.value.unwrap()))
}

#[test]
fn each_reading_scores_as_its_own_package() {
    let recorded: Value = serde_json::from_str(include_str!("../golden/readings.json")).unwrap();
    for case in recorded.as_array().unwrap() {
        let (name, rows) = (
            case["task"].as_str().unwrap(),
            case["rows"].as_array().unwrap(),
        );
        assert!(rows.len() >= 500, "{name}");
        for (reading, wanted) in [
            (Reading::T5, &case["t5"]),
            (Reading::LmEval, &case["lm_eval"]),
        ] {
            let report = read(name, &case["labels"], rows, reading);
            assert_eq!(
                report.scores.len(),
                wanted.as_object().unwrap().len(),
                "{name}"
            );
            for (score, found) in named(&report) {
                let wanted = wanted[score].as_f64().unwrap();
                assert!(
                    (found - wanted).abs() < 1e-9,
                    "{name}, {reading:?}, {score}: {found} is not {wanted}"
                );
            }
            assert_eq!(report.notes.is_empty(), reading == Reading::T5);
            if reading == Reading::LmEval {
                let metrics: Vec<&str> = (report.scores.iter())
                    .map(|score| score.metric.as_str())
                    .collect();
                assert_eq!(json!(metrics), case["lm_eval_metrics"]);
            }
        }
    }
}

/// One answer under both readings, as the score of that name.
fn both(name: &str, labels: &Value, rows: &[Value], scores: (&str, &str)) -> (f64, f64) {
    let value = |reading, score| {
        let report = read(name, labels, rows, reading);
        let found = named(&report).find(|(name, _)| *name == score).unwrap().1;
        (found * 100.0).round() / 100.0
    };
    (
        value(Reading::T5, scores.0),
        value(Reading::LmEval, scores.1),
    )
}

#[test]
fn record_counts_queries_where_lm_eval_counts_answers() {
    let row = |prediction: &str, group: &str, answers: &[&str]| {
        let rows = answers.iter().map(|answer| {
            json!({"prediction": prediction, "target": answer, "references": answers, "group": group})
        });
        rows.collect::<Vec<_>>()
    };
    // The query with three answers is right, the one with one is wrong.
    let mut rows = row("Bergen", "0/0", &["Oslo", "Bergen", "Voss"]);
    rows.extend(row("Paris", "0/1", &["Rome"]));
    assert_eq!(
        both("record", &json!([]), &rows, ("em", "em")),
        (50.0, 75.0)
    );
    // The F1 takes one row of each query in both, against all of its answers.
    assert_eq!(
        both("record", &json!([]), &rows, ("f1", "f1")),
        (50.0, 50.0)
    );
}

#[test]
fn an_empty_answer_to_wsc_is_wrong_where_lm_eval_takes_it_for_another_phrase() {
    let row = |label: u64| [json!({"prediction": "the", "target": "the cat", "label": label})];
    let scores = ("accuracy", "accuracy");
    assert_eq!(both("wsc", &json!([]), &row(0), scores), (0.0, 100.0));
    assert_eq!(both("wsc", &json!([]), &row(1), scores), (0.0, 0.0));
}

#[test]
fn an_answer_to_cb_that_names_no_class_is_none_where_lm_eval_takes_the_first() {
    let labels = json!(["entailment", "contradiction", "neutral"]);
    let rows = [json!({"prediction": "perhaps", "target": "entailment"})];
    let scores = ("mean_3class_f1", "mean_3class_f1");
    assert_eq!(both("cb", &labels, &rows, scores), (0.0, 33.33));
}

#[test]
fn class_names_match_exactly_where_lm_eval_ignores_case_and_punctuation() {
    for (name, labels, target, near) in [
        ("boolq", json!(["False", "True"]), "True", "true."),
        ("wic", json!(["False", "True"]), "False", "'FALSE'"),
        ("copa", json!(["choice1", "choice2"]), "choice2", "Choice2!"),
        (
            "rte",
            json!(["entailment", "not_entailment"]),
            "not_entailment",
            "notentailment",
        ),
        (
            "cb",
            json!(["entailment", "contradiction", "neutral"]),
            "neutral",
            "Neutral",
        ),
    ] {
        let rows = [json!({"prediction": near, "target": target})];
        let scores = ("accuracy", "exact_match");
        assert_eq!(both(name, &labels, &rows, scores), (0.0, 100.0), "{name}");
        // White space is not forgiven by either.
        let rows = [json!({"prediction": format!(" {target}"), "target": target})];
        assert_eq!(both(name, &labels, &rows, scores), (0.0, 0.0), "{name}");
    }
}
