//! All rows: crash and resume (C), foreign input (F), resources and neighbours (R), numbers (N), security (S).
mod input;
mod numbers;
mod resume;
mod security;
mod storage;

use crate::row::Row;

pub(crate) use input::work;

/// Every row, those of a group together.
pub(crate) fn all() -> impl Iterator<Item = &'static Row> {
    [
        storage::ROWS,
        resume::ROWS,
        input::ROWS,
        numbers::ROWS,
        security::ROWS,
    ]
    .into_iter()
    .flatten()
}
