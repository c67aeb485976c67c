//! Suites: their files, averages and tables.
use std::path::Path;

use ext5_eval::{
    Bootstrap, EvaluateOptions, MemberStatus, MetricScore, Protocol, Reading, SuiteReport,
    SuiteSpec, TaskReport, evaluate_suite,
};
use tempfile::TempDir;

use crate::scripted::{SENTIMENT, Scripted, task};

const SUITE: &str = r#"
name = "toy"
description = "made up"
[[members]]
task = "rte"
metrics = ["accuracy"]
[[members]]
task = "multirc"
metrics = ["multirc_f1a", "multirc_em"]
[[members]]
task = "mnli"
split = "validation_matched"
[[members]]
task = "mnli"
split = "validation_mismatched"
[[members]]
task = "sum"
metrics = ["rouge.rougeLsum"]
[[members]]
task = "axb"
diagnostic = true
"#;

fn report(task: &str, split: &str, scores: &[(&str, &str, Option<f64>)]) -> TaskReport {
    let score = |(metric, name, value): &(&str, &str, Option<f64>)| MetricScore {
        metric: (*metric).to_owned(),
        name: (*name).to_owned(),
        value: *value,
        interval: None,
        higher_is_better: true,
        units: 10,
        signature: format!("metric:{metric}"),
    };
    TaskReport {
        task: task.to_owned(),
        split: split.to_owned(),
        protocol: Protocol::Generate,
        reading: Reading::T5,
        postprocess: "none".to_owned(),
        examples: 10,
        invalid: 0,
        scores: scores.iter().map(score).collect(),
        notes: Vec::new(),
    }
}

fn outcomes() -> Vec<Result<TaskReport, String>> {
    [
        report(
            "rte",
            "validation",
            &[
                ("accuracy", "accuracy", Some(80.0)),
                ("f1", "f1", Some(1.0)),
            ],
        ),
        report(
            "multirc",
            "validation",
            &[
                ("multirc_f1a", "f1a", Some(60.0)),
                ("multirc_em", "em", Some(20.0)),
            ],
        ),
        report(
            "mnli",
            "validation_matched",
            &[("accuracy", "accuracy", Some(70.0))],
        ),
        report(
            "mnli",
            "validation_mismatched",
            &[("accuracy", "accuracy", Some(50.0))],
        ),
        report(
            "sum",
            "validation",
            &[
                ("rouge", "rouge1", Some(9.0)),
                ("rouge", "rougeLsum", Some(30.0)),
            ],
        ),
        report(
            "axb",
            "validation",
            &[("matthews_corrcoef", "matthews_corrcoef", Some(-100.0))],
        ),
    ]
    .map(Ok)
    .into()
}

fn suite() -> SuiteSpec {
    SuiteSpec::parse(Path::new("toy.toml"), SUITE).unwrap()
}

#[test]
fn the_average_is_over_metrics_then_tasks_without_diagnostics() {
    let report = SuiteReport::new(&suite(), outcomes()).unwrap();
    // rte 80, multirc (60 + 20) / 2, mnli (70 + 50) / 2, sum 30.
    assert_eq!(report.average, Some((80.0 + 40.0 + 60.0 + 30.0) / 4.0));
    assert_eq!(
        (report.partial, report.counted, report.expected),
        (false, 4, 4)
    );
    let json = serde_json::to_string(&report).unwrap();
    assert_eq!(serde_json::from_str::<SuiteReport>(&json).unwrap(), report);
}

#[test]
fn what_is_absent_or_undefined_makes_the_average_partial() {
    let mut absent = outcomes();
    absent[1] = Err("data set `multirc` does not exist".to_owned());
    absent[3] = Ok(report(
        "mnli",
        "validation_mismatched",
        &[("accuracy", "accuracy", None)],
    ));
    let report = SuiteReport::new(&suite(), absent).unwrap();
    assert_eq!(report.average, Some(55.0)); // rte and sum: half of mnli is no mnli
    assert_eq!(
        (report.partial, report.counted, report.expected),
        (true, 2, 4)
    );
    assert_eq!(report.members[3].status, MemberStatus::Undefined);
    let text = report.to_text();
    let lines: Vec<String> = text
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    assert_eq!(lines[0], "toy split examples scores mean");
    assert_eq!(
        lines[2..],
        [
            "rte validation 10 accuracy 80.00 80.00",
            "multirc validation - absent -",
            "mnli validation_matched 10 accuracy 70.00 70.00",
            "mnli validation_mismatched 10 accuracy - -",
            "sum validation 10 rougeLsum 30.00 30.00",
            "axb (diagnostic) validation 10 matthews_corrcoef -100.00 -100.00",
            "average (partial) 2 of 4 tasks 55.00",
        ]
    );
    assert!(report.to_markdown().contains("| average (partial) |"));
}

