//! One step on another device against the same step on the CPU.
//!
//! Continuous integration has `wgpu` on Mesa's software driver for Vulkan.
#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test fails by panicking and says what it measured"
)]
mod gradients;

use burn::optim::GradientsParams;
use burn::tensor::{Device, Tensor};
use ext5_data::{Batch, Segment};
use ext5_model::{FeedForwardProjection, T5, T5Config, export_safetensors, initialise, names};
use ext5_objectives::Stream;
use ext5_trainer::{Optimizer, OptimizerConfig, device};
use safetensors::SafeTensors;
use std::collections::BTreeMap;

const Z_LOSS: f64 = 1e-2; // a hundred times T5's, so that an error in its gradient would show
const SEED: u64 = 5;

/// Bounds on the largest difference over the largest magnitude of the CPU's numbers.
const LOSSES: f32 = 1e-5;
const GRADIENTS: f32 = 1e-4;

/// The device that `EXT5_TEST_DEVICE` names, which must then be there; else `wgpu`, if it is.
fn other() -> Option<(String, Device)> {
    let named = std::env::var("EXT5_TEST_DEVICE").ok();
    let name = named.clone().unwrap_or_else(|| "wgpu".to_owned());
    match device::open(&name) {
        Ok(device) => Some((name, device)),
        Err(error) => {
            assert!(named.is_none(), "{error}");
            eprintln!("!!! SKIPPED, nothing was compared: {error}");
            None
        }
    }
}

fn config() -> T5Config {
    T5Config {
        vocab_size: 256,
        d_model: 64,
        d_kv: 16,
        num_heads: 4,
        d_ff: 128,
        num_layers: 2,
        num_decoder_layers: Some(3),
        feed_forward_proj: FeedForwardProjection::GatedGelu,
        tie_word_embeddings: false,
        dropout_rate: 0.0,
        ..ext5_model::preset("t5_1_1_small").unwrap()
    }
}

fn model(device: &Device) -> T5 {
    initialise(&config(), &device.clone().autodiff(), |name, count| {
        let mut parts = vec![SEED];
        parts.extend(name.bytes().map(u64::from));
        let mut stream = Stream::new(&parts);
        (0..count).map(|_| stream.normal() as f32).collect()
    })
    .unwrap()
}

/// Three rows: three segments, two segments and padding, one short segment; `(inputs, targets)` tokens each.
fn batch() -> Batch {
    const ROWS: [&[(usize, usize)]; 3] = [
        &[(20, 9), (17, 12), (11, 11)],
        &[(30, 8), (7, 15)],
        &[(5, 3)],
    ];
    let (inputs_length, targets_length) = (48, 32);
    let mut stream = Stream::new(&[SEED, 1]);
    let mut ids = |count: usize| -> Vec<u32> {
        let drawn = (1..count).map(|_| 2 + stream.below(250) as u32);
        drawn.chain([1]).collect()
    };
    let mut batch = Batch {
        rows: ROWS.len(),
        inputs_length,
        targets_length,
        ..Batch::default()
    };
    for (row, lengths) in ROWS.iter().enumerate() {
        for (segment, &(inputs, targets)) in (1..).zip(*lengths) {
            let target = ids(targets);
            batch.encoder_input_tokens.extend(ids(inputs));
            batch.encoder_segment_ids.extend(vec![segment; inputs]);
            batch.decoder_input_tokens.push(0);
            batch.decoder_input_tokens.extend(&target[..targets - 1]);
            batch.decoder_target_tokens.extend(target);
            batch.decoder_segment_ids.extend(vec![segment; targets]);
            batch.decoder_loss_weights.extend(vec![1.0; targets]);
            batch.segments.push(Segment {
                row,
                segment,
                task: 0,
                draw: 0,
                epoch: 0,
                example: 0,
                inputs_tokens: inputs,
                targets_tokens: targets,
                inputs_truncated: 0,
                targets_truncated: 0,
            });
        }
        for padded in [
            &mut batch.encoder_input_tokens,
            &mut batch.encoder_segment_ids,
        ] {
            padded.resize((row + 1) * inputs_length, 0);
        }
        for padded in [
            &mut batch.decoder_input_tokens,
            &mut batch.decoder_target_tokens,
            &mut batch.decoder_segment_ids,
        ] {
            padded.resize((row + 1) * targets_length, 0);
        }
        let length = (row + 1) * targets_length;
        batch.decoder_loss_weights.resize(length, 0.0);
    }
    batch
}

/// What one step computes.
struct Step {
    /// Of each target token, then the sum of the squares of log Z.
    losses: Vec<f32>,
    /// Of the mean loss, by parameter.
    gradients: BTreeMap<String, Vec<f32>>,
    /// After the update.
    weights: BTreeMap<String, Vec<f32>>,
}

fn step(model: T5, batch: &Batch, z_loss: f64) -> Step {
    let (input, targets, weights) = gradients::tensors(batch, &model.device());
    let found = model.losses(&input, targets, weights);
    let mut losses = vector(found.per_token);
    losses.extend(vector(found.log_z_squared.clone()));
    let loss = found.cross_entropy + found.log_z_squared.mul_scalar(z_loss);
    let weight: f32 = batch.decoder_loss_weights.iter().sum();
    let gradients = loss.div_scalar(weight).backward();
    let by_name = gradients::by_name(&model, &gradients);
    let gradients = GradientsParams::from_grads(gradients, &model);
    let mut optimizer = Optimizer::new(OptimizerConfig::Adafactor { weight_decay: 0.0 });
    let bytes = export_safetensors(&optimizer.step(model, gradients, 1e-2, 0.5)).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let weights = file.iter().map(|(name, view)| {
        let values = view.data().as_chunks().0.iter();
        let values = values.map(|&four| f32::from_le_bytes(four));
        (name.to_owned(), values.collect())
    });
    Step {
        losses,
        gradients: by_name,
        weights: weights.collect(),
    }
}

fn vector<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.try_into_vec_as::<f32>().unwrap()
}

/// Largest difference over the largest magnitude expected.
fn relative_difference(found: &[f32], expected: &[f32]) -> f32 {
    assert_eq!(found.len(), expected.len());
    let largest = expected
        .iter()
        .fold(1e-12_f32, |largest, value| largest.max(value.abs()));
    let pairs = found.iter().zip(expected);
    pairs.fold(0.0_f32, |worst, (found, expected)| {
        worst.max((found - expected).abs())
    }) / largest
}

/// The worst of all parameters, each of which must be below `bound`.
fn worst_of(
    found: &BTreeMap<String, Vec<f32>>,
    expected: &BTreeMap<String, Vec<f32>>,
    bound: f32,
) -> f32 {
    assert_eq!(found.len(), names(&config()).len());
    let differences = found.iter().map(|(name, values)| {
        let difference = relative_difference(values, &expected[name]);
        assert!(difference < bound, "{name} differs by {difference}");
        difference
    });
    differences.fold(0.0, f32::max)
}

#[test]
fn a_step_on_another_device_is_that_of_the_cpu() {
    let Some((name, other)) = other() else { return };
    let expected = step(model(&Device::flex()), &batch(), Z_LOSS);
    let found = step(model(&other), &batch(), Z_LOSS);
    let losses = relative_difference(&found.losses, &expected.losses);
    assert!(losses < LOSSES, "losses differ by {losses}");
    let gradients = worst_of(&found.gradients, &expected.gradients, GRADIENTS);
    let weights = worst_of(&found.weights, &expected.weights, GRADIENTS);
    println!(
        "{name}: {losses:.1e} in losses, {gradients:.1e} in gradients, {weights:.1e} in updated weights"
    );
}
