//! C14: a study that is killed and told again reports what one says that never was.
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use ext5_data::storage::local;
use ext5_objectives::Stream;
use ext5_trainer::Checkpoint;
use serde_json::Value;

use super::world::{cursor, misplace};
use crate::place::{Place, Tier};
use crate::row::{Failure, Figure, Row};

/// All studies; the last is told where the first lies.
const STUDIES: [&str; 8] = [
    "transfer",
    "curation",
    "scaling",
    "ratio",
    "stage",
    "efficiency",
    "suites",
    "task-affinity",
];
const ONE_SEED: &str = "seeds=[0]";
/// The one that every change runs, and what makes it short.
const SHORT: (&str, [&str; 3]) = (
    "ratio",
    [
        ONE_SEED,
        "grid.ratios=[0.0,2.0]",
        "pretrain.set=[\"trainer.steps=300\",\"trainer.checkpoint_every=50\"]",
    ],
);
/// Longest that a study of this size may take on two cores.
const LONGEST: Duration = Duration::from_mins(15);
/// Reports that hold no times.
const TIMELESS: [&str; 2] = ["report.csv", "report.md"];

pub(super) const ROW: Row = Row {
    id: "C14",
    what: "a study of the micro-world killed at a random instant and run again; its report against an unbroken one's",
    tier: Tier::P,
    defect: "a cell that goes on with a data cursor one off",
    run,
};

fn run(place: &Place) -> Result<Figure, Failure> {
    let whole = place.tier == Tier::N && !place.seeded;
    let (studies, words): (&[&str], &[&str]) = if whole {
        (&STUDIES, &[ONE_SEED])
    } else {
        (&[SHORT.0], &SHORT.1)
    };
    let root = place.dir("C14")?;
    let mut random = Stream::new(&[0x63_3134]);
    let (mut equal, mut slowest) = (0, Duration::ZERO);
    for study in studies {
        let (unbroken, killed) = (root.join(study), root.join(format!("{study}_killed")));
        let begun = Instant::now();
        finish(study_command(place, study, words, &unbroken)?)?;
        let time = begun.elapsed();
        let process = study_command(place, study, words, &killed)?.spawn()?;
        let mut process = Killed(process);
        if place.seeded {
            while begun.elapsed() < 3 * time && !matches!(newest_checkpoint(&killed), Ok(Some(_))) {
                thread::sleep(Duration::from_millis(2));
            }
            drop(process);
            let checkpoint = newest_checkpoint(&killed)?;
            move_cursor(&checkpoint.ok_or("a study has left no checkpoint")?)?;
        } else {
            let share = 0.2 + 0.6 * random.below(1000) as f64 / 1000.0;
            thread::sleep(time.mul_f64(share));
            process.0.kill()?;
            drop(process);
        }
        finish(study_command(place, study, words, &killed)?)?;
        slowest = slowest.max(begun.elapsed().saturating_sub(time)).max(time);
        equal += usize::from(same_reports(&unbroken, &killed)?);
    }
    let all = studies.len();
    Ok(Figure::new(
        format!(
            "{equal} of {all} reports equal in all bytes but times; the slowest took {} s, killed and run again",
            slowest.as_secs()
        ),
        format!("{all} of {all}, each within 15 min"),
        equal == all && slowest <= LONGEST,
    ))
}

/// A process that does not outlive its row.
struct Killed(std::process::Child);

impl Drop for Killed {
    fn drop(&mut self) {
        // One that has ended by itself cannot be killed, and need not be.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn study_command(
    place: &Place,
    study: &str,
    words: &[&str],
    dir: &Path,
) -> Result<Command, Failure> {
    let mut command = Command::new(place.ext5()?);
    command
        .args(["study", "run", study, "--scale", "micro", "--dir"])
        .arg(dir)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    for word in words {
        command.args(["--set", word]);
    }
    if study == "task-affinity" {
        command
            .arg("--transfer")
            .arg(dir.with_file_name(STUDIES[0]));
    }
    Ok(command)
}

fn finish(mut command: Command) -> Result<(), Failure> {
    let output = command.stderr(Stdio::piped()).output()?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(format!("a study did not finish: {}", said.trim()).into())
}

fn same_reports(one: &Path, other: &Path) -> Result<bool, Failure> {
    for name in TIMELESS {
        if std::fs::read(one.join(name))? != std::fs::read(other.join(name))? {
            return Ok(false);
        }
    }
    Ok(timeless(one)? == timeless(other)?)
}

/// The whole of a report but for how long its cells took, as text: numbers are written so that equal text means equal bits.
fn timeless(dir: &Path) -> Result<String, Failure> {
    let mut report = serde_json::from_slice(&std::fs::read(dir.join("report.json"))?)?;
    without_times(&mut report);
    Ok(report.to_string())
}

fn without_times(value: &mut Value) {
    match value {
        Value::Object(keys) => {
            keys.remove("seconds");
            keys.values_mut().for_each(without_times);
        }
        Value::Array(values) => values.iter_mut().for_each(without_times),
        _ => {}
    }
}

/// The newest whole checkpoint of a run in `dir` that has any: the run, and the checkpoint's step.
fn newest_checkpoint(dir: &Path) -> Result<Option<(PathBuf, u64)>, Failure> {
    for run in std::fs::read_dir(dir.join("runs")).into_iter().flatten() {
        let run = run?.path();
        if let (Some(checkpoint), _) = Checkpoint::newest(local(), &run)? {
            return Ok(Some((run, checkpoint.step())));
        }
    }
    Ok(None)
}

/// The defect: one draw is never seen.
fn move_cursor((run, step): &(PathBuf, u64)) -> Result<(), Failure> {
    let mut cursor = cursor(run, *step)?;
    cursor.draws += 1;
    if let Some(count) = cursor.counts.first_mut() {
        *count += 1;
    }
    misplace(run, *step, &cursor)
}
