//! Protocols and readings, end to end over scripted models.
use std::fs;

use ext5_data::{Task, TaskSpec, toml_file};
use ext5_eval::{Bootstrap, Error, EvaluateOptions, Protocol, Reading, TaskReport, evaluate_task};
use tempfile::TempDir;

use crate::scripted::{Failure, Scripted, task};

fn likelihood(_: &str, targets: &str) -> f64 {
    -(targets.len() as f64)
}

fn evaluate(
    task: &Task,
    protocol: Protocol,
    reading: Reading,
    generate: fn(&str) -> Result<String, Failure>,
    score: fn(&str, &str) -> f64,
) -> Result<TaskReport, Error> {
    let mut model = Scripted {
        generate,
        score,
        batches: Vec::new(),
    };
    let mut options = EvaluateOptions {
        protocol,
        reading,
        bootstrap: Bootstrap::NONE,
        ..EvaluateOptions::default()
    };
    evaluate_task(task, "validation", None, &mut model, &mut options)
}

fn values(report: &TaskReport) -> Vec<(String, f64)> {
    let scores = report.scores.iter();
    scores
        .map(|score| {
            (
                format!("{}.{}", score.metric, score.name),
                score.value.unwrap(),
            )
        })
        .collect()
}

const PLAIN: &str = "inputs = \"{{ text }}\"\ntargets = \"{{ label }}\"\n";

#[test]
fn perplexity_is_of_the_corpus_and_needs_no_metric() {
    let folder = TempDir::new().unwrap();
    let rows = [
        r#"{"text": "a", "label": "one two three"}"#,
        r#"{"text": "b", "label": "é"}"#,
        r#"{"text": "c", "label": ""}"#,
    ];
    let task = task(&folder, "plain", PLAIN, &rows);
    let report = evaluate(&task, Protocol::Perplexity, Reading::T5, echo, likelihood).unwrap();
    assert_eq!((report.examples, report.invalid), (3, 0));
    // 13 and 2 bytes at one nat each; `Scripted` counts 3, 1 and 1 tokens.
    let (nats, bits) = (15.0_f64 / 5.0, 1.0 / std::f64::consts::LN_2);
    for ((name, found), (wanted_name, wanted)) in values(&report).into_iter().zip([
        ("perplexity.nats_per_token", nats),
        ("perplexity.perplexity", nats.exp()),
        ("perplexity.bits_per_byte", bits),
    ]) {
        assert_eq!(name, wanted_name);
        assert!((found - wanted).abs() < 1e-12, "{name}: {found}");
    }
}

#[expect(clippy::unnecessary_wraps, reason = "as a script answers")]
fn echo(inputs: &str) -> Result<String, Failure> {
    Ok(inputs.to_owned())
}

#[test]
fn what_a_protocol_lacks_is_named() {
    let folder = TempDir::new().unwrap();
    let row = [r#"{"text": "a", "label": "b"}"#];
    for (metrics, protocol, message) in [
        (
            "perplexity",
            Protocol::Generate,
            "metric `perplexity` needs the perplexity protocol",
        ),
        (
            "perplexity",
            Protocol::Rank,
            "metric `perplexity` needs the perplexity protocol",
        ),
        (
            "rank_accuracy",
            Protocol::Generate,
            "metric `rank_accuracy` needs the rank protocol",
        ),
    ] {
        let head = format!("{PLAIN}metrics = [\"{metrics}\"]\n");
        let task = task(&folder, "lacking", &head, &row);
        let error = evaluate(&task, protocol, Reading::T5, echo, likelihood).unwrap_err();
        let Error::Task { source, .. } = error else {
            panic!("{error}")
        };
        assert_eq!(source.to_string(), format!("cannot be scored: {message}"));
    }
    let task = task(&folder, "nan", PLAIN, &row);
    let error = evaluate(&task, Protocol::Perplexity, Reading::T5, echo, |_, _| {
        f64::NAN
    });
    let Error::Task { source, .. } = error.unwrap_err() else {
        panic!()
    };
    let message = "example `0`: the log-likelihood of `b` is not a number";
    assert_eq!(source.to_string(), message);
}

#[test]
fn a_self_supervised_task_has_no_targets() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("text.jsonl"), "{\"text\": \"a\"}").unwrap();
    let text = "name = \"documents\"\nfamily = \"self_supervised\"\ndescription = \"made up\"\ntext = \"{{ text }}\"\n\
                [source]\nformat = \"jsonl\"\ncolumns = [\"text\"]\n[source.splits]\nvalidation = [\"text.jsonl\"]\n";
    let spec: TaskSpec = toml_file::parse("task.toml".as_ref(), text).unwrap();
    let task = Task::from_spec(spec, folder.path()).unwrap();
    for protocol in [Protocol::Generate, Protocol::Rank, Protocol::Perplexity] {
        let error = evaluate(&task, protocol, Reading::T5, echo, likelihood).unwrap_err();
        let Error::Task { source, .. } = error else {
            panic!()
        };
        assert_eq!(
            source.to_string(),
            "cannot be scored: a self-supervised task has a loss but no targets to answer with"
        );
    }
}

#[test]
fn labels_under_rank_have_a_macro_f1() {
    let folder = TempDir::new().unwrap();
    let head = format!("{PLAIN}labels = [\"x\", \"y\", \"z\"]\nmetrics = [\"accuracy\"]");
    let rows = [
        r#"{"text": "x", "label": "x"}"#,
        r#"{"text": "x", "label": "y"}"#,
        r#"{"text": "z", "label": "z"}"#,
    ];
    let task = task(&folder, "three", &head, &rows);
    let score = |inputs: &str, choice: &str| f64::from(u8::from(inputs == choice));
    let report = evaluate(&task, Protocol::Rank, Reading::T5, echo, score).unwrap();
    let (_, f1) = values(&report).pop().unwrap();
    assert_eq!(report.scores.last().unwrap().metric, "rank_macro_f1");
    // x: one hit, two answers, one target; y: no hit; z: right.
    assert!((f1 - 100.0 * (2.0 / 3.0 + 1.0) / 3.0).abs() < 1e-9);
}

#[test]
fn a_reading_says_what_it_changes() {
    let folder = TempDir::new().unwrap();
    let head = format!(
        "{PLAIN}labels = [\"False\", \"True\"]\npostprocess = \"label\"\nmetrics = [\"accuracy\"]"
    );
    let rows = [
        r#"{"text": "true.", "label": "True"}"#,
        r#"{"text": "False", "label": "False"}"#,
    ];
    for (name, reading, wanted, notes, postprocess) in [
        (
            "super_glue_boolq",
            Reading::T5,
            ("accuracy.accuracy", 50.0),
            0,
            "label",
        ),
        (
            "super_glue_boolq",
            Reading::LmEval,
            ("lm_eval_exact_match.exact_match", 100.0),
            1,
            "none",
        ),
        (
            "another",
            Reading::LmEval,
            ("accuracy.accuracy", 50.0),
            1,
            "label",
        ),
    ] {
        let task = task(&folder, name, &head, &rows);
        let report = evaluate(&task, Protocol::Generate, reading, echo, likelihood).unwrap();
        assert_eq!(values(&report), [(wanted.0.to_owned(), wanted.1)]);
        assert_eq!(
            (report.notes.len(), report.postprocess.as_str()),
            (notes, postprocess)
        );
        assert_eq!(report.reading, reading);
    }
}
