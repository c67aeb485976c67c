use crate::engine::{Engine, Question};
use crate::{Error, Result};
use ext5_eval::{Predictor, Score};
use ext5_inference::{Answer, Settings};
use ext5_model::T5;
use ext5_tokenizer::{TokenId, Vocabulary};
use std::sync::Arc;

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// A T5 with its vocabulary that answers and scores text. Rows are batched by length, answers come in order.
pub struct T5Predictor {
    engine: Engine,
    vocabulary: Arc<dyn Vocabulary>,
    /// Tokens the inputs are cut to, end of sequence included.
    inputs_length: usize,
    /// Rows that go through the model at once.
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
        fits(config.vocab_size, vocabulary.as_ref())?;
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
        let ids: Vec<Vec<TokenId>> = inputs
            .iter()
            .map(|text| self.encode(text, self.inputs_length))
            .collect::<std::result::Result<_, _>>()?;
        let mut answers = vec![Vec::new(); inputs.len()];
        for group in self.groups(ids.iter().map(Vec::len)) {
            let rows: Vec<&[TokenId]> = group.iter().map(|&index| ids[index].as_slice()).collect();
            let keys: Vec<u64> = rows.iter().map(|row| key(row)).collect();
            let found = self.engine.answer(&rows, &self.settings, &keys)?;
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

    /// Index groups of similar length, each at most `batch_rows` long and within the engine's memory.
    fn groups(&self, lengths: impl Iterator<Item = usize>) -> Vec<Vec<usize>> {
        let most = self.engine.most_tokens();
        let mut order: Vec<(usize, usize)> = lengths.enumerate().map(|(i, l)| (l, i)).collect();
        order.sort_unstable();
        let mut groups: Vec<Vec<usize>> = Vec::new();
        let mut tokens = 0;
        for (length, index) in order {
            tokens += length;
            match groups.last_mut() {
                Some(group) if group.len() < self.batch_rows && tokens <= most => group.push(index),
                _ => {
                    groups.push(vec![index]);
                    tokens = length;
                }
            }
        }
        groups
    }
}

/// Names a row for sampling: the same text is answered alike in any batch.
fn key(row: &[TokenId]) -> u64 {
    row.iter().fold(0xCBF2_9CE4_8422_2325, |hash, &id| {
        (hash ^ u64::from(id)).wrapping_mul(0x0000_0100_0000_01B3)
    })
}

/// Checks that every id of the vocabulary has one of `rows` embeddings.
pub(crate) fn fits(rows: usize, vocabulary: &dyn Vocabulary) -> Result<()> {
    let ids = vocabulary.size();
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
        self.settings.max_tokens = max_tokens;
        let best = |answers: Vec<TextAnswer>| answers.into_iter().next();
        Ok(self
            .answers(inputs)?
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
        for group in self.groups(sources.iter().map(Vec::len)) {
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
