//! The evaluator over models that answer from a script.
use std::collections::BTreeMap;
use std::error::Error as _;
use std::fs;

use ext5_data::{ErrorKind, Task, TaskSpec, toml_file};
use ext5_eval::{
    Bootstrap, Error, EvaluateOptions, Predictor, Protocol, Score, TaskReport, evaluate_task,
};
use tempfile::TempDir;

pub(crate) type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Answers by rule, and keeps the size of every batch it was given.
pub(crate) struct Scripted {
    pub(crate) generate: fn(&str) -> Result<String, Failure>,
    pub(crate) score: fn(&str, &str) -> f64,
    pub(crate) batches: Vec<usize>,
}

impl Predictor for Scripted {
    fn generate(&mut self, inputs: &[&str], _: usize) -> Result<Vec<String>, Failure> {
        self.batches.push(inputs.len());
        inputs.iter().map(|text| (self.generate)(text)).collect()
    }

    fn score(&mut self, pairs: &[(&str, &str)]) -> Result<Vec<Score>, Failure> {
        self.batches.push(pairs.len());
        let score = |(inputs, choice): &(&str, &str)| Score {
            log_likelihood: (self.score)(inputs, choice),
            tokens: choice.split(' ').count(),
        };
        Ok(pairs.iter().map(score).collect())
    }
}

/// Writes `rows` and gives the task of `head` over them.
pub(crate) fn task(folder: &TempDir, name: &str, head: &str, rows: &[&str]) -> Task {
    fs::write(folder.path().join(format!("{name}.jsonl")), rows.join("\n")).unwrap();
    let more = if head.contains("choices[") {
        ", \"choices\""
    } else {
        ""
    };
    let text = format!(
        "name = \"{name}\"\nfamily = \"other\"\ndescription = \"made up\"\n{head}\n\
         [source]\nformat = \"jsonl\"\ncolumns = [\"text\", \"label\"{more}]\n[source.splits]\nvalidation = [\"{name}.jsonl\"]\n"
    );
    let spec: TaskSpec = toml_file::parse("task.toml".as_ref(), &text).unwrap();
    Task::from_spec(spec, folder.path()).unwrap()
}

pub(crate) const SENTIMENT: &str = r#"
inputs = "{{ text }}"
targets = "{{ label | label_name(labels) }}"
labels = ["bad", "good"]
postprocess = "label"
metrics = ["accuracy", "f1"]
"#;

const ROWS: [&str; 6] = [
    r#"{"text": "short", "label": 1}"#,
    r#"{"text": "a much longer text", "label": 0}"#,
    r#"{"text": "short", "label": 1}"#,
    r#"{"text": "middling", "label": 0}"#,
    r#"{"text": "other", "label": 1}"#,
    r#"{"text": "last of all", "label": 0}"#,
];

fn answers() -> BTreeMap<&'static str, &'static str> {
    BTreeMap::from([
        ("short", "good"),
        ("a much longer text", "bad"),
        ("middling", "good"),
        ("other", "Good"), // wrong: not exactly a class
        ("last of all", "bad"),
    ])
}

fn from_script(inputs: &str) -> Result<String, Failure> {
    let answer = answers().get(inputs).copied();
    answer
        .map(str::to_owned)
        .ok_or_else(|| format!("`{inputs}` is not in the script").into())
}

fn no_score(_: &str, _: &str) -> f64 {
    f64::NAN
}

fn value(report: &TaskReport, name: &str) -> f64 {
    report.select(name).unwrap()[0].value.unwrap()
}

