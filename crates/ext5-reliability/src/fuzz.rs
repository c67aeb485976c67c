//! Bodies of the fuzz targets in `tests/fuzz`. None answers anything: a panic is what is looked for.
use std::io::Write;
use std::path::Path;

use ext5_data::{Format, Row, Source, Task, TaskSpec, storage};
use ext5_eval::{METRICS, POSTPROCESSORS, score};
use ext5_objectives::{Objective, Sentinels, Stream};
use ext5_tokenizer::vocabulary_from_bytes;
use ext5_trainer::{Checkpoint, RunConfig};
use serde_json::{Value, json};

/// A target and its body.
pub type Target = (&'static str, fn(&[u8]));

/// Every target by the name of its file and of its corpus.
pub const TARGETS: &[Target] = &[
    ("csv", csv),
    ("jsonl", jsonl),
    ("manifest", manifest),
    ("metrics", metrics),
    ("run_toml", run_toml),
    ("span_corruption", span_corruption),
    ("spiece_model", spiece_model),
    ("task_file", task_file),
    ("template", template),
    ("tokenizer_json", tokenizer_json),
];

/// The manifest of a checkpoint.
pub fn manifest(bytes: &[u8]) {
    let Ok(dir) = tempfile::tempdir() else { return };
    if storage::local()
        .write(&dir.path().join("manifest.json"), bytes)
        .is_ok()
    {
        drop(Checkpoint::open(dir.path()).map(|checkpoint| checkpoint.verify().is_ok()));
    }
}

/// A task file, compiled, with its own examples run.
pub fn task_file(bytes: &[u8]) {
    let spec = TaskSpec::parse(Path::new("task.toml"), &String::from_utf8_lossy(bytes));
    if let Ok(task) = spec.and_then(|spec| Task::from_spec(spec, Path::new(""))) {
        task.check_examples();
    }
}

/// A run's configuration.
pub fn run_toml(bytes: &[u8]) {
    let config = RunConfig::parse(Path::new("run.toml"), &String::from_utf8_lossy(bytes), &[]);
    drop(config.map(|config| config.validate().is_ok()));
}

/// A template, rendered with a row.
pub fn template(bytes: &[u8]) {
    let spec = json!({
        "name": "t", "family": "other", "description": "", "inputs": String::from_utf8_lossy(bytes), "targets": "x",
        "source": { "format": "jsonl", "columns": ["text", "list"], "splits": { "train": ["a.jsonl"] } },
    });
    let task = serde_json::from_value(spec)
        .ok()
        .and_then(|spec: TaskSpec| Task::from_spec(spec, Path::new("")).ok());
    let row = Row::from_iter([
        ("text".to_owned(), Value::from("one {{ two }}")),
        ("list".to_owned(), json!(["a", 1, null])),
    ]);
    let _ = task.map(|task| task.render("train", &row).is_ok());
}

/// Lines of JSON.
pub fn jsonl(bytes: &[u8]) {
    rows(Format::Jsonl, bytes);
}

/// Comma-separated values.
pub fn csv(bytes: &[u8]) {
    rows(Format::Csv, bytes);
}

fn rows(format: Format, bytes: &[u8]) {
    let Ok(mut file) = tempfile::NamedTempFile::new() else {
        return;
    };
    if file.write_all(bytes).is_ok() {
        Source::of_file(format, file.path(), &["a".to_owned()]).for_each(drop);
    }
}

/// A `spiece.model`, which then encodes and decodes.
pub fn spiece_model(bytes: &[u8]) {
    vocabulary("spiece.model", bytes);
}

/// A `tokenizer.json`, which then encodes and decodes.
pub fn tokenizer_json(bytes: &[u8]) {
    vocabulary("tokenizer.json", bytes);
}

fn vocabulary(name: &str, bytes: &[u8]) {
    if let Ok(vocabulary) = vocabulary_from_bytes(name, bytes, None)
        && let Ok(ids) = vocabulary.encode("The cat <extra_id_0> sat\u{301}\u{0}日本")
    {
        vocabulary.decode(&ids);
    }
}

/// Every metric after every post-processing; the text is cut in two, an answer and a right one.
pub fn metrics(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes).into_owned();
    let (answer, right) = text.split_once('\n').unwrap_or((&text, "right"));
    let example = ext5_data::Example {
        targets: right.to_owned(),
        references: vec![right.to_owned()],
        ..ext5_data::Example::default()
    };
    let (answers, examples) = ([answer.to_owned()], [example]);
    let labels = ["yes".to_owned(), "no".to_owned()];
    let bootstrap = ext5_eval::Bootstrap::NONE;
    for metric in METRICS {
        for postprocessor in POSTPROCESSORS {
            drop(score(
                metric.name,
                postprocessor.name,
                &answers,
                &examples,
                &labels,
                bootstrap,
            ));
        }
    }
}

/// Span corruption of the bytes as tokens: what it takes away it gives back.
///
/// # Panics
/// Where inputs and targets do not make the tokens again.
pub fn span_corruption(bytes: &[u8]) {
    let [density, length, seed, tokens @ ..] = bytes else {
        return;
    };
    let objective =
        Objective::span_corruption(f64::from(*density) / 255.0, f64::from(*length) / 8.0);
    let sentinels = Sentinels {
        first: 1000,
        count: 100,
    };
    let tokens: Vec<u32> = tokens.iter().map(|byte| u32::from(*byte)).collect();
    if let Ok(pair) = objective.apply(&tokens, sentinels, &mut Stream::new(&[u64::from(*seed)])) {
        assert_eq!(
            joined(&pair.inputs, &pair.targets),
            tokens,
            "what was taken away is not given back"
        );
    }
}

/// The tokens of which inputs and targets are made: each span that a sentinel of the one stands for is in the other.
pub fn joined(inputs: &[u32], targets: &[u32]) -> Vec<u32> {
    let is_sentinel = |id: &u32| *id > 900;
    // Both sides tell runs of tokens, each between two sentinels; the text begins with a kept run.
    let runs =
        |ids: &[u32]| -> Vec<Vec<u32>> { ids.split(is_sentinel).map(<[u32]>::to_vec).collect() };
    let starts_with_noise = inputs.first().is_some_and(is_sentinel);
    let (kept, noise) = (runs(inputs), runs(targets));
    let skip = |runs: Vec<Vec<u32>>| {
        runs.into_iter()
            .filter(|run| !run.is_empty())
            .collect::<Vec<_>>()
    };
    let (kept, noise) = (skip(kept), skip(noise));
    let mut tokens = Vec::new();
    for number in 0..kept.len().max(noise.len()) {
        let (first, second) = if starts_with_noise {
            (&noise, &kept)
        } else {
            (&kept, &noise)
        };
        tokens.extend(first.get(number).into_iter().flatten());
        tokens.extend(second.get(number).into_iter().flatten());
    }
    tokens
}
