use std::collections::BTreeMap;
use std::error::Error as StdError;

use ext5_data::Example;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::{Length, Predictor, Ranking, Score, Scored};

/// How answers are got.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Protocol {
    /// The model writes its answer, greedily.
    #[default]
    Generate,
    /// The likeliest of the example's choices is the answer; adds `rank_accuracy`, `rank_binary` where every example has two
    /// choices with one right, and `rank_macro_f1` where the choices are the task's labels, more than two.
    Rank,
    /// No answer is asked for: the model says how likely it finds the targets. Gives `perplexity` and nothing else, also for a
    /// task without metrics.
    Perplexity,
}

impl Protocol {
    /// The word for it in files and messages.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Generate => "generate",
            Self::Rank => "rank",
            Self::Perplexity => "perplexity",
        }
    }
}

/// One answer of the model, with the scores of the choices or of the targets.
pub(crate) struct Given {
    pub(crate) text: String,
    pub(crate) scores: Vec<Score>,
}

/// The model's answers to a window of examples, in their order, each asked for once.
pub(crate) fn answers(
    window: &[Example],
    protocol: Protocol,
    max_tokens: usize,
    batch: usize,
    predictor: &mut dyn Predictor,
) -> Result<Vec<Given>> {
    match protocol {
        Protocol::Generate => {
            let questions = window.iter().map(|example| example.inputs.as_str());
            let texts = in_batches(questions, str::len, batch, |batch| {
                predictor.generate(batch, max_tokens)
            })?;
            let given = |text| Given {
                text,
                scores: Vec::new(),
            };
            Ok(texts.into_iter().map(given).collect())
        }
        Protocol::Rank => ranked(window, predictor, batch),
        Protocol::Perplexity => {
            let pairs = window
                .iter()
                .map(|example| (example.inputs.as_str(), example.targets.as_str()));
            let given = |score| Given {
                text: String::new(),
                scores: vec![score],
            };
            let scores = in_batches(pairs, pair_length, batch, |batch| predictor.score(batch))?;
            Ok(scores.into_iter().map(given).collect())
        }
    }
}

/// The likeliest choice of each example, with the scores of all.
fn ranked(window: &[Example], predictor: &mut dyn Predictor, batch: usize) -> Result<Vec<Given>> {
    let pairs = window.iter().flat_map(|example| {
        let choices = example.choices.iter();
        choices.map(|choice| (example.inputs.as_str(), choice.as_str()))
    });
    let scores = in_batches(pairs, pair_length, batch, |batch| predictor.score(batch))?;
    let mut scores = scores.into_iter();
    let mut given = Vec::with_capacity(window.len());
    for example in window {
        let scores: Vec<Score> = scores.by_ref().take(example.choices.len()).collect();
        let best = ranking(example, &scores)?.best(Length::One);
        given.push(Given {
            text: example.choices.get(best).cloned().unwrap_or_default(),
            scores,
        });
    }
    Ok(given)
}

/// Inputs alone, so that the choices of a question stay together and share its encoding.
fn pair_length(pair: (&str, &str)) -> usize {
    pair.0.len()
}

/// The choices of an example with their scores, which of them are right, and what the example counts.
pub(crate) fn ranking(example: &Example, scores: &[Score]) -> Result<Ranking> {
    let field = |field, expected, got: String| Error::Field {
        id: example.id.clone(),
        field,
        expected,
        got,
    };
    if example.choices.is_empty() {
        let expected = "at least one, for the rank protocol";
        return Err(field("choices", expected, "empty".to_owned()));
    }
    let weight = match example.fields.get("weight") {
        None => 1.0,
        Some(value) => value
            .as_f64()
            .filter(|weight| *weight >= 0.0)
            .ok_or_else(|| field("weight", "a number, not negative", value.to_string()))?,
    };
    let choices = example.choices.iter();
    Ok(Ranking {
        choices: choices
            .clone()
            .zip(scores)
            .map(|(choice, score)| scored(example, choice, *score))
            .collect::<Result<_>>()?,
        correct: choices
            .map(|choice| example.references.contains(choice))
            .collect(),
        weight,
    })
}

/// A text of an example with its score, which must be a number.
pub(crate) fn scored(example: &Example, text: &str, score: Score) -> Result<Scored> {
    if score.log_likelihood.is_nan() {
        return Err(Error::NotANumber {
            id: example.id.clone(),
            choice: text.to_owned(),
        });
    }
    Ok(Scored::new(text, score))
}

/// Answers to questions in their order, asked by `ask` in batches of similar length; equal questions are asked once.
fn in_batches<Q: Copy + Ord, A: Clone>(
    questions: impl Iterator<Item = Q>,
    length: impl Fn(Q) -> usize,
    batch: usize,
    mut ask: impl FnMut(&[Q]) -> Result<Vec<A>, Box<dyn StdError + Send + Sync>>,
) -> Result<Vec<A>> {
    let questions: Vec<Q> = questions.collect();
    let mut distinct = questions.clone();
    distinct.sort_unstable_by_key(|question| (length(*question), *question));
    distinct.dedup();
    let mut answers = BTreeMap::new();
    for batch in distinct.chunks(batch) {
        let got = ask(batch).map_err(|source| Error::Predictor { source })?;
        if got.len() != batch.len() {
            return Err(Error::AnswerCount {
                expected: batch.len(),
                got: got.len(),
            });
        }
        answers.extend(batch.iter().copied().zip(got));
    }
    Ok(questions
        .iter()
        .filter_map(|question| answers.get(question).cloned())
        .collect())
}