#[test]
fn generation_is_scored_over_the_corpus_whatever_the_batch() {
    let folder = TempDir::new().unwrap();
    let task = task(&folder, "sentiment", SENTIMENT, &ROWS);
    let mut reports = Vec::new();
    for batch in [1, 2, 32] {
        let mut model = Scripted {
            generate: from_script,
            score: no_score,
            batches: Vec::new(),
        };
        let mut options = EvaluateOptions {
            batch,
            ..EvaluateOptions::default()
        };
        let report = evaluate_task(&task, "validation", None, &mut model, &mut options).unwrap();
        assert!(model.batches.iter().all(|size| *size <= batch));
        assert_eq!(
            model.batches.iter().sum::<usize>(),
            5,
            "equal inputs are asked once"
        );
        reports.push(report);
    }
    assert!(reports.windows(2).all(|pair| pair[0] == pair[1]));
    let report = &reports[0];
    assert_eq!((report.examples, report.invalid), (6, 1));
    // Four of six are right. Class 1: two hits; three answers, the invalid one not among them; three targets... the invalid
    // answer counts as class 0, the opposite of its target.
    assert!((value(report, "accuracy") - 400.0 / 6.0).abs() < 1e-9);
    assert!((value(report, "f1") - 100.0 * 4.0 / 6.0).abs() < 1e-9);
    let signature = &report.scores[0].signature;
    assert_eq!(
        signature,
        "metric:accuracy|version:ext5-1|nrefs:1|post:label|match:exact|agg:mean|unit:example|ci:bootstrap-1000-seed-0"
    );
    let interval = report.scores[0].interval.unwrap();
    assert!(
        interval.low < 66.0
            && interval.high > 67.0
            && interval.low >= 0.0
            && interval.high <= 100.0
    );
}

#[test]
fn samples_and_progress_come_in_the_order_of_the_split() {
    let folder = TempDir::new().unwrap();
    let task = task(&folder, "sentiment", SENTIMENT, &ROWS);
    let mut model = Scripted {
        generate: from_script,
        score: no_score,
        batches: Vec::new(),
    };
    let (mut samples, mut done) = (Vec::new(), Vec::new());
    let mut on_sample = |sample: &ext5_eval::Sample<'_>| -> Result<(), Failure> {
        samples.push(serde_json::to_value(sample)?);
        Ok(())
    };
    let mut on_progress = |progress: ext5_eval::Progress<'_>| done.push(progress.done);
    let mut options = EvaluateOptions {
        on_sample: Some(&mut on_sample),
        on_progress: Some(&mut on_progress),
        ..EvaluateOptions::default()
    };
    let report = evaluate_task(&task, "validation", Some(4), &mut model, &mut options).unwrap();
    assert_eq!(report.notes, ["the first 4 rows only"]);
    assert_eq!(done, [0, 4]);
    let inputs: Vec<&str> = samples
        .iter()
        .map(|sample| sample["inputs"].as_str().unwrap())
        .collect();
    assert_eq!(inputs, ["short", "a much longer text", "short", "middling"]);
    assert_eq!(
        samples[3],
        serde_json::json!({
            "task": "sentiment", "split": "validation", "id": samples[3]["id"], "inputs": "middling",
            "targets": "bad", "references": ["bad"], "prediction": "good",
        })
    );
}

