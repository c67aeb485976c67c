//! Crashes, power loss, full disks, neighbours.
use crate::row::Row;

pub(super) const ROWS: &[Row] = &[];
