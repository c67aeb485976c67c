/// What can go wrong between text and token ids.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The tokenizer behind the vocabulary refused a text.
    #[error("cannot encode the text: {0}")]
    Encode(String),

    /// The bytes are not what the format asks for.
    #[error("not a usable {format}: {reason}; fetch or make the file again")]
    Malformed {
        /// `SentencePiece model` or `tokenizer.json`.
        format: &'static str,
        /// What is wrong, and where.
        reason: String,
    },

    /// The file is sound, but asks for something that this crate does not do.
    #[error("{format} asks for {feature}, which is not supported; {hint}")]
    Unsupported {
        /// `SentencePiece model` or `tokenizer.json`.
        format: &'static str,
        /// What it asks for.
        feature: String,
        /// What to do instead.
        hint: &'static str,
    },

    /// The file holds another number of sentinels than was asked for.
    #[error(
        "expected {expected} sentinels `<extra_id_n>` at the end of the vocabulary, got {got}; \
         ask for {got}, or leave the number out"
    )]
    ExtraIds {
        /// Number asked for.
        expected: usize,
        /// Number found at the end of the file's pieces.
        got: usize,
    },

    /// The name and the content of a file fit no known vocabulary.
    #[error(
        "`{file_name}` is no vocabulary: expected a `spiece.model` (SentencePiece), \
         a `tokenizer.json` (Hugging Face) or the name `bytes`"
    )]
    UnknownVocabulary {
        /// Name as given.
        file_name: String,
    },

    /// A vocabulary cannot be trained as asked.
    #[error("cannot train a vocabulary: {0}")]
    Train(String),
}

/// Result of this crate.
pub type Result<T> = std::result::Result<T, Error>;