#[test]
fn ranking_takes_the_likeliest_choice() {
    let folder = TempDir::new().unwrap();
    let head = r#"
inputs = "{{ text }}"
targets = "{{ choices[label] }}"
choices = "choices"
metrics = ["exact_match"]
"#;
    let rows = [
        r#"{"text": "a", "choices": ["yes", "not at all"], "label": 1}"#,
        r#"{"text": "b", "choices": ["yes", "not at all"], "label": 0}"#,
        r#"{"text": "c", "choices": ["yes", "not at all"], "label": 1}"#,
    ];
    let task = task(&folder, "ranked", head, &rows);
    // Sums: a -> yes (wrong), b -> yes (right), c -> not at all (right); means over tokens: a -> not at all (right), b -> yes.
    let score = |inputs: &str, choice: &str| match (inputs, choice) {
        ("a", "yes") => -2.0,
        ("a", _) => -3.0,
        ("b", "yes") => -1.0,
        ("b", _) => -9.0,
        (_, "yes") => -5.0,
        _ => -0.5,
    };
    let mut model = Scripted {
        generate: from_script,
        score,
        batches: Vec::new(),
    };
    let mut options = EvaluateOptions {
        protocol: Protocol::Rank,
        batch: 4,
        ..EvaluateOptions::default()
    };
    let report = evaluate_task(&task, "validation", None, &mut model, &mut options).unwrap();
    assert_eq!(model.batches, [4, 2]);
    for (name, wanted) in [
        ("exact_match", 200.0 / 3.0),
        ("rank_accuracy.accuracy", 200.0 / 3.0),
        ("rank_accuracy.accuracy_per_token", 100.0),
        ("rank_binary.f1", 200.0 / 3.0),
        ("rank_binary.auc_roc", 100.0),
    ] {
        assert!((value(&report, name) - wanted).abs() < 1e-9, "{name}");
    }
}

