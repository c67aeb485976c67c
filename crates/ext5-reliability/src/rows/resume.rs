//! Runs that stop and go on, and what must not change a run.
mod bitwise;
mod chained;
mod digest;
mod golden;
mod memory;
mod ranks;
mod seek;
mod signals;
mod studies;
mod threads;
mod workers;
mod world;

use crate::row::Row;

pub(super) const ROWS: &[Row] = &[
    bitwise::ROW,
    chained::ROW,
    workers::ROW,
    threads::ROW,
    ranks::ROW,
    seek::ROW,
    golden::ROW,
    signals::ROW,
    studies::ROW,
    memory::ROW,
];
