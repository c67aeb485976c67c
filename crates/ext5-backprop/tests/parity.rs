//! Losses and gradients against transformers, on what `ext5-model/tests/golden/export.py` recorded for five shapes with random
//! weights.
#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking and says what it measured"
)]
use ext5_architecture::{SAFETENSORS, T5Config, Weights};
use ext5_backprop::{Batch, Options, Parameters, Rows, T5};
use safetensors::SafeTensors;
use serde_json::Value;
use std::fs;
use std::path::PathBuf;

const SHAPES: [&str; 5] = ["v1_0", "v1_1", "unequal_depth", "wide_heads", "mt5_like"];

const PLAIN: Options = Options {
    z_loss: 0.0,
    divisor: 1.0,
    dropout_rate: 0.0,
    recompute: false,
};

struct Case {
    model: T5,
    parameters: Parameters,
    tensors: Vec<u8>,
    facts: Value,
}

impl Case {
    fn load(shape: &str) -> Self {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
            .join("../ext5-model/tests/golden")
            .join(shape);
        let read = |name: &str| fs::read(folder.join(name)).unwrap();
        let config = T5Config::from_json(&read("config.json")).unwrap();
        let mut weights = Weights::default();
        weights.add(SAFETENSORS, read(SAFETENSORS)).unwrap();
        let config = weights.settle(&config);
        let parameters = Parameters::new(&config, weights).unwrap();
        Self {
            model: T5::new(&config, &parameters),
            parameters,
            tensors: read("case.safetensors"),
            facts: serde_json::from_slice(&read("case.json")).unwrap(),
        }
    }

    fn ints(&self, name: &str) -> (Vec<i64>, usize) {
        let file = SafeTensors::deserialize(&self.tensors).unwrap();
        let view = file.tensor(name).unwrap();
        let numbers = view.data().as_chunks().0.iter();
        let width = view.shape()[1];
        (
            numbers.map(|&eight| i64::from_le_bytes(eight)).collect(),
            width,
        )
    }

    fn floats(&self, name: &str) -> Vec<f32> {
        let file = SafeTensors::deserialize(&self.tensors).unwrap();
        let view = file.tensor(name).unwrap();
        let numbers = view.data().as_chunks().0.iter();
        numbers.map(|&four| f32::from_le_bytes(four)).collect()
    }

    fn fact(&self, name: &str) -> f64 {
        self.facts[name].as_f64().unwrap()
    }

    fn lengths(&self, name: &str) -> Vec<usize> {
        serde_json::from_value(self.facts[name].clone()).unwrap()
    }

    /// The recorded batch without its padding, of the rows `chosen`.
    fn batch(&self, chosen: &[usize]) -> Batch {
        let (inputs, targets) = (
            self.lengths("inputs_lengths"),
            self.lengths("targets_lengths"),
        );
        let mut batch = Batch::default();
        let real = |name: &str, row: usize, length: usize| -> Vec<u32> {
            let (ids, width) = self.ints(name);
            let row = &ids[row * width..row * width + length];
            row.iter().map(|&id| id as u32).collect()
        };
        let keys =
            |row: usize, side: u64| (0..).map(move |at: u64| (row as u64 * 2 + side) << 32 | at);
        for &row in chosen {
            batch
                .sources
                .push(&real("input_ids", row, inputs[row]), keys(row, 0));
            batch
                .targets
                .push(&real("decoder_input_ids", row, targets[row]), keys(row, 1));
            batch.labels.extend(real("labels", row, targets[row]));
        }
        batch.weights = vec![1.0; batch.labels.len()];
        batch
    }

    fn rows(&self) -> Vec<usize> {
        (0..self.lengths("inputs_lengths").len()).collect()
    }

    fn gradients(&self, batch: &Batch, options: &Options) -> Parameters {
        let mut gradients = self.parameters.zeros_like();
        self.model
            .gradients(&self.parameters, batch, options, &mut gradients)
            .unwrap();
        gradients
    }
}

fn relative_difference(found: &[f32], expected: &[f32]) -> f32 {
    assert_eq!(found.len(), expected.len());
    let largest = expected
        .iter()
        .fold(1e-12_f32, |most, value| most.max(value.abs()));
    let pairs = found.iter().zip(expected);
    pairs.fold(0.0_f32, |worst, (found, expected)| {
        worst.max((found - expected).abs())
    }) / largest
}

fn assert_close(found: f64, expected: f64, within: f64, what: &str) {
    assert!(
        (found / expected - 1.0).abs() < within,
        "{what}: {found}, expected {expected}"
    );
}

