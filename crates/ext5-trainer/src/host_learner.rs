use crate::exchange::Losses;
use crate::{Error, OptimizerConfig, Ranks, Result, StepOptions};
use ext5_architecture::T5Config;
use ext5_backprop::{
    Batch as Segments, Optimizer, Options, Parameters, Profile, Remembered, T5, global_norm,
};
use ext5_data::Batch;
use ext5_objectives::Stream;
use std::collections::BTreeMap;
use std::ops::Range;

/// Tag of the streams that name tokens to dropout.
const DROPOUT: u64 = 0x6472_6F70;

/// A model that learns on the CPU, by `ext5-backprop`: nothing is padded, and its memory is kept from step to step.
pub struct HostLearner {
    model: T5,
    parameters: Parameters,
    gradients: Parameters,
    optimizer: Optimizer,
    recompute: bool,
}

impl HostLearner {
    /// One that learns from `parameters`.
    pub(crate) fn new(
        config: &T5Config,
        parameters: Parameters,
        optimizer: OptimizerConfig,
        recompute: bool,
    ) -> Self {
        Self {
            model: T5::new(config, &parameters),
            gradients: parameters.zeros_like(),
            optimizer: Optimizer::new(optimizer.rule(), &parameters),
            parameters,
            recompute,
        }
    }

    pub(crate) fn config(&self) -> &T5Config {
        self.model.config()
    }

    /// Where the time of its steps went.
    pub fn profile(&self) -> &Profile {
        self.model.profile()
    }

    /// Makes the gradients of some rows of `batch`, divided by `divisor`.
    pub(crate) fn gradients(
        &mut self,
        batch: &Batch,
        own: Range<usize>,
        options: &StepOptions,
        divisor: f64,
    ) -> Result<Losses> {
        let rows = match options.micro_batch_rows {
            0 => own.len().max(1),
            rows => rows,
        };
        let dropout_rate = self.config().dropout_rate;
        let settings = Options {
            z_loss: options.z_loss,
            divisor,
            dropout_rate,
            recompute: self.recompute,
        };
        let mut sums = Losses::default();
        self.gradients.clear();
        let seed =
            (dropout_rate > 0.0).then(|| Stream::new(&[options.seed, DROPOUT, options.step]));
        for first in own.clone().step_by(rows) {
            let segments = segments(batch, first..(first + rows).min(own.end), seed.as_ref());
            let losses =
                self.model
                    .gradients(&self.parameters, &segments, &settings, &mut self.gradients);
            let losses = losses.map_err(|error| Error::device("compute the step", &error))?;
            let spans = segments.targets.spans.iter();
            sums.segments
                .extend(spans.map(|span| sum(&losses.per_token[span.clone()])));
            sums.z_loss += options.z_loss * losses.log_z_squared;
        }
        Ok(sums)
    }

    /// Adds the gradients of all processes up and answers their global norm: no number where a gradient is none, or a weight, which
    /// the loss need not show (a token that nobody reads) but the optimizer would spread.
    pub(crate) fn exchange(&mut self, ranks: &dyn Ranks) -> f64 {
        ranks.sum_f32(self.gradients.values_mut());
        global_norm(&self.gradients) + 0.0 * global_norm(&self.parameters)
    }

    /// One update by the gradients made last, each times `scale`.
    pub(crate) fn update(&mut self, rate: f64, scale: f64) {
        self.optimizer
            .step(&mut self.parameters, &self.gradients, rate, scale);
    }

    pub(crate) fn loss(&self, batch: &Batch) -> Result<f64> {
        let segments = segments(batch, 0..batch.rows, None);
        let losses = self.model.losses(&self.parameters, &segments);
        let losses = losses.map_err(|error| Error::device("compute the loss", &error))?;
        Ok(sum(&losses.per_token))
    }

    pub(crate) fn weights(&self) -> Result<Vec<u8>> {
        let file = self.parameters.to_safetensors();
        file.map_err(|error| Error::device("write the weights", &error))
    }

    pub(crate) fn optimizer_state(&self) -> BTreeMap<String, Remembered> {
        self.optimizer.state()
    }

    pub(crate) fn restore_optimizer(
        &mut self,
        state: BTreeMap<String, Remembered>,
    ) -> std::result::Result<(), String> {
        self.optimizer
            .restore(state)
            .map_err(|error| error.to_string())
    }
}

pub(crate) fn sum(losses: &[f32]) -> f64 {
    losses.iter().map(|&loss| f64::from(loss)).sum()
}

/// The segments of some rows, without their padding. Tokens are named to dropout by their place in the batch: parts of a batch
/// drop what the whole drops.
pub(crate) fn segments(batch: &Batch, rows: Range<usize>, seed: Option<&Stream>) -> Segments {
    let mut all = Segments::default();
    for segment in batch
        .segments
        .iter()
        .filter(|segment| rows.contains(&segment.row))
    {
        let row = segment.row as u64;
        let source = place(
            &batch.encoder_segment_ids,
            batch.inputs_length,
            segment.row,
            segment.segment,
        );
        let target = place(
            &batch.decoder_segment_ids,
            batch.targets_length,
            segment.row,
            segment.segment,
        );
        let keys = |side: u64, first: usize| {
            let mut stream = seed.map(|seed| seed.child(row).child(side).child(first as u64));
            std::iter::from_fn(move || stream.as_mut().map(Stream::next_u64))
        };
        all.sources.push(
            &batch.encoder_input_tokens[source.clone()],
            keys(0, source.start),
        );
        all.targets.push(
            &batch.decoder_input_tokens[target.clone()],
            keys(1, target.start),
        );
        all.labels
            .extend(&batch.decoder_target_tokens[target.clone()]);
        all.weights.extend(&batch.decoder_loss_weights[target]);
    }
    all
}

/// Where segment `id` of `row` lies; an empty place where it does not.
fn place(ids: &[u32], length: usize, row: usize, id: u32) -> Range<usize> {
    let first = row * length;
    let row = &ids[first..first + length];
    let start = row.iter().position(|&other| other == id).unwrap_or(0);
    let count = row[start..]
        .iter()
        .take_while(|&&other| other == id)
        .count();
    first + start..first + start + count
}
