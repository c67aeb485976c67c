use super::cost::Shaped;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Checkpoints that a study lays on the disk, MiB; token caches and scores are not counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct DiskPlan {
    /// The most that lie there at once: one run at a time, and weights go when no run needs them any more.
    pub most_mib: f64,
    /// The same of the runs that are not finished.
    pub remaining_mib: f64,
    /// All that would lie there at the end if none went.
    pub all_mib: f64,
    /// The same of the runs that are not finished.
    pub all_remaining_mib: f64,
}

impl DiskPlan {
    /// What the runs lay down in their order.
    pub(crate) fn of(shaped: &[Shaped<'_>], finished: &BTreeSet<String>) -> Self {
        let open: Vec<&Shaped<'_>> = shaped
            .iter()
            .filter(|it| !finished.contains(&it.cell.name))
            .collect();
        let kept = |it: &Shaped<'_>| {
            let kept = it.plan.checkpoints.min(it.cell.config.trainer.keep as u64);
            kept as f64 * it.plan.checkpoint_mib
        };
        Self {
            most_mib: most(&shaped.iter().collect::<Vec<_>>()),
            remaining_mib: most(&open),
            all_mib: shaped.iter().map(kept).sum(),
            all_remaining_mib: open.iter().map(|it| kept(it)).sum(),
        }
    }

    /// The same where no weights go.
    pub(crate) fn keeping_all(self) -> Self {
        Self {
            most_mib: self.all_mib,
            remaining_mib: self.all_remaining_mib,
            ..self
        }
    }
}

/// The most at once: what a run writes, and beside it the checkpoints of earlier ones from which it or a later one starts.
fn most(runs: &[&Shaped<'_>]) -> f64 {
    // How many runs still start from a run's checkpoint of a step.
    let mut wanted: BTreeMap<(&str, Option<u64>), u64> = BTreeMap::new();
    for start in runs.iter().filter_map(|it| it.cell.start.as_ref()) {
        *wanted.entry((&start.cell, start.step)).or_default() += 1;
    }
    let mut held: BTreeMap<&str, f64> = BTreeMap::new();
    let mut most = 0.0_f64;
    for it in runs {
        let beside: f64 = held.values().sum();
        most = most.max(beside + it.plan.disk_mib);
        if let Some(start) = &it.cell.start {
            let left = wanted.entry((&start.cell, start.step)).or_default();
            *left = left.saturating_sub(1);
            let steps = steps(&wanted, &start.cell);
            let of_one = it.plan.checkpoint_mib;
            if let Some(held) = held.get_mut(start.cell.as_str()) {
                *held = held.min(steps * of_one);
            }
        }
        let steps = steps(&wanted, &it.cell.name);
        held.insert(&it.cell.name, steps * it.plan.checkpoint_mib);
    }
    most
}

/// Checkpoints of a run from which another still starts.
fn steps(wanted: &BTreeMap<(&str, Option<u64>), u64>, cell: &str) -> f64 {
    let of_cell = wanted
        .iter()
        .filter(|((name, _), left)| *name == cell && **left > 0);
    of_cell.count() as f64
}
