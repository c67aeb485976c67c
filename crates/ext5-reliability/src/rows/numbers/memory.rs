//! R5: a run that does not fit says so before it takes the memory, and what would fit does.
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use ext5_trainer::Checkpoint;

use super::ground;
use crate::place::{Place, Tier};
use crate::row::{Failure, Figure, Row};

pub(super) const ROW: Row = Row {
    id: "R5",
    what: "address space at half of what a run needs",
    tier: Tier::P,
    defect: "the limit is one that no estimate knows of (`ulimit -d`)",
    run,
};

/// Runs that differ in what takes the memory: rows, lengths, layers and width, the optimizer, packing.
const RUNS: &[&[&str]] = &[
    &["trainer.batch_rows=1000"],
    &["trainer.batch_rows=1280", "data.packing=false"],
    &["trainer.batch_rows=480", "data.inputs_length=128"],
    &["trainer.batch_rows=800", "data.targets_length=64"],
    &["trainer.batch_rows=200", "model.preset=\"mini\""],
    &[
        "trainer.batch_rows=128",
        "model.preset=\"mini\"",
        "optimizer={kind=\"adamw\"}",
    ],
    &["trainer.batch_rows=1200", "trainer.micro_batch_rows=1000"],
    &["trainer.batch_rows=1000", "optimizer={kind=\"adamw\"}"],
    &["trainer.batch_rows=4", "model.preset=\"t5_1_1_small\""],
    &["trainer.batch_rows=1000", "model.dropout_rate=0.1"],
];

fn run(place: &Place) -> Result<Figure, Failure> {
    let dir = place.dir("r5")?;
    let (mut typed, mut half, mut fits, mut tried) = (0, 0, 0, 0);
    let mut odd = Vec::new();
    let count = place.count(RUNS.len(), RUNS.len());
    for (number, settings) in RUNS.iter().enumerate().take(count) {
        let mut all = vec!["data.inputs_length=64", "data.targets_length=32"];
        all.extend(*settings);
        let config = ground::config(place, &all)?;
        let file = dir.join(format!("run_{number}.toml"));
        std::fs::write(&file, config.to_toml()?)?;
        let run_dir = |name: &str| dir.join(format!("{name}_{number}"));
        let free = run_dir("free");
        let needed = peak_kib(place, &file, &free)?;
        let limited = run_dir("limited");
        let limit = needed / 2;
        let outcome = limited_to(place, limit, &file, &limited, &[])?;
        let said = String::from_utf8_lossy(&outcome.stderr).into_owned();
        half += usize::from(is_torn(&limited));
        if outcome.status.code() == Some(71) && said.contains("would need") {
            typed += 1;
        } else {
            let last = said.lines().last().unwrap_or_default().to_owned();
            odd.push(format!(
                "run {number} ({limit} KiB): {:?} {last}",
                outcome.status.code()
            ));
        }
        let settings = suggestion(&said);
        // What is suggested is tried for some: it takes as long as the run.
        if number % 4 == 0 && !settings.is_empty() {
            tried += 1;
            let settings: Vec<&str> = settings.iter().map(String::as_str).collect();
            let retried = limited_to(place, limit, &file, &run_dir("retried"), &settings)?;
            if retried.status.success() {
                fits += 1;
            } else {
                let said = String::from_utf8_lossy(&retried.stderr).into_owned();
                let last = said.lines().last().unwrap_or_default().to_owned();
                odd.push(format!("run {number} with {settings:?}: {last}"));
            }
        }
    }
    Ok(Figure::new(
        format!(
            "{typed} of {count} refused before allocation with exit 71, {half} half-written checkpoints; {fits} of {tried} suggestions ran within the same limit{}",
            odd.first()
                .map_or_else(String::new, |odd| format!(" ({odd})"))
        ),
        "9 of 10 refused, 0 half-written",
        10 * typed >= 9 * count && half == 0,
    ))
}

/// Starts the program on one step of a run.
fn command(
    place: &Place,
    file: &Path,
    run_dir: &Path,
    settings: &[&str],
) -> Result<Vec<String>, Failure> {
    let program = place.ext5()?.into_os_string();
    let paths = [program.as_os_str(), file.as_os_str(), run_dir.as_os_str()];
    let [program, file, run_dir] = paths.map(|path| path.to_string_lossy().into_owned());
    let fixed = ["--set", "trainer.steps=1", "--set", "trainer.log_every=1"];
    let mut words = vec![program, "train".to_owned()];
    words.extend(["--config".to_owned(), file, "--run-dir".to_owned(), run_dir]);
    words.extend(fixed.map(str::to_owned));
    for setting in settings {
        words.extend(["--set".to_owned(), (*setting).to_owned()]);
    }
    Ok(words)
}

/// The most addresses that a run of one step takes without a limit, KiB.
fn peak_kib(place: &Place, file: &Path, run_dir: &Path) -> Result<u64, Failure> {
    let words = command(place, file, run_dir, &[])?;
    let (program, rest) = words.split_first().ok_or("no program")?;
    let mut child = Command::new(program)
        .args(rest)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    let status = PathBuf::from(format!("/proc/{}/status", child.id()));
    let mut peak = 0;
    let ended = loop {
        if let Some(ended) = child.try_wait()? {
            break ended;
        }
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmPeak:"));
        let now = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
        peak = peak.max(now.unwrap_or(0));
        std::thread::sleep(Duration::from_millis(10));
    };
    if !ended.success() {
        return Err(format!("without a limit it ended with {ended}").into());
    }
    Ok(peak)
}

/// A run of one step with so much address space. The defect's limit is one that nobody reads.
fn limited_to(
    place: &Place,
    kib: u64,
    file: &Path,
    run_dir: &Path,
    settings: &[&str],
) -> Result<Output, Failure> {
    let which = if place.seeded { "-d" } else { "-v" };
    let script = format!("ulimit {which} {kib}; exec \"$@\"");
    let words = command(place, file, run_dir, settings)?;
    let mut shell = Command::new("sh");
    shell.args(["-c", &script, "sh"]).args(words);
    Ok(shell.output()?)
}

/// Whether something lies there that looks like a checkpoint and is none.
fn is_torn(run_dir: &Path) -> bool {
    let entries = std::fs::read_dir(run_dir.join("checkpoints"));
    let paths = entries.into_iter().flatten().flatten();
    let mut paths = paths.map(|entry| entry.path());
    let unfinished = |path: &Path| path.to_string_lossy().contains(".tmp-");
    paths.any(|path| {
        let whole = Checkpoint::open(&path).and_then(|checkpoint| checkpoint.verify());
        !unfinished(&path) && whole.is_err()
    })
}

/// The settings that a refusal suggests: one, or two that belong together.
fn suggestion(said: &str) -> Vec<String> {
    let Some((_, rest)) = said.split_once("; try `") else {
        return Vec::new();
    };
    let words: Vec<&str> = rest.split('`').collect();
    match words.as_slice() {
        [one, " with ", two, ..] => vec![(*one).to_owned(), (*two).to_owned()],
        [one, ..] => vec![(*one).to_owned()],
        [] => Vec::new(),
    }
}
