//! T5 that learns on the CPU: loss, gradients and optimizer updates over slices, backward passes written by hand. No Burn, no
//! text, no file.
//!
//! Rows are ragged: the tokens of all segments lie one after another and nothing is padded. Buffers are kept from step to step.
//!
//! Shapes: `N` tokens of all segments, `D` model width, `H` heads, `K` head width, `F` feed-forward width, `V` vocabulary.
mod attention;
mod batch;
mod cross_attention;
mod error;
mod feed_forward;
mod loss;
mod norm;
mod optimizer;
mod parameters;
mod pass;
mod pool;
mod profile;
mod stack;
mod t5;

pub use batch::{Batch, Rows};
pub use error::{Error, Result};
pub use optimizer::{Optimizer, Remembered, Rule, StateTensor, global_norm};
pub use parameters::{Normal, Parameters, Slot};
pub use profile::Profile;
pub use t5::{Losses, Options, T5};
