//! Crashes, power loss, full disks, neighbours.
mod crash;
mod fault;
mod faulty;
mod flips;
mod full;
mod kill;
mod power;
mod program;
mod race;
mod reader;
mod recorder;
mod refused;
mod sets;

use crate::row::Row;

pub(super) const ROWS: &[Row] = &[
    kill::ROW,
    fault::ROW,
    power::ROW,
    flips::ROW,
    race::ROW,
    full::ROW,
    refused::ROW,
    reader::ROW,
];
