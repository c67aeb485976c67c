//! T5 on the CPU without Burn, for answers and likelihoods, and the searches that write answers with any [`Decoder`].
//!
//! Shapes: `B` rows, `S` source length, `H` heads, `K` head width, `D` model width, `V` vocabulary.
mod decoder;
mod decoding;
mod error;
mod layers;
mod likelihood;
mod search;
mod t5;

pub use decoder::Decoder;
pub use decoding::Decoding;
pub use error::{Error, Result};
pub use ext5_cpu::Precision;
pub use search::{Answer, Beam, BeamRule, EarlyStopping, Sample, Settings, Strategy, search};
pub use t5::{Memory, T5};
