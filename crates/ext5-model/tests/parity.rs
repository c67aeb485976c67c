//! T5 against transformers, on what `golden/export.py` recorded for five shapes with random weights.
#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking and says what it measured"
)]
use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::{Device, Gradients, Int, Tensor, TensorData};
use ext5_architecture::Weights;
use ext5_inference::{Beam, Decoder, Precision, Settings, Strategy, search};
use ext5_model::{
    Losses, SAFETENSORS, Seq2SeqInput, T5, T5Config, export_safetensors, import, name_of, names,
    relative_position_bucket,
};
use safetensors::SafeTensors;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

const SHAPES: [&str; 5] = ["v1_0", "v1_1", "unequal_depth", "wide_heads", "mt5_like"];

struct Case {
    model: T5,
    tensors: Vec<u8>,
    facts: Value,
}

fn folder(shape: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden")
        .join(shape)
}

impl Case {
    fn load(shape: &str, device: &Device) -> Self {
        let folder = folder(shape);
        let read = |name: &str| fs::read(folder.join(name)).unwrap();
        let mut config = T5Config::from_json(&read("config.json")).unwrap();
        config.dropout_rate = 0.0; // as it was recorded
        let mut weights = Weights::default();
        weights.add(SAFETENSORS, read(SAFETENSORS)).unwrap();
        let model = import(&config, device, weights).unwrap();
        let facts = serde_json::from_slice(&read("case.json")).unwrap();
        Self {
            model,
            tensors: read("case.safetensors"),
            facts,
        }
    }

    fn ints(&self, name: &str) -> (Vec<i64>, [usize; 2]) {
        let file = SafeTensors::deserialize(&self.tensors).unwrap();
        let view = file.tensor(name).unwrap();
        let values = view
            .data()
            .as_chunks()
            .0
            .iter()
            .map(|&eight| i64::from_le_bytes(eight));
        (values.collect(), view.shape().try_into().unwrap())
    }

    fn floats(&self, name: &str) -> Vec<f32> {
        let file = SafeTensors::deserialize(&self.tensors).unwrap();
        let view = file.tensor(name).unwrap();
        view.data()
            .as_chunks()
            .0
            .iter()
            .map(|&four| f32::from_le_bytes(four))
            .collect()
    }

    fn fact(&self, name: &str) -> f64 {
        self.facts[name].as_f64().unwrap()
    }

    fn int_tensor(&self, name: &str) -> Tensor<2, Int> {
        let (values, shape) = self.ints(name);
        tensor(values, shape, &self.model.device())
    }

    /// Labels are -100 on padding.
    fn targets(&self) -> (Vec<i64>, Vec<i64>, [usize; 2]) {
        let (labels, shape) = self.ints("labels");
        let real = labels.iter().map(|&label| i64::from(label >= 0)).collect();
        (
            labels.into_iter().map(|label| label.max(0)).collect(),
            real,
            shape,
        )
    }

    fn input(&self) -> Seq2SeqInput {
        let (_, real, shape) = self.targets();
        Seq2SeqInput {
            encoder_tokens: self.int_tensor("input_ids"),
            encoder_segments: self.int_tensor("attention_mask"),
            decoder_tokens: self.int_tensor("decoder_input_ids"),
            decoder_segments: tensor(real, shape, &self.model.device()),
        }
    }

    fn losses(&self) -> Losses {
        let (targets, real, shape) = self.targets();
        let device = self.model.device();
        let weights = tensor(real, shape, &device).float();
        self.model
            .losses(&self.input(), tensor(targets, shape, &device), weights)
    }
}

fn tensor(values: Vec<i64>, shape: [usize; 2], device: &Device) -> Tensor<2, Int> {
    Tensor::from_data(TensorData::new(values, shape), device)
}

fn vector<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.try_to_vec_as::<f32>().unwrap()
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

#[test]
fn buckets_are_those_of_transformers() {
    let golden = fs::read(folder("buckets.json")).unwrap();
    let golden: Value = serde_json::from_slice(&golden).unwrap();
    let first = golden["first_position"].as_i64().unwrap();
    for case in golden["cases"].as_array().unwrap() {
        let size = |key: &str| case[key].as_u64().unwrap() as usize;
        let bidirectional = case["bidirectional"].as_bool().unwrap();
        for (place, bucket) in case["buckets"].as_array().unwrap().iter().enumerate() {
            let position = first + place as i64;
            let (buckets, distance) = (size("num_buckets"), size("max_distance"));
            let found = relative_position_bucket(position, bidirectional, buckets, distance);
            assert_eq!(
                found as u64,
                bucket.as_u64().unwrap(),
                "{position} {buckets} {distance}"
            );
        }
    }
}

