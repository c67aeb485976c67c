//! The program as its users meet it: answers, exit codes, messages, interruption.
#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking and says what it measured"
)]
mod canonical;
mod catalogue;
mod evaluate;
mod metric;
mod outcomes;
mod predict;
mod speed;
mod study;

use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

/// Settings that make a run of the micro-world last seconds.
const SMALL: [&str; 12] = [
    "--set",
    "trainer.batch_rows=4",
    "--set",
    "trainer.log_every=1",
    "--set",
    "data.max_examples=300",
    "--set",
    "data.inputs_length=32",
    "--set",
    "data.targets_length=24",
    "--set",
    "data.vocabulary={trained={mixture=\"micro_text\",size=512}}",
];

fn ext5(dir: &Path, arguments: &[&str]) -> Output {
    let program = env!("CARGO_BIN_EXE_ext5");
    Command::new(program)
        .args(arguments)
        .current_dir(dir)
        .output()
        .unwrap()
}

fn train<'a>(run_dir: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let mut arguments = vec![
        "train",
        "--recipe",
        "micro_ext5",
        "--quiet",
        "--run-dir",
        run_dir,
    ];
    arguments.extend(SMALL);
    arguments.extend(more);
    arguments
}

fn json(output: &Output) -> Value {
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Exit code and message of a command that must fail.
fn failure(output: &Output) -> (i32, String) {
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    (output.status.code().unwrap(), text)
}

#[test]
fn wrong_names_end_in_a_suggestion_and_their_own_code() {
    let dir = tempfile::tempdir().unwrap();
    let cases: [(&[&str], i32, &[&str]); 10] = [
        (
            &["train", "--recipe", "micro_ext"],
            64,
            &["micro_ext", "micro_ext5"],
        ),
        (&["train"], 64, &["--recipe"]),
        (
            &["train", "--recipe", "micro_t5", "--set", "trainer.step=3"],
            78,
            &["step", "steps"],
        ),
        (
            &[
                "train",
                "--recipe",
                "micro_t5",
                "--set",
                "data.mixture=micro_exmi",
            ],
            64,
            &["micro_exmi", "micro_exmix"],
        ),
        (
            &[
                "train",
                "--recipe",
                "micro_t5",
                "--set",
                "data.inputs_length=99999999999",
            ],
            78,
            &["inputs_length"],
        ),
        (
            &[
                "train",
                "--recipe",
                "micro_t5",
                "--set",
                "trainer.batch_rows=0",
            ],
            78,
            &["batch_rows"],
        ),
        (
            &[
                "train",
                "--recipe",
                "micro_t5",
                "--set",
                "trainer.device=tpu",
            ],
            71,
            &["tpu", "flex"],
        ),
        (
            &[
                "train",
                "--recipe",
                "ext5_local",
                "--set",
                "data.root=nowhere",
            ],
            66,
            &["nowhere"],
        ),
        (
            &["evaluate", "--model", "nowhere", "--task", "micro_reading"],
            66,
            &["nowhere"],
        ),
        (&["task", "show", "micro_readin"], 64, &["micro_reading"]),
    ];
    for (arguments, code, words) in cases {
        let (found, message) = failure(&ext5(dir.path(), arguments));
        assert_eq!(found, code, "{arguments:?}: {message}");
        for word in words {
            assert!(
                message.contains(word),
                "{arguments:?} does not say `{word}`: {message}"
            );
        }
    }
}

#[test]
fn an_error_with_json_is_one_object() {
    let dir = tempfile::tempdir().unwrap();
    let output = ext5(dir.path(), &["task", "show", "nothing_like_it", "--json"]);
    let value: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(value["error"]["code"], 64);
}

#[test]
fn every_command_has_examples_in_its_help() {
    let dir = tempfile::tempdir().unwrap();
    let commands = [
        "quickstart",
        "train",
        "evaluate",
        "predict",
        "score",
        "tokenize",
        "task list",
        "task show",
        "task check",
        "mixture list",
        "mixture plan",
        "import",
        "export",
        "config show",
        "plan",
        "doctor",
    ];
    for command in commands {
        let mut arguments: Vec<&str> = command.split(' ').collect();
        arguments.push("--help");
        let help = ext5(dir.path(), &arguments);
        let text = String::from_utf8_lossy(&help.stdout).into_owned();
        let examples = text.matches(&format!("  ext5 {command}")).count();
        assert!(
            examples >= 2 && text.contains("--json"),
            "{command}: {text}"
        );
    }
}

#[test]
fn tokenize_writes_ids_and_bad_rows_are_named() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(
        dir.path().join("in.jsonl"),
        "{\"text\": \"ab\"}\n{\"text\": \"\"}\n",
    )
    .unwrap();
    let arguments = [
        "tokenize",
        "--vocabulary",
        "bytes",
        "--input",
        "in.jsonl",
        "--output",
        "out.jsonl",
        "--json",
    ];
    assert_eq!(json(&ext5(dir.path(), &arguments))["rows"], 2);
    // ByT5: a byte's id is its value plus 3.
    let written = fs::read_to_string(dir.path().join("out.jsonl")).unwrap();
    assert_eq!(written, "{\"ids\":[100,101]}\n{\"ids\":[]}\n");

    fs::write(
        dir.path().join("in.jsonl"),
        "{\"text\": \"ab\"}\n{\"txt\": 1}\n",
    )
    .unwrap();
    let (code, message) = failure(&ext5(dir.path(), &arguments));
    assert_eq!(code, 65, "{message}");
    assert!(
        message.contains("in.jsonl") && message.contains("row 2"),
        "{message}"
    );
}

