//! T5 on the CPU without Burn, for answers and likelihoods, and the searches that write answers with any [`Decoder`].
//!
//! Shapes: `B` rows, `S` source length, `H` heads, `K` head width, `D` model width, `V` vocabulary.
mod decoder;
mod error;

pub use decoder::Decoder;
pub use error::{Error, Result};