#[test]
fn a_suite_file_with_mistakes_names_them_all() {
    let text = "name = \"x\"\ndescription = \"\"\n[[members]]\ntask = \"a\"\nmetrics = [\"acuracy\", \"rouge.rougeL5\"]\n\
                [[members]]\ntask = \"a\"\n";
    let message = SuiteSpec::parse(Path::new("x.toml"), text)
        .unwrap_err()
        .to_string();
    assert_eq!(
        message,
        "suite `x` is not valid: `a`: unknown metric `acuracy`, did you mean `accuracy`?; `a`: unknown score `rougeL5`, did you \
         mean `rougeL`?; `a` on `validation` is named twice"
    );
    let message = SuiteSpec::parse(Path::new("x.toml"), "name = \"x\"\nmember = []")
        .unwrap_err()
        .to_string();
    assert!(
        message.contains("`x.toml`, line 2") && message.contains("did you mean `members`?"),
        "{message}"
    );
    let mut wrong = outcomes();
    wrong[4] = Ok(report("sum", "validation", &[("bleu", "bleu", Some(3.0))]));
    let message = SuiteReport::new(&suite(), wrong).unwrap_err().to_string();
    assert!(
        message.starts_with("unknown score `rouge.rougeLsum`"),
        "{message}"
    );
}

#[test]
fn suites_of_written_answers_finish_under_every_protocol() {
    let folder = TempDir::new().unwrap();
    let text = "name = \"two\"\ndescription = \"\"\n[[members]]\ntask = \"classes\"\nmetrics = [\"f1\"]\n\
                [[members]]\ntask = \"open\"\nmetrics = [\"squad\"]\n";
    let spec = SuiteSpec::parse(Path::new("two.toml"), text).unwrap();
    let open = "inputs = \"{{ text }}\"\ntargets = \"{{ label }}\"\nchoices = \"[]\"\npostprocess = \"qa\"\nmetrics = [\"squad\"]";
    let mut find = |name: &str| {
        let head = if name == "open" { open } else { SENTIMENT };
        let rows = [
            r#"{"text": "a", "label": 0}"#,
            r#"{"text": "bb", "label": 1}"#,
        ];
        Ok(task(&folder, name, head, &rows))
    };
    for (protocol, classes, open) in [
        // `bad` is likelier, and right once of twice.
        (Protocol::Rank, 50.0, None),
        // Three nats for `bad`, four for `good`, one for each digit; a token each.
        (Protocol::Perplexity, 3.5, Some(1.0)),
    ] {
        let mut model = Scripted {
            generate: |_: &str| Err("is not asked to write".into()),
            score: |_, choice| -(choice.len() as f64),
            batches: Vec::new(),
        };
        let mut options = EvaluateOptions {
            bootstrap: Bootstrap::NONE,
            protocol,
            ..EvaluateOptions::default()
        };
        let report = evaluate_suite(
            &spec,
            None,
            &mut find,
            &mut model,
            &mut options,
            &mut |_| Ok(()),
        )
        .unwrap();
        let scores: Vec<_> = report.members.iter().map(|it| it.score).collect();
        assert_eq!(scores, [Some(classes), open], "{protocol:?}");
        assert_eq!(report.partial, open.is_none());
        if protocol == Protocol::Rank {
            let reason = "its examples have no choices, for the rank protocol".to_owned();
            assert_eq!(report.members[1].status, MemberStatus::Absent(reason));
        }
        assert!(report.to_text().contains("average"));
    }
}

#[test]
fn tasks_whose_data_are_missing_are_absent() {
    let folder = TempDir::new().unwrap();
    let text = "name = \"two\"\ndescription = \"\"\n[[members]]\ntask = \"here\"\n[[members]]\ntask = \"gone\"\n";
    let spec = SuiteSpec::parse(Path::new("two.toml"), text).unwrap();
    let mut find = |name: &str| {
        let task = task(&folder, name, SENTIMENT, &[r#"{"text": "a", "label": 0}"#]);
        if name == "gone" {
            std::fs::remove_file(folder.path().join("gone.jsonl")).unwrap();
        }
        Ok(task)
    };
    let mut model = Scripted {
        generate: |_: &str| Ok("bad".to_owned()),
        score: |_, _| 0.0,
        batches: Vec::new(),
    };
    let mut options = EvaluateOptions {
        bootstrap: Bootstrap::NONE,
        ..EvaluateOptions::default()
    };
    let mut kept = Vec::new();
    let report = evaluate_suite(
        &spec,
        None,
        &mut find,
        &mut model,
        &mut options,
        &mut |report| {
            kept.push(report.task.clone());
            Ok(())
        },
    )
    .unwrap();
    assert_eq!(kept, ["here"]);
    assert_eq!(report.members[0].score, Some(50.0)); // accuracy 100, F1 0
    assert!(report.partial && report.counted == 1 && report.expected == 2);
    let MemberStatus::Absent(reason) = &report.members[1].status else {
        panic!("{:?}", report.members[1].status);
    };
    assert!(reason.contains("gone.jsonl"), "{reason}");
}
