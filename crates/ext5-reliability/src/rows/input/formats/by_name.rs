//! How a file is read by its name alone.
use std::path::Path;

use ext5_architecture::SAFETENSORS_INDEX;
use ext5_trainer::{Checkpoint, ModelDir};

use super::{Outcome, lines, model, refusal, toml_files, vocabulary};
use crate::row::Failure;

/// What a file of that name is read by; the model's and the checkpoint's are read with their directory.
pub(in crate::rows::input) fn reader_of(name: &str) -> fn(&Path) -> Outcome {
    match name {
        "config.json" => {
            |path| refusal(ModelDir::find(folder(path)).and_then(|model| model.config()))
        }
        "manifest.json" => |path| refusal(Checkpoint::open(folder(path))),
        "run.toml" => toml_files::read_run,
        "task.toml" => |path| toml_files::check(folder(path)),
        "tokenizer.json" | "spiece.model" => vocabulary::read,
        name if name.starts_with("rows.") => lines::read,
        _ => |path| model::read(folder(path)),
    }
}

fn folder(path: &Path) -> &Path {
    path.parent().unwrap_or(path)
}

/// Writes what a model's directory needs beside the file of that name.
pub(in crate::rows::input) fn model_files(name: &str, dir: &Path) -> Result<(), Failure> {
    if name == "model.safetensors" || name == SAFETENSORS_INDEX {
        std::fs::write(dir.join("config.json"), model::json_of(&model::shape(1)?))?;
    }
    Ok(())
}
