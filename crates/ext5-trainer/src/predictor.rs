use crate::engine::{Engine, MEMORY, Question};
use crate::{Error, Result};
use ext5_eval::{Predictor, Score};
use ext5_inference::{Answer, Settings, Strategy};
use ext5_model::{T5, T5Config};
use ext5_tokenizer::{TokenId, Vocabulary};
use std::sync::Arc;

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// A T5 with its vocabulary that answers and scores text. Rows are batched by length, answers come in order.
pub struct T5Predictor {
    engine: Engine,
    vocabulary: Arc<dyn Vocabulary>,
    /// Tokens the inputs are cut to, end of sequence included.
    inputs_length: usize,
    /// Most rows that go through the model at once; fewer where they would take too much memory.
    batch_rows: usize,
    settings: Settings,
}

/// An answer as text.
#[derive(Clone, Debug, PartialEq)]
pub struct TextAnswer {
    /// What was written.
    pub text: String,
    /// Its token ids, end of sequence included where it came.
    pub ids: Vec<TokenId>,
    /// Sum of the tokens' log-probabilities, nats.
    pub log_prob: f64,
    /// What answers were ranked by.
    pub score: f64,
}

impl T5Predictor {
    /// A predictor over a copy of `model` without dropout and gradients, which answers greedily.
    ///
    /// # Errors
    /// [`Error::Config`] where the vocabulary has more ids than the model has embeddings.
    pub fn new(
        model: &T5,
        vocabulary: Arc<dyn Vocabulary>,
        inputs_length: usize,
        batch_rows: usize,
    ) -> Result<Self> {
        Self::with(Engine::of(model)?, vocabulary, inputs_length, batch_rows)
    }

    pub(crate) fn with(
        engine: Engine,
        vocabulary: Arc<dyn Vocabulary>,
        inputs_length: usize,
        batch_rows: usize,
    ) -> Result<Self> {
        let config = engine.config();
        fits(config, vocabulary.as_ref())?;
        if inputs_length < 2 {
            let problem = format!(
                "inputs are cut to {inputs_length} tokens, expected at least 2: one and the end of sequence"
            );
            return Err(Error::Config {
                problems: vec![problem],
            });
        }
        let settings = Settings {
            start: config.decoder_start_token_id,
            end: config.eos_token_id,
            ..Settings::default()
        };
        Ok(Self {
            engine,
            vocabulary,
            inputs_length,
            batch_rows: batch_rows.max(1),
            settings,
        })
    }

    /// The vocabulary of inputs and answers.
    pub fn vocabulary(&self) -> &dyn Vocabulary {
        self.vocabulary.as_ref()
    }

    /// How answers are written; the evaluator sets the most tokens of each task.
    pub fn settings_mut(&mut self) -> &mut Settings {
        &mut self.settings
    }

    /// Answers to `inputs` by the settings, best first.
    ///
    /// # Errors
    /// Whatever the settings, the vocabulary or the model report.
    pub fn answers(&self, inputs: &[&str]) -> std::result::Result<Vec<Vec<TextAnswer>>, Failure> {
        self.written(inputs, &self.settings)
    }

    fn written(
        &self,
        inputs: &[&str],
        settings: &Settings,
    ) -> std::result::Result<Vec<Vec<TextAnswer>>, Failure> {
        let ids: Vec<Vec<TokenId>> = inputs
            .iter()
            .map(|text| self.encode(text, self.inputs_length))
            .collect::<std::result::Result<_, _>>()?;
        let mut answers = vec![Vec::new(); inputs.len()];
        let lengths = ids.iter().map(Vec::len);
        for group in self.groups(lengths, |length| self.cost(length, settings)) {
            let rows: Vec<&[TokenId]> = group.iter().map(|&index| ids[index].as_slice()).collect();
            let keys: Vec<u64> = rows.iter().map(|row| key(row)).collect();
            let found = self.engine.answer(&rows, settings, &keys)?;
            for (index, found) in group.into_iter().zip(found) {
                answers[index] = found.into_iter().map(|answer| self.text(answer)).collect();
            }
        }
        Ok(answers)
    }

    fn text(&self, answer: Answer) -> TextAnswer {
        TextAnswer {
            text: self.vocabulary.decode(&answer.ids),
            ids: answer.ids,
            log_prob: answer.log_prob,
            score: answer.score,
        }
    }

    /// Ids of `text` cut to `length`, end of sequence included.
    fn encode(&self, text: &str, length: usize) -> std::result::Result<Vec<TokenId>, Failure> {
        let mut ids = self.vocabulary.encode(text)?;
        ids.truncate(length.saturating_sub(1));
        ids.push(self.vocabulary.eos_id());
        Ok(ids)
    }

