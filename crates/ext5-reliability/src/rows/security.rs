//! Names, templates, secrets, pages.
use crate::row::Row;

pub(super) const ROWS: &[Row] = &[];
