/// What can go wrong while a model answers.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A setting of the search has a value it cannot have.
    #[error("the setting `{key}` is `{value}`, expected {expected}")]
    Setting {
        /// Its name.
        key: &'static str,
        /// What was found.
        value: String,
        /// What is allowed.
        expected: &'static str,
    },
    /// A token id that the model has no embedding for.
    #[error(
        "the token id {id} is not below the model's {vocabulary} embeddings; the vocabulary and the model do not belong \
         together"
    )]
    Token {
        /// The id.
        id: u32,
        /// Embeddings of the model.
        vocabulary: usize,
    },
    /// A row without a single token.
    #[error("row {row} has no token; every row needs at least its end of sequence")]
    EmptyRow {
        /// The row, from 0.
        row: usize,
    },
    /// A row that the batch does not have.
    #[error("row {row} was asked for, but the batch has {rows} rows")]
    Row {
        /// The row, from 0.
        row: usize,
        /// Rows of the batch.
        rows: usize,
    },
    /// Not one token for each row.
    #[error("{tokens} tokens were fed to a batch of {rows} rows, expected one for each")]
    TokenCount {
        /// Rows of the batch.
        rows: usize,
        /// Tokens given.
        tokens: usize,
    },
    /// A row of logits has no finite sum of exponentials.
    #[error(
        "the model's logits are not finite numbers; its weights are damaged or too large for this number format"
    )]
    NotANumber,
    /// Shape or weights do not fit.
    #[error(transparent)]
    Architecture(#[from] ext5_architecture::Error),
    /// The device under a decoder failed.
    #[error("the device failed while decoding: {0}")]
    Device(String),
}

/// Result of this crate.
pub type Result<T> = std::result::Result<T, Error>;
