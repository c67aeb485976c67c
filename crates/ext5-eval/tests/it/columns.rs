//! Three ways to read several checkpoints, worked by hand.
use std::path::Path;

use ext5_eval::{Columns, MetricScore, Protocol, Reading, SuiteReport, SuiteSpec, TaskReport};

const SUITE: &str = r#"
name = "toy"
description = "made up"
[[members]]
task = "rte"
metrics = ["accuracy"]
[[members]]
task = "mnli"
split = "validation_matched"
[[members]]
task = "mnli"
split = "validation_mismatched"
[[members]]
task = "axb"
diagnostic = true
"#;

fn spec() -> SuiteSpec {
    SuiteSpec::parse(Path::new("toy.toml"), SUITE).unwrap()
}

fn scored(task: &str, split: &str, value: Option<f64>, higher_is_better: bool) -> TaskReport {
    TaskReport {
        task: task.to_owned(),
        split: split.to_owned(),
        protocol: Protocol::Generate,
        reading: Reading::T5,
        postprocess: "none".to_owned(),
        examples: 10,
        invalid: 0,
        scores: vec![MetricScore {
            metric: "accuracy".to_owned(),
            name: "accuracy".to_owned(),
            value,
            interval: None,
            higher_is_better,
            units: 10,
            signature: String::new(),
        }],
        notes: Vec::new(),
    }
}

/// Scores of rte, mnli matched, mnli mismatched, axb; negative ones are absent.
fn report(values: [f64; 4], rises: bool) -> SuiteReport {
    let spec = spec();
    let outcomes = spec.members.iter().zip(values).map(|(member, value)| {
        if value < 0.0 {
            return Err("no data".to_owned());
        }
        Ok(scored(&member.task, &member.split, Some(value), rises))
    });
    SuiteReport::new(&spec, outcomes.collect()).unwrap()
}

fn columns(values: &[[f64; 4]], rises: bool) -> Columns {
    let reports: Vec<(String, SuiteReport)> = values
        .iter()
        .enumerate()
        .map(|(number, values)| (format!("step_{}", number + 1), report(*values, rises)))
        .collect();
    Columns::new(&reports).unwrap()
}

#[test]
fn three_checkpoints_by_hand() {
    // Averages of rte and the mean of both mnli: (60 + 50) / 2 = 55, (58 + 56) / 2 = 57, (52 + 58) / 2 = 55.
    let found = columns(
        &[
            [60.0, 48.0, 52.0, 9.0],
            [58.0, 54.0, 58.0, 7.0],
            [52.0, 59.0, 57.0, 9.0],
        ],
        true,
    );
    assert_eq!(found.averages, [Some(55.0), Some(57.0), Some(55.0)]);
    assert_eq!(found.one_checkpoint.as_deref(), Some("step_2"));
    assert_eq!(found.last_checkpoint, "step_3");
    let rows: Vec<_> = found
        .tasks
        .iter()
        .map(|task| {
            let three = task.three;
            let best = task.best_checkpoint.as_deref().unwrap();
            (task.task.as_str(), three.one, three.best, best, three.last)
        })
        .collect();
    assert_eq!(
        rows,
        [
            ("rte", Some(58.0), Some(60.0), "step_1", Some(52.0)),
            ("mnli", Some(56.0), Some(58.0), "step_3", Some(58.0)),
            // Of equals the first.
            ("axb", Some(7.0), Some(9.0), "step_1", Some(9.0)),
        ]
    );
    let average = found.average;
    assert_eq!(
        (average.one, average.best, average.last),
        (Some(57.0), Some(59.0), Some(55.0))
    );
    assert_eq!(
        found.to_text(),
        "toy               one (step_2)   best  of checkpoint  last (step_3)\n\
         -------------------------------------------------------------------\n\
         rte                      58.00  60.00         step_1          52.00\n\
         mnli                     56.00  58.00         step_3          58.00\n\
         axb (diagnostic)          7.00   9.00         step_1           9.00\n\
         average                  57.00  59.00                         55.00\n\
         note: `best` chooses each task's checkpoint on the data it is scored on: optimistic\n"
    );
    let text = serde_json::to_string(&found).unwrap();
    let read: Columns = serde_json::from_str(&text).unwrap();
    assert_eq!(read, found);
}

#[test]
fn the_best_is_the_least_where_less_is_better() {
    let found = columns(&[[4.0, 2.0, 2.0, 1.0], [3.0, 3.0, 4.0, 1.0]], false);
    assert_eq!(found.one_checkpoint.as_deref(), Some("step_1"));
    assert_eq!(found.average.best, Some(2.5));
}

#[test]
fn absent_tasks_make_it_partial_and_checkpoints_with_fewer_are_not_chosen() {
    let found = columns(&[[50.0, 50.0, 50.0, -1.0], [-1.0, 90.0, 90.0, -1.0]], true);
    assert!(found.partial);
    assert_eq!(found.one_checkpoint.as_deref(), Some("step_1"));
    assert_eq!(found.average.best, Some(70.0));
    assert_eq!(found.tasks[2].three.best, None);
    assert!(found.to_text().contains("average (partial)"));
}

#[test]
fn tasks_that_disagree_on_what_is_better_have_no_one_checkpoint() {
    let spec = spec();
    let outcomes = |rise: f64| {
        let scores = [
            ("rte", true),
            ("mnli", false),
            ("mnli", false),
            ("axb", true),
        ];
        let outcome = |(task, rises): (&str, bool)| Ok(scored(task, "-", Some(rise), rises));
        SuiteReport::new(&spec, scores.map(outcome).into_iter().collect()).unwrap()
    };
    let reports = [
        ("a".to_owned(), outcomes(1.0)),
        ("b".to_owned(), outcomes(2.0)),
    ];
    let found = Columns::new(&reports).unwrap();
    assert_eq!((found.one_checkpoint, found.average.best), (None, None));
    let best: Vec<_> = found.tasks.iter().map(|task| task.three.best).collect();
    assert_eq!(best, [Some(2.0), Some(1.0), Some(2.0)]);
    assert_eq!(found.notes.len(), 2);
}

#[test]
fn other_suites_and_nothing_are_refused() {
    assert!(Columns::new(&[]).is_err());
    let mut other = report([1.0; 4], true);
    other.members.pop();
    let reports = [
        ("a".to_owned(), report([1.0; 4], true)),
        ("b".to_owned(), other),
    ];
    let message = Columns::new(&reports).unwrap_err().to_string();
    assert!(message.contains("checkpoint `b` was not scored on the tasks of the first"));
}
