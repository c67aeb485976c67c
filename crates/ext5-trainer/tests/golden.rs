//! Optimizers, schedules, gradients of bf16 products and fifty training steps against what `golden/export*.py` recorded.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test fails by panicking and says what it measured"
)]
mod gradients;

use burn::tensor::{Device, Tensor, TensorData};
use ext5_architecture::Weights;
use ext5_backprop::Parameters;
use ext5_data::{Batch, ErrorKind, Segment};
use ext5_model::{SAFETENSORS, T5, T5Config, import, names};
use ext5_trainer::{
    Learner, Optimizer, OptimizerConfig, Schedule, StepOptions, TrainerConfig, TrainingPrecision,
    device,
};
use safetensors::SafeTensors;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

const VECTORS: [&str; 6] = ["bias", "norm", "small", "wide", "tall", "edge"];

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden")
        .join(name)
}

fn json(name: &str) -> Value {
    serde_json::from_slice(&fs::read(path(name)).unwrap()).unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    value
        .as_array()
        .unwrap()
        .iter()
        .map(|number| number.as_f64().unwrap())
        .collect()
}

fn floats(file: &SafeTensors<'_>, name: &str) -> Option<(Vec<usize>, Vec<f32>)> {
    let view = file.tensor(name).ok()?;
    let values = view
        .data()
        .as_chunks()
        .0
        .iter()
        .map(|&four| f32::from_le_bytes(four));
    Some((view.shape().to_vec(), values.collect()))
}

/// Runs five updates on each recorded vector and compares wherever the outcome was recorded.
fn follow(config: OptimizerConfig, prefix: &str, rates: &[f64]) {
    let bytes = fs::read(path("optimizers.safetensors")).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let mut compared = 0;
    for name in VECTORS {
        let mut optimizer = Optimizer::new(config);
        let (shape, start) = floats(&file, &format!("start.{name}")).unwrap();
        let mut value = start;
        for update in 1..=rates.len() {
            let (_, gradient) = floats(&file, &format!("gradient.{update}.{name}")).unwrap();
            let rate = rates[update - 1];
            value = match *shape.as_slice() {
                [n] => step(&mut optimizer, name, [n], value, gradient, rate),
                [n, m] => step(&mut optimizer, name, [n, m], value, gradient, rate),
                _ => unreachable!("rank 1 or 2"),
            };
            let Some((_, expected)) = floats(&file, &format!("{prefix}.{update}.{name}")) else {
                continue;
            };
            for (found, expected) in value.iter().zip(&expected) {
                let difference = (found - expected).abs();
                assert!(
                    difference < 1e-6,
                    "{prefix} {name} update {update}: {difference}"
                );
            }
            compared += 1;
        }
    }
    assert!(compared >= 15, "{compared} comparisons");
}

fn step<const D: usize>(
    optimizer: &mut Optimizer,
    name: &str,
    shape: [usize; D],
    value: Vec<f32>,
    gradient: Vec<f32>,
    rate: f64,
) -> Vec<f32> {
    let device = Device::flex();
    let tensor = |values| Tensor::<D>::from_data(TensorData::new(values, shape), &device);
    let updated = optimizer.update(name, tensor(value), tensor(gradient), rate);
    updated.try_into_vec_as::<f32>().unwrap()
}

#[test]
fn adafactor_follows_t5x() {
    let rates = numbers(&json("adafactor.json")["learning_rates"]);
    follow(
        OptimizerConfig::Adafactor { weight_decay: 0.0 },
        "adafactor",
        &rates,
    );
}

fn adamw() -> OptimizerConfig {
    OptimizerConfig::AdamW {
        weight_decay: 0.01,
        beta_1: 0.9,
        beta_2: 0.999,
        epsilon: 1e-8,
    }
}

#[test]
fn adamw_follows_pytorch() {
    follow(adamw(), "adamw", &[1e-3; 5]);
}

