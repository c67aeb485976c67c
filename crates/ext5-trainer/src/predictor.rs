use crate::batch::to_device;
use crate::{Error, Result};
use burn::module::Module;
use burn::tensor::{Device, Int, Tensor, TensorData};
use ext5_data::Batch;
use ext5_eval::{Predictor, Score};
use ext5_model::{GreedyOptions, T5, greedy};
use ext5_tokenizer::{TokenId, Vocabulary};
use std::sync::Arc;

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// A T5 with its vocabulary that answers and scores text. Rows are batched by length, answers come in order.
pub struct T5Predictor {
    model: T5,
    vocabulary: Arc<dyn Vocabulary>,
    /// Tokens the inputs are cut to, end of sequence included.
    inputs_length: usize,
    /// Rows that go through the model at once.
    batch_rows: usize,
}

impl T5Predictor {
    /// A predictor over a copy of `model` without dropout and gradients.
    ///
    /// # Errors
    /// [`Error::Config`] where the vocabulary has more ids than the model has embeddings.
    pub fn new(
        model: &T5,
        vocabulary: Arc<dyn Vocabulary>,
        inputs_length: usize,
        batch_rows: usize,
    ) -> Result<Self> {
        fits(model, vocabulary.as_ref())?;
        Ok(Self {
            model: model.valid(),
            vocabulary,
            inputs_length,
            batch_rows: batch_rows.max(1),
        })
    }

    fn device(&self) -> Device {
        self.model.device()
    }

    /// Ids of `text` cut to `length`, end of sequence included.
    fn encode(&self, text: &str, length: usize) -> std::result::Result<Vec<TokenId>, Failure> {
        let mut ids = self.vocabulary.encode(text)?;
        ids.truncate(length.saturating_sub(1));
        ids.push(self.vocabulary.eos_id());
        Ok(ids)
    }

    /// Index groups of similar length, each at most `batch_rows` long.
    fn groups(&self, lengths: impl Iterator<Item = usize>) -> Vec<Vec<usize>> {
        let mut order: Vec<(usize, usize)> = lengths.enumerate().map(|(i, l)| (l, i)).collect();
        order.sort_unstable();
        let indices: Vec<usize> = order.into_iter().map(|(_, index)| index).collect();
        indices
            .chunks(self.batch_rows)
            .map(<[usize]>::to_vec)
            .collect()
    }
}

/// Checks that every id of the vocabulary has an embedding.
pub(crate) fn fits(model: &T5, vocabulary: &dyn Vocabulary) -> Result<()> {
    let (ids, rows) = (vocabulary.size(), model.config().vocab_size);
    if ids <= rows {
        return Ok(());
    }
    let problem = format!(
        "the vocabulary has {ids} ids but the model only {rows} embeddings, so they do not belong together"
    );
    Err(Error::Config {
        problems: vec![problem],
    })
}

impl Predictor for T5Predictor {
    fn generate(
        &mut self,
        inputs: &[&str],
        max_tokens: usize,
    ) -> std::result::Result<Vec<String>, Failure> {
        let ids: Vec<Vec<TokenId>> = inputs
            .iter()
            .map(|text| self.encode(text, self.inputs_length))
            .collect::<std::result::Result<_, _>>()?;
        let mut answers = vec![String::new(); inputs.len()];
        let options = GreedyOptions {
            max_tokens,
            min_tokens: 0,
        };
        for group in self.groups(ids.iter().map(Vec::len)) {
            let rows: Vec<&[TokenId]> = group.iter().map(|&index| ids[index].as_slice()).collect();
            let (tokens, segments) = pad(&rows, &self.device());
            let found = greedy(&self.model, tokens, segments, options)?;
            for (index, ids) in group.into_iter().zip(found) {
                answers[index] = self.vocabulary.decode(&ids);
            }
        }
        Ok(answers)
    }

