use crate::batch::{losses_by_segment, to_device};
use crate::engine::Engine;
use crate::exchange::{Losses, exchange_gradients};
use crate::optimizer::global_norm;
use crate::{Error, Optimizer, OptimizerConfig, Ranks, Result, StepOptions};
use burn::module::Module;
use burn::optim::{GradientsAccumulator, GradientsParams};
use burn::tensor::Tensor;
use ext5_architecture::T5Config;
use ext5_backprop::Remembered;
use ext5_data::Batch;
use ext5_model::{T5, export_safetensors};
use ext5_objectives::Stream;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

/// Tag of the stream that seeds dropout.
const DROPOUT: u64 = 0x6472_6F70;

/// Burn draws dropout from one generator a process: whoever seeds it holds this until the draws are made, so that two
/// runs in one process do not draw from each other's seeds.
static DRAWING: Mutex<()> = Mutex::new(());

/// A model that learns by Burn's autodiff.
pub struct DeviceLearner {
    /// Taken while it is updated.
    model: T5,
    optimizer: Optimizer,
    gradients: Option<GradientsParams>,
}

impl DeviceLearner {
    pub(crate) fn new(model: T5, optimizer: OptimizerConfig) -> Self {
        Self {
            model,
            optimizer: Optimizer::new(optimizer),
            gradients: None,
        }
    }

    pub(crate) fn config(&self) -> &T5Config {
        self.model.config()
    }

    /// Makes the gradients of some rows of `batch`, divided by `divisor`.
    pub(crate) fn gradients(
        &mut self,
        batch: &Batch,
        own: Range<usize>,
        options: &StepOptions,
        divisor: f64,
    ) -> Result<Losses> {
        let model = &self.model;
        let device = model.device();
        let rows = if options.micro_batch_rows == 0 {
            own.len()
        } else {
            options.micro_batch_rows
        };
        let mut accumulator = GradientsAccumulator::new();
        let mut sums = Losses::default();
        for first in own.clone().step_by(rows.max(1)) {
            let rows = first..(first + rows).min(own.end);
            let parts = [options.seed, DROPOUT, options.step, first as u64];
            let inputs = to_device(batch, rows.clone(), &device);
            let drawing = DRAWING.lock().unwrap_or_else(PoisonError::into_inner);
            device.seed(Stream::new(&parts).next_u64());
            let losses = model.losses(&inputs.input, inputs.targets, inputs.weights);
            let z_loss = losses.log_z_squared.mul_scalar(options.z_loss);
            let total: Tensor<1> = losses.cross_entropy + z_loss.clone();
            let gradients = total.div_scalar(divisor).backward();
            accumulator.accumulate(model, GradientsParams::from_grads(gradients, model));
            // Not before the way back is under way: a device works behind, and would stand idle at each read.
            let per_token = read(losses.per_token)?;
            drop(drawing);
            let segments = losses_by_segment(batch, rows, &per_token, inputs.targets_length);
            sums.segments.extend(segments);
            let z_losses = read(z_loss)?;
            sums.z_loss += z_losses.iter().map(|&loss| f64::from(loss)).sum::<f64>();
        }
        self.gradients = Some(accumulator.grads());
        Ok(sums)
    }

    /// Adds the gradients of all processes up, by way of the host, and answers their global norm.
    pub(crate) fn exchange(&mut self, ranks: &dyn Ranks) -> Result<f64> {
        let Some(gradients) = &mut self.gradients else {
            return Ok(0.0);
        };
        exchange_gradients(&self.model, gradients, ranks)?;
        let norm = global_norm(&self.model, gradients).map(read).transpose()?;
        Ok(norm.iter().flatten().map(|&norm| f64::from(norm)).sum())
    }

    /// One update by the gradients made last, each times `scale`.
    pub(crate) fn update(&mut self, rate: f64, scale: f64) {
        let Some(gradients) = self.gradients.take() else {
            return;
        };
        let model = self.model.clone();
        self.model = self.optimizer.step(model, gradients, rate, scale);
    }

    pub(crate) fn loss(&self, batch: &Batch) -> Result<f64> {
        let model = self.model.valid();
        let inputs = to_device(batch, 0..batch.rows, &model.device());
        let losses = model.losses(&inputs.input, inputs.targets, inputs.weights);
        Ok(read(losses.cross_entropy)?
            .iter()
            .map(|&loss| f64::from(loss))
            .sum())
    }

    pub(crate) fn weights(&self) -> Result<Vec<u8>> {
        export_safetensors(&self.model).map_err(|error| Error::device("read the weights", &error))
    }

    pub(crate) fn optimizer_state(&self) -> Result<BTreeMap<String, Remembered>> {
        self.optimizer.state()
    }

    pub(crate) fn restore_optimizer(
        &mut self,
        state: BTreeMap<String, Remembered>,
    ) -> std::result::Result<(), String> {
        self.optimizer.restore(state, &self.model.device())
    }

    pub(crate) fn engine(&self) -> Result<Engine> {
        Engine::of(&self.model)
    }
}

fn read<const D: usize>(tensor: Tensor<D>) -> Result<Vec<f32>> {
    tensor
        .try_into_vec_as::<f32>()
        .map_err(|error| Error::device("read the loss", &error))
}
