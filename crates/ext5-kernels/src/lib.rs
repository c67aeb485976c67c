//! The operations T5 is made of, for Burn: each in the plain form that defines it.
//!
//! Shapes: `B` batch, `S` source or query length, `T` key length, `H` heads, `K` head width, `D` model width, `N` tokens,
//! `V` vocabulary.
mod activation;
mod attention;
mod cross_entropy;
mod product;
mod rms_norm;

pub use activation::{Activation, activate};
pub use attention::{MASKED, attention_weights};
pub use cross_entropy::{TokenLosses, cross_entropy};
pub use product::{TrainingPrecision, product};
pub use rms_norm::rms_norm;