    /// Index groups of similar length, each at most `batch_rows` long and within the engine's memory, where a row of `n`
    /// tokens takes `cost(n)` bytes.
    fn groups(
        &self,
        lengths: impl Iterator<Item = usize>,
        cost: impl Fn(usize) -> usize,
    ) -> Vec<Vec<usize>> {
        let mut order: Vec<(usize, usize)> = lengths.enumerate().map(|(i, l)| (l, i)).collect();
        order.sort_unstable();
        let mut groups: Vec<Vec<usize>> = Vec::new();
        let mut bytes = 0_usize;
        for (length, index) in order {
            bytes = bytes.saturating_add(cost(length));
            match groups.last_mut() {
                Some(group) if group.len() < self.batch_rows && bytes <= MEMORY => {
                    group.push(index);
                }
                _ => {
                    groups.push(vec![index]);
                    bytes = cost(length);
                }
            }
        }
        groups
    }

    /// Bytes that a source of `length` tokens takes while its answers are written: keys and values of source and answers,
    /// and one step's logits.
    fn cost(&self, length: usize, settings: &Settings) -> usize {
        let width = match &settings.strategy {
            Strategy::Beam(beam) => beam.beams,
            _ => settings.answers,
        };
        let written = settings.max_tokens.saturating_mul(width);
        let logits = width * self.engine.config().vocab_size * size_of::<f32>();
        let tokens = length.saturating_add(written);
        tokens
            .saturating_mul(self.engine.memory_per_token())
            .saturating_add(logits)
    }
}

/// Names a row for sampling: the same text is answered alike in any batch.
fn key(row: &[TokenId]) -> u64 {
    row.iter().fold(0xCBF2_9CE4_8422_2325, |hash, &id| {
        (hash ^ u64::from(id)).wrapping_mul(0x0000_0100_0000_01B3)
    })
}

/// Checks that every id of the vocabulary has an embedding, and that both end sequences alike.
pub(crate) fn fits(config: &T5Config, vocabulary: &dyn Vocabulary) -> Result<()> {
    let (ids, rows) = (vocabulary.size(), config.vocab_size);
    let mut problems = Vec::new();
    if ids > rows {
        problems.push(format!(
            "the vocabulary has {ids} ids but the model only {rows} embeddings, so they do not belong together"
        ));
    }
    let (end, model_end) = (vocabulary.eos_id(), config.eos_token_id);
    if end != model_end {
        problems.push(format!(
            "the vocabulary ends sequences with id {end} but the model (`eos_token_id` of its configuration) with {model_end}, \
             so they do not belong together"
        ));
    }
    if problems.is_empty() {
        return Ok(());
    }
    Err(Error::Config { problems })
}

impl Predictor for T5Predictor {
    fn generate(
        &mut self,
        inputs: &[&str],
        max_tokens: usize,
    ) -> std::result::Result<Vec<String>, Failure> {
        let settings = Settings {
            max_tokens,
            ..self.settings.clone()
        };
        let best = |answers: Vec<TextAnswer>| answers.into_iter().next();
        Ok(self
            .written(inputs, &settings)?
            .into_iter()
            .map(|answers| best(answers).map(|answer| answer.text).unwrap_or_default())
            .collect())
    }

    fn score(&mut self, pairs: &[(&str, &str)]) -> std::result::Result<Vec<Score>, Failure> {
        let targets = pairs
            .iter()
            .map(|pair| self.encode(pair.1, usize::MAX))
            .collect::<std::result::Result<Vec<_>, Failure>>()?;
        // Pairs with the same inputs share one encoding.
        let mut order: Vec<usize> = (0..pairs.len()).collect();
        order.sort_by_key(|&index| pairs[index].0);
        let shared: Vec<&[usize]> = order.chunk_by(|&a, &b| pairs[a].0 == pairs[b].0).collect();
        let sources = shared
            .iter()
            .map(|group| self.encode(pairs[group[0]].0, self.inputs_length))
            .collect::<std::result::Result<Vec<_>, Failure>>()?;
        let mut scores = vec![
            Score {
                log_likelihood: 0.0,
                tokens: 0
            };
            pairs.len()
        ];
        let per_token = self.engine.memory_per_token();
        for group in self.groups(sources.iter().map(Vec::len), |length| length * per_token) {
            let questions: Vec<Question<'_>> = group
                .iter()
                .map(|&source| {
                    let targets = shared[source]
                        .iter()
                        .map(|&index| targets[index].as_slice());
                    (sources[source].as_slice(), targets.collect())
                })
                .collect();
            let found = self.engine.score(&questions)?;
            let places = group.iter().flat_map(|&source| shared[source]);
            for (&index, log_likelihood) in places.zip(found) {
                let tokens = targets[index].len();
                scores[index] = Score {
                    log_likelihood,
                    tokens,
                };
            }
        }
        Ok(scores)
    }
}
