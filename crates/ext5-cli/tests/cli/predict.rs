//! Answers of a model that has hardly learned anything, written in every way.
use super::{ext5, failure, train};
use serde_json::Value;
use std::fs;
use std::path::Path;

const INPUTS: &str = "{\"inputs\": \"reading question: who ?\"}\n{\"inputs\": \"x\"}\n";

/// The lines that `predict` writes with these options.
fn predict(dir: &Path, options: &[&str]) -> Vec<Value> {
    let files = ["--input", "in.jsonl", "--output", "out.jsonl"];
    let arguments = [&["predict", "--model", "run"], &files[..], options].concat();
    let output = ext5(dir, &arguments);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let lines = fs::read_to_string(dir.join("out.jsonl")).unwrap();
    lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn a_model_answers_greedily_with_beams_and_by_chance() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    fs::write(dir.join("in.jsonl"), INPUTS).unwrap();
    assert!(
        ext5(dir, &train("run", &["--set", "trainer.steps=3"]))
            .status
            .success()
    );

    let greedy = predict(dir, &["--max-tokens", "6"]);
    assert!(greedy.len() == 2 && greedy[0].get("answers").is_none());
    assert!(greedy[0]["log_prob"].as_f64().unwrap() < 0.0);

    let beams = ["--max-tokens", "6", "--beams", "4", "--num-return", "3"];
    for line in predict(dir, &beams) {
        let answers = line["answers"].as_array().unwrap();
        let scores: Vec<f64> = answers
            .iter()
            .map(|it| it["score"].as_f64().unwrap())
            .collect();
        assert!((1..=3).contains(&scores.len()) && scores.is_sorted_by(|one, two| one >= two));
        assert_eq!(line["prediction"], answers[0]["prediction"]);
    }

    let sample = |seed| {
        let options = [
            "--sample",
            "--top-k",
            "50",
            "--num-return",
            "4",
            "--max-tokens",
            "9",
        ];
        predict(dir, &[&options[..], &["--seed", seed]].concat())
    };
    assert_eq!(sample("1"), sample("1"));
    assert_ne!(sample("1"), sample("2"));

    for line in predict(dir, &["--choices", "mara,the river", "--prefix", "so"]) {
        let answer = line["prediction"].as_str().unwrap().replace("so", "");
        assert!(["mara", "the river"].contains(&answer.trim()), "{line}");
    }

    let refused = ext5(
        dir,
        &[
            "predict", "--model", "run", "--input", "in.jsonl", "--output", "o", "--beams", "0",
        ],
    );
    let (code, message) = failure(&refused);
    assert_eq!(code, 64, "{message}");
    assert!(
        message.contains("`--beams` is `0`, expected 1 to 1,024 beams"),
        "{message}"
    );
}