#[test]
fn three_choices_have_no_binary_scores() {
    let folder = TempDir::new().unwrap();
    let head = "inputs = \"{{ text }}\"\ntargets = \"{{ label }}\"\nlabels = [\"x\", \"y\", \"z\"]\nmetrics = [\"accuracy\"]";
    let task = task(&folder, "three", head, &[r#"{"text": "a", "label": "z"}"#]);
    let mut model = Scripted {
        generate: from_script,
        score: |_, choice| f64::from(u8::from(choice == "z")),
        batches: Vec::new(),
    };
    let mut options = EvaluateOptions {
        protocol: Protocol::Rank,
        bootstrap: Bootstrap::NONE,
        ..EvaluateOptions::default()
    };
    let report = evaluate_task(&task, "validation", None, &mut model, &mut options).unwrap();
    let metrics: Vec<&str> = report
        .scores
        .iter()
        .map(|score| score.metric.as_str())
        .collect();
    assert_eq!(metrics[..2], ["accuracy", "rank_accuracy"]);
    assert_eq!(metrics[4..], ["rank_accuracy", "rank_macro_f1"]);
    assert!(report.scores[0].signature.ends_with("|ci:none"));
}

fn failure(head: &str, rows: &[&str], protocol: Protocol) -> Error {
    let folder = TempDir::new().unwrap();
    let task = task(&folder, "broken", head, rows);
    let generate: fn(&str) -> Result<String, Failure> = |inputs| match inputs {
        "crash" => Err("out of memory".into()),
        "full" => Err(Box::new(no_room())),
        "unkept" => Err(Box::new(Error::from(no_room()))),
        _ => Ok(String::new()),
    };
    let mut model = Scripted {
        generate,
        score: no_score,
        batches: Vec::new(),
    };
    let mut options = EvaluateOptions {
        protocol,
        ..EvaluateOptions::default()
    };
    evaluate_task(&task, "validation", None, &mut model, &mut options).unwrap_err()
}

fn no_room() -> ext5_data::Error {
    ext5_data::Error::Refused {
        kind: ErrorKind::Locked,
        reason: "the cache is in use".to_owned(),
    }
}

#[test]
fn what_a_cache_in_front_of_the_model_reports_keeps_its_kind() {
    let head = "inputs = \"{{ text }}\"\ntargets = \"{{ label }}\"\nmetrics = [\"exact_match\"]";
    for (text, kind) in [
        ("full", ErrorKind::Locked),
        ("unkept", ErrorKind::Locked),
        ("crash", ErrorKind::Other),
    ] {
        let row = format!(r#"{{"text": "{text}", "label": "c"}}"#);
        let error = failure(head, &[&row], Protocol::Generate);
        assert_eq!(error.kind(), kind, "{text}");
    }
}

fn chain(error: &Error) -> String {
    let mut lines = vec![error.to_string()];
    let mut source = error.source();
    while let Some(error) = source {
        lines.push(error.to_string());
        source = error.source();
    }
    lines.join(": ")
}

#[test]
fn failures_name_task_and_example() {
    let row = [r#"{"text": "a", "label": "c"}"#];
    let head =
        |rest: &str| format!("inputs = \"{{{{ text }}}}\"\ntargets = \"{{{{ label }}}}\"\n{rest}");
    let labels = "labels = [\"x\", \"y\"]\npostprocess = \"label\"\n";
    for (rest, protocol, message, kind) in [
        (
            format!("{labels}metrics = [\"accuracy\"]"),
            Protocol::Generate,
            "evaluating task `broken` on split `validation`: example `0`: target `c` is not one of the labels, expected one of \
             `x`, `y`",
            ErrorKind::Data,
        ),
        (
            "metrics = [\"rogue\"]".to_owned(),
            Protocol::Generate,
            "evaluating task `broken` on split `validation`: unknown metric `rogue`, did you mean `rouge`?",
            ErrorKind::Request,
        ),
        (
            "metrics = [\"f1\"]".to_owned(),
            Protocol::Generate,
            "evaluating task `broken` on split `validation`: metric `f1` scores labels, post-processing `none` yields text",
            ErrorKind::Config,
        ),
        (
            String::new(),
            Protocol::Generate,
            "evaluating task `broken` on split `validation`: cannot be scored: the task names no metric, add `metrics` to its \
             file",
            ErrorKind::Config,
        ),
        (
            "metrics = [\"record\"]".to_owned(),
            Protocol::Generate,
            "evaluating task `broken` on split `validation`: example `0`: `group` is absent, expected what the metric scores \
             together",
            ErrorKind::Data,
        ),
        (
            "metrics = [\"exact_match\"]".to_owned(),
            Protocol::Rank,
            "evaluating task `broken` on split `validation`: example `0`: `choices` is empty, expected at least one, for the \
             rank protocol",
            ErrorKind::Data,
        ),
        (
            "labels = [\"c\"]\nmetrics = [\"exact_match\"]".to_owned(),
            Protocol::Rank,
            "evaluating task `broken` on split `validation`: example `0`: the log-likelihood of `c` is not a number",
            ErrorKind::Data,
        ),
    ] {
        let error = failure(&head(&rest), &row, protocol);
        assert_eq!(chain(&error), message);
        assert_eq!(error.kind(), kind, "{message}");
    }
    let rest = head("metrics = [\"exact_match\"]");
    let error = failure(
        &rest,
        &[r#"{"text": "crash", "label": "c"}"#],
        Protocol::Generate,
    );
    assert!(
        chain(&error).ends_with("the model cannot answer: out of memory"),
        "{}",
        chain(&error)
    );
    let error = failure(
        &format!("where = \"false\"\n{rest}"),
        &row,
        Protocol::Generate,
    );
    assert!(
        chain(&error).ends_with("there is no example to score"),
        "{}",
        chain(&error)
    );
}

#[test]
fn a_model_that_skips_questions_is_caught() {
    struct Lazy;
    impl Predictor for Lazy {
        fn generate(&mut self, _: &[&str], _: usize) -> Result<Vec<String>, Failure> {
            Ok(Vec::new())
        }
        fn score(&mut self, _: &[(&str, &str)]) -> Result<Vec<Score>, Failure> {
            Ok(Vec::new())
        }
    }
    let folder = TempDir::new().unwrap();
    let task = task(&folder, "sentiment", SENTIMENT, &ROWS);
    for protocol in [Protocol::Generate, Protocol::Rank] {
        let mut options = EvaluateOptions {
            protocol,
            ..EvaluateOptions::default()
        };
        let error = evaluate_task(&task, "validation", None, &mut Lazy, &mut options).unwrap_err();
        assert!(
            chain(&error).contains("the model gave 0 answers to "),
            "{}",
            chain(&error)
        );
    }
}
