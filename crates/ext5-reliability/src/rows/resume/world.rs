//! Runs of the micro-world so small that a step takes milliseconds.
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ext5_data::{Cursor, TaskFeed};
use ext5_trainer::{
    Checkpoint, Error, Event, METRICS, Observer, RunConfig, Session, Silent, Stop, feeds, recipe,
    train,
};
use serde_json::Value;

use crate::row::Failure;

/// The recipe `micro_ext5` with short rows, a small vocabulary, and everything that draws numbers: dropout, noise, packing.
pub(super) const SMALL: [&str; 10] = [
    "trainer.batch_rows=4",
    "trainer.log_every=1",
    "trainer.checkpoint_every=0",
    "trainer.clip_norm=1.0",
    "model.dropout_rate=0.1",
    "data.packing=true",
    "data.max_examples=200",
    "data.inputs_length=32",
    "data.targets_length=24",
    "data.vocabulary={trained={mixture=\"micro_text\",size=512}}",
];

/// Files of a checkpoint that say what was learned.
const LEARNED: [&str; 2] = ["model.safetensors", "optimizer.safetensors"];
const STATE: &str = "state.json";

/// A directory of runs that share their caches.
pub(super) struct World {
    root: PathBuf,
}

impl World {
    pub(super) fn new(root: PathBuf) -> Self {
        Self { root }
    }

    /// A run of so many steps, with further overrides.
    ///
    /// # Errors
    /// Where an override cannot be.
    pub(super) fn config(&self, steps: u64, more: &[&str]) -> Result<RunConfig, Failure> {
        let words: Vec<String> = SMALL
            .iter()
            .chain(more)
            .map(|&word| word.to_owned())
            .collect();
        let mut config = recipe("micro_ext5", &words)?;
        config.trainer.steps = steps;
        config.data.cache = Some(self.root.join("cache"));
        Ok(config)
    }

    /// The directory of a run.
    pub(super) fn run(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// What a run draws from.
    ///
    /// # Errors
    /// Where it cannot be made.
    pub(super) fn feeds(&self, config: &RunConfig) -> Result<Arc<[TaskFeed]>, Failure> {
        let session = Session::open(config, &self.run("feeds"), &mut Silent)?;
        let place = (session.vocabulary.as_ref(), session.cache.as_path());
        let (data, catalogue) = (&config.data, &session.catalogue);
        let found = feeds(
            data,
            &data.mixture,
            &data.split,
            catalogue,
            place,
            &mut Silent,
        )?;
        Ok(Arc::from(found.feeds))
    }
}

/// Trains to the end.
pub(super) fn finish(config: &RunConfig, dir: &Path, resume: bool) -> Result<(), Failure> {
    train(config, dir, resume, &Stop::default(), &mut Silent)?;
    Ok(())
}

/// Trains until told to stop behind step `at`, as a signal would.
pub(super) fn cut(config: &RunConfig, dir: &Path, resume: bool, at: u64) -> Result<(), Failure> {
    let stop = Stop::default();
    let mut observer = Until { at, stop: &stop };
    match train(config, dir, resume, &stop, &mut observer) {
        Err(Error::Stopped { step, .. }) if step == at => Ok(()),
        Err(error) => Err(error.into()),
        Ok(_) => Err(format!("a run did not stop at step {at}").into()),
    }
}

struct Until<'a> {
    at: u64,
    stop: &'a Stop,
}

impl Observer for Until<'_> {
    fn on(&mut self, event: &Event<'_>) {
        if matches!(event, Event::Step { step, .. } if *step == self.at) {
            self.stop.terminate();
        }
    }
}

/// The lines of a run's log: numbers are written so that equal text means equal bits.
pub(super) fn log(dir: &Path) -> Result<Vec<String>, Failure> {
    let text = std::fs::read_to_string(dir.join(METRICS))?;
    Ok(text.lines().map(str::to_owned).collect())
}

/// A number of a line of the log.
pub(super) fn number(line: &str, key: &str) -> Result<f64, Failure> {
    let line: Value = serde_json::from_str(line)?;
    let number = line.get(key).and_then(Value::as_f64);
    number.ok_or_else(|| format!("the log has no `{key}`").into())
}

/// Hashes of the weights and of what the optimizer remembers behind `step`, every file of the checkpoint read and checked.
pub(super) fn learned(dir: &Path, step: u64) -> Result<[String; 2], Failure> {
    let checkpoint = Checkpoint::open(&place(dir, step))?;
    checkpoint.verify()?;
    let mut hashes = LEARNED.map(str::to_owned);
    for hash in &mut hashes {
        let found = checkpoint.hash_of(hash);
        *hash = found
            .ok_or_else(|| format!("no `{hash}` in a checkpoint"))?
            .to_owned();
    }
    Ok(hashes)
}

/// Makes `to` a run that was cut behind `step` of the run in `from`, whose log may be longer, as one is that was killed.
pub(super) fn fork(from: &Path, to: &Path, step: u64) -> Result<(), Failure> {
    let (source, target) = (place(from, step), place(to, step));
    std::fs::create_dir_all(&target)?;
    for entry in std::fs::read_dir(source)? {
        let entry = entry?;
        std::fs::copy(entry.path(), target.join(entry.file_name()))?;
    }
    for name in ["run.toml", METRICS] {
        std::fs::copy(from.join(name), to.join(name))?;
    }
    Ok(())
}

/// The data cursor of a checkpoint.
pub(super) fn cursor(dir: &Path, step: u64) -> Result<Cursor, Failure> {
    let checkpoint = Checkpoint::open(&place(dir, step))?;
    let state: Value = serde_json::from_slice(&checkpoint.read(STATE)?)?;
    Ok(serde_json::from_value(
        state.get("cursor").cloned().unwrap_or_default(),
    )?)
}

/// A defect: commits a checkpoint anew with another data cursor, as a program would that keeps the wrong one.
pub(super) fn misplace(dir: &Path, step: u64, cursor: &Cursor) -> Result<(), Failure> {
    let checkpoint = Checkpoint::open(&place(dir, step))?;
    let mut files = BTreeMap::new();
    for entry in std::fs::read_dir(checkpoint.path())? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if checkpoint.has(&name) {
            let bytes = checkpoint.read(&name)?;
            files.insert(name, bytes);
        }
    }
    let state = files.get_mut(STATE).ok_or("a checkpoint has no state")?;
    let mut value: Value = serde_json::from_slice(state)?;
    value["cursor"] = serde_json::to_value(cursor)?;
    *state = serde_json::to_vec(&value)?;
    Checkpoint::commit(ext5_data::storage::local(), dir, step, &files)?;
    Ok(())
}

fn place(dir: &Path, step: u64) -> PathBuf {
    dir.join(format!("checkpoints/step_{step:08}"))
}
