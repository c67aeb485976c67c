//! What a model directory holds: configuration, weights in one file or several, a checkpoint's manifest.
use std::collections::BTreeMap;
use std::path::Path;

use ext5_architecture::{SAFETENSORS, SAFETENSORS_INDEX, T5Config, names, weights_to_bytes};
use ext5_data::storage;
use ext5_trainer::{Checkpoint, ModelDir};
use serde_json::json;

use super::{Format, Made, Outcome, refusal};
use crate::row::Failure;

pub(super) const FORMATS: &[Format] = &[
    Format {
        name: "config.json",
        text: true,
        make: config,
    },
    Format {
        name: "safetensors",
        text: false,
        make: safetensors,
    },
    Format {
        name: "safetensors-index",
        text: true,
        make: index,
    },
    Format {
        name: "checkpoint-manifest",
        text: true,
        make: manifest,
    },
];

const CONFIG: &str = "config.json";

/// A T5 of a few hundred weights, or of so many times its vocabulary.
pub(super) fn shape(times: usize) -> Result<T5Config, Failure> {
    let keys = json!({
        "vocab_size": 6 * times, "d_model": 2, "d_kv": 2, "d_ff": 2, "num_layers": 1, "num_heads": 1,
        "relative_attention_num_buckets": 4, "relative_attention_max_distance": 8,
        "feed_forward_proj": "gated-gelu", "tie_word_embeddings": false,
    });
    Ok(T5Config::from_json(keys.to_string().as_bytes())?)
}

/// The bytes of its weights.
fn weights(shape: &T5Config) -> Result<Vec<u8>, Failure> {
    let weights = names(shape).into_iter().map(|(name, shape)| {
        let count: usize = shape.iter().product();
        let values: Vec<f32> = (0..count).map(|number| number as f32 / 8.0).collect();
        (name, shape, values)
    });
    Ok(weights_to_bytes(weights)?)
}

pub(super) fn json_of(shape: &T5Config) -> Vec<u8> {
    format!("{:#}\n", shape.to_json()).into_bytes()
}

pub(super) fn read(dir: &Path) -> Outcome {
    refusal(ModelDir::find(dir).and_then(|model| model.parameters()))
}

/// A model's directory, in which the file `name` is damaged.
fn model(dir: &Path, name: &str, files: BTreeMap<String, Vec<u8>>) -> Result<Made, Failure> {
    let dir = dir.join("model");
    std::fs::create_dir_all(&dir)?;
    for (name, bytes) in &files {
        std::fs::write(dir.join(name), bytes)?;
    }
    let sample = files.get(name).cloned().unwrap_or_default();
    let place = dir.clone();
    Ok(Made::file(dir.join(name), sample, move |_| read(&place)).part_of(&dir))
}

fn files(times: usize) -> Result<BTreeMap<String, Vec<u8>>, Failure> {
    let shape = shape(times)?;
    Ok(BTreeMap::from([
        (CONFIG.to_owned(), json_of(&shape)),
        (SAFETENSORS.to_owned(), weights(&shape)?),
    ]))
}

fn config(dir: &Path, times: usize) -> Result<Made, Failure> {
    model(dir, CONFIG, files(times)?)
}

fn safetensors(dir: &Path, times: usize) -> Result<Made, Failure> {
    model(dir, SAFETENSORS, files(times)?)
}

fn index(dir: &Path, times: usize) -> Result<Made, Failure> {
    let mut files = files(times)?;
    let part = "model-00001-of-00001.safetensors";
    let weights = files.remove(SAFETENSORS).unwrap_or_default();
    let map: BTreeMap<String, &str> = names(&shape(times)?)
        .into_iter()
        .map(|(name, _)| (name, part))
        .collect();
    let index = json!({ "metadata": { "total_size": weights.len() }, "weight_map": map });
    files.insert(part.to_owned(), weights);
    files.insert(
        SAFETENSORS_INDEX.to_owned(),
        format!("{index:#}\n").into_bytes(),
    );
    model(dir, SAFETENSORS_INDEX, files)
}

fn manifest(dir: &Path, times: usize) -> Result<Made, Failure> {
    let committed = Checkpoint::commit(storage::local(), dir, 7, &files(times)?)?;
    let path = committed.path().to_owned();
    let file = path.join("manifest.json");
    let sample = std::fs::read(&file)?;
    let place = path.clone();
    let read = move |_: &Path| {
        refusal(Checkpoint::open(&place).and_then(|checkpoint| checkpoint.verify()))
    };
    Ok(Made::file(file, sample, read).part_of(&path))
}