#[test]
fn schedules_are_those_of_transformers() {
    let cases = json("schedules.json");
    let mut compared = 0;
    for case in cases["cases"].as_array().unwrap() {
        let rate = case["base"].as_f64().unwrap();
        let number = |key: &str| case[key].as_u64().unwrap_or(0);
        let (warmup, total) = (number("warmup_steps"), number("total_steps"));
        let schedule = match case["name"].as_str().unwrap() {
            "inverse_square_root" => Schedule::InverseSquareRoot {
                rate,
                warmup: 10_000,
            },
            "constant" => Schedule::Constant { rate },
            "linear_with_warmup" | "linear_without_warmup" => Schedule::Linear {
                rate,
                warmup,
                total,
            },
            "cosine_with_warmup" | "cosine_without_warmup" => Schedule::Cosine {
                rate,
                warmup,
                total,
            },
            _ => continue,
        };
        let steps = case["steps"].as_array().unwrap();
        for (step, expected) in steps.iter().zip(numbers(&case["rates"])) {
            let step = step.as_u64().unwrap();
            // transformers' cosine rises again after its end, ours stays at 0.
            if matches!(schedule, Schedule::Cosine { .. }) && step > total {
                continue;
            }
            let found = schedule.rate(step);
            assert!(
                (found - expected).abs() < 1e-12,
                "{schedule:?} {step}: {found} {expected}"
            );
            compared += 1;
        }
    }
    assert!(compared > 20);
}

/// The recorded start: by Burn, and on the CPU without it.
fn learners(optimizer: OptimizerConfig) -> [Learner; 2] {
    let file = |name: &str| fs::read(path("train_start").join(name)).unwrap();
    let config = T5Config::from_json(&file("config.json")).unwrap();
    let weights = || {
        let mut weights = Weights::default();
        weights.add(SAFETENSORS, file(SAFETENSORS)).unwrap();
        weights
    };
    let model = import(&config, &Device::flex().autodiff(), weights()).unwrap();
    let mut settled = weights();
    let config = settled.settle(&config);
    let parameters = Parameters::new(&config, settled).unwrap();
    [
        Learner::device(model, optimizer),
        Learner::host(&config, parameters, optimizer, false),
    ]
}

/// The recorded batches as the loader would give them, one segment a row.
fn batches() -> Vec<Batch> {
    let bytes = fs::read(path("train_batches.safetensors")).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let ints = |name: &str| -> (Vec<i64>, [usize; 3]) {
        let view = file.tensor(name).unwrap();
        let values = view
            .data()
            .as_chunks()
            .0
            .iter()
            .map(|&eight| i64::from_le_bytes(eight));
        (values.collect(), view.shape().try_into().unwrap())
    };
    let (inputs, [count, rows, inputs_length]) = ints("input_ids");
    let (mask, _) = ints("attention_mask");
    let (decoder, [_, _, targets_length]) = ints("decoder_input_ids");
    let (labels, _) = ints("labels");
    let batch = |index: usize| {
        let source = index * rows * inputs_length..(index + 1) * rows * inputs_length;
        let target = index * rows * targets_length..(index + 1) * rows * targets_length;
        let ids = |values: &[i64]| {
            values
                .iter()
                .map(|&id| id.max(0) as u32)
                .collect::<Vec<_>>()
        };
        let real = |values: &[i64]| {
            values
                .iter()
                .map(|&id| u32::from(id >= 0))
                .collect::<Vec<_>>()
        };
        let segments = real(&labels[target.clone()]);
        Batch {
            rows,
            inputs_length,
            targets_length,
            encoder_input_tokens: ids(&inputs[source.clone()]),
            encoder_segment_ids: ids(&mask[source]),
            decoder_input_tokens: ids(&decoder[target.clone()]),
            decoder_target_tokens: ids(&labels[target]),
            decoder_loss_weights: segments.iter().map(|&real| real as f32).collect(),
            decoder_segment_ids: segments,
            segments: (0..rows)
                .map(|row| Segment {
                    row,
                    segment: 1,
                    task: 0,
                    draw: row as u64,
                    epoch: 0,
                    example: row as u64,
                    inputs_tokens: 0,
                    targets_tokens: 0,
                    inputs_truncated: 0,
                    targets_truncated: 0,
                })
                .collect(),
        }
    };
    (0..count).map(batch).collect()
}

