//! TOML files with errors that name file, line and the nearest valid key.
use std::path::Path;

use serde::de::DeserializeOwned;

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
