//! What a step holds in memory, by arithmetic. The formulas are those of the layers in `ext5-backprop`: what each keeps for its
//! way back, and what the largest layer needs besides.
use crate::OptimizerConfig;
use crate::optimizer::FACTOR_FROM;
use ext5_architecture::{T5Config, names};
use ext5_data::Batch;
use serde::Serialize;

/// Bytes of a number.
const F32: f64 = 4.0;
/// Logits that exist at once on the host, whatever the batch.
const LOGITS: f64 = 8_388_608.0;
/// What is held of buffers for each number that is in use at once: they are kept from step to step, for batches of other sizes
/// too. Measured over five runs, 1.02 to 1.28.
const HELD: f64 = 1.1;

/// Tokens that go through the model at once, padding not counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct MicroBatch {
    /// Rows.
    pub rows: usize,
    /// Tokens of the encoder.
    pub inputs_tokens: usize,
    /// Tokens of the decoder.
    pub targets_tokens: usize,
}

impl MicroBatch {
    /// The one of most tokens when `batch` is cut into so many rows each; 0 for all at once.
    pub(crate) fn largest(batch: &Batch, rows: usize) -> Self {
        let rows = if rows == 0 { batch.rows } else { rows }.clamp(1, batch.rows.max(1));
        let cut = |first: usize| {
            let own = batch
                .segments
                .iter()
                .filter(|it| it.row / rows == first / rows);
            own.fold(
                Self {
                    rows: rows.min(batch.rows - first),
                    ..Self::default()
                },
                |sum, it| Self {
                    inputs_tokens: sum.inputs_tokens + it.inputs_tokens,
                    targets_tokens: sum.targets_tokens + it.targets_tokens,
                    ..sum
                },
            )
        };
        let all = (0..batch.rows).step_by(rows).map(cut);
        all.max_by_key(Self::tokens).unwrap_or_default()
    }

    /// Tokens of both sides.
    pub(crate) fn tokens(&self) -> usize {
        self.inputs_tokens + self.targets_tokens
    }
}

/// A part of the memory.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MemoryPart {
    /// What it is.
    pub name: &'static str,
    /// How much.
    pub mib: f64,
    /// How it was counted; P is the number of parameters.
    pub how: &'static str,
}

impl MemoryPart {
    pub(crate) fn new(name: &'static str, bytes: f64, how: &'static str) -> Self {
        let mib = bytes / f64::from(1 << 20);
        Self { name, mib, how }
    }
}

/// Bytes that an optimizer remembers for all parameters.
pub fn optimizer_bytes(config: &T5Config, optimizer: &OptimizerConfig) -> f64 {
    let numbers = |shape: &[usize]| match (optimizer, shape) {
        (OptimizerConfig::AdamW { .. }, _) => 2 * shape.iter().product::<usize>(),
        (OptimizerConfig::Adafactor { .. }, &[rows, columns])
            if rows.min(columns) >= FACTOR_FROM =>
        {
            rows + columns
        }
        _ => shape.iter().product(),
    };
    let all: usize = names(config).iter().map(|(_, shape)| numbers(shape)).sum();
    all as f64 * F32
}

/// Bytes of activations on the host, where rows are ragged and attention never holds its scores.
///
/// With `D` model width, `A` width of all heads, `H` heads, `F` feed-forward width, `wide` that of its input layers together: a layer
/// keeps the stream (`D`) before each of its parts, queries, keys, values and result of each attention (4 `A`) with a sum per
/// head, and `wide`. On the way back the largest part needs `wide + F` and a few copies of the stream besides. Logits are made in
/// chunks of at most 32 MiB. With `recompute` a layer keeps the stream before it alone, and one layer at a time is whole. A tenth
/// is added for buffers that wait.
pub fn activation_bytes(config: &T5Config, batch: MicroBatch, recompute: bool) -> f64 {
    let [d, a, h, f] = [
        config.d_model,
        config.d_attention(),
        config.num_heads,
        config.d_ff,
    ]
    .map(|size| size as f64);
    let wide = if config.feed_forward_proj.is_gated() {
        2.0 * f
    } else {
        f
    };
    let [inputs, targets] = [batch.inputs_tokens, batch.targets_tokens].map(|count| count as f64);
    let encoder = inputs * (2.0 * d + 4.0 * a + h + wide);
    let decoder = targets * (3.0 * d + 6.0 * a + 2.0 * h + wide) + inputs * 2.0 * a;
    let [encoders, decoders] =
        [config.num_layers, config.decoder_layers()].map(|count| count as f64);
    let kept = if recompute {
        d * (encoders * inputs + decoders * targets) + encoder.max(decoder)
    } else {
        encoders * encoder + decoders * decoder
    };
    // Encoder's and decoder's outputs and their gradients; the streams on the way back.
    let streams = d * (4.0 * inputs + 4.0 * targets);
    let widest = inputs.max(targets) * (wide + f + d).max(4.0 * a + 2.0 * d);
    let vocabulary = config.vocab_size as f64;
    let logits = (targets * vocabulary).min(LOGITS.max(vocabulary));
    (kept + streams + widest + logits) * HELD * F32
}

