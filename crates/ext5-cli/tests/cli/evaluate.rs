//! Evaluations that are kept, gone on with, and put side by side.
use crate::{ext5, failure, json, train};
use serde_json::Value;
use std::fs;
use std::path::Path;
use tempfile::TempDir;

/// A run of four steps with two checkpoints.
fn run() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    let steps = [
        "--set",
        "trainer.steps=4",
        "--set",
        "trainer.checkpoint_every=2",
    ];
    let trained = ext5(dir.path(), &train("run", &steps));
    assert!(trained.status.success(), "{trained:?}");
    dir
}

fn evaluate<'a>(more: &[&'a str]) -> Vec<&'a str> {
    let mut arguments = vec![
        "evaluate",
        "--model",
        "run",
        "--task",
        "micro_reading",
        "--limit",
        "6",
        "--quiet",
        "--json",
    ];
    arguments.extend(more);
    arguments
}

fn read(dir: &Path, path: &str) -> String {
    fs::read_to_string(dir.join(path)).unwrap()
}

#[test]
fn an_evaluation_is_kept_gone_on_with_and_never_mixed() {
    let dir = run();
    let dir = dir.path();
    let plain = json(&ext5(dir, &evaluate(&["--samples", "samples.jsonl"])));
    let kept = ["--out", "out", "--cache", "cache"];
    assert_eq!(json(&ext5(dir, &evaluate(&kept))), plain);
    let samples = read(dir, "out/samples/micro_reading.validation.jsonl");
    assert_eq!(samples, read(dir, "samples.jsonl"));
    assert_eq!(samples.lines().count(), 6);
    for name in [
        "evaluation.json",
        "tasks.json",
        "results.json",
        "results.md",
        "results.csv",
        "results.tex",
        "units/micro_reading.validation.json",
    ] {
        assert!(dir.join("out").join(name).is_file(), "{name}");
    }
    let report = "reports/micro_reading.validation.json";
    let finished = read(dir, &format!("out/{report}"));
    // Broken off in the middle of a sample, and with other batches.
    fs::remove_file(dir.join("out").join(report)).unwrap();
    let path = dir.join("out/samples/micro_reading.validation.jsonl");
    fs::write(&path, &samples[..samples.len() / 2]).unwrap();
    let again = evaluate(&["--out", "out", "--batch-rows", "1"]);
    assert_eq!(json(&ext5(dir, &again)), plain);
    assert_eq!(fs::read_to_string(&path).unwrap(), samples);
    assert_eq!(read(dir, &format!("out/{report}")), finished);
    // The cache alone gives the same.
    let cached = evaluate(&["--out", "second", "--cache", "cache"]);
    assert_eq!(json(&ext5(dir, &cached)), plain);
    assert_eq!(read(dir, &format!("second/{report}")), finished);
    let other = evaluate(&["--out", "out", "--protocol", "perplexity"]);
    let (code, message) = failure(&ext5(dir, &other));
    assert_eq!(code, 64);
    assert!(
        message.contains("`protocol` is \"generate\" there and \"perplexity\" here"),
        "{message}"
    );
    let other = evaluate(&[
        "--out",
        "out",
        "--protocol",
        "perplexity",
        "--as",
        "lm-eval",
        "--fresh",
    ]);
    let value = json(&ext5(dir, &other));
    assert_eq!(value["tasks"][0]["protocol"], "perplexity");
    let identity: Value = serde_json::from_str(&read(dir, "out/evaluation.json")).unwrap();
    assert_eq!(identity["reading"], "lm-eval");
}

#[test]
fn checkpoints_stand_side_by_side() {
    let dir = run();
    let dir = dir.path();
    let all = evaluate(&["--checkpoints", "all", "--out", "out"]);
    let value = json(&ext5(dir, &all));
    let names = ["step_00000002", "step_00000004"];
    assert_eq!(value["checkpoints"], serde_json::json!(names));
    assert_eq!(value["last_checkpoint"], names[1]);
    for name in names {
        assert!(dir.join("out").join(name).join("suite.json").is_file());
    }
    assert_eq!(
        serde_json::from_str::<Value>(&read(dir, "out/columns.json")).unwrap(),
        value
    );
    let last = json(&ext5(dir, &evaluate(&["--checkpoints", "4"])));
    assert_eq!(last["checkpoints"], serde_json::json!(names[1..]));
    let (code, message) = failure(&ext5(dir, &evaluate(&["--checkpoints", "3"])));
    assert_eq!(code, 64);
    assert!(
        message.contains("no checkpoint of step `3`, expected `all` or some of 2,4"),
        "{message}"
    );
}

#[test]
fn nothing_scored_and_nothing_to_write_are_failures() {
    let dir = run();
    let dir = dir.path();
    fs::create_dir(dir.join("empty")).unwrap();
    let mut absent = vec!["evaluate", "--model", "run", "--quiet", "--json"];
    absent.extend(["--task", "super_glue_rte", "--data-root", "empty"]);
    let output = ext5(dir, &absent);
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(said["result"]["absent"][0]["task"], "super_glue_rte");
    let (code, message) = failure(&output);
    assert_eq!(code, 66);
    assert!(message.contains("nothing was scored"), "{message}");
    let cases: [(&[&str], &str); 3] = [
        (&["--protocol", "rank", "--beams", "2"], "--beams"),
        (&["--rank", "--sample"], "--sample"),
        (
            &["--protocol", "perplexity", "--min-tokens", "3"],
            "--min-tokens",
        ),
    ];
    for (options, option) in cases {
        let (code, message) = failure(&ext5(dir, &evaluate(options)));
        assert_eq!(code, 64, "{message}");
        assert!(message.contains(&format!("`{option}` says")), "{message}");
    }
}
