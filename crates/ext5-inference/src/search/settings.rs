use super::beam_rule::BeamRule;
use crate::{Error, Result};

/// How answers are written.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// The token that the decoder starts with; it is in no answer.
    pub start: u32,
    /// The token that ends an answer.
    pub end: u32,
    /// Most tokens the model may write, end of sequence included, prefix excluded.
    pub max_tokens: usize,
    /// Tokens the model writes before it may end.
    pub min_tokens: usize,
    /// Which tokens are taken.
    pub strategy: Strategy,
    /// Answers for each source: 1 for greedy, at most the number of beams, any number of samples.
    pub answers: usize,
    /// Length of the runs of tokens that may not occur twice in an answer, start token and prefix included; 0 allows all.
    pub no_repeat_ngram: usize,
    /// Tokens that are never written.
    pub suppressed: Vec<u32>,
    /// Tokens that every answer begins with.
    pub prefix: Vec<u32>,
    /// The only answers that may be written after the prefix, without end of sequence; none allows all.
    pub choices: Vec<Vec<u32>>,
}

/// Which tokens are taken.
#[derive(Clone, Debug, PartialEq)]
pub enum Strategy {
    /// The most probable token, the lowest id where several are.
    Greedy,
    /// The best of several answers written side by side.
    Beam(Beam),
    /// Tokens drawn by their probability.
    Sample(Sample),
}

/// Beam search.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Beam {
    /// Answers written side by side.
    pub beams: usize,
    /// Which answers are better, and when to stop.
    pub rule: BeamRule,
}

/// Sampling. The corrections are made in the order of the fields, as transformers orders them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// Logits are divided by it.
    pub temperature: f32,
    /// Only this many most probable tokens are drawn, and those as probable as the last; 0 allows all.
    pub top_k: usize,
    /// Only the most probable tokens that together reach this probability are drawn; 1 allows all.
    pub top_p: f32,
    /// Names the random numbers.
    pub seed: u64,
}

impl Default for Settings {
    /// Greedy with T5's start and end, up to 128 tokens.
    fn default() -> Self {
        Self {
            start: 0,
            end: 1,
            max_tokens: 128,
            min_tokens: 0,
            strategy: Strategy::Greedy,
            answers: 1,
            no_repeat_ngram: 0,
            suppressed: Vec::new(),
            prefix: Vec::new(),
            choices: Vec::new(),
        }
    }
}

impl Default for Beam {
    /// Four beams with T5's length penalty.
    fn default() -> Self {
        Self {
            beams: 4,
            rule: BeamRule::default(),
        }
    }
}

impl Default for Sample {
    /// The model's own distribution.
    fn default() -> Self {
        Self {
            temperature: 1.0,
            top_k: 0,
            top_p: 1.0,
            seed: 0,
        }
    }
}

impl Settings {
    /// Checks every value by itself and against the others.
    ///
    /// # Errors
    /// [`Error::Setting`] with the first that does not fit.
    pub fn validate(&self) -> Result<()> {
        let most = match &self.strategy {
            Strategy::Greedy => 1,
            Strategy::Beam(beam) => beam.beams,
            Strategy::Sample(_) => 1024,
        };
        let (max, min) = (self.max_tokens, self.min_tokens);
        must(
            (1..=1 << 20).contains(&max),
            "max_tokens",
            max,
            "1 to 1,048,576 tokens",
        )?;
        must(min < max, "min_tokens", min, "fewer than `max_tokens`")?;
        match &self.strategy {
            Strategy::Greedy => {}
            Strategy::Beam(beam) => beam.validate()?,
            Strategy::Sample(sample) => sample.validate()?,
        }
        let expected = "1 for greedy, at most the number of beams, at most 1,024 samples";
        must(
            (1..=most).contains(&self.answers),
            "answers",
            self.answers,
            expected,
        )?;
        let ended = self.prefix.iter().find(|&&id| id == self.end);
        must(ended.is_none(), "prefix", self.end, "no end of sequence")?;
        let never_ends = self.suppressed.contains(&self.end);
        must(!never_ends, "suppressed", self.end, "no end of sequence")?;
        self.validate_choices()
    }

    /// Choices are whole answers, so that nothing else may forbid their tokens.
    fn validate_choices(&self) -> Result<()> {
        if self.choices.is_empty() {
            return Ok(());
        }
        must(
            self.min_tokens == 0,
            "min_tokens",
            self.min_tokens,
            "0 where choices are listed",
        )?;
        let free = self.no_repeat_ngram == 0;
        must(
            free,
            "no_repeat_ngram",
            self.no_repeat_ngram,
            "0 where choices are listed",
        )?;
        let suppressed = self.suppressed.len();
        must(
            suppressed == 0,
            "suppressed",
            suppressed,
            "none where choices are listed",
        )?;
        for choice in &self.choices {
            // The tree of choices is as deep as the longest.
            let length = choice.len();
            must(
                length <= 4096,
                "choices",
                length,
                "at most 4,096 tokens each",
            )?;
            let tokens = choice.len() + 1;
            let expected = "room for the longest choice and the end of sequence";
            must(
                tokens <= self.max_tokens,
                "max_tokens",
                self.max_tokens,
                expected,
            )?;
            must(
                !choice.contains(&self.end),
                "choices",
                self.end,
                "no end of sequence",
            )?;
        }
        Ok(())
    }

    /// Checks that a model with `vocabulary` logits has every token.
    ///
    /// # Errors
    /// [`Error::Token`] with the first it has not.
    pub(super) fn validate_ids(&self, vocabulary: usize) -> Result<()> {
        let lists = [&self.suppressed, &self.prefix]
            .into_iter()
            .chain(&self.choices);
        let mut ids = lists.flatten().copied().chain([self.start, self.end]);
        match ids.find(|&id| id as usize >= vocabulary) {
            Some(id) => Err(Error::Token { id, vocabulary }),
            None => Ok(()),
        }
    }

    /// What the decoder has been fed before the model writes: start token and prefix.
    pub(super) fn opening(&self) -> Vec<u32> {
        [&[self.start], self.prefix.as_slice()].concat()
    }
}

impl Beam {
    fn validate(&self) -> Result<()> {
        must(
            (1..=1024).contains(&self.beams),
            "beams",
            self.beams,
            "1 to 1,024 beams",
        )?;
        match self.rule {
            // Below 0 longer answers would be punished, and the search could not tell when to stop.
            BeamRule::T5 { alpha } => {
                let fits = (0.0..=100.0).contains(&alpha);
                must(fits, "length_penalty", alpha, "0 to 100 by the T5 rule")
            }
            BeamRule::Transformers { length_penalty, .. } => {
                let fits = (-100.0..=100.0).contains(&length_penalty);
                must(fits, "length_penalty", length_penalty, "-100 to 100")
            }
        }
    }
}

impl Sample {
    fn validate(&self) -> Result<()> {
        let warm = self.temperature > 0.0 && self.temperature.is_finite();
        must(
            warm,
            "temperature",
            self.temperature,
            "above 0; greedy takes the most probable token",
        )?;
        let share = self.top_p > 0.0 && self.top_p <= 1.0;
        must(share, "top_p", self.top_p, "above 0 up to 1")
    }
}

fn must(fits: bool, key: &'static str, value: impl ToString, expected: &'static str) -> Result<()> {
    if fits {
        return Ok(());
    }
    Err(Error::Setting {
        key,
        value: value.to_string(),
        expected,
    })
}
