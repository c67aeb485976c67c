//! Losses and gradients that are no numbers.
mod gradients;
mod ground;
mod injected;
mod limits;
mod memory;
mod poison;
mod policies;
mod spikes;

use crate::row::Row;

pub(super) const ROWS: &[Row] = &[
    injected::ROW,
    policies::ROW,
    spikes::ROW,
    limits::ROW,
    gradients::ROW,
    memory::ROW,
];