/// Bytes of activations on a device, where Burn pads the rows and keeps what every operation has made: scores of attention,
/// their softmax and all logits among them. Rough, and an upper bound where fusion saves some.
pub fn device_activation_bytes(
    config: &T5Config,
    rows: usize,
    inputs: usize,
    targets: usize,
) -> f64 {
    let [d, a, h, f] = [
        config.d_model,
        config.d_attention(),
        config.num_heads,
        config.d_ff,
    ]
    .map(|size| size as f64);
    let [rows, inputs, targets] = [rows, inputs, targets].map(|count| count as f64);
    let wide = if config.feed_forward_proj.is_gated() {
        4.0 * f
    } else {
        3.0 * f
    };
    let attention = |queries: f64, keys: f64| {
        queries * (6.0 * d + 4.0 * a) + keys * 4.0 * a + 4.0 * h * queries * keys
    };
    let feed_forward = |tokens: f64| tokens * (6.0 * d + wide);
    let encoder = attention(inputs, inputs) + feed_forward(inputs);
    let decoder = attention(targets, targets) + attention(targets, inputs) + feed_forward(targets);
    let layers = config.num_layers as f64 * encoder + config.decoder_layers() as f64 * decoder;
    rows * (layers + 4.0 * targets * config.vocab_size as f64) * F32
}

#[cfg(test)]
mod tests {
    use super::*;
    use ext5_architecture::preset;

    #[test]
    fn the_largest_micro_batch_is_found_by_its_rows() {
        let segment = |row, inputs_tokens, targets_tokens| ext5_data::Segment {
            row,
            segment: 1,
            task: 0,
            draw: 0,
            epoch: 0,
            example: 0,
            inputs_tokens,
            targets_tokens,
            inputs_truncated: 0,
            targets_truncated: 0,
        };
        let batch = Batch {
            rows: 3,
            segments: vec![
                segment(0, 5, 1),
                segment(1, 4, 1),
                segment(1, 2, 2),
                segment(2, 8, 2),
            ],
            ..Batch::default()
        };
        let found = |rows| {
            let it = MicroBatch::largest(&batch, rows);
            (it.rows, it.inputs_tokens, it.targets_tokens)
        };
        assert_eq!(found(0), (3, 19, 6));
        assert_eq!(found(2), (2, 11, 4));
        assert_eq!(found(1), (1, 8, 2));
        assert_eq!(
            MicroBatch::largest(&Batch::default(), 4),
            MicroBatch::default()
        );
    }

    fn adafactor() -> OptimizerConfig {
        OptimizerConfig::Adafactor { weight_decay: 0.0 }
    }

    #[test]
    fn adafactor_remembers_rows_and_columns_of_what_it_factors() {
        // T5.1.1-small as its layers are written down: [out, in] of each, by hand.
        let config = preset("t5_1_1_small").unwrap();
        let vectors = 512 * (8 * 2 + 1 + 8 * 3 + 1) + 2 * 32 * 6; // norms; the tables [32, 6] are too small to factor
        let attentions = (8 + 2 * 8) * 4 * (384 + 512);
        let feed_forwards = 16 * 3 * (1024 + 512);
        let embeddings = 2 * (32_128 + 512);
        let all = vectors + attentions + feed_forwards + embeddings;
        assert_eq!(optimizer_bytes(&config, &adafactor()) as usize, 4 * all);
    }

    #[test]
    fn adam_remembers_two_numbers_of_each() {
        let config = preset("tiny").unwrap();
        let adam: OptimizerConfig = toml::from_str("kind = \"adamw\"").unwrap();
        let expected = 8 * config.num_parameters();
        assert_eq!(optimizer_bytes(&config, &adam) as usize, expected);
    }

    #[test]
    fn activations_grow_with_tokens_and_layers_and_shrink_by_recomputing() {
        let config = preset("t5_1_1_base").unwrap();
        let batch = MicroBatch {
            rows: 8,
            inputs_tokens: 4096,
            targets_tokens: 912,
        };
        let whole = activation_bytes(&config, batch, false);
        let again = activation_bytes(&config, batch, true);
        assert!(again < whole / 4.0, "{again} of {whole}");
        // Twelve encoder layers of 4,096 tokens, by hand: 2 * 768 + 4 * 768 + 12 + 4096 numbers each.
        let encoder = 12.0 * 4096.0 * (2.0 * 768.0 + 4.0 * 768.0 + 12.0 + 4096.0) * 4.0;
        assert!(
            whole > encoder && whole < 2.0 * encoder,
            "{whole} of {encoder}"
        );
        let double = MicroBatch {
            rows: 16,
            inputs_tokens: 8192,
            targets_tokens: 1824,
        };
        let ratio = activation_bytes(&config, double, false) / whole;
        assert!((1.9..=2.0).contains(&ratio), "{ratio}");
        assert!(device_activation_bytes(&config, 8, 512, 114) > whole);
    }
}
