use crate::attention::KeyValue;
use crate::mask::attention_mask;
use crate::stack::Memory;
use crate::{Error, Result, T5};
use burn::tensor::{Int, Tensor, TensorData};

/// How to decode greedily.
#[derive(Clone, Copy, Debug)]
pub struct GreedyOptions {
    /// Most tokens a row may get, end of sequence included.
    pub max_tokens: usize,
    /// Tokens a row gets before it may end.
    pub min_tokens: usize,
}

/// Greedy decoding of a padded batch: each row's token ids up to and including its end of sequence. The model should
/// come from `valid()`, so that neither dropout nor gradients are in play.
///
/// Keys and values of the encoder's output are computed once; the decoder's own are cached in place. Rows that have
/// ended leave the batch.
///
/// # Shapes
/// - `tokens`, `segments`: `[B, S]`
///
/// # Errors
/// [`Error::Device`] where the device fails.
pub fn greedy(
    model: &T5,
    tokens: Tensor<2, Int>,
    segments: Tensor<2, Int>,
    options: GreedyOptions,
) -> Result<Vec<Vec<u32>>> {
    let [rows, _] = tokens.dims();
    if options.max_tokens == 0 {
        return Ok(vec![Vec::new(); rows]);
    }
    let config = model.config();
    let (start, end) = (config.decoder_start_token_id, config.eos_token_id);
    let encoded = model.encode(tokens, segments.clone());
    let mut decoder = Decoder::new(model, encoded, segments, options.max_tokens);
    let mut answers = vec![Vec::new(); rows];
    let mut active: Vec<usize> = (0..rows).collect(); // rows still being decoded, in the cache's order
    let mut last = vec![start; rows];
    for position in 0..options.max_tokens {
        let mut logits = decoder.step(&last, position); // [active, V]
        if position < options.min_tokens {
            let [count, vocabulary] = logits.dims();
            let column = end as usize;
            let never = Tensor::full([count, 1], f32::NEG_INFINITY, &logits.device());
            logits = logits.slice_assign([0..count, column..(column + 1).min(vocabulary)], never);
        }
        last = read_ids(logits.argmax(1))?;
        let mut kept = Vec::new();
        for (place, (&row, &token)) in active.iter().zip(&last).enumerate() {
            answers[row].push(token);
            if token != end {
                kept.push(place);
            }
        }
        if kept.is_empty() {
            break;
        }
        if kept.len() < active.len() {
            decoder.keep(&kept);
            active = kept.iter().map(|&place| active[place]).collect();
            last = kept.iter().map(|&place| last[place]).collect();
        }
    }
    Ok(answers)
}

fn read_ids(ids: Tensor<2, Int>) -> Result<Vec<u32>> {
    let ids = ids
        .try_into_vec_as::<i64>()
        .map_err(|error| Error::Device(format!("{error:?}")))?;
    Ok(ids.into_iter().map(|id| id as u32).collect())
}

/// The decoder in the middle of its work: what each layer has cached for the rows still active.
struct Decoder<'a> {
    model: &'a T5,
    own: Vec<KeyValue>,    // [B, H, max_tokens, K] each, filled up to the position
    cross: Vec<KeyValue>,  // [B, H, S, K] each
    cross_mask: Tensor<4>, // [B, 1, 1, S]
}

impl<'a> Decoder<'a> {
    fn new(model: &'a T5, encoded: Tensor<3>, segments: Tensor<2, Int>, max_tokens: usize) -> Self {
        let [rows, _, _] = encoded.dims();
        let device = encoded.device();
        let config = model.config();
        let shape = [rows, config.num_heads, max_tokens, config.d_kv];
        let empty = || Tensor::zeros(shape, &device);
        let blocks = &model.decoder.block;
        let first = Tensor::<2, Int>::ones([rows, 1], &device);
        Self {
            model,
            own: blocks
                .iter()
                .map(|_| KeyValue {
                    key: empty(),
                    value: empty(),
                })
                .collect(),
            cross: blocks
                .iter()
                .filter_map(|block| block.cross_key_value(encoded.clone()))
                .collect(),
            cross_mask: attention_mask(first, segments, false),
        }
    }

    /// Logits `[B, V]` of the token after `last`, which stands at `position`.
    fn step(&mut self, last: &[u32], position: usize) -> Tensor<2> {
        let rows = last.len();
        let device = self.cross_mask.device();
        let last: Vec<i64> = last.iter().map(|&id| i64::from(id)).collect();
        let tokens = Tensor::from_data(TensorData::new(last, [rows, 1]), &device);
        let decoder = &self.model.decoder;
        let bias = decoder.position_bias(position, [1, position + 1]);
        let mut hidden = self.model.embed(tokens); // [B, 1, D]
        for ((block, cache), cross) in decoder.block.iter().zip(&mut self.own).zip(&self.cross) {
            let memory = Memory {
                key_value: cross.clone(),
                mask: self.cross_mask.clone(),
            };
            let extend = |new: KeyValue| extend(cache, new, position);
            hidden = block.forward(hidden, bias.clone(), extend, Some(memory));
        }
        let hidden = decoder.finish(hidden);
        let [_, _, width] = hidden.dims();
        self.model.project(hidden.reshape([rows, width]))
    }

    /// Keeps the rows at `places` and drops the others.
    fn keep(&mut self, places: &[usize]) {
        let device = self.cross_mask.device();
        let ids: Vec<i64> = places.iter().map(|&place| place as i64).collect();
        let rows = Tensor::<1, Int>::from_data(TensorData::new(ids, [places.len()]), &device);
        for pair in self.own.iter_mut().chain(&mut self.cross) {
            pair.key.inplace(|key| key.select(0, rows.clone()));
            pair.value.inplace(|value| value.select(0, rows.clone()));
        }
        self.cross_mask.inplace(|mask| mask.select(0, rows.clone()));
    }
}

/// Writes `new` `[B, H, 1, K]` at `position` and answers everything up to it.
fn extend(cache: &mut KeyValue, new: KeyValue, position: usize) -> KeyValue {
    let [rows, heads, _, width] = new.key.dims();
    let place = [0..rows, 0..heads, position..position + 1, 0..width];
    cache
        .key
        .inplace(|key| key.slice_assign(place.clone(), new.key));
    cache
        .value
        .inplace(|value| value.slice_assign(place, new.value));
    KeyValue {
        key: cache.key.clone().narrow(2, 0, position + 1),
        value: cache.value.clone().narrow(2, 0, position + 1),
    }
}
