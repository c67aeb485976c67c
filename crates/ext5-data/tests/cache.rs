//! From a task file and its rows to a cache, and from there to batches.
#![expect(clippy::unwrap_used, reason = "a test may panic")]
mod letters;

use std::fs;
use std::path::Path;
use std::sync::Arc;

use ext5_data::{
    CacheEvent, CacheOptions, Cursor, ErrorKind, Loader, LoaderConfig, Task, TaskFeed, TaskSpec,
    TokenCache,
};
use ext5_objectives::{Objective, Sentinels};
use ext5_tokenizer::Vocabulary;
use letters::Letters;

const SUPERVISED: &str = r#"
name = "echo"
family = "other"
description = "Says a word again."
inputs = "say: {{ word }}"
targets = "{{ word }}"
[source]
format = "jsonl"
columns = ["word"]
[source.splits]
train = ["rows.jsonl"]
"#;

const PLAIN: &str = r#"
name = "words"
family = "self_supervised"
description = "Plain words."
text = "{{ word }}"
[objective]
kind = "span_corruption"
[source]
format = "jsonl"
columns = ["word"]
[source.splits]
train = ["rows.jsonl"]
"#;

fn rows(root: &Path, count: usize) {
    let line = |n: usize| format!("{{\"word\": \"{}\"}}\n", "abcdefghij".repeat(1 + n % 3));
    fs::write(
        root.join("rows.jsonl"),
        (0..count).map(line).collect::<String>(),
    )
    .unwrap();
}

fn task(root: &Path, text: &str) -> Task {
    Task::from_spec(TaskSpec::parse(Path::new("task.toml"), text).unwrap(), root).unwrap()
}

fn open(
    root: &Path,
    task: &Task,
    options: CacheOptions,
) -> ext5_data::Result<(TokenCache, Vec<CacheEvent>)> {
    let mut events = Vec::new();
    let cache = TokenCache::open_or_build(
        &root.join("cache"),
        task,
        "train",
        &Letters,
        options,
        &mut |event| {
            events.push(event);
            Ok(())
        },
    )?;
    Ok((cache, events))
}

#[test]
fn rows_become_examples_and_new_rows_a_new_cache() {
    let root = tempfile::tempdir().unwrap();
    rows(root.path(), 100);
    let echo = task(root.path(), SUPERVISED);
    let (cache, _) = open(root.path(), &echo, CacheOptions::default()).unwrap();
    assert_eq!(cache.len(), 100);
    let example = cache.example(0, usize::MAX, usize::MAX).unwrap();
    assert_eq!(example.inputs, Letters.encode("say: abcdefghij").unwrap());
    assert_eq!(example.targets, Letters.encode("abcdefghij").unwrap());
    // Lengths 10, 20, 30 in turn: 34 + 2 x 33 + 3 x 33 tens.
    assert_eq!(cache.statistics().targets.tokens, 10 * (34 + 66 + 99));
    assert_eq!(
        (
            cache.statistics().targets.p50,
            cache.statistics().targets.max
        ),
        (20, 30)
    );
    assert_eq!(
        open(root.path(), &echo, CacheOptions::default()).unwrap().1,
        []
    );

    let few = CacheOptions {
        limit: Some(7),
        ..CacheOptions::default()
    };
    assert_eq!(open(root.path(), &echo, few).unwrap().0.len(), 7);
    rows(root.path(), 110);
    let echo = task(root.path(), SUPERVISED);
    assert_eq!(
        open(root.path(), &echo, CacheOptions::default())
            .unwrap()
            .0
            .len(),
        110
    );
}

#[test]
fn plain_text_becomes_denoising_batches() {
    let root = tempfile::tempdir().unwrap();
    rows(root.path(), 60);
    let objective = Objective::span_corruption(0.15, 3.0);
    let lengths = objective.lengths(64).unwrap();
    let options = CacheOptions {
        chunk: Some(lengths.raw),
        ..CacheOptions::default()
    };
    let (cache, _) = open(root.path(), &task(root.path(), PLAIN), options).unwrap();
    assert_eq!(cache.statistics().inputs.tokens, 1_200);
    assert_eq!(cache.len() as usize, 1_200_usize.div_ceil(lengths.raw));
    let last = cache.len() - 1;
    let sentinels = Sentinels {
        first: 999,
        count: 100,
    };
    let feed = TaskFeed {
        name: "words".to_owned(),
        share: 1.0,
        cache,
        objective: Some((objective, sentinels)),
    };
    let config = LoaderConfig {
        rows: 4,
        inputs_length: 64,
        targets_length: lengths.targets,
        packing: false,
        seed: 1,
        workers: 1,
        prefetch: 1,
    };
    let mut loader = Loader::new(Arc::new([feed]), config, Cursor::start(1)).unwrap();
    let (batch, _) = loader.next().unwrap();
    let whole = batch
        .segments
        .iter()
        .find(|segment| segment.example < last)
        .unwrap();
    assert_eq!(
        (whole.inputs_tokens, whole.targets_tokens),
        (lengths.inputs, lengths.targets)
    );
    assert_eq!((whole.inputs_truncated, whole.targets_truncated), (0, 0));
}

#[test]
fn a_chunk_must_suit_the_task_and_data_must_be_there() {
    let root = tempfile::tempdir().unwrap();
    rows(root.path(), 3);
    let chunk = CacheOptions {
        chunk: Some(10),
        ..CacheOptions::default()
    };
    for (text, options) in [(SUPERVISED, chunk), (PLAIN, CacheOptions::default())] {
        let error = open(root.path(), &task(root.path(), text), options).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Request, "{error}");
    }
    fs::remove_file(root.path().join("rows.jsonl")).unwrap();
    let error = open(
        root.path(),
        &task(root.path(), SUPERVISED),
        CacheOptions::default(),
    )
    .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Missing, "{error}");
}
