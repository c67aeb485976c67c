//! T5 in Burn: configuration, modules, loss, generation, Hugging Face import and export.
//!
//! The model knows no task and no file: weights come in and go out as bytes of safetensors.
//!
//! Shapes: `B` batch, `S` source, `T` target, `H` heads, `K` `d_kv`, `D` `d_model`, `V` vocabulary.
mod attention;
mod config;
mod error;
mod feed_forward;
mod generate;
mod hugging_face;
mod init;
mod mask;
mod relative_position;
mod stack;
mod t5;
mod weights;

pub use config::{FeedForwardProjection, PRESETS, T5Config, preset};
pub use error::{Error, Result};
pub use generate::{GreedyOptions, greedy};
pub use hugging_face::{
    Index, SAFETENSORS, SAFETENSORS_INDEX, export_safetensors, generation_config, import,
};
pub use init::initialise;
pub use relative_position::relative_position_bucket;
pub use t5::{Losses, Seq2SeqInput, T5};
pub use weights::{name_of, names};
