//! Text to token ids and back.
mod error;
mod vocabulary;

pub use error::{Error, Result};
pub use vocabulary::{TokenId, Vocabulary};