#[test]
fn logits_and_loss_are_those_of_transformers() {
    for shape in SHAPES {
        let case = Case::load(shape, &Device::flex());
        let logits = vector(case.model.forward(&case.input()));
        let (_, real, _) = case.targets();
        let vocabulary = case.model.config().vocab_size;
        let kept = |values: &[f32]| -> Vec<f32> {
            let rows = values
                .chunks(vocabulary)
                .zip(&real)
                .filter(|(_, real)| **real == 1);
            rows.flat_map(|(row, _)| row.to_vec()).collect()
        };
        let difference = relative_difference(&kept(&logits), &kept(&case.floats("logits")));
        assert!(difference < 1e-4, "{shape}: logits differ by {difference}");

        let losses = case.losses();
        let sum = f64::from(losses.cross_entropy.into_scalar::<f32>());
        let expected = case.fact("cross_entropy_sum");
        assert!(
            (sum / expected - 1.0).abs() < 1e-4,
            "{shape}: loss {sum}, expected {expected}"
        );
        let z_loss = 1e-4 * f64::from(losses.log_z_squared.into_scalar::<f32>());
        let expected = case.fact("z_loss_sum");
        assert!(
            (z_loss / expected - 1.0).abs() < 1e-4,
            "{shape}: {z_loss}, not {expected}"
        );
        println!("{shape}: logits differ by {difference:.1e} of the largest");
    }
}

#[test]
fn log_likelihoods_are_those_of_transformers() {
    for shape in SHAPES {
        let case = Case::load(shape, &Device::flex());
        let rows = vector(case.losses().per_token.sum_dim(1));
        for (row, expected) in rows
            .iter()
            .zip(case.facts["log_likelihood"].as_array().unwrap())
        {
            let expected = expected.as_f64().unwrap();
            assert!(
                (f64::from(-row) / expected - 1.0).abs() < 1e-4,
                "{shape}: {row} {expected}"
            );
        }
    }
}

struct GradientsByName<'a> {
    gradients: &'a Gradients,
    gated: bool,
    path: Vec<String>,
    found: BTreeMap<String, Vec<f32>>,
}

impl ModuleVisitor for GradientsByName<'_> {
    fn enter_module(&mut self, name: &str, _container_type: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.path.pop();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let (name, transposed) = name_of(&self.path.join("."), self.gated).unwrap();
        let gradient = param.val().grad(self.gradients).unwrap();
        let gradient = if transposed {
            gradient.transpose()
        } else {
            gradient
        };
        self.found.insert(name, vector(gradient));
    }
}

#[test]
fn gradients_are_those_of_transformers() {
    for shape in SHAPES {
        let case = Case::load(shape, &Device::flex().autodiff());
        for (prefix, z_loss) in [("grad.", 0.0), ("grad_z.", 1e-4)] {
            let losses = case.losses();
            let loss = losses.cross_entropy + losses.log_z_squared.mul_scalar(z_loss);
            let gradients = loss.div_scalar(case.fact("target_tokens")).backward();
            let mut visitor = GradientsByName {
                gradients: &gradients,
                gated: case.model.config().feed_forward_proj.is_gated(),
                path: Vec::new(),
                found: BTreeMap::new(),
            };
            case.model.visit(&mut visitor);
            assert_eq!(visitor.found.len(), names(case.model.config()).len());
            for (name, gradient) in &visitor.found {
                let expected = case.floats(&format!("{prefix}{name}"));
                let difference = relative_difference(gradient, &expected);
                assert!(
                    difference < 1e-3,
                    "{shape}: gradient of {name} differs by {difference}"
                );
            }
        }
    }
}

