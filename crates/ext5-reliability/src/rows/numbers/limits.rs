//! N4: batches of nothing, and numbers at the ends of their range.
use ext5_architecture::Weights;
use ext5_backprop::Parameters;
use ext5_data::Batch;
use ext5_trainer::{Error, Learner, RunConfig, Session, Silent, StepOptions};

use super::ground::{self, feeds_of};
use crate::place::{Place, Tier};
use crate::row::{Failure, Figure, Row};

pub(super) const ROW: Row = Row {
    id: "N4",
    what: "padding alone, no targets, no weight, weights beyond range: each loss a number or an error with a name",
    tier: Tier::P,
    defect: "a division by a weight of 0",
    run,
};

/// What is done to a batch.
type Change = (&'static str, fn(&mut Batch));

const CHANGES: &[Change] = &[
    ("only padding", |batch| {
        let empty = Batch {
            rows: batch.rows,
            inputs_length: batch.inputs_length,
            targets_length: batch.targets_length,
            ..Batch::default()
        };
        let (inputs, targets) = (
            batch.rows * batch.inputs_length,
            batch.rows * batch.targets_length,
        );
        *batch = Batch {
            encoder_input_tokens: vec![0; inputs],
            encoder_segment_ids: vec![0; inputs],
            decoder_input_tokens: vec![0; targets],
            decoder_target_tokens: vec![0; targets],
            decoder_segment_ids: vec![0; targets],
            decoder_loss_weights: vec![0.0; targets],
            ..empty
        };
    }),
    ("no targets", |batch| {
        batch.decoder_segment_ids.fill(0);
        batch.decoder_loss_weights.fill(0.0);
        for segment in &mut batch.segments {
            segment.targets_tokens = 0;
        }
    }),
    ("a row without targets", |batch| {
        let row = 0..batch.targets_length;
        batch.decoder_segment_ids[row.clone()].fill(0);
        batch.decoder_loss_weights[row].fill(0.0);
    }),
    ("no inputs", |batch| batch.encoder_segment_ids.fill(0)),
    ("weights 0", |batch| batch.decoder_loss_weights.fill(0.0)),
    ("weights that add up to 0", |batch| {
        for pair in batch.decoder_loss_weights.chunks_exact_mut(2) {
            pair.copy_from_slice(&[1.0, -1.0]);
        }
    }),
    ("weights of 1e-38", |batch| each(batch, 1e-38)),
    ("weights of 1e30", |batch| each(batch, 1e30)),
    ("weights of 3e38", |batch| each(batch, 3e38)),
    ("weights that are none", |batch| each(batch, f32::NAN)),
];

/// What all weights of the model are multiplied by.
const SCALES: &[f32] = &[1e3, 1e9, 1e18, 1e30];

fn each(batch: &mut Batch, value: f32) {
    for weight in &mut batch.decoder_loss_weights {
        *weight *= value;
    }
}

fn run(place: &Place) -> Result<Figure, Failure> {
    let (mut all, mut bad) = (0, Vec::new());
    let (mut numbers, mut named) = (0, 0);
    for device in ["cpu", "flex"] {
        let setting = format!("trainer.device=\"{device}\"");
        let config = ground::config(place, &[&setting, "trainer.z_loss=1e-4"])?;
        let session = Session::open(&config, &place.quick_dir("n4")?, &mut Silent)?;
        let mut loader = ground::loader(&config, feeds_of(&config, &session)?)?;
        let batch = loader.next()?.0;
        let mut judge = |what: String, outcome: Result<bool, Failure>| {
            all += 1;
            match outcome {
                Ok(true) => numbers += 1,
                Ok(false) => named += 1,
                Err(why) => bad.push(format!("{device}, {what}: {why}")),
            }
        };
        for (what, change) in CHANGES {
            let mut changed = batch.clone();
            change(&mut changed);
            let mut learner = session.start(&config)?;
            let outcome = stepped(place, &mut learner, &config, &changed);
            judge((*what).to_owned(), outcome);
        }
        // A model on a device has its weights from a file alone: there the scales are the batch's business.
        for scale in SCALES.iter().filter(|_| device == "cpu") {
            let mut learner = scaled(&session.start(&config)?, &config, *scale)?;
            let outcome = stepped(place, &mut learner, &config, &batch);
            judge(format!("a model times {scale:e}"), outcome);
        }
    }
    let found = format!(
        "{all} cases: {numbers} losses that are numbers, {named} named errors, {} others{}",
        bad.len(),
        bad.first()
            .map_or_else(String::new, |bad| format!(" ({bad})"))
    );
    Ok(Figure::new(found, "0 others", bad.is_empty()))
}

/// Takes a step: whether its numbers are all numbers, and the weights after it; or the step was refused and the weights are as
/// before.
fn stepped(
    place: &Place,
    learner: &mut Learner,
    config: &RunConfig,
    batch: &Batch,
) -> Result<bool, Failure> {
    let options = StepOptions {
        step: 0,
        rate: 1e-2,
        micro_batch_rows: 0,
        z_loss: config.trainer.z_loss,
        clip_norm: 1.0,
        seed: 0,
    };
    let before = learner.weights()?;
    let finite_before = finite(learner, before.clone())?;
    match learner.step(batch, &options) {
        Err(Error::NotFinite { .. }) if learner.weights()? == before => Ok(false),
        Err(Error::NotFinite { .. }) => Err("refused, but the weights changed".into()),
        Err(error) => Err(error.into()),
        Ok(outcome) => {
            // As the loop has it; the defect leaves out that a weight counts as 1 at least.
            let divisor = if place.seeded {
                outcome.weight
            } else {
                outcome.weight.max(1.0)
            };
            let loss = outcome.cross_entropy / divisor;
            let all = [loss, outcome.z_loss, outcome.gradient_norm];
            if !all.iter().chain(&outcome.segments).all(|it| it.is_finite()) {
                return Err(format!("a step was taken on {all:?}").into());
            }
            let after = learner.weights()?;
            if finite_before && !finite(learner, after)? {
                return Err("a weight is no number after the step".into());
            }
            let validated = learner.loss(batch)?;
            if !validated.is_finite() && outcome.weight.abs() < 1.0 {
                return Err("the validation loss is no number".into());
            }
            Ok(true)
        }
    }
}

fn parameters(learner: &Learner, bytes: Vec<u8>) -> Result<Parameters, Failure> {
    let mut weights = Weights::default();
    weights.add("model.safetensors", bytes)?;
    Ok(Parameters::new(learner.config(), weights)?)
}

fn finite(learner: &Learner, bytes: Vec<u8>) -> Result<bool, Failure> {
    let parameters = parameters(learner, bytes)?;
    Ok(parameters.values().iter().all(|value| value.is_finite()))
}

/// The same model with all weights times `scale`.
fn scaled(learner: &Learner, config: &RunConfig, scale: f32) -> Result<Learner, Failure> {
    let mut parameters = parameters(learner, learner.weights()?)?;
    for value in parameters.values_mut() {
        *value *= scale;
    }
    let shape = learner.config().clone();
    Ok(Learner::host(&shape, parameters, config.optimizer, false))
}