/// Kills a run with SIGKILL in the middle, resumes it, and compares every byte of its log and its last weights.
#[test]
fn a_killed_run_resumes_bit_for_bit() {
    let dir = tempfile::tempdir().unwrap();
    let steps = [
        "--set",
        "trainer.steps=60",
        "--set",
        "trainer.checkpoint_every=3",
    ];
    assert!(ext5(dir.path(), &train("whole", &steps)).status.success());

    let program = env!("CARGO_BIN_EXE_ext5");
    let mut child = Command::new(program)
        .args(train("cut", &steps))
        .current_dir(dir.path())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let log = dir.path().join("cut/metrics.jsonl");
    let lines = || fs::read_to_string(&log).map_or(0, |text| text.lines().count());
    let begun = Instant::now();
    while lines() < 8 && begun.elapsed() < Duration::from_mins(5) {
        std::thread::sleep(Duration::from_millis(5));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let done = lines();
    assert!((8..60).contains(&done), "killed after {done} lines");

    let resumed = ext5(
        dir.path(),
        &["train", "--resume", "--run-dir", "cut", "--quiet"],
    );
    assert!(
        resumed.status.success(),
        "{}",
        String::from_utf8_lossy(&resumed.stderr)
    );
    for file in [
        "metrics.jsonl",
        "ledger.json",
        "checkpoints/step_00000060/model.safetensors",
    ] {
        let read = |run: &str| fs::read(dir.path().join(run).join(file)).unwrap();
        assert!(read("whole") == read("cut"), "{file} differs");
    }
}

#[test]
fn a_run_directory_is_not_overwritten_and_not_shared() {
    let dir = tempfile::tempdir().unwrap();
    let steps = ["--set", "trainer.steps=2"];
    assert!(ext5(dir.path(), &train("run", &steps)).status.success());
    let (code, message) = failure(&ext5(dir.path(), &train("run", &steps)));
    assert_eq!(code, 64, "{message}");
    assert!(message.contains("--resume"), "{message}");

    let _lock = ext5_data::storage::lock(&dir.path().join("run")).unwrap();
    let resume = ["train", "--resume", "--run-dir", "run"];
    let (code, message) = failure(&ext5(dir.path(), &resume));
    assert_eq!(code, 73, "{message}");
}

#[test]
fn an_interrupted_run_saves_and_says_how_to_go_on() {
    let dir = tempfile::tempdir().unwrap();
    let long = [
        "--set",
        "trainer.steps=100000",
        "--set",
        "trainer.checkpoint_every=0",
    ];
    for (signal, code) in [("-INT", 130), ("-TERM", 75)] {
        let run = format!("run{signal}");
        let mut child = Command::new(env!("CARGO_BIN_EXE_ext5"))
            .args(train(&run, &long))
            .current_dir(dir.path())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let log = dir.path().join(&run).join("metrics.jsonl");
        while fs::metadata(&log).map_or(0, |file| file.len()) == 0 {
            assert!(child.try_wait().unwrap().is_none(), "ended by itself");
            std::thread::sleep(Duration::from_millis(20));
        }
        Command::new("kill")
            .args([signal, &child.id().to_string()])
            .status()
            .unwrap();
        let (found, message) = failure(&child.wait_with_output().unwrap());
        assert_eq!(found, code, "{message}");
        assert!(message.contains("--resume"), "{message}");
        let saved = fs::read_dir(dir.path().join(&run).join("checkpoints"))
            .unwrap()
            .count();
        assert_eq!(saved, 1);
    }
}

#[test]
fn a_model_predicts_scores_and_travels() {
    let dir = tempfile::tempdir().unwrap();
    assert!(
        ext5(dir.path(), &train("run", &["--set", "trainer.steps=3"]))
            .status
            .success()
    );
    fs::write(
        dir.path().join("in.jsonl"),
        "{\"inputs\": \"reading question: who ?\", \"targets\": \"mara\"}\n{\"inputs\": \"x\", \"targets\": \"\"}\n",
    )
    .unwrap();
    let export = [
        "export", "--from", "run", "--to", "hf", "--format", "hf", "--json",
    ];
    assert_eq!(json(&ext5(dir.path(), &export))["verified"], true);
    let mut outputs = Vec::new();
    for (model, output) in [
        ("run", "a.jsonl"),
        ("run/checkpoints/step_00000003", "b.jsonl"),
        ("hf", "c.jsonl"),
    ] {
        let predict = [
            "predict",
            "--model",
            model,
            "--input",
            "in.jsonl",
            "--output",
            output,
            "--max-tokens",
            "5",
        ];
        assert!(ext5(dir.path(), &predict).status.success());
        let predictions = fs::read_to_string(dir.path().join(output)).unwrap();
        let score = [
            "score", "--model", model, "--input", "in.jsonl", "--output", output,
        ];
        assert!(ext5(dir.path(), &score).status.success());
        outputs.push((
            predictions,
            fs::read_to_string(dir.path().join(output)).unwrap(),
        ));
    }
    assert_eq!(outputs[0], outputs[1]);
    assert_eq!(outputs[0], outputs[2]);
    let second: Value = serde_json::from_str(outputs[0].1.lines().nth(1).unwrap()).unwrap();
    assert_eq!(
        second["tokens"], 1,
        "an empty target is its end of sequence"
    );
    assert!(second["log_likelihood"].as_f64().unwrap() < 0.0);
    let evaluate = [
        "evaluate",
        "--model",
        "hf",
        "--task",
        "micro_reading",
        "--limit",
        "4",
        "--json",
    ];
    assert_eq!(
        json(&ext5(dir.path(), &evaluate))["tasks"][0]["examples"],
        4
    );
}
