use super::{Pace, StudyPlan, plan_study};
use crate::{Result, Study, StudyOptions, check_budget};
use ext5_data::storage;
use ext5_findings::CellState;
use ext5_trainer::{Event, Observer, ProbeOptions, catalogue};
use std::path::Path;
use std::time::Duration;

/// What is tried of each kind of run before a study with a budget of hours.
const BRIEFLY: ProbeOptions = ProbeOptions {
    steps: 4,
    limit: Duration::from_secs(15),
};

impl Study {
    /// Plans what would be run with these options; what is finished in its directory is told apart. Nothing is written but, where
    /// `pace` takes steps, caches.
    ///
    /// # Errors
    /// As [`plan_study`].
    pub fn plan(
        &self,
        options: &StudyOptions,
        pace: &Pace,
        observer: &mut dyn Observer,
    ) -> Result<StudyPlan> {
        let mut grid = self.grid.clone();
        for cell in &mut grid.cells {
            let config = &mut cell.config;
            if let Some(root) = &options.data_root {
                config.data.root.clone_from(root);
            }
            config
                .data
                .task_dirs
                .extend(options.task_dirs.iter().cloned());
            if let Some(device) = &options.device {
                config.trainer.device.clone_from(device);
            }
        }
        let done = self.collect()?.cells.into_iter();
        let finished = done.filter(|cell| cell.state == CellState::Finished);
        let finished = finished.map(|cell| cell.name).collect();
        let catalogue = catalogue(&options.task_dirs)?;
        let mut plan = plan_study(&self.spec, (&grid, &finished), &catalogue, pace, observer)?;
        if options.keep_weights {
            plan.disk = plan.disk.keeping_all();
        }
        Ok(plan)
    }

    /// Refuses to begin what is planned to cost more than the study's budget, or more room than its disk has, and notes what the plan
    /// warns of. Some steps are tried where the budget is one of hours.
    ///
    /// # Errors
    /// As [`check_budget`] and [`plan_study`].
    pub fn within_budget(&self, options: &StudyOptions, observer: &mut dyn Observer) -> Result<()> {
        let (budget, free) = (&self.spec.budget, free_bytes(&self.runs));
        let plan = self.plan(options, &Pace::Unknown, observer)?;
        if plan.remaining.runs > 0 {
            for warning in &plan.warnings {
                observer.on(&Event::Note(&format!("warning: {warning}")));
            }
        }
        check_budget(&plan, budget, free)?;
        if budget.hours.is_none() || plan.remaining.runs == 0 {
            return Ok(());
        }
        let pace = Pace::Probe {
            dir: self.dir.clone(),
            options: BRIEFLY,
        };
        check_budget(&self.plan(options, &pace, observer)?, budget, free)
    }
}

/// Room on the disk of a directory that need not be there yet.
fn free_bytes(path: &Path) -> Option<u64> {
    let mut above = path.ancestors().map(|it| {
        let is_here = it.as_os_str().is_empty();
        if is_here { Path::new(".") } else { it }
    });
    above.find_map(storage::free_bytes)
}