    fn score(&mut self, pairs: &[(&str, &str)]) -> std::result::Result<Vec<Score>, Failure> {
        let ids = pairs
            .iter()
            .map(|(inputs, targets)| {
                Ok((
                    self.encode(inputs, self.inputs_length)?,
                    self.encode(targets, usize::MAX)?,
                ))
            })
            .collect::<std::result::Result<Vec<_>, Failure>>()?;
        let mut scores = vec![
            Score {
                log_likelihood: 0.0,
                tokens: 0
            };
            pairs.len()
        ];
        for group in self.groups(
            ids.iter()
                .map(|(inputs, targets)| inputs.len() + targets.len()),
        ) {
            let rows: Vec<(&[TokenId], &[TokenId])> = group
                .iter()
                .map(|&index| (&*ids[index].0, &*ids[index].1))
                .collect();
            let batch = unpacked(&rows);
            let inputs = to_device(&batch, 0..batch.rows, &self.device());
            let losses = self
                .model
                .losses(&inputs.input, inputs.targets, inputs.weights);
            let sums = losses.per_token.sum_dim(1).try_into_vec_as::<f32>();
            let sums = sums.map_err(|error| Error::device("score", &error))?;
            for (index, sum) in group.into_iter().zip(sums) {
                let tokens = ids[index].1.len();
                scores[index] = Score {
                    log_likelihood: -f64::from(sum),
                    tokens,
                };
            }
        }
        Ok(scores)
    }
}

/// Rows of ids as `[B, S]` with their padding mask.
fn pad(rows: &[&[TokenId]], device: &Device) -> (Tensor<2, Int>, Tensor<2, Int>) {
    let length = rows.iter().map(|row| row.len()).max().unwrap_or(0).max(1);
    let filled = |value: fn(TokenId) -> i64| -> Tensor<2, Int> {
        let values: Vec<i64> = rows
            .iter()
            .flat_map(|row| {
                let padding = std::iter::repeat_n(0, length - row.len());
                row.iter().map(|&id| value(id)).chain(padding)
            })
            .collect();
        Tensor::from_data(TensorData::new(values, [rows.len(), length]), device)
    };
    (filled(i64::from), filled(|_| 1))
}

/// One example a row, padded to the longest.
fn unpacked(rows: &[(&[TokenId], &[TokenId])]) -> Batch {
    let longest = |length: fn(&(&[TokenId], &[TokenId])) -> usize| {
        rows.iter().map(length).max().unwrap_or(0).max(1)
    };
    let mut batch = Batch {
        rows: rows.len(),
        inputs_length: longest(|row| row.0.len()),
        targets_length: longest(|row| row.1.len()),
        ..Batch::default()
    };
    for &(inputs, targets) in rows {
        let (inputs_padding, targets_padding) = (
            batch.inputs_length - inputs.len(),
            batch.targets_length - targets.len(),
        );
        let extend = |into: &mut Vec<u32>, ids: &mut dyn Iterator<Item = u32>, padding: usize| {
            into.extend(ids);
            into.extend(std::iter::repeat_n(0, padding));
        };
        let shifted = std::iter::once(0)
            .chain(targets.iter().copied())
            .take(targets.len());
        extend(
            &mut batch.encoder_input_tokens,
            &mut inputs.iter().copied(),
            inputs_padding,
        );
        extend(
            &mut batch.encoder_segment_ids,
            &mut inputs.iter().map(|_| 1),
            inputs_padding,
        );
        extend(
            &mut batch.decoder_input_tokens,
            &mut { shifted },
            targets_padding,
        );
        extend(
            &mut batch.decoder_target_tokens,
            &mut targets.iter().copied(),
            targets_padding,
        );
        extend(
            &mut batch.decoder_segment_ids,
            &mut targets.iter().map(|_| 1),
            targets_padding,
        );
        batch
            .decoder_loss_weights
            .extend(targets.iter().map(|_| 1.0));
        batch
            .decoder_loss_weights
            .extend(std::iter::repeat_n(0.0, targets_padding));
    }
    batch
}
