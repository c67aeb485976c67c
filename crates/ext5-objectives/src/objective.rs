use serde::{Deserialize, Serialize};

use crate::prefix_lm::PrefixLm;
use crate::span_corruption::SpanCorruption;
use crate::{Result, Sentinels, Stream};

pub(crate) const SPAN_CORRUPTION: &str = "span_corruption";
pub(crate) const PREFIX_LM: &str = "prefix_lm";

/// How plain text becomes inputs and targets.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Objective {
    /// T5's span corruption (arXiv 1910.10683, section 3.1.4): random spans are replaced by sentinels in the inputs and
    /// spelt out behind the same sentinels in the targets.
    SpanCorruption {
        /// Share of the tokens that are noise, from 0 to below 1.
        #[serde(default = "default_noise_density")]
        noise_density: f64,
        /// Mean length of a noise span in tokens, above 0.
        #[serde(default = "default_mean_noise_span_length")]
        mean_noise_span_length: f64,
        /// Turn each mask by a random offset, so that first and last token are noise as often as any other.
        #[serde(default)]
        random_roll: bool,
    },
    /// Prefix language modelling: a random prefix is the inputs, the rest the targets.
    PrefixLm {
        /// Mean share of the tokens that are targets, above 0 and up to 0.5. T5 defines 0.5 alone: every cut equally likely.
        #[serde(default = "default_prefix_density")]
        noise_density: f64,
    },
}

/// Inputs and targets of one example, without end of sequence.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pair {
    /// What the encoder reads.
    pub inputs: Vec<u32>,
    /// What the decoder writes.
    pub targets: Vec<u32>,
}

/// Lengths in tokens that fill rows of a given inputs' length.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lengths {
    /// Tokens of plain text that one example takes.
    pub raw: usize,
    /// Tokens of its inputs, end of sequence included; for prefix LM the most there can be.
    pub inputs: usize,
    /// Tokens of its targets, end of sequence included; for prefix LM the most there can be.
    pub targets: usize,
    /// Noise spans, each with a sentinel of its own; a random roll may cut one more in two.
    pub spans: usize,
}

impl Objective {
    /// Span corruption without a random roll; T5's own numbers are 0.15 and 3.
    pub const fn span_corruption(noise_density: f64, mean_noise_span_length: f64) -> Self {
        Self::SpanCorruption {
            noise_density,
            mean_noise_span_length,
            random_roll: false,
        }
    }

    /// The name by which configurations call it.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::SpanCorruption { .. } => SPAN_CORRUPTION,
            Self::PrefixLm { .. } => PREFIX_LM,
        }
    }

    /// Checks the parameters, for a configuration that wants to know before the first example.
    ///
    /// # Errors
    /// [`crate::Error::Parameter`] naming the first one out of range.
    pub fn validate(&self) -> Result<()> {
        match *self {
            Self::SpanCorruption {
                noise_density,
                mean_noise_span_length,
                random_roll,
            } => SpanCorruption {
                noise_density,
                mean_noise_span_length,
                random_roll,
            }
            .validate(),
            Self::PrefixLm { noise_density } => PrefixLm { noise_density }.validate(),
        }
    }

    /// Inputs and targets of one piece of text, without end of sequence.
    ///
    /// No token gives an empty pair; one token is never noise, so its span corruption is (the token, one sentinel).
    ///
    /// # Errors
    /// [`crate::Error::SentinelOverflow`] where the mask has more spans than there are sentinels,
    /// [`crate::Error::Parameter`] where a parameter is out of range.
    pub fn apply(&self, tokens: &[u32], sentinels: Sentinels, stream: &mut Stream) -> Result<Pair> {
        self.validate()?;
        match *self {
            Self::SpanCorruption {
                noise_density,
                mean_noise_span_length,
                random_roll,
            } => SpanCorruption {
                noise_density,
                mean_noise_span_length,
                random_roll,
            }
            .apply(tokens, sentinels, stream),
            Self::PrefixLm { noise_density } => {
                Ok(PrefixLm { noise_density }.apply(tokens, stream))
            }
        }
    }

    /// The raw length that fills rows of `inputs_length` tokens, and what comes of it: span corruption with 0.15 and 3 turns
    /// 568 tokens into 512 and 114.
    ///
    /// Very short rows (fewer than about ten tokens) can overrun by one: T5's solver rounds a span away that its mask
    /// always cuts; the feature converter trims it.
    ///
    /// # Errors
    /// [`crate::Error::InputsLength`] where nothing fits, [`crate::Error::Parameter`] where a parameter is out of range.
    pub fn lengths(&self, inputs_length: usize) -> Result<Lengths> {
        self.validate()?;
        match *self {
            Self::SpanCorruption {
                noise_density,
                mean_noise_span_length,
                random_roll,
            } => SpanCorruption {
                noise_density,
                mean_noise_span_length,
                random_roll,
            }
            .lengths(inputs_length),
            Self::PrefixLm { noise_density } => PrefixLm { noise_density }.lengths(inputs_length),
        }
    }
}

fn default_noise_density() -> f64 {
    0.15
}

fn default_mean_noise_span_length() -> f64 {
    3.0
}

fn default_prefix_density() -> f64 {
    0.5
}
