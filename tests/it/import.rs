use crate::micro::{config, run};
use ext5_trainer::{ModelDir, ModelOptions};
use safetensors::SafeTensors;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// Writes the model of a short run in Hugging Face's layout and answers its files.
fn exported(dir: &Path, to: &Path) -> BTreeMap<String, Vec<u8>> {
    let path = dir.join("run");
    run(&config(&["trainer.steps=1"]), &path, false).unwrap();
    let found = ModelDir::find(&path).unwrap();
    let vocabulary = ModelOptions::default().vocabulary(&found).unwrap();
    let files = found.hugging_face_files(vocabulary.as_ref()).unwrap();
    fs::create_dir(to).unwrap();
    for (name, bytes) in &files {
        fs::write(to.join(name), bytes).unwrap();
    }
    files
}

fn load(path: &Path) -> ext5_trainer::Result<BTreeMap<String, Vec<u8>>> {
    let found = ModelDir::find(path)?;
    let vocabulary = ModelOptions::default().vocabulary(&found)?;
    found.hugging_face_files(vocabulary.as_ref())
}

/// Weights in two shards with an index are the weights of one file.
#[test]
fn shards_are_the_whole() {
    let dir = tempfile::tempdir().unwrap();
    let to = dir.path().join("sharded");
    let files = exported(dir.path(), &to);
    let whole = SafeTensors::deserialize(&files["model.safetensors"]).unwrap();
    let mut map = Map::new();
    for shard in 0..2 {
        let name = format!("model-0000{}-of-00002.safetensors", shard + 1);
        let part = whole
            .iter()
            .enumerate()
            .filter(|(number, _)| number % 2 == shard);
        let part: Vec<_> = part.map(|(_, tensor)| tensor).collect();
        map.extend(
            part.iter()
                .map(|(tensor, _)| ((*tensor).to_owned(), Value::from(&*name))),
        );
        fs::write(to.join(&name), safetensors::serialize(part, None).unwrap()).unwrap();
    }
    let index = json!({ "metadata": { "total_size": 0 }, "weight_map": map });
    fs::write(to.join("model.safetensors.index.json"), index.to_string()).unwrap();
    fs::remove_file(to.join("model.safetensors")).unwrap();
    assert!(load(&to).unwrap() == files);

    let outside = json!({ "weight_map": { "shared.weight": "../../secret.safetensors" } });
    fs::write(to.join("model.safetensors.index.json"), outside.to_string()).unwrap();
    let error = load(&to).err().unwrap().to_string();
    assert!(error.contains("../../secret.safetensors"), "{error}");
}

/// What is wrong with a foreign model is named: the weight, the shapes, the key.
#[test]
fn weights_and_configuration_must_belong_together() {
    let dir = tempfile::tempdir().unwrap();
    let to = dir.path().join("model");
    let files = exported(dir.path(), &to);
    let config: Value = serde_json::from_slice(&files["config.json"]).unwrap();
    let cases = [
        ("num_layers", json!(3), "encoder.block.2"),
        ("num_layers", json!(1), "no place for"),
        ("d_ff", json!(64), "wi_0"),
        ("d_kv", json!(0), "d_kv"),
        ("feed_forward_proj", json!("swish"), "swish"),
    ];
    for (key, value, word) in cases {
        let mut changed = config.clone();
        changed[key] = value;
        fs::write(to.join("config.json"), changed.to_string()).unwrap();
        let error = load(&to).err().unwrap();
        let mut text = error.to_string();
        let mut cause = std::error::Error::source(&error);
        while let Some(inner) = cause {
            text = format!("{text}: {inner}");
            cause = inner.source();
        }
        assert!(text.contains(word), "{key}: {text}");
    }
}
