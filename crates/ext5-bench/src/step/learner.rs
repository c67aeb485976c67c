use std::time::Instant;

use ext5_architecture::T5Config;
use ext5_backprop::{Parameters, Profile};
use ext5_data::Batch;
use ext5_model::initialise;
use ext5_objectives::Stream;
use ext5_trainer::{Learner, OptimizerConfig, StepOptions, device};
use serde_json::{Value, json};

use crate::args::{Args, Failure};

/// How the step is made.
pub(super) struct Settings {
    pub(super) path: String,
    pub(super) optimizer: String,
    pub(super) precision: String,
    pub(super) dropout: f64,
    pub(super) recompute: bool,
    pub(super) profile: bool,
}

impl Settings {
    /// # Errors
    /// Where a value is unknown.
    pub(super) fn read(args: &Args) -> Result<Self, Failure> {
        Ok(Self {
            path: one_of(args, "path", &["host", "plain"])?,
            optimizer: one_of(args, "optimizer", &["adamw", "adafactor"])?,
            precision: one_of(args, "precision", &["f32", "bf16"])?,
            dropout: args.real("dropout", 0.0)?,
            recompute: args.switch("recompute")?,
            profile: args.switch("profile")?,
        })
    }

    /// Why no step can be made so, where that is how ext5 is built and nothing went wrong.
    pub(super) fn refusal(&self) -> Option<String> {
        (self.precision != "f32").then(|| {
            let word = &self.precision;
            format!("the CPU learns by products of f32 numbers, not {word}")
        })
    }

    /// The optimizer with the trainer's constants, and the learning rate the peers take too.
    fn rule(&self) -> Result<(OptimizerConfig, f64), Failure> {
        let rate = if self.optimizer == "adamw" {
            1e-4
        } else {
            1e-3
        };
        let rule = serde_json::json!({ "kind": self.optimizer });
        Ok((serde_json::from_value(rule)?, rate))
    }
}

/// The option `name`, by default the first of `words`.
fn one_of(args: &Args, name: &str, words: &[&str]) -> Result<String, Failure> {
    let word = args.text(name, words.first().copied().unwrap_or_default());
    if words.contains(&word.as_str()) {
        return Ok(word);
    }
    let known = words.join("`, `");
    Err(format!("`--{name} {word}`: there are `{known}`").into())
}

/// Seconds of the parts of a step.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parts {
    pub(super) forward: f64,
    pub(super) backward: f64,
    /// The optimizer and all that is neither.
    pub(super) optimizer: f64,
}

/// What one step gave.
pub(super) struct Done {
    /// Mean negative log-likelihood of the targets, nats.
    pub(super) loss: f64,
    pub(super) seconds: f64,
    /// Nothing where the path cannot tell parts.
    pub(super) parts: Option<Parts>,
}

/// The trainer's learner, timed.
pub(super) struct Measured {
    learner: Learner,
    rate: f64,
    profiled: bool,
}

impl Measured {
    /// A new model with the trainer's initialisation, on the trainer's own path of the CPU or on Burn's plain backend.
    ///
    /// # Errors
    /// Where the path cannot do what is asked.
    pub(super) fn new(config: &T5Config, settings: &Settings) -> Result<Self, Failure> {
        let (rule, rate) = settings.rule()?;
        let host = settings.path == "host";
        if !host && (settings.recompute || settings.profile) {
            return Err("`--path plain` recomputes nothing and keeps no profile".into());
        }
        let learner = if host {
            Learner::host(
                config,
                Parameters::initial(config, &normal)?,
                rule,
                settings.recompute,
            )
        } else {
            let device = device::open("flex")?.autodiff();
            let drawn = |name: &str, count| {
                let mut values = vec![0.0; count];
                normal(name, 0, &mut values);
                values
            };
            Learner::device(initialise(config, &device, drawn)?, rule)
        };
        Ok(Self {
            learner,
            rate,
            profiled: settings.profile,
        })
    }

    /// One update.
    ///
    /// # Errors
    /// Those of the trainer.
    pub(super) fn step(&mut self, batch: &Batch, step: u64) -> Result<Done, Failure> {
        let options = StepOptions {
            step,
            rate: self.rate,
            micro_batch_rows: 0,
            z_loss: 0.0,
            clip_norm: 0.0,
            seed: 0,
        };
        let before = self.kept().map(ways);
        let start = Instant::now();
        let outcome = self.learner.step(batch, &options)?;
        let seconds = start.elapsed().as_secs_f64();
        let parts = before.zip(self.kept().map(ways)).map(|(before, after)| {
            let [forward, backward] = [after.0 - before.0, after.1 - before.1];
            Parts {
                forward,
                backward,
                optimizer: seconds - forward - backward,
            }
        });
        Ok(Done {
            loss: outcome.cross_entropy / outcome.weight.max(1.0),
            seconds,
            parts,
        })
    }

    /// Where the time goes from here on.
    pub(super) fn clear_profile(&self) {
        if let Some(profile) = self.kept() {
            profile.clear();
        }
    }

    /// Where the time of each of `steps` steps went, if that was asked for: seconds and calls of each operation.
    pub(super) fn profile(&self, steps: u64) -> Option<Value> {
        let entries = self.kept().filter(|_| self.profiled)?.entries();
        let steps = steps.max(1) as f64;
        let entry = |(operation, seconds, calls): (&str, f64, u64)| json!({ "operation": operation, "seconds": seconds / steps, "calls": calls as f64 / steps });
        Some(entries.into_iter().map(entry).collect())
    }

    fn kept(&self) -> Option<&Profile> {
        match &self.learner {
            Learner::Host(learner) => Some(learner.profile()),
            Learner::Device(_) => None,
        }
    }
}

/// Seconds of a profile on the way forward and on the way back. What both ways do counts as forward.
fn ways(profile: &Profile) -> (f64, f64) {
    let (back, forward): (Vec<_>, Vec<_>) = profile
        .entries()
        .into_iter()
        .partition(|(operation, ..)| operation.ends_with("gradient"));
    let sum = |entries: Vec<(&str, f64, u64)>| entries.iter().map(|entry| entry.1).sum();
    (sum(forward), sum(back))
}

/// Standard normal numbers for a parameter, from number `first` on, equal on every path.
fn normal(name: &str, first: usize, out: &mut [f32]) {
    let parts: Vec<u64> = name.bytes().map(u64::from).collect();
    Stream::new(&parts).normals(first, out);
}
