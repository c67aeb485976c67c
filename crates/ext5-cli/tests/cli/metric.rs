//! Scores of answers that lie in files.
use super::{ext5, failure, json};
use std::fs;
use std::path::Path;

fn files(dir: &Path, predictions: &str, targets: &str) {
    fs::write(dir.join("p.jsonl"), predictions).unwrap();
    fs::write(dir.join("t.jsonl"), targets).unwrap();
}

fn arguments<'a>(name: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let mut arguments = vec![
        "metric",
        name,
        "--predictions",
        "p.jsonl",
        "--targets",
        "t.jsonl",
    ];
    arguments.extend(["--resamples", "0"]);
    arguments.extend(more);
    arguments
}

#[test]
fn answers_in_files_are_scored() {
    let dir = tempfile::tempdir().unwrap();
    let score = |name: &str, more: &[&str]| {
        let mut arguments = arguments(name, more);
        arguments.push("--json");
        json(&ext5(dir.path(), &arguments))
    };
    // The first is right by SQuAD's normalisation; of the second one word of two is.
    files(
        dir.path(),
        "\"The Cat!\"\n\"red dog\"\n",
        "[\"bird\", \"cat\"]\n\"big dog\"\n",
    );
    let squad = score("squad", &[]);
    assert_eq!(squad["scores"]["em"], 50.0);
    assert_eq!(squad["scores"]["f1"], 75.0);
    assert!(
        squad["signature"]
            .as_str()
            .unwrap()
            .starts_with("metric:squad|")
    );
    // Of three right answers two are met; `maybe` names no class.
    files(
        dir.path(),
        "\"yes\"\n\"no\"\n\"maybe\"\n",
        "\"yes\"\n\"no\"\n\"no\"\n",
    );
    let accuracy = score("accuracy", &["--labels", "no,yes"]);
    let value = accuracy["scores"]["accuracy"].as_f64().unwrap();
    assert!((value - 200.0 / 3.0).abs() < 1e-9);
    let listed = json(&ext5(dir.path(), &["metric", "list", "--json"]));
    assert!(listed["metrics"].as_array().unwrap().len() > 15);
}

#[test]
fn what_cannot_be_scored_is_named() {
    let dir = tempfile::tempdir().unwrap();
    for (predictions, targets, name, code, part) in [
        (
            "\"a\"\n",
            "\"a\"\n\"b\"\n",
            "squad",
            65,
            "`p.jsonl` has 1 lines for 2 targets",
        ),
        ("a\n", "\"a\"\n", "squad", 65, "`p.jsonl`, line 1"),
        ("\"a\"\n", "[]\n", "squad", 65, "`t.jsonl`, line 1"),
        (
            "[\"a\"]\n",
            "\"a\"\n",
            "squad",
            65,
            "expected a JSON string, got",
        ),
        ("", "", "squad", 65, "no example"),
        ("\"a\"\n", "\"a\"\n", "squadd", 64, "did you mean `squad`?"),
        ("\"a\"\n", "\"a\"\n", "rank_accuracy", 64, "--protocol rank"),
        ("\"a\"\n", "\"a\"\n", "sari", 65, "`source`"),
    ] {
        files(dir.path(), predictions, targets);
        let (found, message) = failure(&ext5(dir.path(), &arguments(name, &[])));
        assert!(message.contains(part), "{message}");
        assert_eq!(found, code, "{message}");
    }
    fs::write(dir.path().join("p.jsonl"), b"\"\xff\"\n").unwrap();
    let (code, message) = failure(&ext5(dir.path(), &arguments("squad", &[])));
    assert_eq!(code, 65);
    assert!(message.contains("UTF-8"), "{message}");
}

#[test]
fn a_rewriting_is_scored_by_its_source() {
    let dir = tempfile::tempdir().unwrap();
    let line = "\"one two three four six\"\n";
    files(dir.path(), line, line);
    fs::write(dir.path().join("s.jsonl"), "\"one two three four five\"\n").unwrap();
    let words = arguments("sari", &["--sources", "s.jsonl", "--json"]);
    let scored = json(&ext5(dir.path(), &words));
    // The answer is the reference: everything kept, deleted and added is right.
    assert_eq!(scored["scores"]["sari"], 100.0);
    fs::write(dir.path().join("s.jsonl"), "").unwrap();
    let (code, message) = failure(&ext5(dir.path(), &words));
    assert_eq!(code, 65);
    assert!(message.contains("0 lines for 1 targets"), "{message}");
}

#[test]
fn groups_are_scored_together() {
    let dir = tempfile::tempdir().unwrap();
    // Of two questions with two answers each, all are judged rightly in the first alone.
    files(
        dir.path(),
        "\"True\"\n\"False\"\n\"True\"\n\"True\"\n",
        "\"True\"\n\"False\"\n\"True\"\n\"False\"\n",
    );
    let questions = "\"first\"\n\"first\"\n\"second\"\n\"second\"\n";
    fs::write(dir.path().join("g.jsonl"), questions).unwrap();
    let words = arguments("multirc_em", &["--groups", "g.jsonl", "--json"]);
    let scored = json(&ext5(dir.path(), &words));
    assert_eq!(scored["scores"]["em"], 50.0);
    assert_eq!(scored["units"], 2);
    let (code, message) = failure(&ext5(dir.path(), &arguments("multirc_em", &[])));
    assert_eq!(code, 64);
    assert!(message.contains("needs `--groups FILE`"), "{message}");
    // Of a group the first answer counts.
    let words = arguments("record", &["--groups", "g.jsonl", "--json"]);
    assert_eq!(json(&ext5(dir.path(), &words))["scores"]["em"], 100.0);
    let listed = json(&ext5(dir.path(), &["metric", "list", "--json"]));
    let needs = |name: &str| {
        let metrics = listed["metrics"].as_array().unwrap();
        let found = metrics.iter().find(|it| it["name"] == name);
        found.unwrap()["needs"].as_str()
    };
    assert_eq!(needs("record"), Some("--groups FILE"));
    let rank = Some("ext5 evaluate --protocol rank");
    assert_eq!(needs("rank_accuracy"), rank);
    assert_eq!(needs("squad"), None);
}
