//! The commands about finished evaluations: two are compared, one is submitted, one becomes a card.
use super::{ext5, failure, json};
use serde_json::json;
use std::fs;
use std::path::Path;

/// An evaluation of one task on 40 examples of which the first `right` are answered well.
fn evaluation(dir: &Path, right: usize) {
    evaluation_of("aa", dir, right);
}

/// The same of the model of that hash.
fn evaluation_of(hash: &str, dir: &Path, right: usize) {
    for folder in ["samples", "reports", "units"] {
        fs::create_dir_all(dir.join(folder)).unwrap();
    }
    let write = |name: &str, text: String| fs::write(dir.join(name), text).unwrap();
    let identity = json!({
        "ext5": "0.1.0", "what": "task super_glue_wsc", "model": "m", "model_hash": hash, "vocabulary_hash": "bb",
        "split": "test", "limit": null, "reading": "t5", "protocol": "generate", "decoding": {}, "scoring": {},
    });
    write("evaluation.json", identity.to_string());
    let score = json!({
        "metric": "accuracy", "name": "accuracy", "value": right as f64 * 2.5, "interval": null, "higher_is_better": true,
        "units": 40, "signature": "metric:accuracy|version:ext5-1",
    });
    let report = json!({
        "task": "super_glue_wsc", "split": "test", "protocol": "generate", "postprocess": "wsc", "examples": 40, "invalid": 0,
        "scores": [score], "notes": [],
    });
    write("reports/super_glue_wsc.test.json", report.to_string());
    let rows: Vec<f64> = (0..40)
        .flat_map(|row| [f64::from(u8::from(row < right)), 1.0])
        .collect();
    let units = json!({
        "task": "super_glue_wsc", "split": "test", "definition": "", "ids": "cc",
        "metrics": { "accuracy": { "version": version(), "width": 2, "values": rows } },
    });
    write("units/super_glue_wsc.test.json", units.to_string());
    let samples: String = (0..146)
        .map(|row| {
            let sample = json!({
                "task": "super_glue_wsc", "split": "test", "id": row.to_string(), "inputs": "q", "targets": "the cat",
                "references": ["the cat"], "prediction": if row % 2 == 0 { "cat" } else { "dog" },
            });
            format!("{sample}\n")
        })
        .collect();
    write("samples/super_glue_wsc.test.jsonl", samples);
}

/// The version that accuracy has.
fn version() -> u64 {
    let listed = json(&ext5(Path::new("."), &["metric", "list", "--json"]));
    let metrics = listed["metrics"].as_array().unwrap();
    let accuracy = metrics.iter().find(|it| it["name"] == "accuracy");
    accuracy.unwrap()["version"].as_u64().unwrap()
}

#[test]
fn two_evaluations_are_compared() {
    let dir = tempfile::tempdir().unwrap();
    evaluation(&dir.path().join("a"), 10);
    evaluation(&dir.path().join("b"), 30);
    let found = json(&ext5(dir.path(), &["compare", "a", "b", "--json"]));
    assert_eq!(found["scores"][0]["difference"], 50.0);
    assert_eq!(found["scores"][0]["verdict"], "second");
    let text = ext5(
        dir.path(),
        &["compare", "a", "b", "--resamples", "200", "--markdown"],
    );
    let text = String::from_utf8(text.stdout).unwrap();
    assert!(text.contains("| B is better |"), "{text}");
    let (code, message) = failure(&ext5(dir.path(), &["compare", "a", "nowhere"]));
    assert_eq!(code, 66, "{message}");
    let (code, message) = failure(&ext5(dir.path(), &["compare", "a", "b", "--alpha", "2"]));
    assert_eq!(code, 64, "{message}");
}

#[test]
fn answers_become_an_archive_that_is_valid() {
    let dir = tempfile::tempdir().unwrap();
    evaluation(&dir.path().join("a"), 10);
    let arguments = [
        "submit",
        "superglue",
        "--run",
        "a",
        "--out",
        "to/part.zip",
        "--partial",
        "--json",
    ];
    let built = json(&ext5(dir.path(), &arguments));
    assert_eq!(built["files"][0]["name"], "WSC.jsonl");
    assert_eq!(built["absent"].as_array().unwrap().len(), 9);
    let check = ["submit", "check", "to/part.zip", "--partial"];
    let said = ext5(dir.path(), &check);
    assert!(
        String::from_utf8(said.stdout)
            .unwrap()
            .contains("WSC.jsonl      146 answers")
    );
    let (code, message) = failure(&ext5(dir.path(), &check[..3]));
    assert_eq!(code, 65, "{message}");
    assert!(message.contains("`BoolQ.jsonl` is missing"), "{message}");
    let whole = ["submit", "superglue", "--run", "a", "--out", "whole.zip"];
    let (code, message) = failure(&ext5(dir.path(), &whole));
    assert_eq!(code, 65, "{message}");
    assert!(
        message.contains("task `super_glue_boolq` has no answers"),
        "{message}"
    );
    assert!(!dir.path().join("whole.zip").exists());
}

#[test]
fn an_evaluation_becomes_a_card() {
    let dir = tempfile::tempdir().unwrap();
    let config = json!({
        "model_type": "t5", "architectures": ["T5ForConditionalGeneration"], "vocab_size": 64, "d_model": 8, "d_kv": 4, "d_ff": 16,
        "num_layers": 2, "num_decoder_layers": 2, "num_heads": 2, "relative_attention_num_buckets": 32,
        "relative_attention_max_distance": 128, "dropout_rate": 0.1, "layer_norm_epsilon": 1e-6, "feed_forward_proj": "gated-gelu",
        "tie_word_embeddings": false, "decoder_start_token_id": 0, "pad_token_id": 0, "eos_token_id": 1,
    });
    fs::create_dir(dir.path().join("small")).unwrap();
    fs::write(dir.path().join("small/config.json"), config.to_string()).unwrap();
    fs::write(dir.path().join("small/model.safetensors"), "weights").unwrap();
    let arguments = [
        "card",
        "--model",
        "small",
        "--run",
        "a",
        "--out",
        "small/README.md",
        "--json",
    ];
    evaluation(&dir.path().join("a"), 10);
    let (code, message) = failure(&ext5(dir.path(), &arguments));
    let small = ext5_trainer::ModelDir::find(&dir.path().join("small")).unwrap();
    let hash = small.hash().unwrap();
    assert_eq!(code, 64, "{message}");
    assert!(
        message.contains("hash `aa`") && message.contains(&hash),
        "{message}"
    );
    evaluation_of(&hash, &dir.path().join("a"), 10);
    let written = json(&ext5(dir.path(), &arguments));
    assert_eq!(written["name"], "small");
    let card = fs::read_to_string(dir.path().join("small/README.md")).unwrap();
    assert!(card.starts_with("---\nlibrary_name: ext5\n"), "{card}");
    for part in [
        "type: \"aps/super_glue\"",
        "config: \"wsc.fixed\"",
        "- shape: 2 encoder and 2 decoder layers",
        "Whoever publishes the model must name one",
    ] {
        assert!(card.contains(part), "{part}: {card}");
    }
    let (code, message) = failure(&ext5(dir.path(), &arguments));
    assert_eq!(code, 64, "{message}");
    assert!(message.contains("`--force`"), "{message}");
    json(&ext5(dir.path(), &[&arguments[..], &["--force"]].concat()));
}
