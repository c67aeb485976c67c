//! Memory holds a window of examples and the metrics' numbers, however many examples there are.
#![cfg(target_os = "linux")]
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use ext5_eval::{
    Bootstrap, EvaluateOptions, EvaluationDir, Identity, Protocol, Reading, evaluate_task,
};
use tempfile::TempDir;

use crate::resume::{Mortal, identity};
use crate::scripted::{SENTIMENT, task};

/// Directory and number of examples of the process whose memory is measured.
const MEASURED: &str = "EXT5_TEST_MEMORY";

#[test]
fn measured() {
    let Some(dir) = std::env::var_os(MEASURED) else {
        return;
    };
    let folder = TempDir::new_in(&dir).unwrap();
    let toy = task(&folder, "sentiment", SENTIMENT, &[]);
    let rows = Path::new(&dir).join("rows.jsonl");
    fs::rename(rows, folder.path().join("sentiment.jsonl")).unwrap();
    let identity: Identity = identity(Protocol::Generate);
    let out = EvaluationDir::open(&folder.path().join("out"), &identity).unwrap();
    let mut options = EvaluateOptions {
        bootstrap: Bootstrap::NONE,
        reading: Reading::T5,
        dir: Some(&out),
        ..EvaluateOptions::default()
    };
    let mut model = Mortal::default();
    evaluate_task(&toy, "validation", None, &mut model, &mut options).unwrap();
    fs::copy("/proc/self/status", Path::new(&dir).join("status")).unwrap();
}

/// Highest memory of a process that evaluates so many examples of a kilobyte, in KiB.
fn peak(examples: usize) -> u64 {
    let dir = TempDir::new().unwrap();
    let words = "word ".repeat(200);
    let rows = (0..examples).fold(String::new(), |mut rows, row| {
        let _ = writeln!(rows, r#"{{"text": "{words}{row}", "label": {}}}"#, row % 2);
        rows
    });
    fs::write(dir.path().join("rows.jsonl"), rows).unwrap();
    let status = Command::new(std::env::current_exe().unwrap())
        .args(["memory::measured", "--exact"])
        .env(MEASURED, dir.path())
        .output()
        .unwrap();
    assert!(status.status.success(), "{status:?}");
    let status = fs::read_to_string(dir.path().join("status")).unwrap();
    let status: BTreeMap<&str, &str> = status
        .lines()
        .filter_map(|line| line.split_once(':'))
        .collect();
    let peak = status["VmHWM"].trim().trim_end_matches(" kB");
    peak.parse().unwrap()
}

#[test]
fn memory_does_not_grow_with_the_text() {
    let (few, many) = (peak(2_000), peak(40_000));
    println!("peak memory: {few} KiB for 2,000 examples of 1 KiB, {many} KiB for 40,000");
    // 38 MiB of texts more, in inputs and again in samples.
    assert!(many < few + 6 * 1024, "{few} KiB, then {many} KiB");
}
