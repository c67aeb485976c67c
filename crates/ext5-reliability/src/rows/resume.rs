//! Runs that stop and go on, and what must not change a run.
use crate::row::Row;

pub(super) const ROWS: &[Row] = &[];
