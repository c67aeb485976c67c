/// What can go wrong between tokens and a training pair.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// More spans than sentinels: the next id would be an ordinary piece of the vocabulary.
    #[error(
        "`{needed}` sentinels are needed for `{tokens}` tokens, the vocabulary has `{available}`: lower \
         `noise_density`, raise `mean_noise_span_length`, shorten the inputs, or use a vocabulary with more `extra_ids`"
    )]
    SentinelOverflow {
        /// Sentinels that the noise mask asks for.
        needed: usize,
        /// Sentinels of the vocabulary.
        available: usize,
        /// Tokens of the piece of text.
        tokens: usize,
    },
    /// A parameter outside the range in which the objective is defined.
    #[error("`{name}` of {objective} is `{value}`, expected {expected}")]
    Parameter {
        /// `kind` of the objective.
        objective: &'static str,
        /// The parameter.
        name: &'static str,
        /// What was given.
        value: f64,
        /// The range in which it is defined.
        expected: &'static str,
    },
    /// No raw length fits the inputs' length.
    #[error(
        "no raw length of {objective} fits inputs of `{inputs_length}` tokens: expected at least `{least}` and fewer \
         than `{most}` raw tokens"
    )]
    InputsLength {
        /// `kind` of the objective.
        objective: &'static str,
        /// The length asked for.
        inputs_length: usize,
        /// The shortest length that works.
        least: usize,
        /// Raw lengths are searched up to here.
        most: usize,
    },
}

/// Result of this crate.
pub type Result<T> = std::result::Result<T, Error>;
