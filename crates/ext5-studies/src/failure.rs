//! A cell that ended with an error, as its directory remembers it.
use crate::Result;
use ext5_data::{ErrorKind, door, storage};
use serde::{Deserialize, Serialize};
use std::path::Path;

const FILE: &str = "failed.json";
/// Every sort of error.
const KINDS: [ErrorKind; 12] = [
    ErrorKind::Other,
    ErrorKind::Request,
    ErrorKind::Data,
    ErrorKind::Missing,
    ErrorKind::Unavailable,
    ErrorKind::Device,
    ErrorKind::Locked,
    ErrorKind::Io,
    ErrorKind::Stopped,
    ErrorKind::Permission,
    ErrorKind::Config,
    ErrorKind::Interrupted,
];

/// Why a cell failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Failure {
    /// The error and its causes.
    pub(crate) reason: String,
    /// Its exit code.
    code: u8,
}

impl Failure {
    /// The failure of an error.
    pub(crate) fn of(error: &crate::Error) -> Self {
        let mut reason = error.to_string();
        let mut cause = std::error::Error::source(error);
        while let Some(error) = cause {
            let text = error.to_string();
            if !reason.contains(&text) {
                reason = format!("{reason}: {text}");
            }
            cause = error.source();
        }
        Self {
            reason,
            code: error.kind().exit_code(),
        }
    }

    /// What sort of error it was.
    pub(crate) fn kind(&self) -> ErrorKind {
        let known = KINDS.into_iter().find(|it| it.exit_code() == self.code);
        known.unwrap_or(ErrorKind::Other)
    }

    /// What lies in a cell's directory.
    pub(crate) fn read(run_dir: &Path) -> Result<Option<Self>> {
        read_json(&run_dir.join(FILE))
    }

    /// Remembers it in a cell's directory.
    pub(crate) fn write(&self, run_dir: &Path) -> Result<()> {
        write_json(&run_dir.join(FILE), self)
    }

    /// Forgets it.
    pub(crate) fn forget(run_dir: &Path) -> Result<()> {
        Ok(storage::local().remove(&run_dir.join(FILE))?)
    }
}

/// The value of a JSON file, none where there is no file.
pub(crate) fn read_json<T: for<'a> Deserialize<'a>>(path: &Path) -> Result<Option<T>> {
    /// Largest file of a study that is read, bytes.
    const LIMIT: u64 = 1 << 28;
    if !storage::local().exists(path)? {
        return Ok(None);
    }
    let bytes = door::read(path, LIMIT)?;
    Ok(Some(door::parse(path, || serde_json::from_slice(&bytes))?))
}

/// Writes a value as a JSON file for people and programs.
pub(crate) fn write_json(path: &Path, value: &impl Serialize) -> Result<()> {
    let text = serde_json::to_vec_pretty(value).unwrap_or_default();
    Ok(storage::local().write(path, &text)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_keeps_its_sort_and_its_causes() {
        let source = ext5_data::Error::Io {
            action: "write",
            path: "x".into(),
            source: std::io::Error::other("no room"),
        };
        let dir = tempfile::tempdir().unwrap();
        Failure::of(&source.into()).write(dir.path()).unwrap();
        let read = Failure::read(dir.path()).unwrap().unwrap();
        assert_eq!(read.reason, "cannot write `x`: no room");
        assert_eq!(read.kind(), ErrorKind::Io);
        Failure::forget(dir.path()).unwrap();
        assert_eq!(Failure::read(dir.path()).unwrap(), None);
    }
}
