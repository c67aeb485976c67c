use crate::Score;

/// A text with the log-likelihood that a model gives it, and its length in every unit that it may be divided by.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scored {
    /// Natural logarithm of its probability, end of sequence included.
    pub log_likelihood: f64,
    /// Tokens, end of sequence included.
    pub tokens: usize,
    /// Bytes of UTF-8.
    pub bytes: usize,
    /// Code points.
    pub characters: usize,
}

impl Scored {
    /// `text` with its score.
    pub fn new(text: &str, score: Score) -> Self {
        Self {
            log_likelihood: score.log_likelihood,
            tokens: score.tokens,
            bytes: text.len(),
            characters: text.chars().count(),
        }
    }

    /// The log-likelihood divided by a length.
    fn per(&self, length: Length) -> f64 {
        let length = match length {
            Length::One => return self.log_likelihood,
            Length::Tokens => self.tokens,
            Length::Bytes => self.bytes,
            Length::Characters => self.characters,
        };
        self.log_likelihood / length as f64
    }
}

/// What log-likelihoods are divided by before choices are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Length {
    /// Nothing: the whole choice counts (lm-evaluation-harness `acc`).
    One,
    /// The number of tokens, end of sequence included (T5 `normalize_by_target_length`).
    Tokens,
    /// The number of bytes of UTF-8 (lm-evaluation-harness `acc_bytes`).
    Bytes,
    /// The number of code points (lm-evaluation-harness `acc_norm`).
    Characters,
}

impl Length {
    /// All, in the order of the scores of `rank_accuracy`.
    pub const ALL: [Self; 4] = [Self::One, Self::Tokens, Self::Bytes, Self::Characters];
}

/// The choices of one example with their log-likelihoods.
#[derive(Clone, Debug, PartialEq)]
pub struct Ranking {
    /// The choices; no log-likelihood is NaN.
    pub choices: Vec<Scored>,
    /// Whether each choice is a right answer.
    pub correct: Vec<bool>,
    /// What the example counts, usually 1.
    pub weight: f64,
}

impl Ranking {
    /// Index of the choice with the highest log-likelihood for its length; the first of equals, as `numpy.argmax`. A choice of
    /// length 0 never wins over another; 0 where there is no choice.
    pub fn best(&self, length: Length) -> usize {
        let mut best = (0, f64::NEG_INFINITY);
        for (index, choice) in self.choices.iter().enumerate() {
            let value = choice.per(length);
            if value > best.1 {
                best = (index, value);
            }
        }
        best.0
    }

    /// Whether the choice at `index` is a right answer.
    pub(crate) fn is_right(&self, index: usize) -> bool {
        self.correct.get(index).copied().unwrap_or(false)
    }

    /// Index of the right answer; `None` where there is none or more than one.
    pub(crate) fn only_right(&self) -> Option<usize> {
        let mut right = (0..).zip(&self.correct).filter(|(_, right)| **right);
        match (right.next(), right.next()) {
            (Some((index, _)), None) => Some(index),
            _ => None,
        }
    }
}
