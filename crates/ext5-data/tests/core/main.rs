//! The core of the crate from outside: door, storage, sources, tasks.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

mod damaged;
mod foreign;
mod real_data;
mod sources;
mod storage;
mod t5_formats;
mod tasks;
mod toml_files;
mod vocabularies;

use std::path::Path;

use ext5_data::{Error, Format, Result, Row, Source, SourceSpec, Task, TaskSpec};
use serde_json::{Value, json};

/// A JSON object as a row.
fn row(value: Value) -> Row {
    match value {
        Value::Object(row) => row,
        other => panic!("{other} is not an object"),
    }
}

/// A source whose split `train` are the files of `pattern`.
fn source(root: &Path, format: Format, pattern: &str, columns: &[&str]) -> Source {
    let spec: SourceSpec = serde_json::from_value(json!({
        "format": format, "columns": columns, "splits": { "train": [pattern] },
    }))
    .unwrap();
    Source::new(spec, root)
}

/// The rows of split `train`, up to the first error.
fn values(source: &Source) -> Result<Vec<Row>> {
    source
        .rows("train")?
        .map(|row| row.map(|row| row.values))
        .collect()
}

/// A task from TOML text.
fn task(root: &Path, text: &str) -> Result<Task> {
    Task::from_spec(TaskSpec::parse(Path::new("task.toml"), text)?, root)
}

/// The message of an error and of all that caused it.
fn message(error: &Error) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        text = format!("{text}: {error}");
        source = error.source();
    }
    text
}
