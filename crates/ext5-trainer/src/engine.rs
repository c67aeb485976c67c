use crate::batch::to_device;
use crate::{Error, Result, device};
use burn::module::Module;
use burn::tensor::{Device, Int, Tensor, TensorData};
use ext5_architecture::{SAFETENSORS, Weights};
use ext5_data::Batch;
use ext5_inference::{Answer, Memory, Precision, Settings, search};
use ext5_model::{T5, T5Config, export_safetensors};
use ext5_tokenizer::TokenId;

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Bytes that a batch may take while it is answered on the CPU, weights excluded.
pub(crate) const MEMORY: usize = 192 << 20;

/// What runs a T5 that answers: on the CPU the packed weights of `ext5-inference`, elsewhere Burn.
pub(crate) enum Engine {
    Host(Box<ext5_inference::T5>),
    Device(Box<T5>),
}

/// A source with the targets to score after it.
pub(crate) type Question<'a> = (&'a [TokenId], Vec<&'a [TokenId]>);

impl Engine {
    /// A copy of `model` without dropout and gradients.
    ///
    /// # Errors
    /// [`Error::Device`] where the weights cannot be read.
    pub(crate) fn of(model: &T5) -> Result<Self> {
        let model = model.valid();
        if !device::is_host(&model.device()) {
            return Ok(Self::Device(Box::new(model)));
        }
        let weights = export_safetensors(&model);
        let weights = weights.map_err(|error| Error::device("copy the weights", &error))?;
        Self::packed(model.config(), weights)
    }

    /// The model of `config` and a file of weights, to answer on the CPU.
    ///
    /// # Errors
    /// [`Error::Device`] where they do not belong together.
    pub(crate) fn packed(config: &T5Config, file: Vec<u8>) -> Result<Self> {
        let answer = || -> std::result::Result<_, ext5_inference::Error> {
            let mut weights = Weights::default();
            weights.add(SAFETENSORS, file)?;
            ext5_inference::T5::new(config, weights, Precision::F32)
        };
        let model = answer().map_err(|error| Error::device("copy the weights", &error))?;
        Ok(Self::Host(Box::new(model)))
    }

    pub(crate) fn config(&self) -> &T5Config {
        match self {
            Self::Host(model) => model.config(),
            Self::Device(model) => model.config(),
        }
    }

    /// Bytes kept for a token of a source while its answers are written.
    pub(crate) fn memory_per_token(&self) -> usize {
        match self {
            Self::Host(model) => model.memory_per_token(),
            Self::Device(_) => 0,
        }
    }

    /// Answers to sources of ids, each ended.
    pub(crate) fn answer(
        &self,
        sources: &[&[TokenId]],
        settings: &Settings,
        keys: &[u64],
    ) -> std::result::Result<Vec<Vec<Answer>>, Failure> {
        Ok(match self {
            Self::Host(model) => search(&mut model.decode(sources)?, settings, keys)?,
            Self::Device(model) => {
                let (tokens, segments) = pad(sources, &model.device());
                search(&mut model.decoding(tokens, segments), settings, keys)?
            }
        })
    }

    /// Log-likelihood of each target, questions in order.
    pub(crate) fn score(
        &self,
        questions: &[Question<'_>],
    ) -> std::result::Result<Vec<f64>, Failure> {
        match self {
            Self::Host(model) => score_on_host(model, questions),
            Self::Device(model) => score_on_device(model, questions),
        }
    }
}

/// Tokens of targets that go through the decoder at once on the CPU.
const TARGETS: usize = 4096;
/// Rows that are scored at once on other devices.
const ROWS: usize = 32;

fn score_on_host(
    model: &ext5_inference::T5,
    questions: &[Question<'_>],
) -> std::result::Result<Vec<f64>, Failure> {
    let sources: Vec<&[TokenId]> = questions.iter().map(|question| question.0).collect();
    let memory: Memory = model.encode(&sources)?;
    let targets = questions.iter().enumerate();
    let targets: Vec<(usize, &[TokenId])> = targets
        .flat_map(|(row, question)| question.1.iter().map(move |&ids| (row, ids)))
        .collect();
    let mut scores = Vec::with_capacity(targets.len());
    let mut first = 0;
    while first < targets.len() {
        let mut tokens = 0;
        let fits = |target: &&(usize, &[TokenId])| {
            tokens += target.1.len();
            tokens <= TARGETS
        };
        let count = targets[first..].iter().take_while(fits).count().max(1);
        let found = model.log_probabilities(&memory, &targets[first..first + count])?;
        let sum = |logs: &Vec<f32>| logs.iter().map(|&log| f64::from(log)).sum::<f64>();
        scores.extend(found.iter().map(sum));
        first += count;
    }
    Ok(scores)
}

fn score_on_device(
    model: &T5,
    questions: &[Question<'_>],
) -> std::result::Result<Vec<f64>, Failure> {
    let rows: Vec<(&[TokenId], &[TokenId])> = questions
        .iter()
        .flat_map(|(source, targets)| targets.iter().map(|&target| (*source, target)))
        .collect();
    let start = model.config().decoder_start_token_id;
    let mut scores = Vec::with_capacity(rows.len());
    for rows in rows.chunks(ROWS) {
        let batch = unpacked(rows, start);
        let inputs = to_device(&batch, 0..batch.rows, &model.device());
        let losses = model.losses(&inputs.input, inputs.targets, inputs.weights);
        let sums = losses.per_token.sum_dim(1).try_into_vec_as::<f32>();
        let sums = sums.map_err(|error| Error::device("score", &error))?;
        scores.extend(sums.into_iter().map(|sum| -f64::from(sum)));
    }
    Ok(scores)
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
fn unpacked(rows: &[(&[TokenId], &[TokenId])], start: TokenId) -> Batch {
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
        let shifted = std::iter::once(start)
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
