//! TOML files with errors that name file, line and the nearest valid key.
use std::path::Path;

use serde::de::DeserializeOwned;
use toml::{Table, Value};

use crate::suggest::did_you_mean;
use crate::{Error, Result, door};

/// Largest TOML file accepted, in bytes.
const LIMIT: u64 = 16 << 20;

/// The value that a TOML text describes; `path` names the text in errors.
///
/// # Errors
/// [`Error::Config`] naming file, line and key, with the nearest valid key or word.
pub fn parse<T: DeserializeOwned>(path: &Path, text: &str) -> Result<T> {
    let parsed =
        door::contain(|| toml::from_str(text)).map_err(|panic| Error::damaged(path, panic))?;
    parsed.map_err(|error| {
        let start = error.span().map_or(0, |span| span.start).min(text.len());
        let line = 1 + text
            .as_bytes()
            .iter()
            .take(start)
            .filter(|byte| **byte == b'\n')
            .count();
        let (reason, hint) = explain(error.message());
        Error::Config {
            path: path.to_owned(),
            line,
            reason,
            hint,
        }
    })
}

/// The value of a TOML file.
///
/// # Errors
/// As [`door::read_text`] and [`parse`].
pub fn read<T: DeserializeOwned>(path: &Path) -> Result<T> {
    parse(path, &door::read_text(path, LIMIT)?)
}

/// Sets what `a.b.c=value` says in `table`: a dotted path and a TOML value; a word that is no TOML is taken as a string.
///
/// # Errors
/// Why the assignment cannot be, naming it.
pub fn set(table: &mut Table, assignment: &str) -> std::result::Result<(), String> {
    let (path, value) = assignment
        .split_once('=')
        .ok_or_else(|| format!("`--set {assignment}` has no `=`, expected `key=value`"))?;
    let value = toml::from_str::<Table>(&format!("value = {value}"))
        .ok()
        .and_then(|mut parsed| parsed.remove("value"))
        .unwrap_or_else(|| Value::String(value.to_owned()));
    let mut keys: Vec<&str> = path.trim().split('.').collect();
    let last = keys.pop().unwrap_or_default();
    let mut inner = table;
    for key in keys {
        let entry = inner
            .entry(key)
            .or_insert_with(|| Value::Table(Table::new()));
        inner = entry
            .as_table_mut()
            .ok_or_else(|| format!("`--set {assignment}`: `{key}` is a value, not a section"))?;
    }
    inner.insert(last.to_owned(), value);
    Ok(())
}

/// Reason and hint of serde's message: where it says what it expected instead of an unknown name, the nearest is the hint.
fn explain(message: &str) -> (String, String) {
    let reason = message
        .lines()
        .next()
        .unwrap_or_default()
        .trim_end_matches('.')
        .to_owned();
    let mut quoted = message.split('`').skip(1).step_by(2);
    let hint = match (message.starts_with("unknown "), quoted.next()) {
        (true, Some(name)) => did_you_mean(name, quoted),
        _ => String::new(),
    };
    (reason, hint)
}
