//! T5 that learns on the CPU: loss, gradients and optimizer updates over slices, backward passes written by hand. No Burn, no
//! text, no file.
//!
//! Shapes: `N` tokens of all rows one after another, `D` model width, `H` heads, `K` head width, `F` feed-forward width, `V`
//! vocabulary.
mod parameters;

pub use parameters::{Parameters, Slot};
