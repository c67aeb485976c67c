use crate::device_learner::DeviceLearner;
use crate::engine::Engine;
use crate::exchange::Losses;
use crate::host_learner::HostLearner;
use crate::{Alone, Error, OptimizerConfig, Ranks, Result, optimizer_file};
use ext5_architecture::T5Config;
use ext5_backprop::Parameters;
use ext5_data::Batch;
use ext5_model::T5;

/// What one step needs besides model, optimizer and batch.
#[derive(Clone, Copy, Debug)]
pub struct StepOptions {
    /// The step, from 0.
    pub step: u64,
    /// Learning rate.
    pub rate: f64,
    /// Rows that go through the model at once; 0 for all.
    pub micro_batch_rows: usize,
    /// Coefficient of the z-loss.
    pub z_loss: f64,
    /// Largest global norm of the gradients; 0 for no clipping.
    pub clip_norm: f64,
    /// Seed of the run.
    pub seed: u64,
}

/// What one step did.
#[derive(Clone, Debug, PartialEq)]
pub struct StepOutcome {
    /// Sum of the target tokens' negative log-likelihoods, nats.
    pub cross_entropy: f64,
    /// Sum of the z-losses, coefficient included.
    pub z_loss: f64,
    /// Sum of the loss weights: the number of target tokens.
    pub weight: f64,
    /// Global norm of the gradients before clipping.
    pub gradient_norm: f64,
    /// Sum of the losses of each segment, in the order of [`Batch::segments`].
    pub segments: Vec<f64>,
}

/// A model that learns, with its optimizer: on the CPU without Burn, elsewhere by Burn's autodiff. Both compute the same.
pub enum Learner {
    /// On the CPU, by `ext5-backprop`.
    Host(Box<HostLearner>),
    /// On any device of Burn's, its own CPU backend included.
    Device(Box<DeviceLearner>),
}

impl Learner {
    /// One that learns on the CPU, from `parameters` of the shape `config`. With `recompute`, layers are computed again on the way
    /// back: a quarter more time, a fraction of the memory.
    pub fn host(
        config: &T5Config,
        parameters: Parameters,
        optimizer: OptimizerConfig,
        recompute: bool,
    ) -> Self {
        Self::Host(Box::new(HostLearner::new(
            config, parameters, optimizer, recompute,
        )))
    }

    /// One that learns on the device of `model`, whose weights have gradients.
    pub fn device(model: T5, optimizer: OptimizerConfig) -> Self {
        Self::Device(Box::new(DeviceLearner::new(model, optimizer)))
    }

    /// The shape of the model.
    pub fn config(&self) -> &T5Config {
        match self {
            Self::Host(learner) => learner.config(),
            Self::Device(learner) => learner.config(),
        }
    }

    /// One optimizer update on `batch`, in micro-batches whose gradients are sums over tokens divided once by the weight of the
    /// whole batch.
    ///
    /// # Errors
    /// [`Error::NotFinite`] before anything is updated. [`Error::Device`].
    pub fn step(&mut self, batch: &Batch, options: &StepOptions) -> Result<StepOutcome> {
        self.step_among(&Alone, batch, options)
    }

    /// As [`Learner::step`], as one of several processes that all call this with the same arguments: each computes its share of the
    /// rows, and all take the same step.
    ///
    /// # Errors
    /// As [`Learner::step`]; [`Error::NotFinite`] in all of them.
    pub fn step_among(
        &mut self,
        ranks: &dyn Ranks,
        batch: &Batch,
        options: &StepOptions,
    ) -> Result<StepOutcome> {
        let weights = batch.decoder_loss_weights.iter();
        let weight: f64 = weights.map(|&weight| f64::from(weight)).sum();
        let divisor = weight.max(1.0); // an empty batch has no loss, not 0/0
        let rows = ranks.share(batch.rows);
        let own = match self {
            Self::Host(learner) => learner.gradients(batch, rows.clone(), options, divisor)?,
            Self::Device(learner) => learner.gradients(batch, rows.clone(), options, divisor)?,
        };
        let Losses { segments, z_loss } = own.exchanged(ranks, batch, &rows);
        let cross_entropy = segments.iter().sum::<f64>();
        check(batch, options.step, "the loss", cross_entropy + z_loss)?;
        let norm = match self {
            Self::Host(learner) => learner.exchange(ranks),
            Self::Device(learner) => learner.exchange(ranks)?,
        };
        // Kernels chosen by timing, or for another processor, may add up in another order: all must clip alike.
        let norm = ranks.of_first(norm);
        check(batch, options.step, "the gradient norm", norm)?;
        let scale = clipping(norm, options.clip_norm);
        match self {
            Self::Host(learner) => learner.update(options.rate, scale),
            Self::Device(learner) => learner.update(options.rate, scale),
        }
        Ok(StepOutcome {
            cross_entropy,
            z_loss,
            weight,
            gradient_norm: norm,
            segments,
        })
    }

    /// Loss of `batch` without dropout: the sum over target tokens, nats.
    ///
    /// # Errors
    /// [`Error::Device`].
    pub fn loss(&self, batch: &Batch) -> Result<f64> {
        match self {
            Self::Host(learner) => learner.loss(batch),
            Self::Device(learner) => learner.loss(batch),
        }
    }

    /// The weights as a file of safetensors in Hugging Face's layout.
    ///
    /// # Errors
    /// [`Error::Device`] where one cannot be read back.
    pub fn weights(&self) -> Result<Vec<u8>> {
        match self {
            Self::Host(learner) => learner.weights(),
            Self::Device(learner) => learner.weights(),
        }
    }

    /// What the optimizer remembers, as a file of safetensors: the same from either kind of learner.
    ///
    /// # Errors
    /// [`Error::Device`] where it cannot be read back.
    pub fn optimizer_state(&self) -> Result<Vec<u8>> {
        optimizer_file::to_bytes(&match self {
            Self::Host(learner) => learner.optimizer_state(),
            Self::Device(learner) => learner.optimizer_state()?,
        })
    }

    /// Brings back what [`Learner::optimizer_state`] wrote.
    ///
    /// # Errors
    /// What is wrong with `bytes`.
    pub fn restore_optimizer(&mut self, bytes: &[u8]) -> std::result::Result<(), String> {
        let state = optimizer_file::from_bytes(bytes)?;
        match self {
            Self::Host(learner) => learner.restore_optimizer(state),
            Self::Device(learner) => learner.restore_optimizer(state),
        }
    }

    /// A copy of the model that answers.
    pub(crate) fn engine(&self) -> Result<Engine> {
        match self {
            Self::Host(learner) => Engine::packed(learner.config(), learner.weights()?),
            Self::Device(learner) => learner.engine(),
        }
    }
}

/// What the gradients are multiplied by to keep their global norm at `largest` (0: no bound).
fn clipping(norm: f64, largest: f64) -> f64 {
    if largest > 0.0 && norm > largest {
        largest / (norm + 1e-6) // PyTorch's clip_grad_norm_ adds the same 1e-6
    } else {
        1.0
    }
}

fn check(batch: &Batch, step: u64, what: &'static str, value: f64) -> Result<()> {
    if value.is_finite() {
        return Ok(());
    }
    let examples: Vec<String> = batch
        .segments
        .iter()
        .take(8)
        .map(|segment| format!("task {} example {}", segment.task, segment.example))
        .collect();
    Err(Error::NotFinite {
        what,
        value,
        step,
        examples: examples.join(", "),
    })
}
