//! C1: the program is killed again and again.
use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use ext5_objectives::Stream;
use ext5_trainer::Checkpoint;

use super::program::Program;
use super::sets;
use crate::place::{Place, Tier};
use crate::row::{Failure, Figure, Row};

pub(super) const ROW: Row = Row {
    id: "C1",
    what: "`ext5 train` (3 steps, a checkpoint, again) is killed at a random instant and started again",
    tier: Tier::P,
    defect: "a checkpoint is written under its final name",
    run,
};

/// Tag of the stream that chooses instants.
const INSTANTS: u64 = 0x6b11;
/// Runs at a time.
const LANES: usize = 2;
/// Longest wait for a checkpoint.
const PATIENCE: Duration = Duration::from_mins(1);

/// What came of the kills.
#[derive(Clone, Copy, Debug, Default)]
struct Toll {
    kills: usize,
    /// Those that left an unfinished directory.
    in_save: usize,
    lost: usize,
    corrupt: usize,
    /// Starts that ended by themselves.
    refused: usize,
    /// The last step that was found.
    step: u64,
}

fn run(place: &Place) -> Result<Figure, Failure> {
    let kills = place.count(200, 1000) / LANES;
    let dir = place.dir("c1")?;
    let program = Program::new(place, &dir.join("cache"))?;
    let tolls = std::thread::scope(|scope| {
        let lanes: Vec<_> = (0..LANES)
            .map(|lane| {
                let (program, run_dir) = (&program, dir.join(format!("run{lane}")));
                scope.spawn(move || killed(program, &run_dir, lane, kills, place.seeded))
            })
            .collect();
        let ended = lanes
            .into_iter()
            .map(|lane| lane.join().unwrap_or_else(|_| Err("a lane broke".into())));
        ended.collect::<Result<Vec<Toll>, Failure>>()
    })?;
    let sum = |of: fn(&Toll) -> usize| tolls.iter().map(of).sum::<usize>();
    let (kills, in_save) = (sum(|it| it.kills), sum(|it| it.in_save));
    let (lost, corrupt, refused) = (
        sum(|it| it.lost),
        sum(|it| it.corrupt),
        sum(|it| it.refused),
    );
    let steps: u64 = tolls.iter().map(|it| it.step).sum();
    Ok(Figure::new(
        format!(
            "{kills} kills, {in_save} of them inside a save, {lost} lost, {corrupt} corrupt, {refused} starts refused, {steps} steps done in spite of them"
        ),
        "0 lost, 0 corrupt, 0 refused; 30 % of the kills inside a save",
        lost + corrupt + refused == 0 && in_save * 10 >= kills * 3 && steps > 0,
    ))
}

/// Starts, kills, looks; half of the kills at any instant, half while a directory is unfinished.
fn killed(
    program: &Program,
    run_dir: &Path,
    lane: usize,
    kills: usize,
    seeded: bool,
) -> Result<Toll, Failure> {
    let mut stream = Stream::new(&[INSTANTS, lane as u64]);
    let log = run_dir.with_extension("err");
    let usual = first_saves(program, run_dir, &log)?;
    let mut toll = Toll::default();
    for kill in 0..kills {
        let mut child = quiet(&mut program.resume(run_dir, &[]), &log)?.spawn()?;
        if kill % 2 == 0 {
            std::thread::sleep(usual.mul_f64(stream.uniform()));
        } else {
            let start = Instant::now();
            while !is_saving(run_dir, child.id()) && start.elapsed() < usual * 2 {
                std::thread::sleep(Duration::from_micros(300));
            }
            std::thread::sleep(Duration::from_millis(5).mul_f64(stream.uniform()));
        }
        if child.try_wait()?.is_some() {
            toll.refused += 1;
            continue;
        }
        child.kill()?;
        child.wait()?;
        toll.kills += 1;
        toll.in_save += usize::from(is_saving(run_dir, child.id()));
        if seeded {
            in_place(run_dir)?;
        }
        let all = sets::directories(run_dir)?.len();
        toll.corrupt += all - sets::good(run_dir)?;
        let found = sets::newest(run_dir)?.map_or(0, |it| it.0);
        toll.lost += usize::from(found < toll.step);
        toll.step = toll.step.max(found);
    }
    Ok(toll)
}

/// Begins a run; answers how long it took from the start to the third checkpoint.
fn first_saves(program: &Program, run_dir: &Path, log: &Path) -> Result<Duration, Failure> {
    // The first start makes the cache, which is no part of a usual one.
    let done = quiet(&mut program.train(run_dir, &["trainer.steps=3"]), log)?.status()?;
    if !done.success() {
        return Err(std::fs::read_to_string(log)?.into());
    }
    let start = Instant::now();
    let more = ["trainer.steps=1000000"];
    let mut child = quiet(&mut program.resume(run_dir, &more), log)?.spawn()?;
    let last = run_dir.join("checkpoints/step_00000012");
    while !Checkpoint::is_at(&last) {
        if start.elapsed() > PATIENCE || child.try_wait()?.is_some() {
            child.kill()?;
            child.wait()?;
            return Err(format!("no checkpoint: {}", std::fs::read_to_string(log)?).into());
        }
        std::thread::sleep(Duration::from_micros(300));
    }
    let usual = start.elapsed();
    child.kill()?;
    child.wait()?;
    Ok(usual)
}

/// What a process says goes to a file: a pipe that nobody reads would stop it.
fn quiet<'a>(command: &'a mut Command, log: &Path) -> Result<&'a mut Command, Failure> {
    Ok(command.stdout(Stdio::null()).stderr(File::create(log)?))
}

/// Whether a process has, or had when it was killed, an unfinished directory among the checkpoints.
fn is_saving(run_dir: &Path, process: u32) -> bool {
    let entries = std::fs::read_dir(run_dir.join("checkpoints"));
    let own = format!(".tmp-{process}-");
    let mut names = entries.into_iter().flatten().flatten();
    names.any(|it| it.file_name().to_string_lossy().starts_with(&own))
}

/// What a save leaves that writes under the final name from the beginning.
fn in_place(run_dir: &Path) -> Result<(), Failure> {
    let parent = run_dir.join("checkpoints");
    for entry in std::fs::read_dir(&parent)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        let step = name
            .split_once("-step_")
            .filter(|it| it.0.starts_with(".tmp-"));
        let Some((_, step)) = step.filter(|it| !it.1.contains('.')) else {
            continue;
        };
        let place = parent.join(format!("step_{step}"));
        if !place.exists() {
            std::fs::rename(parent.join(&name), place)?;
        }
    }
    Ok(())
}
