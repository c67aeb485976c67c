//! Which checkpoints stay.
use super::{Checkpoint, MANIFEST, committed, discard, step_of};
use crate::Result;
use ext5_data::storage::{self, Storage};
use std::path::Path;

/// Good checkpoints that are kept in any case.
const LEAST: usize = 2;

impl Checkpoint {
    /// Removes all but the newest `keep` checkpoints of the run of this one, which has just been committed, and those that a run
    /// which goes `back` so many steps needs. The newest two good ones stay in any case, and one that is being read stays for now.
    ///
    /// # Errors
    /// [`crate::Error::Data`] naming what could not be removed.
    pub fn retain(&self, storage: &dyn Storage, keep: usize, back: Option<u64>) -> Result<()> {
        let run_dir = self.path.parent().and_then(Path::parent);
        let committed = committed(storage, run_dir.unwrap_or(Path::new(".")))?;
        let steps: Vec<u64> = committed.iter().filter_map(|path| step_of(path)).collect();
        let kept = kept(&steps, keep, back);
        if kept.iter().all(|kept| *kept) {
            return Ok(());
        }
        let mut good = 0;
        for (path, kept) in committed.iter().zip(kept).rev() {
            if good < LEAST {
                good += usize::from(*path == self.path || Self::good(path).is_some());
            } else if !kept {
                retire(storage, path)?;
            }
        }
        Ok(())
    }
}

/// Removes a checkpoint that nobody reads.
fn retire(storage: &dyn Storage, path: &Path) -> Result<()> {
    let manifest = path.join(MANIFEST);
    let taken = storage::take(&manifest)?;
    if taken.is_none() && storage.exists(&manifest)? {
        return Ok(());
    }
    discard(storage, path)
}

/// Which of these checkpoints, oldest first, are kept: the newest `keep`; where a run goes `back`, the newest that lies so far behind
/// the last one, and one between both that will be it next, so that a run never goes back more than about twice as far.
fn kept(steps: &[u64], keep: usize, back: Option<u64>) -> Vec<bool> {
    let first = steps.len().saturating_sub(keep);
    let mut kept = vec![false; first];
    kept.resize(steps.len(), true);
    if let (Some(back), Some(last)) = (back, steps.last()) {
        let behind = steps.partition_point(|step| step.saturating_add(back) <= *last);
        // The last of those behind, and the first of the others.
        for place in behind.saturating_sub(1)..(behind + 1).min(first) {
            if let Some(kept) = kept.get_mut(place) {
                *kept = true;
            }
        }
    }
    kept
}

/// Removes the checkpoints behind `step`, the last first: whatever is left is a run up to some step.
///
/// # Errors
/// [`crate::Error::Data`] naming what could not be removed.
pub(crate) fn forget_after(storage: &dyn Storage, run_dir: &Path, step: u64) -> Result<()> {
    for path in committed(storage, run_dir)?.iter().rev() {
        if step_of(path).is_some_and(|it| it > step) {
            discard(storage, path)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is left of a run that commits a checkpoint every ten steps.
    fn left(last: u64, keep: usize, back: Option<u64>) -> Vec<u64> {
        let mut steps: Vec<u64> = Vec::new();
        for step in (10..=last).step_by(10) {
            steps.push(step);
            let kept = kept(&steps, keep, back);
            let both = steps.iter().zip(kept);
            steps = both
                .filter(|(_, kept)| *kept)
                .map(|(step, _)| *step)
                .collect();
        }
        steps
    }

    #[test]
    fn the_newest_are_kept() {
        assert_eq!(left(60, 3, None), [40, 50, 60]);
        assert_eq!(left(20, 3, None), [10, 20]);
    }

    #[test]
    fn one_is_kept_that_is_far_enough_back() {
        assert_eq!(left(60, 2, Some(100)), [10, 50, 60]);
        for last in (110..2000).step_by(10) {
            let left = left(last, 2, Some(100));
            assert!(left.len() <= 4, "{left:?}");
            let behind = left.iter().rev().find(|step| **step + 100 <= last).unwrap();
            assert!(behind + 200 >= last, "{behind} of {left:?}");
        }
    }
}
