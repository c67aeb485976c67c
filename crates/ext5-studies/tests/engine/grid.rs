//! A study small enough for tests.
use ext5_findings::{Condition, Question};
use ext5_studies::{
    Budget, DataSpec, Grid, GridSpec, RunSpec, ScoreSpec, Scoring, Start, StudyCell, StudySpec,
    Subject,
};
use ext5_trainer::{RunConfig, recipe};
use std::fs;
use std::path::Path;

/// What all cells are scored on.
pub(crate) const HELD_OUT: &str = "micro_heldout_entailment";

/// What makes runs of the micro-world last a second.
const SMALL: [&str; 7] = [
    "trainer.batch_rows=4",
    "trainer.log_every=1",
    "trainer.checkpoint_every=2",
    "data.max_examples=100",
    "data.inputs_length=48",
    "data.targets_length=24",
    "data.vocabulary={bytes={extra_ids=16}}",
];

fn config(name: &str, more: &[&str]) -> RunConfig {
    let overrides: Vec<String> = SMALL
        .iter()
        .chain(more)
        .map(|it| (*it).to_owned())
        .collect();
    recipe(name, &overrides).unwrap()
}

/// A study file as far as the engine reads it.
pub(crate) fn spec() -> StudySpec {
    let run = || RunSpec {
        recipe: "micro_ext5".to_owned(),
        set: Vec::new(),
    };
    StudySpec {
        name: "efficiency".to_owned(),
        question: Question::Efficiency,
        scale: "test".to_owned(),
        description: "A test".to_owned(),
        seeds: vec![0],
        data: DataSpec {
            text: "micro_text".to_owned(),
            supervised: "micro_exmix".to_owned(),
            mixture: "micro_ext5".to_owned(),
            ratio: 2.0,
        },
        pretrain: run(),
        finetune: Some(run()),
        score: ScoreSpec::default(),
        grid: GridSpec::default(),
        budget: Budget::default(),
    }
}

/// Cells with the conditions that they count for.
pub(crate) fn grid(cells: Vec<StudyCell>) -> Grid {
    let condition = |id: &str| Condition {
        id: id.to_owned(),
        label: id.to_owned(),
        group: "test".to_owned(),
        parts: Vec::new(),
        x: None,
        replicates: 1,
    };
    let ids = [
        "early",
        "early_itself",
        "late",
        "late_itself",
        "plain",
        "of_mine",
    ];
    Grid {
        conditions: ids.map(condition).to_vec(),
        cells,
        mixtures: Vec::new(),
        definitions: std::collections::BTreeMap::new(),
        facts: vec![("model".to_owned(), "tiny".to_owned())],
    }
}

/// What is scored of a cell.
pub(crate) fn scoring(condition: &str, task: &str, step: Option<u64>) -> Scoring {
    Scoring {
        condition: condition.to_owned(),
        replicate: 0,
        step,
        subject: Subject::Tasks(task.to_owned()),
        split: "validation".to_owned(),
        limit: Some(24),
    }
}

/// Fine-tuning on a task, counted for the condition behind the first `_` of its name.
pub(crate) fn finetune(name: &str, from: &str, step: Option<u64>, task: &str) -> StudyCell {
    let mut config = config("micro_finetune", &["trainer.steps=3"]);
    task.clone_into(&mut config.data.mixture);
    let condition = name.strip_prefix("finetune_").unwrap_or(name);
    StudyCell {
        name: name.to_owned(),
        config,
        start: Some(Start {
            cell: from.to_owned(),
            step,
        }),
        scorings: vec![scoring(condition, task, None)],
        affinity: None,
    }
}

/// A pre-training with two checkpoints that are scored and fine-tuned, and a run beside it.
pub(crate) fn cells() -> Vec<StudyCell> {
    let pretrain = StudyCell {
        name: "pretrain".to_owned(),
        config: config("micro_ext5", &["trainer.steps=4", "trainer.keep=3"]),
        start: None,
        scorings: vec![
            scoring("early_itself", HELD_OUT, Some(2)),
            scoring("late_itself", HELD_OUT, None),
        ],
        affinity: None,
    };
    let plain = StudyCell {
        name: "plain".to_owned(),
        config: config("micro_t5", &["trainer.steps=3"]),
        start: None,
        scorings: vec![scoring("plain", HELD_OUT, None)],
        affinity: None,
    };
    vec![
        pretrain,
        finetune("finetune_early", "pretrain", Some(2), HELD_OUT),
        finetune("finetune_late", "pretrain", None, HELD_OUT),
        plain,
    ]
}

/// A task of the user's, `mine`, whose rows are not there yet.
pub(crate) fn write_task(dir: &Path) {
    fs::create_dir_all(dir).unwrap();
    let text = r#"name = "mine"
family = "classification"
description = "Says whether a number is even."
labels = ["odd", "even"]
inputs = "number: {{ number }}"
targets = "{{ labels[label] }}"
metrics = ["accuracy"]

[source]
format = "jsonl"
columns = ["number", "label"]

[source.splits]
train = ["mine/train.jsonl"]
validation = ["mine/train.jsonl"]
"#;
    fs::write(dir.join("mine.toml"), text).unwrap();
}

/// The rows of `mine`.
pub(crate) fn write_rows(root: &Path) {
    let rows: String = (0..40)
        .map(|number| {
            format!(
                "{{\"number\": {number}, \"label\": {}}}\n",
                (number + 1) % 2
            )
        })
        .collect();
    fs::create_dir_all(root.join("mine")).unwrap();
    fs::write(root.join("mine/train.jsonl"), rows).unwrap();
}
