//! R2: the operating system refuses.
use std::path::Path;
use std::process::Command;

use ext5_data::ErrorKind;
use ext5_data::storage::{LocalStorage, Storage};
use ext5_trainer::Checkpoint;

use super::faulty::{Fault, FaultyDisk};
use super::program::{self, Program};
use super::sets;
use crate::place::{Place, Tier};
use crate::row::{Failure, Figure, Row};

pub(super) const ROW: Row = Row {
    id: "R2",
    what: "a read-only directory, refused access, no file left to open, a quota, a stale handle",
    tier: Tier::P,
    defect: "what is unfinished stays after an error",
    run,
};

/// Name, number, the words of the operating system and the sort of the error.
const ERRORS: [(&str, i32, &str, ErrorKind); 5] = [
    (
        "read-only",
        30,
        "Read-only file system",
        ErrorKind::Permission,
    ),
    ("access", 13, "Permission denied", ErrorKind::Permission),
    ("files", 24, "Too many open files", ErrorKind::Io),
    ("quota", 122, "quota exceeded", ErrorKind::Io),
    ("stale", 116, "Stale file handle", ErrorKind::Io),
];
/// Bytes of a large file.
const LARGE: usize = 5000;

fn run(place: &Place) -> Result<Figure, Failure> {
    let scratch = sets::scratch()?;
    let (mut named, mut cases, mut first) = (0, 0, None);
    for error in ERRORS {
        let (count, wrong) = refusals(&scratch.path().join(error.0), error, place.seeded)?;
        cases += count;
        named += usize::from(wrong.is_none());
        first = first.or(wrong);
    }
    let few = if place.seeded {
        Ok(0)
    } else {
        few_files(place)?
    };
    let (limits, few) = match few {
        Ok(limits) => (limits, None),
        Err(reason) => (0, Some(reason)),
    };
    let good = first.is_none() && few.is_none();
    let told = first
        .or(few)
        .map_or(String::new(), |it| format!("; first: {it}"));
    Ok(Figure::new(
        format!(
            "{named}/5 errors named, in {cases} places of a save; the program with 9 to 64 files: {limits} limits named or enough{told}"
        ),
        "5/5 named with their path and of their sort, nothing unfinished stays",
        good,
    ))
}

/// Every operation of a save fails with one error: how many, and what is wrong with the first that is not as it must be.
fn refusals(
    dir: &Path,
    (name, number, words, kind): (&str, i32, &str, ErrorKind),
    seeded: bool,
) -> Result<(usize, Option<String>), Failure> {
    for at in 0.. {
        let run_dir = dir.join(at.to_string());
        std::fs::create_dir_all(&run_dir)?;
        let storage = LocalStorage::over(FaultyDisk::new(at, Fault::Os(number)));
        let saved = Checkpoint::commit(&storage, &run_dir, 1, &sets::files(1, LARGE));
        if !storage.disk().has_struck() {
            saved?;
            return Ok((at, None));
        }
        let wrong = |reason: String| Ok((at, Some(format!("{name}, operation {at}: {reason}"))));
        if seeded {
            storage.create_dir(&run_dir.join("checkpoints/.tmp-1-step_00000001"))?;
        }
        if let Err(error) = saved {
            let message = chain(&error);
            if error.kind() != kind || !message.contains(words) || !message.contains("checkpoints")
            {
                return wrong(message);
            }
        } else {
            return wrong("it was not seen".to_owned());
        }
        if let Some(left) = unfinished(&run_dir)? {
            return wrong(format!("`{left}` stays"));
        }
    }
    Err("a save does not end".into())
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

/// What is unfinished below a directory.
fn unfinished(dir: &Path) -> Result<Option<String>, Failure> {
    for entry in std::fs::read_dir(dir)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with(".tmp-") {
            return Ok(Some(name));
        }
        if entry.file_type()?.is_dir()
            && let Some(found) = unfinished(&entry.path())?
        {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// The program with few files to open: it ends well or says so. How many limits, or what is wrong.
fn few_files(place: &Place) -> Result<Result<usize, String>, Failure> {
    let dir = place.dir("r2")?;
    let program = Program::new(place, &dir.join("cache"))?;
    // What it loads itself needs some; below that it does not begin.
    let limits = [9, 10, 11, 12, 13, 14, 16, 64];
    for limit in limits {
        let run_dir = dir.join(format!("run{limit}"));
        let train = program.train(&run_dir, &["trainer.steps=1"]);
        let mut command = Command::new("sh");
        command.args(["-c", &format!("ulimit -n {limit}; exec \"$@\""), "sh"]);
        command.arg(train.get_program()).args(train.get_args());
        let output = command.output()?;
        let said = program::said(&output);
        let named = output.status.code() == Some(i32::from(ErrorKind::Io.exit_code()))
            && said.contains("Too many open files")
            && said.contains('`');
        if !(output.status.success() || named) {
            return Ok(Err(format!("{limit} files: {}: {said}", output.status)));
        }
        if run_dir.exists()
            && let Some(left) = unfinished(&run_dir)?
        {
            return Ok(Err(format!("{limit} files: `{left}` stays")));
        }
    }
    Ok(Ok(limits.len()))
}
