//! N5: the gradients of the host learner are slopes of its loss, for each parameter.
//!
//! Relu has kinks that a step of any length crosses, so T5 1.0 has gelu here. That gradients are those of transformers on recorded
//! weights, relu among them, and the whole step PyTorch's, is tested elsewhere:
//! `crates/ext5-backprop/tests/parity.rs`, `crates/ext5-trainer/tests/golden.rs`.
use std::ops::Range;

use ext5_architecture::{FeedForwardProjection, T5Config};
use ext5_backprop::{Batch, Options, Parameters, T5};
use ext5_objectives::Stream;

use crate::place::{Place, Tier};
use crate::row::{Failure, Figure, Row};

pub(super) const ROW: Row = Row {
    id: "N5",
    what: "gradients of each parameter of a tiny T5 against differences of the loss",
    tier: Tier::P,
    defect: "the embedding's gradient is 1 % too large",
    run,
};

/// Largest relative difference.
const BOUND: f64 = 1e-3;
/// Lengths of the steps that are tried, of the parameter's own norm.
const STEPS: &[f64] = &[0.05, 0.025, 0.0125, 0.006, 0.003, 0.0015, 0.0008];
const OPTIONS: Options = Options {
    z_loss: 1e-3,
    divisor: 7.0,
    dropout_rate: 0.0,
    recompute: false,
};

fn run(place: &Place) -> Result<Figure, Failure> {
    let (mut count, mut worst) = (0, (0.0, String::new()));
    for (name, gated, recompute) in [("T5 1.1", true, false), ("T5 1.0 with gelu", false, true)] {
        let mut case = Case::new(gated, recompute)?;
        let mut gradients = case.parameters.zeros_like();
        let model = &case.model;
        model.gradients(&case.parameters, &case.batch, &case.options, &mut gradients)?;
        if place.seeded {
            let slot = gradients
                .slot("shared.weight")
                .ok_or("no embedding")?
                .clone();
            for value in &mut gradients.values_mut()[slot.range] {
                *value *= 1.01;
            }
        }
        let slots = gradients.slots().to_vec();
        for (number, slot) in slots.into_iter().enumerate() {
            // Along the gradient itself, and along what two random halves of it are.
            for half in 0..3 {
                let own = direction(&gradients, &slot.range, (number as u64, half));
                let expected = norm(&own);
                let found = case.slope(&slot.range, &own)?;
                let difference = (found - expected).abs() / expected.max(1e-12);
                count += 1;
                if difference >= worst.0 {
                    worst = (difference, format!("{name} `{}`", slot.name));
                }
            }
        }
    }
    let (difference, at) = worst;
    Ok(Figure::new(
        format!("{count} slopes, largest relative difference {difference:.1e} ({at})"),
        format!("{BOUND:.0e}"),
        difference <= BOUND,
    ))
}

struct Case {
    model: T5,
    parameters: Parameters,
    batch: Batch,
    options: Options,
}

impl Case {
    fn new(gated: bool, recompute: bool) -> Result<Self, Failure> {
        let config = T5Config {
            vocab_size: 48,
            d_model: 16,
            d_kv: 4,
            d_ff: 24,
            num_layers: 2,
            num_heads: 3,
            feed_forward_proj: if gated {
                FeedForwardProjection::GatedGelu
            } else {
                FeedForwardProjection::Gelu
            },
            tie_word_embeddings: !gated,
            ..T5Config::default()
        };
        let normal = |name: &str, first: usize, out: &mut [f32]| {
            let parts: Vec<u64> = name.bytes().map(u64::from).collect();
            Stream::new(&parts).normals(first, out);
            // Larger than at first, so that no part of the model is of little account.
            for value in out.iter_mut() {
                *value *= 1.3;
            }
        };
        let parameters = Parameters::initial(&config, &normal)?;
        let mut stream = Stream::new(&[5]);
        let mut ids = |count: usize| -> Vec<u32> {
            let id = |_| 2 + (stream.next_u64() % 46) as u32;
            (0..count).map(id).collect()
        };
        let mut batch = Batch::default();
        for (inputs, targets) in [(11, 7), (5, 9), (13, 4)] {
            let labels = ids(targets);
            let shifted = [&[0], &labels[..targets - 1]].concat();
            batch.sources.push(&ids(inputs), std::iter::empty());
            batch.targets.push(&shifted, std::iter::empty());
            batch.labels.extend(labels);
            batch.weights.extend(vec![1.0; targets]);
        }
        Ok(Self {
            model: T5::new(&config, &parameters),
            parameters,
            batch,
            options: Options {
                recompute,
                ..OPTIONS
            },
        })
    }

    fn loss(&self) -> Result<f64, Failure> {
        let losses = self.model.losses(&self.parameters, &self.batch)?;
        let sum: f64 = losses.per_token.iter().map(|&it| f64::from(it)).sum();
        Ok((sum + OPTIONS.z_loss * losses.log_z_squared) / OPTIONS.divisor)
    }

    /// The slope of the loss along `direction` of the parameter at `range`: by five points, at the length of step where it changes
    /// least from one length to the next.
    fn slope(&mut self, range: &Range<usize>, direction: &[f64]) -> Result<f64, Failure> {
        let start = self.parameters.values()[range.clone()].to_vec();
        let size = norm(&start.iter().map(|&it| f64::from(it)).collect::<Vec<_>>());
        let unit = norm(direction).max(f64::MIN_POSITIVE);
        let at = |case: &mut Self, length: f64| {
            let place = &mut case.parameters.values_mut()[range.clone()];
            for ((value, start), way) in place.iter_mut().zip(&start).zip(direction) {
                *value = (f64::from(*start) + length * way / unit) as f32;
            }
            case.loss()
        };
        let mut slopes = Vec::new();
        for step in STEPS {
            let step = step * size;
            let near = at(self, step)? - at(self, -step)?;
            let far = at(self, 2.0 * step)? - at(self, -2.0 * step)?;
            slopes.push((8.0 * near - far) / (12.0 * step));
        }
        at(self, 0.0)?;
        let change = |pair: &&[f64]| (pair[1] - pair[0]).abs();
        let steady = slopes
            .windows(2)
            .min_by(|one, other| change(one).total_cmp(&change(other)));
        Ok(steady.map_or(0.0, |pair| pair[1]))
    }
}

/// The gradient at `range`, all of it or the half that is drawn.
fn direction(gradients: &Parameters, range: &Range<usize>, (slot, half): (u64, u64)) -> Vec<f64> {
    let mut stream = Stream::new(&[6, slot, half]);
    let own = gradients.values()[range.clone()].iter();
    own.map(|&value| {
        let drawn = half == 0 || stream.next_u64().is_multiple_of(2);
        if drawn { f64::from(value) } else { 0.0 }
    })
    .collect()
}

fn norm(values: &[f64]) -> f64 {
    values.iter().map(|value| value * value).sum::<f64>().sqrt()
}
