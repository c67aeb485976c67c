//! R1: the disk is full, or a file may not grow.
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

use ext5_data::storage;

use super::program::{self, Program};
use super::sets::{self, Files};
use crate::place::{Place, Tier};
use crate::row::{Failure, Figure, Row};

pub(super) const ROW: Row = Row {
    id: "R1",
    what: "a full disk or a file limit during a save, a cache build, the log, an export",
    tier: Tier::P,
    defect: "the old checkpoint is removed to make room for the new one",
    run,
};

/// Exit code where the disk fails.
const DISK: i32 = 74;
/// Longest time that a program may take.
const PATIENCE: Duration = Duration::from_mins(1);
/// Size of the small file system, and of the file limit of the log, bytes.
const DISK_SIZE: u64 = 32 << 20;
const LOG_LIMIT: u64 = 8 << 20;
/// Settings of a run that ends with its second checkpoint.
const MORE: [&str; 1] = ["trainer.steps=6"];

/// What came of the fill points.
#[derive(Debug, Default)]
struct Seen {
    points: usize,
    refused: usize,
    bad: usize,
    first: Option<String>,
}

impl Seen {
    fn add(&mut self, what: &str, verdict: Result<bool, String>) {
        self.points += 1;
        match verdict {
            Ok(refused) => self.refused += usize::from(refused),
            Err(reason) => {
                self.bad += 1;
                self.first.get_or_insert(format!("{what}: {reason}"));
            }
        }
    }
}

/// A run of three steps, and its checkpoint.
struct Ground {
    program: Program,
    run_dir: PathBuf,
    bytes: u64,
    found: Option<(u64, Option<Files>)>,
}

fn run(place: &Place) -> Result<Figure, Failure> {
    let dir = place.dir("r1")?;
    let program = Program::new(place, &dir.join("cache"))?;
    let run_dir = dir.join("run");
    let done = program.train(&run_dir, &["trainer.steps=3"]).output()?;
    if !done.status.success() {
        return Err(program::said(&done).into());
    }
    let found = sets::newest(&run_dir)?;
    let files = found.as_ref().and_then(|it| it.1.as_ref());
    let bytes = files.map_or(0, |it| it.values().map(|it| it.len() as u64).sum());
    let ground = Ground {
        program,
        run_dir,
        bytes,
        found,
    };
    let points = place.count(20, 100);
    let mut seen = Seen::default();
    let small = Mount::new(&dir.join("small"));
    for point in 0..points {
        let part = (point as f64 + 0.5) / points as f64;
        if let Some(small) = &small {
            save(&ground, &small.0, part, place.seeded, &mut seen)?;
            cache(place, &ground, &small.0, part, &mut seen)?;
            export(&ground, &small.0, part, &mut seen)?;
        }
        limited(&ground, &dir.join("limited"), part, &mut seen)?;
        log(&ground, &dir.join("log"), part, &mut seen)?;
    }
    let first = seen
        .first
        .map_or(String::new(), |it| format!("; first: {it}"));
    let mounted = if small.is_some() {
        "tmpfs and RLIMIT_FSIZE"
    } else {
        "RLIMIT_FSIZE alone: no file system can be mounted here"
    };
    Ok(Figure::new(
        format!(
            "{} fill points ({mounted}), {} refused with code 74, {} bad{first}",
            seen.points, seen.refused, seen.bad
        ),
        "0 bad of at least 100: the old checkpoint loads, path and needed and free bytes are named; the log stops no run",
        seen.bad == 0 && (place.seeded || seen.points >= 100),
    ))
}

/// A small file system in memory; gone with this value.
struct Mount(PathBuf);

impl Mount {
    /// Nothing where this user or machine cannot mount.
    fn new(path: &Path) -> Option<Self> {
        std::fs::create_dir_all(path).ok()?;
        let size = format!("size={DISK_SIZE}");
        let mut command = Command::new("mount");
        command.args(["-t", "tmpfs", "-o", &size, "none"]).arg(path);
        let done = command.output().ok()?;
        done.status.success().then(|| Self(path.to_owned()))
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        // What cannot be unmounted stays until the machine ends.
        let _ = Command::new("umount").arg(&self.0).status();
    }
}

/// Empties a directory.
fn clear(dir: &Path) -> Result<(), Failure> {
    for entry in std::fs::read_dir(dir)? {
        storage::local().remove(&entry?.path())?;
    }
    Ok(())
}

/// Leaves so many bytes free in a small file system.
fn fill(disk: &Path, free: u64) -> Result<PathBuf, Failure> {
    let now = storage::free_bytes(disk).ok_or("the free space is not known")?;
    let path = disk.join("filler");
    std::fs::write(&path, vec![0; now.saturating_sub(free) as usize])?;
    Ok(path)
}

fn ended(command: &mut Command) -> Result<Output, Failure> {
    let ended = program::end(command.spawn()?, PATIENCE)?;
    Ok(ended.ok_or("the program does not end")?)
}

/// Whether a program was refused, and that as it must be.
fn refused(output: &Output, below: &Path) -> Result<bool, String> {
    let said = program::said(output);
    match output.status.code() {
        Some(0) => Ok(false),
        Some(DISK) => {
            let error = said
                .lines()
                .find(|it| it.starts_with("error: "))
                .unwrap_or_default();
            let named = [
                below.display().to_string(),
                " bytes are needed, ".to_owned(),
                " are free".to_owned(),
            ];
            match named.iter().find(|it| !error.contains(*it)) {
                Some(lacking) => Err(format!("no `{lacking}` in `{error}`")),
                None => Ok(true),
            }
        }
        _ => Err(format!("{}: {said}", output.status)),
    }
}

