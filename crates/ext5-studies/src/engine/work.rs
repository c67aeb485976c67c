//! One cell: trained, scored, recorded; by one process at a time.
use super::{Item, Study, StudyOptions, estimate};
use crate::failure::{Failure, write_json};
use crate::hash::scoring_hash;
use crate::register::{record_path, score_path, scores_dir};
use crate::scoring::score;
use crate::training::{checkpoint, has_checkpoint, last_loss, trained};
use crate::{Error, Result, finished_affinity, measure_affinity};
use ext5_data::{ErrorKind, storage};
use ext5_findings::{CellRecord, CellState};
use ext5_trainer::{Event, Observer, RunConfig, Stop, uptime};
use std::collections::BTreeSet;
use std::path::PathBuf;

/// What an attempt at a cell has led to.
pub(super) enum Outcome {
    /// There is nothing left to do for it.
    Done,
    /// Another process has it, or its start; who.
    Held(String),
}

/// The part of a study that this process does.
pub(super) struct Work<'a> {
    pub(super) study: &'a Study,
    /// Numbers of its cells.
    pub(super) mine: BTreeSet<usize>,
    pub(super) options: &'a StudyOptions,
    pub(super) stop: &'a Stop,
}

impl Work<'_> {
    /// Attempts every cell once; who holds the first of those that have to be waited for.
    pub(super) fn pass(&self, observer: &mut dyn Observer) -> Result<Option<String>> {
        let mut first = None;
        for item in self.mine.iter().filter_map(|cell| self.study.item(*cell)) {
            if let Outcome::Held(holder) = self.attempt(item, observer)? {
                first.get_or_insert(holder);
            }
        }
        Ok(first)
    }

    /// Does what is left to do for a cell, if it can be done now.
    fn attempt(&self, item: Item<'_>, observer: &mut dyn Observer) -> Result<Outcome> {
        let name = &item.cell.name;
        let settled = self.settled(item)?;
        if matches!(settled, Some(Outcome::Done)) {
            self.study.tidy(item, self.options)?;
            return Ok(Outcome::Done);
        }
        // Nor is anything waited for when a stop is wanted.
        if let Some(interrupted) = self.stop.wanted() {
            let cell = name.clone();
            return Err(Error::Stopped { cell, interrupted });
        }
        if let Some(outcome) = settled {
            return Ok(outcome);
        }
        let run_dir = self.study.run_dir(item);
        storage::local().create_dir(&scores_dir(&run_dir))?;
        let _lock = match storage::lock(&scores_dir(&run_dir)) {
            Ok(lock) => lock,
            Err(ext5_data::Error::Locked { holder, .. }) => {
                return Ok(Outcome::Held(format!("`{name}` is run by {holder}")));
            }
            Err(error) => return Err(error.into()),
        };
        // Whoever had it before may have done it.
        if let Some(outcome) = self.settled(item)? {
            if matches!(outcome, Outcome::Done) {
                self.study.tidy_locked(item, self.options)?;
            }
            return Ok(outcome);
        }
        self.tell(item, observer)?;
        let begun = uptime();
        let done = self.done(item, observer);
        let seconds = uptime().saturating_sub(begun).as_secs_f64();
        match done {
            Ok(record) => self.finish(item, record, seconds),
            Err(error) => self.broken_off(item, &error, seconds, observer),
        }
    }

    /// What is known of a cell without running it: done, failed, without a start, or to be waited for; nothing where it can run.
    fn settled(&self, item: Item<'_>) -> Result<Option<Outcome>> {
        match self.study.state(item)? {
            CellState::Failed { .. } => return Ok(Some(Outcome::Done)),
            CellState::Finished if !self.study.lacks_weights(item, &self.open())? => {
                return Ok(Some(Outcome::Done));
            }
            CellState::Finished | CellState::Missing => {}
        }
        let Some((start, step)) = self.study.start(item) else {
            return Ok(None);
        };
        if self.study.has_failed(start)? {
            return Ok(Some(Outcome::Done));
        }
        if has_checkpoint(&self.study.run_dir(start), step) {
            return Ok(None);
        }
        let reason = format!("`{}` is not finished elsewhere", start.cell.name);
        Ok(Some(Outcome::Held(reason)))
    }

    /// Trains and scores a cell; its record without the time.
    fn done(&self, item: Item<'_>, observer: &mut dyn Observer) -> Result<CellRecord> {
        let (cell, run_dir) = (item.cell, self.study.run_dir(item));
        let last = cell.config.trainer.steps;
        let mut needed = self.wanted(item)?;
        let mut open = Vec::new();
        for scoring in &cell.scorings {
            let path = score_path(&run_dir, &scoring_hash(&self.study.grid, cell, scoring));
            if !storage::local().exists(&path)? {
                needed.insert(scoring.step.unwrap_or(last));
                open.push((scoring, path));
            }
        }
        let mut probe = None;
        if let Some(asked) = &cell.affinity
            && finished_affinity(asked, &run_dir)?.is_none()
        {
            needed.extend(&asked.steps);
            probe = Some(asked);
        }
        if !storage::local().exists(&record_path(&run_dir))? {
            needed.insert(last);
        }
        let config = self.config(item);
        let absent = trained(
            (&cell.name, &config),
            &run_dir,
            &needed,
            self.stop,
            observer,
        )?;
        for (scoring, path) in open {
            let at = checkpoint(&run_dir, scoring.step.unwrap_or(last));
            write_json(&path, &score(scoring, &at, &config, self.stop, observer)?)?;
        }
        if let Some(probe) = probe {
            measure_affinity(probe, &config, &run_dir, self.stop, observer)?;
        }
        Ok(CellRecord {
            state: CellState::Finished,
            absent,
            loss: last_loss(&run_dir)?,
            device: config.trainer.device,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            ..item.place.record.clone()
        })
    }

    /// Records a cell, and lets go of the weights that were kept for it.
    fn finish(&self, item: Item<'_>, record: CellRecord, seconds: f64) -> Result<Outcome> {
        let run_dir = self.study.run_dir(item);
        let path = record_path(&run_dir);
        // One whose weights were made again has its record.
        if !storage::local().exists(&path)? {
            let before = self.study.spent(&item.cell.name)?;
            let seconds = Some(before + seconds);
            write_json(&path, &CellRecord { seconds, ..record })?;
        }
        Failure::forget(&run_dir)?;
        self.study
            .log("finished", &item.cell.name, "seconds", seconds.into())?;
        self.study.tidy_locked(item, self.options)?;
        if let Some((start, _)) = self.study.start(item) {
            self.study.tidy(start, self.options)?;
        }
        Ok(Outcome::Done)
    }

    /// What becomes of a cell that ended with an error: a wish to stop ends the study, a lock is waited for, all else is remembered.
    fn broken_off(
        &self,
        item: Item<'_>,
        error: &Error,
        seconds: f64,
        observer: &mut dyn Observer,
    ) -> Result<Outcome> {
        let name = &item.cell.name;
        if let Some(interrupted) = self.stop.wanted() {
            self.study.log("stopped", name, "seconds", seconds.into())?;
            let cell = name.clone();
            return Err(Error::Stopped { cell, interrupted });
        }
        if error.kind() == ErrorKind::Locked {
            return Ok(Outcome::Held(error.to_string()));
        }
        let failure = Failure::of(error);
        failure.write(&self.study.run_dir(item))?;
        let reason = failure.reason;
        self.study
            .log("failed", name, "reason", reason.clone().into())?;
        observer.on(&Event::Note(&format!("the cell `{name}` failed: {reason}")));
        Ok(Outcome::Done)
    }

    /// Steps of a cell's checkpoints that other cells of this process still start from.
    fn wanted(&self, item: Item<'_>) -> Result<BTreeSet<u64>> {
        self.study.wanted_by(item, &self.open())
    }

    /// Which cells this process has still to train: its own that are missing.
    fn open(&self) -> impl Fn(usize, &CellState) -> bool {
        move |number, state: &CellState| self.mine.contains(&number) && *state == CellState::Missing
    }

    /// The run of a cell, with its start and places filled in.
    fn config(&self, item: Item<'_>) -> RunConfig {
        let mut config = item.cell.config.clone();
        let data = &mut config.data;
        if let Some(root) = &self.options.data_root {
            data.root.clone_from(root);
        }
        let has_mixtures = !self.study.grid.mixtures.is_empty();
        let own: Option<&PathBuf> = has_mixtures.then_some(&self.study.dir);
        for dir in self.options.task_dirs.iter().chain(own) {
            if !data.task_dirs.contains(dir) {
                data.task_dirs.push(dir.clone());
            }
        }
        data.cache
            .get_or_insert_with(|| self.study.dir.join("cache"));
        if let Some(device) = &self.options.device {
            config.trainer.device.clone_from(device);
        }
        if let Some((start, step)) = self.study.start(item) {
            config.init.from = Some(checkpoint(&self.study.run_dir(start), step));
        }
        config
    }

    /// Says which cell begins, and how long the rest may take.
    fn tell(&self, item: Item<'_>, observer: &mut dyn Observer) -> Result<()> {
        let (study, name) = (self.study, &item.cell.name);
        let number = item.number as u64 + 1;
        study.log("begun", name, "number", number.into())?;
        let records = study.collect()?.cells;
        observer.on(&Event::Cell {
            number,
            of: records.len() as u64,
            name,
            seconds_left: estimate::seconds_left(&study.grid, &records, &self.mine),
        });
        Ok(())
    }
}