/// Loss per target token of each step over the recorded batches in turns, z-loss included, as the recorded runs state it, of both learners.
fn train(
    config: OptimizerConfig,
    rate: f64,
    clip_norm: f64,
    micro_batch_rows: usize,
    steps: usize,
) -> [Vec<f64>; 2] {
    learners(config).map(|mut learner| {
        let mut losses = Vec::new();
        for (step, batch) in batches().iter().cycle().take(steps).enumerate() {
            let (step, seed) = (step as u64, 0);
            let options = StepOptions {
                step,
                rate,
                micro_batch_rows,
                z_loss: 1e-4,
                clip_norm,
                seed,
            };
            let outcome = learner.step(batch, &options).unwrap();
            losses.push((outcome.cross_entropy + outcome.z_loss) / outcome.weight);
        }
        losses
    })
}

fn assert_follow(both: &[Vec<f64>; 2], run: &str, bound: f64) {
    for losses in both {
        assert_follows(losses, run, bound);
    }
}

fn assert_follows(losses: &[f64], run: &str, bound: f64) {
    let recorded = numbers(&json("train_loss.json")["runs"][run]["losses"]);
    assert_eq!(losses.len(), 50);
    let pairs = losses.iter().zip(&recorded);
    let worst = pairs.fold(0.0, |worst: f64, (a, b)| worst.max((a - b).abs()));
    println!("{run}: at most {worst:.1e} from PyTorch over 50 steps");
    assert!(worst < bound, "{run}: {worst}");
}

#[test]
fn fifty_steps_of_adafactor_follow_pytorch() {
    let config = OptimizerConfig::Adafactor { weight_decay: 0.0 };
    let run = &json("train_loss.json")["runs"]["adafactor"];
    assert!(run["clip_global_norm"].is_null());
    assert_follow(&train(config, 1e-2, 0.0, 0, 50), "adafactor", 1e-4);
}

#[test]
fn fifty_steps_of_adamw_with_clipping_follow_pytorch() {
    assert_follow(&train(adamw(), 1e-3, 1.0, 0, 50), "adamw", 1e-4);
}

#[test]
fn micro_batches_change_the_loss_by_rounding_only() {
    let whole = train(adamw(), 1e-3, 1.0, 0, 50);
    for rows in [1, 3] {
        let split = train(adamw(), 1e-3, 1.0, rows, 50);
        for (whole, split) in whole.iter().zip(&split) {
            let first = (whole[0] - split[0]).abs() / whole[0];
            assert!(first < 1e-6, "{rows} rows: {first}");
        }
        assert_follow(&split, "adamw", 1e-4);
    }
}

#[test]
fn two_hundred_steps_on_the_cpu_follow_burn() {
    let adafactor = OptimizerConfig::Adafactor { weight_decay: 0.0 };
    for (rule, rate) in [(adafactor, 1e-2), (adamw(), 1e-3)] {
        let [plain, own] = train(rule, rate, 1.0, 0, 200);
        assert_eq!(own.len(), 200);
        let apart = plain.iter().zip(&own).map(|(a, b)| (a - b).abs() / a);
        let worst = apart.fold(0.0, f64::max);
        println!("{rule:?}: at most {worst:.1e} apart over 200 steps");
        assert!(worst < 1e-4, "{rule:?}: {worst}");
    }
}