#[test]
fn a_padded_batch_equals_its_single_rows() {
    for shape in SHAPES {
        let case = Case::load(shape, &Device::flex());
        let batch = case.input();
        let together = case.model.forward(&batch);
        let (_, real, [rows, _]) = case.targets();
        let inputs: Vec<u64> =
            serde_json::from_value(case.facts["inputs_lengths"].clone()).unwrap();
        let targets: Vec<u64> =
            serde_json::from_value(case.facts["targets_lengths"].clone()).unwrap();
        assert!(real.contains(&0), "the batch must have padding");
        for row in 0..rows {
            let cut = |tensor: &Tensor<2, Int>, length: u64| {
                tensor.clone().slice([row..row + 1, 0..length as usize])
            };
            let single = case.model.forward(&Seq2SeqInput {
                encoder_tokens: cut(&batch.encoder_tokens, inputs[row]),
                encoder_segments: cut(&batch.encoder_segments, inputs[row]),
                decoder_tokens: cut(&batch.decoder_tokens, targets[row]),
                decoder_segments: cut(&batch.decoder_segments, targets[row]),
            });
            let length = targets[row] as usize;
            let vocabulary = case.model.config().vocab_size;
            let inside = together
                .clone()
                .slice([row..row + 1, 0..length, 0..vocabulary]);
            let difference = relative_difference(&vector(inside), &vector(single));
            assert!(
                difference < 1e-5,
                "{shape}: row {row} differs by {difference}"
            );
        }
    }
}

#[test]
fn greedy_output_is_that_of_transformers() {
    for shape in SHAPES {
        let case = Case::load(shape, &Device::flex());
        for (recorded, min_tokens) in [("greedy_ids_forced", 63), ("greedy_ids_eos", 0)] {
            let settings = Settings {
                max_tokens: 64,
                min_tokens,
                ..Settings::default()
            };
            let sources = (
                case.int_tensor("input_ids"),
                case.int_tensor("attention_mask"),
            );
            let mut decoding = case.model.decoding(sources.0, sources.1);
            let keys: Vec<u64> = (0..decoding.rows() as u64).collect();
            let found = search(&mut decoding, &settings, &keys).unwrap();
            let (expected, [_, width]) = case.ints(recorded);
            for (found, expected) in found.iter().zip(expected.chunks(width)) {
                // Recorded rows begin with the start token and are padded behind their end.
                let mut found: Vec<i64> = found[0].ids.iter().map(|&id| i64::from(id)).collect();
                found.resize(width - 1, 0);
                assert_eq!(found, expected[1..], "{shape}: {recorded}");
            }
        }
    }
}

/// Beams repeat and drop rows, and 130 tokens make the caches grow twice.
#[test]
fn beams_on_a_device_are_those_of_the_cpu_engine() {
    for shape in SHAPES {
        let case = Case::load(shape, &Device::flex());
        let settings = Settings {
            max_tokens: 130,
            min_tokens: 100,
            strategy: Strategy::Beam(Beam::default()),
            answers: 2,
            ..Settings::default()
        };
        let (tokens, [rows, width]) = case.ints("input_ids");
        let (mask, _) = case.ints("attention_mask");
        let keys: Vec<u64> = (0..rows as u64).collect();
        let mut decoding = case.model.decoding(
            case.int_tensor("input_ids"),
            case.int_tensor("attention_mask"),
        );
        let found = search(&mut decoding, &settings, &keys).unwrap();
        let mut weights = Weights::default();
        let exported = export_safetensors(&case.model).unwrap();
        weights.add(SAFETENSORS, exported).unwrap();
        let engine = ext5_inference::T5::new(case.model.config(), weights, Precision::F32).unwrap();
        let sources: Vec<Vec<u32>> = tokens
            .chunks(width)
            .zip(mask.chunks(width))
            .map(|(row, mask)| {
                let real = row.iter().zip(mask).filter(|(_, real)| **real == 1);
                real.map(|(&id, _)| id as u32).collect()
            })
            .collect();
        let sources: Vec<&[u32]> = sources.iter().map(Vec::as_slice).collect();
        let expected = search(&mut engine.decode(&sources).unwrap(), &settings, &keys).unwrap();
        for (found, expected) in found.iter().flatten().zip(expected.iter().flatten()) {
            assert_eq!(found.ids, expected.ids, "{shape}");
            assert!((found.log_prob - expected.log_prob).abs() < 1e-3, "{shape}");
        }
    }
}

#[test]
fn export_gives_back_every_weight() {
    for shape in SHAPES {
        let case = Case::load(shape, &Device::flex());
        let exported = export_safetensors(&case.model).unwrap();
        let original = fs::read(folder(shape).join(SAFETENSORS)).unwrap();
        let exported = SafeTensors::deserialize(&exported).unwrap();
        let original = SafeTensors::deserialize(&original).unwrap();
        assert_eq!(exported.len(), names(case.model.config()).len());
        for (name, view) in exported.iter() {
            let expected = original.tensor(name).unwrap();
            assert_eq!(view.shape(), expected.shape(), "{shape}: {name}");
            assert_eq!(view.data(), expected.data(), "{shape}: {name}");
        }
    }
}