/// Whether the run has its old checkpoint bit for bit, or where it was not refused a newer one.
fn loads(
    ground: &Ground,
    run_dir: &Path,
    verdict: Result<bool, String>,
) -> Result<Result<bool, String>, Failure> {
    let found = sets::newest(run_dir)?;
    Ok(match verdict {
        Ok(true) if found != ground.found => Err("the old checkpoint does not load".to_owned()),
        Ok(false) if found.as_ref().is_none_or(|it| it.0 != 6) => {
            Err("the new checkpoint does not load".to_owned())
        }
        verdict => verdict,
    })
}

/// A save on a file system that has room for `part` of twice the checkpoint.
fn save(
    ground: &Ground,
    disk: &Path,
    part: f64,
    seeded: bool,
    seen: &mut Seen,
) -> Result<(), Failure> {
    clear(disk)?;
    let run_dir = disk.join("run");
    sets::copy(&ground.run_dir, &run_dir)?;
    let filler = fill(disk, (part * 2.0 * ground.bytes as f64) as u64)?;
    if seeded {
        for path in sets::directories(&run_dir)? {
            storage::local().remove(&path)?;
        }
    }
    let output = ended(&mut ground.program.resume(&run_dir, &MORE))?;
    std::fs::remove_file(filler)?;
    seen.add("save", loads(ground, &run_dir, refused(&output, &run_dir))?);
    Ok(())
}

/// A cache where there is room for `part` of 64 KiB; made anew once there is room.
fn cache(
    place: &Place,
    ground: &Ground,
    disk: &Path,
    part: f64,
    seen: &mut Seen,
) -> Result<(), Failure> {
    clear(disk)?;
    let program = Program::new(place, &disk.join("cache"))?;
    let run_dir = ground.run_dir.with_extension("cached");
    storage::local().remove(&run_dir)?;
    let filler = fill(disk, (part * 65_536.0) as u64)?;
    let more = ["trainer.steps=1"];
    let output = ended(&mut program.train(&run_dir, &more))?;
    let mut verdict = refused(&output, disk);
    std::fs::remove_file(filler)?;
    if verdict == Ok(true) {
        storage::local().remove(&run_dir)?;
        let again = ended(&mut program.train(&run_dir, &more))?;
        if !again.status.success() {
            verdict = Err(format!("not made anew: {}", program::said(&again)));
        }
    }
    seen.add("cache", verdict);
    Ok(())
}

/// An export where there is room for `part` of the model: what is written half is no model.
fn export(ground: &Ground, disk: &Path, part: f64, seen: &mut Seen) -> Result<(), Failure> {
    clear(disk)?;
    let filler = fill(disk, (part * ground.bytes as f64) as u64)?;
    let to = disk.join("exported");
    let mut command = ground.program.command(&[
        "export",
        "--format",
        "hf",
        "--vocabulary",
        "bytes",
        "--from",
    ]);
    let output = ended(command.arg(&ground.run_dir).arg("--to").arg(&to))?;
    std::fs::remove_file(filler)?;
    let mut verdict = refused(&output, disk);
    if verdict == Ok(true) && to.join("config.json").exists() {
        verdict = Err("a part of a model looks like one".to_owned());
    }
    seen.add("export", verdict);
    Ok(())
}

/// `command` where no file may grow over so many bytes.
fn limit(command: &Command, bytes: u64) -> Command {
    let mut limited = Command::new("sh");
    let blocks = bytes / 512;
    limited.args(["-c", &format!("ulimit -f {blocks}; exec \"$@\""), "sh"]);
    limited.arg(command.get_program()).args(command.get_args());
    limited
        .stdin(std::process::Stdio::null())
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::piped());
    limited
}

/// A save where no file may be larger than `part` of the checkpoint.
fn limited(ground: &Ground, run_dir: &Path, part: f64, seen: &mut Seen) -> Result<(), Failure> {
    storage::local().remove(run_dir)?;
    sets::copy(&ground.run_dir, run_dir)?;
    let command = ground.program.resume(run_dir, &MORE);
    let output = ended(&mut limit(&command, (part * ground.bytes as f64) as u64))?;
    seen.add(
        "file limit",
        loads(ground, run_dir, refused(&output, run_dir))?,
    );
    Ok(())
}

/// A log of the speed that may not grow any more: the run goes on to its end.
fn log(ground: &Ground, run_dir: &Path, part: f64, seen: &mut Seen) -> Result<(), Failure> {
    storage::local().remove(run_dir)?;
    sets::copy(&ground.run_dir, run_dir)?;
    let path = run_dir.join("speed.jsonl");
    let before = LOG_LIMIT - (part * 300.0) as u64;
    std::fs::write(&path, vec![b'\n'; before as usize])?;
    let output = ended(&mut limit(
        &ground.program.resume(run_dir, &MORE),
        LOG_LIMIT,
    ))?;
    let verdict = match refused(&output, run_dir) {
        Ok(true) => Err("the log ended the run".to_owned()),
        verdict => loads(ground, run_dir, verdict)?,
    };
    let text = std::fs::read(&path)?;
    let whole = text.last() == Some(&b'\n');
    seen.add(
        "log",
        verdict.and_then(|it| {
            if whole {
                Ok(it)
            } else {
                Err("half a line".to_owned())
            }
        }),
    );
    Ok(())
}
