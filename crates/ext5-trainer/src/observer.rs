use crate::Speed;
use ext5_eval::Progress;
use serde_json::Value;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

/// What happens in a run, as it happens.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// Something a person should read once.
    Note(&'a str),
    /// A task's examples are being turned into tokens.
    Caching {
        /// The task.
        task: &'a str,
        /// Examples so far.
        examples: u64,
    },
    /// A step was taken.
    Step {
        /// Steps done.
        step: u64,
        /// Steps of the whole run.
        steps: u64,
        /// Loss per target token of this step, nats.
        loss: f64,
        /// The speed of the last steps.
        speed: Speed,
    },
    /// A line was added to `metrics.jsonl`.
    Metrics(&'a Value),
    /// A checkpoint was committed.
    Checkpoint {
        /// Its directory.
        path: &'a Path,
        /// Steps done.
        step: u64,
    },
    /// A cell of a study begins.
    Cell {
        /// Its number, from 1.
        number: u64,
        /// Cells of the study.
        of: u64,
        /// Its name.
        name: &'a str,
        /// Seconds until the study is done, by what its cells have taken so far.
        seconds_left: Option<f64>,
    },
    /// An evaluation goes on.
    Evaluating(Progress<'a>),
}

/// Somebody who wants to know.
pub trait Observer {
    /// Called for every event, in order.
    fn on(&mut self, event: &Event<'_>);
}

/// An observer that does not look.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Observer for Silent {
    fn on(&mut self, _event: &Event<'_>) {}
}

/// A wish to stop a run, from another thread or a signal handler: the run ends after its step, with a checkpoint.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<AtomicU8>);

impl Stop {
    /// A person interrupts.
    pub fn interrupt(&self) {
        self.0.store(1, Ordering::Relaxed);
    }

    /// A scheduler wants the machine back.
    pub fn terminate(&self) {
        self.0.store(2, Ordering::Relaxed);
    }

    /// Whether to stop, and whether a person said so.
    pub fn wanted(&self) -> Option<bool> {
        match self.0.load(Ordering::Relaxed) {
            0 => None,
            by => Some(by == 1),
        }
    }
}
