//! Damaged and huge files.
use crate::row::Row;

pub(super) const ROWS: &[Row] = &[];
