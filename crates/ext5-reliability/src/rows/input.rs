//! Damaged, huge and hostile input.
mod bad_rows;
mod formats;
mod huge;
mod limits;
mod mutants;
mod mutate;
mod properties;
mod templates;
mod told;
mod truncation;
mod unicode;
mod worker;

use std::path::Path;

use tempfile::TempDir;

use crate::row::{Failure, Row};

/// Where this process is to read files for another one, its answer.
pub(crate) fn work(words: &[String]) -> Option<Result<String, Failure>> {
    worker::work(words)
        .or_else(|| limits::work(words))
        .or_else(|| templates::work(words))
}

pub(super) const ROWS: &[Row] = &[
    bad_rows::ROW,
    limits::ROW,
    mutants::READ,
    mutants::TOLD,
    truncation::ROW,
    unicode::ROW,
    properties::ROW,
    templates::ROW,
];

/// A directory, in memory where the machine has such a one.
fn memory_dir() -> Result<TempDir, Failure> {
    let shm = Path::new("/dev/shm");
    let parent = if shm.is_dir() {
        shm.to_owned()
    } else {
        std::env::temp_dir()
    };
    Ok(tempfile::Builder::new()
        .prefix("ext5-")
        .tempdir_in(parent)?)
}
