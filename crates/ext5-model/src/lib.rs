//! T5 in Burn: configuration, modules, loss, generation, Hugging Face import and export.
//!
//! The model knows no task and no file: weights come in and go out as bytes of safetensors.
//!
//! Shapes: `B` batch, `S` source, `T` target, `H` heads, `K` `d_kv`, `D` `d_model`, `V` vocabulary.
mod attention;
mod feed_forward;
mod generate;
mod hugging_face;
mod init;
mod mask;
mod relative_position;
mod stack;
mod t5;
mod weights;

pub use ext5_architecture::{
    Error, FeedForwardProjection, Index, PRESETS, Result, SAFETENSORS, SAFETENSORS_INDEX, T5Config,
    TrainingPrecision, name_of, names, preset, relative_position_bucket,
};
pub use generate::Decoding;
pub use hugging_face::{export_safetensors, generation_config, import};
pub use init::initialise;
pub use t5::{Losses, Seq2SeqInput, T5};
