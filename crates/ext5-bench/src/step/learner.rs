use ext5_architecture::T5Config;
use ext5_backprop::Parameters;
use ext5_data::Batch;
use ext5_model::initialise;
use ext5_objectives::Stream;
use ext5_trainer::{OptimizerConfig, StepOptions, device};

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
    pub(super) optimizer: f64,
}

/// What one step gave.
pub(super) struct Done {
    /// Mean negative log-likelihood of the targets, nats.
    pub(super) loss: f64,
    pub(super) parts: Option<Parts>,
}

/// A model that learns.
pub(super) struct Learner {
    inner: ext5_trainer::Learner,
    rate: f64,
}

impl Learner {
    /// A new model with the trainer's initialisation.
    ///
    /// # Errors
    /// Where the path cannot do what is asked.
    pub(super) fn new(config: &T5Config, settings: &Settings) -> Result<Self, Failure> {
        if settings.precision != "f32" {
            return Err("both paths compute in f32".into());
        }
        let (rule, rate) = settings.rule()?;
        let normal = |name: &str| {
            let mut stream = Stream::new(&name.bytes().map(u64::from).collect::<Vec<_>>());
            std::iter::repeat_with(move || stream.normal() as f32)
        };
        if settings.path == "host" {
            let parameters = Parameters::initial(config, normal)?;
            let inner = ext5_trainer::Learner::host(config, parameters, rule, settings.recompute);
            return Ok(Self { inner, rate });
        }
        if settings.recompute || settings.profile {
            return Err("`--path plain` recomputes nothing and keeps no profile".into());
        }
        let device = device::open("flex")?.autodiff();
        let model = initialise(config, &device, |name, count| {
            normal(name).take(count).collect()
        })?;
        let inner = ext5_trainer::Learner::device(model, rule);
        Ok(Self { inner, rate })
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
        let outcome = self.inner.step(batch, &options)?;
        Ok(Done {
            loss: outcome.cross_entropy / outcome.weight.max(1.0),
            parts: None,
        })
    }
}
