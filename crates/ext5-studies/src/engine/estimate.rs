//! How long the cells take that are not done yet.
use crate::Grid;
use crate::cell::Cell;
use ext5_findings::{CellRecord, CellState};
use std::collections::{BTreeMap, BTreeSet};

/// Cells that take about as long: of equal steps and rows, with as many scores.
type Kind = (u64, usize, usize);

fn kind(cell: &Cell) -> Kind {
    let trainer = &cell.config.trainer;
    (trainer.steps, trainer.batch_rows, cell.scorings.len())
}

/// Seconds that the unfinished cells among `mine` will take, by the mean of the finished ones of their kind, or by their rows where
/// none of their kind is finished; nothing while none is finished at all.
pub(super) fn seconds_left(
    grid: &Grid,
    records: &[CellRecord],
    mine: &BTreeSet<usize>,
) -> Option<f64> {
    let mut kinds: BTreeMap<Kind, (f64, f64)> = BTreeMap::new();
    let (mut seconds, mut rows) = (0.0, 0.0);
    for (cell, record) in grid.cells.iter().zip(records) {
        if let Some(took) = record
            .seconds
            .filter(|_| record.state == CellState::Finished)
        {
            let (sum, count) = kinds.entry(kind(cell)).or_default();
            *sum += took;
            *count += 1.0;
            seconds += took;
            rows += work(cell);
        }
    }
    if rows <= 0.0 {
        return None;
    }
    let cells = grid.cells.iter().zip(records).enumerate();
    let left = cells.filter(|(number, (_, record))| {
        mine.contains(number) && record.state == CellState::Missing
    });
    let takes = left.map(|(_, (cell, _))| match kinds.get(&kind(cell)) {
        Some((sum, count)) => sum / count,
        None => work(cell) * seconds / rows,
    });
    Some(takes.sum())
}

/// Rows that a cell trains on.
fn work(cell: &Cell) -> f64 {
    let trainer = &cell.config.trainer;
    trainer.steps as f64 * trainer.batch_rows as f64
}