#[test]
fn losses_are_those_of_transformers() {
    for shape in SHAPES {
        let case = Case::load(shape);
        let batch = case.batch(&case.rows());
        let losses = case.model.losses(&case.parameters, &batch).unwrap();
        let expected = case.facts["log_likelihood"].as_array().unwrap();
        for (span, expected) in batch.targets.spans.iter().zip(expected) {
            let sum: f64 = losses.per_token[span.clone()]
                .iter()
                .map(|&loss| f64::from(loss))
                .sum();
            assert_close(-sum, expected.as_f64().unwrap(), 1e-5, shape);
        }
        assert_close(
            1e-4 * losses.log_z_squared,
            case.fact("z_loss_sum"),
            1e-5,
            shape,
        );
    }
}

#[test]
fn gradients_are_those_of_transformers() {
    for shape in SHAPES {
        let case = Case::load(shape);
        let batch = case.batch(&case.rows());
        for (prefix, z_loss) in [("grad.", 0.0), ("grad_z.", 1e-4)] {
            let divisor = case.fact("target_tokens");
            let gradients = case.gradients(
                &batch,
                &Options {
                    z_loss,
                    divisor,
                    ..PLAIN
                },
            );
            for slot in gradients.slots() {
                let expected = case.floats(&format!("{prefix}{}", slot.name));
                let difference =
                    relative_difference(&gradients.values()[slot.range.clone()], &expected);
                assert!(
                    difference < 1e-4,
                    "{shape}: gradient of {} differs by {difference}",
                    slot.name
                );
            }
        }
    }
}

#[test]
fn computing_blocks_again_changes_no_bit() {
    for dropout_rate in [0.0, 0.2] {
        let case = Case::load("v1_1");
        let batch = case.batch(&case.rows());
        let options = Options {
            dropout_rate,
            ..PLAIN
        };
        let kept = case.gradients(&batch, &options);
        let again = case.gradients(
            &batch,
            &Options {
                recompute: true,
                ..options
            },
        );
        assert_eq!(kept.values(), again.values());
    }
}

/// Dropout is drawn by keys, so parts of a batch drop what the whole drops.
#[test]
fn gradients_of_parts_add_up_to_those_of_the_whole() {
    let case = Case::load("v1_1");
    let options = Options {
        dropout_rate: 0.1,
        z_loss: 1e-4,
        ..PLAIN
    };
    let whole = case.gradients(&case.batch(&case.rows()), &options);
    let mut parts = case.parameters.zeros_like();
    for row in case.rows() {
        let batch = case.batch(&[row]);
        case.model
            .gradients(&case.parameters, &batch, &options, &mut parts)
            .unwrap();
    }
    assert!(relative_difference(parts.values(), whole.values()) < 1e-5);
}

/// Along its own direction the gradient is the slope of the loss, dropout included: differences of the loss itself say so.
#[test]
fn gradients_with_dropout_are_slopes_of_the_loss() {
    for shape in SHAPES {
        let mut case = Case::load(shape);
        let batch = case.batch(&case.rows());
        let options = Options {
            dropout_rate: 0.3,
            divisor: 10.0,
            ..PLAIN
        };
        let gradients = case.gradients(&batch, &options);
        let norm = gradients
            .values()
            .iter()
            .map(|&g| f64::from(g) * f64::from(g))
            .sum::<f64>()
            .sqrt();
        let start = case.parameters.clone();
        let mut loss_at = |step: f64| -> f64 {
            let moved = start.values().iter().zip(gradients.values());
            let moved: Vec<f32> = moved
                .map(|(&w, &g)| (f64::from(w) + step * f64::from(g) / norm) as f32)
                .collect();
            case.parameters.values_mut().copy_from_slice(&moved);
            let mut unused = case.parameters.zeros_like();
            let losses = case
                .model
                .gradients(&case.parameters, &batch, &options, &mut unused)
                .unwrap();
            losses
                .per_token
                .iter()
                .map(|&loss| f64::from(loss))
                .sum::<f64>()
                / options.divisor
        };
        let step = 2e-5;
        let slope = (loss_at(step) - loss_at(-step)) / (2.0 * step);
        assert_close(slope, norm, 1e-2, shape);
    }
}

#[test]
fn batches_that_cannot_be_are_named() {
    let case = Case::load("v1_1");
    let good = case.batch(&[0]);
    let mut gradients = case.parameters.zeros_like();
    let mut refused = |batch: &Batch| {
        let found = case
            .model
            .gradients(&case.parameters, batch, &PLAIN, &mut gradients);
        found.unwrap_err().to_string()
    };
    let mut bad = good.clone();
    bad.labels[0] = 1 << 30;
    assert!(refused(&bad).contains("token 1073741824 is outside"));
    let mut bad = good.clone();
    bad.weights.pop();
    assert!(refused(&bad).contains("weights"));
    let bad = Batch {
        sources: Rows::default(),
        ..good
    };
    assert!(refused(&bad).contains("targets"));
    assert!(gradients.values().iter().all(|&value| value == 0.0));
    let empty = Batch::default();
    let losses = case
        .model
        .gradients(&case.parameters, &empty, &PLAIN, &mut gradients)
        .unwrap();
    assert!(losses.per_token.is_empty());
}
