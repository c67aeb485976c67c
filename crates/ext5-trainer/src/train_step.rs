use crate::batch::{losses_by_segment, to_device};
use crate::optimizer::global_norm;
use crate::{Error, Optimizer, Result};
use burn::optim::{GradientsAccumulator, GradientsParams};
use burn::tensor::Tensor;
use ext5_data::Batch;
use ext5_model::T5;
use ext5_objectives::Stream;
use std::sync::{Mutex, PoisonError};

/// Tag of the stream that seeds dropout.
const DROPOUT: u64 = 0x6472_6F70;

/// Burn draws dropout from one generator a process: whoever seeds it holds this until the draws are made, so that two
/// runs in one process do not draw from each other's seeds.
static DRAWING: Mutex<()> = Mutex::new(());

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

/// One optimizer update on `batch`, in micro-batches whose gradients are sums over tokens divided once by the weight
/// of the whole batch.
///
/// # Errors
/// [`Error::NotFinite`] before anything is updated; the model is then the caller's copy or the last checkpoint's.
/// [`Error::Device`].
pub fn train_step(
    model: T5,
    optimizer: &mut Optimizer,
    batch: &Batch,
    options: &StepOptions,
) -> Result<(T5, StepOutcome)> {
    let device = model.device();
    let weight: f64 = batch
        .decoder_loss_weights
        .iter()
        .map(|&weight| f64::from(weight))
        .sum();
    let divisor = weight.max(1.0); // an empty batch has no loss, not 0/0
    let rows = if options.micro_batch_rows == 0 {
        batch.rows
    } else {
        options.micro_batch_rows
    };
    let mut accumulator = GradientsAccumulator::new();
    let mut outcome = StepOutcome {
        cross_entropy: 0.0,
        z_loss: 0.0,
        weight,
        gradient_norm: 0.0,
        segments: Vec::with_capacity(batch.segments.len()),
    };
    for (micro_batch, first) in (0..batch.rows).step_by(rows.max(1)).enumerate() {
        let rows = first..(first + rows).min(batch.rows);
        let parts = [options.seed, DROPOUT, options.step, micro_batch as u64];
        let inputs = to_device(batch, rows.clone(), &device);
        let drawing = DRAWING.lock().unwrap_or_else(PoisonError::into_inner);
        device.seed(Stream::new(&parts).next_u64());
        let losses = model.losses(&inputs.input, inputs.targets, inputs.weights);
        let per_token = read(losses.per_token)?;
        drop(drawing);
        let z_loss = losses.log_z_squared.mul_scalar(options.z_loss);
        let total: Tensor<1> = losses.cross_entropy + z_loss.clone();
        let gradients = total.div_scalar(divisor).backward();
        accumulator.accumulate(&model, GradientsParams::from_grads(gradients, &model));
        let segments = losses_by_segment(batch, rows, &per_token, inputs.targets_length);
        outcome.cross_entropy += segments.iter().sum::<f64>();
        outcome.segments.extend(segments);
        outcome.z_loss += read(z_loss)?
            .iter()
            .map(|&loss| f64::from(loss))
            .sum::<f64>();
    }
    let gradients = accumulator.grads();
    if let Some(norm) = global_norm(&model, &gradients) {
        outcome.gradient_norm = read(norm)?.iter().map(|&norm| f64::from(norm)).sum();
    }
    let loss = outcome.cross_entropy + outcome.z_loss;
    check(batch, options.step, "the loss", loss)?;
    check(
        batch,
        options.step,
        "the gradient norm",
        outcome.gradient_norm,
    )?;
    let scale = clipping(outcome.gradient_norm, options.clip_norm);
    let model = optimizer.step(model, gradients, options.rate, scale);
    Ok((model, outcome))
}

/// What the gradients are multiplied by to keep their global norm at `largest` (0: no bound).
fn clipping(norm: f64, largest: f64) -> f64 {
    if largest > 0.0 && norm > largest {
        largest / (norm + 1e-6) // PyTorch's clip_grad_norm_ adds the same 1e-6
    } else {
        1.0
    }
}

fn read<const D: usize>(tensor: Tensor<D>) -> Result<Vec<f32>> {
    tensor
        .try_into_vec_as::<f32>()
        .map_err(|error| Error::device("read the loss", &error))
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
