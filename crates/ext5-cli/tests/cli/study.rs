//! Studies as commands: killed, resumed, failing, in parts.
use crate::{ext5, failure, json};
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// A study of five runs of a second each.
const STUDY: &str = r#"
name = "small"
question = "ratio"
scale = "test"
description = "R by runs of a few steps."
seeds = [0]

[data]
text = "micro_text"
supervised = "micro_exmix"
mixture = "micro_ext5"

[pretrain]
recipe = "micro_ext5"
set = [
    "trainer.steps=6", "trainer.batch_rows=4", "trainer.checkpoint_every=2", "trainer.log_every=1",
    "data.max_examples=100", "data.inputs_length=48", "data.targets_length=24",
    "data.vocabulary={bytes={extra_ids=16}}",
]

[finetune]
recipe = "micro_finetune"
set = [
    "trainer.steps=4", "trainer.batch_rows=4", "trainer.checkpoint_every=2", "trainer.log_every=1",
    "data.max_examples=100", "data.inputs_length=48", "data.targets_length=24",
    "data.vocabulary={bytes={extra_ids=16}}",
]

[score]
tasks = ["micro_heldout_entailment"]
limit = 16

[grid]
ratios = [0, inf]
"#;

/// Arguments that run the study in a directory.
fn run<'a>(dir: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let mut arguments = vec!["study", "run", "--file", "small.toml", "--dir", dir];
    arguments.extend(more);
    arguments
}

/// Writes the study's file.
fn prepared() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("small.toml"), STUDY).unwrap();
    dir
}

fn log(dir: &Path) -> Vec<Value> {
    let text = fs::read_to_string(dir.join("study.jsonl")).unwrap_or_default();
    let lines = text.lines().filter(|line| line.ends_with('}'));
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// Puts the same time into every record of a study, and answers the files of its report.
fn timeless(dir: &Path, study: &str) -> Vec<(String, Vec<u8>)> {
    let runs = dir.join(study).join("runs");
    for run in fs::read_dir(runs).unwrap() {
        let path = run.unwrap().path().join("cell.json");
        let mut record: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        record["seconds"] = 1.0.into();
        fs::write(&path, record.to_string()).unwrap();
    }
    json(&ext5(dir, &["study", "report", study, "--json"]));
    ["report.html", "report.json", "report.csv", "report.md"]
        .map(|name| {
            let content = fs::read(dir.join(study).join(name)).unwrap();
            (name.to_owned(), content)
        })
        .to_vec()
}

#[test]
fn a_study_killed_twice_reports_the_same_bytes_as_a_whole_one() {
    let dir = prepared();
    let whole = json(&ext5(dir.path(), &run("whole", &["--quiet", "--json"])));
    let cells = whole["results"]["cells"].as_array().unwrap();
    assert!(cells.len() >= 4, "{cells:?}");
    assert!(cells.iter().all(|cell| cell["state"] == "finished"));

    let at = dir.path().join("cut");
    for lines in [2, 5] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_ext5"))
            .args(run("cut", &["--quiet"]))
            .current_dir(dir.path())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let begun = Instant::now();
        while log(&at).len() < lines && begun.elapsed() < Duration::from_mins(5) {
            std::thread::sleep(Duration::from_millis(2));
        }
        std::thread::sleep(Duration::from_millis(50));
        child.kill().unwrap();
        assert!(!child.wait().unwrap().success(), "it had ended by itself");
    }
    let resumed = ext5(dir.path(), &run("cut", &["--quiet"]));
    let text = String::from_utf8(resumed.stdout).unwrap();
    assert!(resumed.status.success() && text.contains("report: cut/report.html"));
    let count = |event: &str| log(&at).iter().filter(|it| it["event"] == event).count();
    assert_eq!(count("finished"), cells.len());
    let repeated = count("begun") - count("finished");
    assert!(repeated <= 2, "{repeated} cells were begun again");

    for (one, other) in timeless(dir.path(), "whole")
        .into_iter()
        .zip(timeless(dir.path(), "cut"))
    {
        assert!(one == other, "{} differs", one.0);
    }
}

#[test]
fn a_study_that_cannot_be_is_refused_and_says_what_to_do() {
    let dir = prepared();
    let refused = |arguments: &[&str]| failure(&ext5(dir.path(), arguments));
    let (code, message) = refused(&["study", "report", "nothing"]);
    assert_eq!(code, 66, "{message}");
    assert!(message.contains("`nothing` holds no study"), "{message}");
    let (code, message) = refused(&run("a", &["--shard", "3/2"]));
    assert_eq!(code, 64, "{message}");
    let missing = ["--set", "score.tasks=[\"super_glue_cb\"]"];
    let (code, message) = refused(&run("b", &[&missing[..], &["--quiet"]].concat()));
    assert_eq!(code, 66, "{message}");
    assert!(
        message.contains("2 of 4 cells failed") && message.contains("--retry"),
        "{message}"
    );
    let page = fs::read_to_string(dir.path().join("b/report.md")).unwrap();
    assert!(page.contains("super_glue_cb"), "{page}");
    let (code, message) = refused(&run("b", &["--quiet"]));
    assert_eq!(code, 64, "{message}");
    assert!(
        message.contains("other `score.tasks`") && message.contains("--dir"),
        "{message}"
    );
}

#[test]
fn the_shipped_studies_are_listed() {
    let dir = tempfile::tempdir().unwrap();
    let list = json(&ext5(dir.path(), &["study", "list", "--json"]));
    let studies = list["studies"].as_array().unwrap();
    let known = |name: &str, scale: &str| {
        studies
            .iter()
            .any(|it| it["name"] == name && it["scale"] == scale)
    };
    for name in ["transfer", "ratio", "task-affinity"] {
        for scale in ["micro", "local", "paper"] {
            assert!(known(name, scale), "{name} {scale}");
        }
    }
    assert!(
        studies
            .iter()
            .all(|it| !it["description"].as_str().unwrap().is_empty())
    );
}
