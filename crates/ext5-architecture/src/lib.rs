//! What a T5 is, without its tensors: configuration, presets, names and shapes of its weights, the table of relative
//! positions, and how files of weights are read.
//!
//! Whatever runs a T5, in Burn or not, shares this description.
mod activation;
mod config;
mod error;
mod flops;
mod initial;
mod names;
mod precision;
mod relative_position;
mod torch_file;
mod weight_file;
mod weights;

pub use activation::Activation;
pub use config::{FeedForwardProjection, PRESETS, T5Config, preset};
pub use error::{Error, Result};
pub use flops::{flops_per_step, forward_flops};
pub use initial::initial_deviation;
pub use names::{is_linear, name_of, names};
pub use precision::TrainingPrecision;
pub use relative_position::relative_position_bucket;
pub use weight_file::{Index, SAFETENSORS, SAFETENSORS_INDEX, floats, weights_to_bytes};
pub use weights::Weights;
