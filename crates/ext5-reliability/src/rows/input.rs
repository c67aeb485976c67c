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

use crate::row::Row;

/// Where this process is to read files for another one, its answer.
pub(crate) fn work(words: &[String]) -> Option<Result<String, crate::row::Failure>> {
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
