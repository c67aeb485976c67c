//! Which cells need the weights of which.
use super::{Item, Study, StudyOptions};
use crate::Result;
use crate::register::{absolute, scores_dir};
use crate::training::{has_checkpoint, has_checkpoints, keep_only};
use ext5_data::storage;
use ext5_findings::CellState;
use std::collections::BTreeSet;

impl Study {
    /// The cell that a cell starts from, and after how many of its steps.
    pub(super) fn start(&self, item: Item<'_>) -> Option<(Item<'_>, u64)> {
        let start = item.cell.start.as_ref()?;
        let mut items = self.items();
        let found = items.find(|other| other.cell.name == start.cell)?;
        Some((found, start.step.unwrap_or(found.cell.config.trainer.steps)))
    }

    /// Steps of a cell's checkpoints that have still to be started from: by cells that are `open` (by number and state), and by
    /// finished ones without weights that others want of them in turn.
    pub(super) fn wanted_by(
        &self,
        item: Item<'_>,
        open: &dyn Fn(usize, &CellState) -> bool,
    ) -> Result<BTreeSet<u64>> {
        let last = item.cell.config.trainer.steps;
        let mut steps = BTreeSet::new();
        for other in self.items() {
            let start = other.cell.start.as_ref();
            let Some(start) = start.filter(|start| start.cell == item.cell.name) else {
                continue;
            };
            let is_wanted = match self.state(other)? {
                CellState::Finished => self.lacks_weights(other, open)?,
                state => open(other.number, &state),
            };
            if is_wanted {
                steps.insert(start.step.unwrap_or(last));
            }
        }
        Ok(steps)
    }

    /// Whether a cell has not all the checkpoints that are wanted of it.
    pub(super) fn lacks_weights(
        &self,
        item: Item<'_>,
        open: &dyn Fn(usize, &CellState) -> bool,
    ) -> Result<bool> {
        let run_dir = self.run_dir(item);
        let wanted = self.wanted_by(item, open)?;
        Ok(!wanted.iter().all(|step| has_checkpoint(&run_dir, *step)))
    }

    /// Whether a cell, or one that it goes back to, has failed.
    pub(super) fn has_failed(&self, item: Item<'_>) -> Result<bool> {
        let mut next = self.item(item.number);
        while let Some(item) = next {
            if matches!(self.state(item)?, CellState::Failed { .. }) {
                return Ok(true);
            }
            next = self.start(item).map(|(start, _)| start);
        }
        Ok(false)
    }

    /// Removes the weights of a finished cell that no cell needs any more; not while a process works on it.
    pub(super) fn tidy(&self, item: Item<'_>, options: &StudyOptions) -> Result<()> {
        let run_dir = self.run_dir(item);
        // What has no weights needs no lock.
        if !has_checkpoints(&run_dir)? || self.state(item)? != CellState::Finished {
            return Ok(());
        }
        let _lock = match storage::lock(&scores_dir(&run_dir)) {
            Ok(lock) => lock,
            Err(ext5_data::Error::Locked { .. }) => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        self.tidy_locked(item, options)
    }

    /// The same of a cell whose lock this process has. A directory of runs that several studies share keeps what cells start from,
    /// and runs that start from nothing: another study may start from them.
    pub(super) fn tidy_locked(&self, item: Item<'_>, options: &StudyOptions) -> Result<()> {
        let is_shared = absolute(&self.runs) != absolute(&self.dir.join("runs"));
        let is_start = self.items().any(|other| {
            let start = other.cell.start.as_ref();
            start.is_some_and(|start| start.cell == item.cell.name)
        });
        let may_be_start = is_start || item.cell.start.is_none();
        if options.keep_weights || (is_shared && may_be_start) {
            return Ok(());
        }
        if self.state(item)? == CellState::Finished {
            let wanted = self.wanted_by(item, &|_, state| *state != CellState::Finished)?;
            keep_only(&self.run_dir(item), &wanted)?;
        }
        Ok(())
    }
}