fn start_in_bf16() -> T5 {
    let file = |name: &str| fs::read(path("train_start").join(name)).unwrap();
    let config = T5Config::from_json(&file("config.json")).unwrap();
    let mut weights = Weights::default();
    weights.add(SAFETENSORS, file(SAFETENSORS)).unwrap();
    let model = import(&config, &Device::flex().autodiff(), weights).unwrap();
    model.with_precision(TrainingPrecision::Bf16)
}

/// Gradients of the mean loss of `batch`, by parameter.
fn gradients_of(model: &T5, batch: &Batch) -> BTreeMap<String, Vec<f32>> {
    let (input, targets, weights) = gradients::tensors(batch, &model.device());
    let losses = model.losses(&input, targets, weights);
    let loss = losses.cross_entropy + losses.log_z_squared.mul_scalar(1e-4);
    let weight: f32 = batch.decoder_loss_weights.iter().sum();
    gradients::by_name(model, &loss.div_scalar(weight).backward())
}

/// Norm of the difference over the norm expected.
fn distance(found: &[f32], expected: &[f32]) -> f64 {
    assert_eq!(found.len(), expected.len());
    let square = |value: f32| f64::from(value).powi(2);
    let pairs = found.iter().zip(expected);
    let apart: f64 = pairs.map(|(a, b)| square(a - b)).sum();
    let norm: f64 = expected.iter().map(|&value| square(value)).sum();
    (apart / norm).sqrt()
}

/// The distance of the reference's own gradients from f32 is what rounding does; ours must be nearer than that to it.
#[test]
fn gradients_of_bf16_products_are_those_of_pytorch() {
    let model = start_in_bf16();
    let gradients = gradients_of(&model, &batches()[0]);
    let bytes = fs::read(path("bf16_gradients.safetensors")).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let facts = json("bf16.json");
    assert_eq!(gradients.len(), names(model.config()).len());
    let mut worst: f64 = 0.0;
    for (name, gradient) in &gradients {
        let (_, expected) = floats(&file, name).unwrap();
        let from_f32 = facts["distance_from_f32"][name].as_f64().unwrap();
        let share = distance(gradient, &expected) / from_f32;
        assert!(share < 0.5, "gradient of {name}: {share} of {from_f32}");
        worst = worst.max(share);
    }
    println!("at most {worst:.2} of what rounding to bf16 does");
}

#[test]
fn fifty_steps_of_bf16_products_follow_pytorch() {
    let recorded = numbers(&json("bf16.json")["losses"]);
    let mut learner = Learner::device(start_in_bf16(), adamw());
    let mut worst: f64 = 0.0;
    for (step, batch) in batches().iter().enumerate() {
        let options = StepOptions {
            step: step as u64,
            rate: 1e-3,
            micro_batch_rows: 0,
            z_loss: 1e-4,
            clip_norm: 1.0,
            seed: 0,
        };
        let outcome = learner.step(batch, &options).unwrap();
        let loss = (outcome.cross_entropy + outcome.z_loss) / outcome.weight;
        worst = worst.max((loss - recorded[step]).abs());
    }
    println!("at most {worst:.1e} from PyTorch");
    assert!(worst < 1e-2, "{worst}"); // of losses from 5 to 3.5: fifty steps amplify rounding
}

#[test]
fn what_a_device_cannot_do_is_refused_by_name() {
    let on = |device: &str, precision, recompute| {
        device::open_for(&TrainerConfig {
            device: device.to_owned(),
            precision,
            recompute,
            ..TrainerConfig::default()
        })
    };
    let (f32, bf16) = (TrainingPrecision::F32, TrainingPrecision::Bf16);
    assert!(on("flex", bf16, false).is_ok());
    assert!(on(device::CPU, f32, true).is_ok());
    for (device, precision, recompute, way_out) in [
        (device::CPU, bf16, false, "trainer.precision=f32"),
        ("flex", f32, true, "trainer.recompute=false"),
    ] {
        let error = on(device, precision, recompute).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Device);
        let message = error.to_string();
        assert!(message.contains(device) && message.contains(way_out));
    }
}
