/// What keeps a T5 from learning.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Weights that are not those of the shape.
    #[error(transparent)]
    Architecture(#[from] ext5_architecture::Error),
    /// An id that has no embedding.
    #[error(
        "token {id} is outside the model's vocabulary of {vocabulary}: take the model's own vocabulary"
    )]
    Token {
        /// The id.
        id: u32,
        /// Rows of the embedding.
        vocabulary: usize,
    },
    /// A batch whose lists do not belong together.
    #[error("a batch's {what}: {found}, expected {expected}")]
    Batch {
        /// What is counted.
        what: &'static str,
        /// How many there are.
        found: usize,
        /// How many there should be.
        expected: usize,
    },
    /// What an optimizer remembered is of another model.
    #[error(
        "the optimizer's state `{name}` has {found} numbers, expected {expected}; it belongs to another model"
    )]
    OptimizerState {
        /// Parameter and tensor.
        name: String,
        /// Numbers found.
        found: usize,
        /// Numbers of the parameter.
        expected: usize,
    },
}

/// A result of this crate.
pub type Result<T> = std::result::Result<T, Error>;
