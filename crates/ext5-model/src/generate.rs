use crate::attention::KeyValue;
use crate::mask::attention_mask;
use crate::stack::Memory;
use crate::{T5, T5Config};
use burn::tensor::{Int, Tensor, TensorData};
use ext5_inference::{Decoder, Error, Result};

/// Positions by which the caches grow.
const BLOCK: usize = 64;

/// A batch in the middle of decoding on the model's device: what each layer has cached for its rows. Keys and values of the
/// encoder's output are computed once; the decoder's own are cached in place.
#[derive(Debug)]
pub struct Decoding<'a> {
    model: &'a T5,
    position: usize,
    rows: usize,
    own: Vec<KeyValue>,    // [B, H, capacity, K] each, filled up to the position
    cross: Vec<KeyValue>,  // [B, H, S, K] each
    cross_mask: Tensor<4>, // [B, 1, 1, S]
    logits: Vec<f32>,
}

impl T5 {
    /// A batch of one row for each row of a padded batch of sources, nothing decoded yet. The model should come from
    /// `valid()`, so that neither dropout nor gradients are in play.
    ///
    /// # Shapes
    /// - `tokens`, `segments`: `[B, S]`
    pub fn decoding(&self, tokens: Tensor<2, Int>, segments: Tensor<2, Int>) -> Decoding<'_> {
        let [rows, _] = tokens.dims();
        let encoded = self.encode(tokens, segments.clone());
        let device = encoded.device();
        let first = Tensor::<2, Int>::ones([rows, 1], &device);
        let blocks = &self.decoder.block;
        Decoding {
            model: self,
            position: 0,
            rows,
            own: blocks
                .iter()
                .map(|_| KeyValue {
                    key: Tensor::zeros(capacity(self.config(), rows), &device),
                    value: Tensor::zeros(capacity(self.config(), rows), &device),
                })
                .collect(),
            cross: blocks
                .iter()
                .filter_map(|block| block.cross_key_value(encoded.clone()))
                .collect(),
            cross_mask: attention_mask(first, segments, false),
            logits: Vec::new(),
        }
    }
}

fn capacity(config: &T5Config, rows: usize) -> [usize; 4] {
    [rows, config.num_heads, BLOCK, config.d_kv]
}

impl Decoding<'_> {
    /// Makes room for one more position.
    fn grow(&mut self) {
        if self.position == 0 || !self.position.is_multiple_of(BLOCK) {
            return;
        }
        let shape = capacity(self.model.config(), self.rows);
        for pair in &mut self.own {
            for cache in [&mut pair.key, &mut pair.value] {
                cache.inplace(|cache| {
                    let room = Tensor::zeros(shape, &cache.device());
                    Tensor::cat(vec![cache, room], 2)
                });
            }
        }
    }

    /// Logits `[B, V]` of the tokens that follow `tokens`, on the device.
    fn forward(&mut self, tokens: &[u32]) -> Tensor<2> {
        self.grow();
        let device = self.cross_mask.device();
        let ids: Vec<i64> = tokens.iter().map(|&id| i64::from(id)).collect();
        let ids = Tensor::from_data(TensorData::new(ids, [self.rows, 1]), &device);
        let position = self.position;
        let decoder = &self.model.decoder;
        let bias = decoder.position_bias(position, [1, position + 1]);
        let mut hidden = self.model.embed(ids); // [B, 1, D]
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
        self.position += 1;
        self.model.project(hidden.reshape([self.rows, width]))
    }
}

impl Decoder for Decoding<'_> {
    fn vocabulary(&self) -> usize {
        self.model.config().vocab_size
    }

    fn rows(&self) -> usize {
        self.rows
    }

    fn step(&mut self, tokens: &[u32]) -> Result<&mut [f32]> {
        if tokens.len() != self.rows {
            return Err(Error::TokenCount {
                rows: self.rows,
                tokens: tokens.len(),
            });
        }
        let vocabulary = self.vocabulary();
        if let Some(&id) = tokens.iter().find(|&&id| id as usize >= vocabulary) {
            return Err(Error::Token { id, vocabulary });
        }
        let read = self.forward(tokens).try_into_vec_as::<f32>();
        self.logits = read.map_err(|error| Error::Device(format!("{error:?}")))?;
        Ok(&mut self.logits)
    }

    fn reorder(&mut self, parents: &[usize]) -> Result<()> {
        if let Some(&row) = parents.iter().find(|&&row| row >= self.rows) {
            return Err(Error::Row {
                row,
                rows: self.rows,
            });
        }
        let device = self.cross_mask.device();
        let ids: Vec<i64> = parents.iter().map(|&row| row as i64).collect();
        let rows = Tensor::<1, Int>::from_data(TensorData::new(ids, [parents.len()]), &device);
        for pair in self.own.iter_mut().chain(&mut self.cross) {
            pair.key.inplace(|key| key.select(0, rows.clone()));
            pair.value.inplace(|value| value.select(0, rows.clone()));
        }
        self.cross_mask.inplace(|mask| mask.select(0, rows.clone()));
        self.rows = parents.len();
        Ok(())
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
