//! C12: a run that is told to stop saves, says so by its code, and goes on where it was.
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use ext5_objectives::Stream;

use super::world::{World, cut, finish, learned, log};
use crate::place::{Place, Tier};
use crate::row::{Failure, Figure, Row};

/// Signals and the codes that they end a run with.
const SIGNALS: [(&str, i32); 3] = [("TERM", 75), ("INT", 130), ("USR1", 75)];
/// A signal that is ignored: what a program does with all of them where nobody watches.
const IGNORED: &str = "URG";
/// Longest that saving and ending may take.
const GRACE: Duration = Duration::from_secs(2);
/// Longest that ending may take where it is asked for twice.
const AT_ONCE: Duration = Duration::from_millis(500);
/// Latest instant of a signal behind the first word of a life, in microseconds: before the first step, in steps,
/// validations and saves.
const LATEST: u64 = 600_000;
/// One life in so many gets Ctrl-C twice.
const TWICE: usize = 10;
const SETTINGS: [&str; 5] = [
    // Known, so that no life begins by measuring it.
    "trainer.peak_tflops=1.0",
    "trainer.checkpoint_every=15",
    "validation.every=10",
    "validation.limit=6",
    "validation.metrics=[\"micro_reading\"]",
];

pub(super) const ROW: Row = Row {
    id: "C12",
    what: "SIGTERM, SIGINT, SIGUSR1 at random times of one run's many lives; Ctrl-C twice",
    tier: Tier::P,
    defect: "a signal that is ignored",
    run,
};

fn run(place: &Place) -> Result<Figure, Failure> {
    let lives = place.count(40, 200);
    let world = World::new(place.dir("C12")?);
    let dir = world.run("run");
    // Begun here, so that caches are no part of the lives.
    cut(&world.config(1_000_000, &SETTINGS)?, &dir, false, 1)?;
    let mut random = Stream::new(&[0x63_3132]);
    let mut tally = Tally::default();
    for life in 0..lives {
        let (signal, code) = SIGNALS[life % SIGNALS.len()];
        let (signal, code, twice) = match life % TWICE {
            4 => ("INT", 130, true),
            _ if place.seeded => (IGNORED, code, false),
            _ => (signal, code, false),
        };
        let mut process = Process::resume(&place.ext5()?, &dir)?;
        thread::sleep(Duration::from_micros(random.below(LATEST)));
        process.signal(signal)?;
        if twice {
            process.signal(signal)?;
        }
        let (status, time) = process.end(GRACE)?;
        tally.enter(&dir, (status, time), code, twice)?;
    }
    let same = place.seeded || same_as_uncut(&world, &dir, tally.step)?;
    let (second, seconds) = if place.seeded {
        (0, 0)
    } else {
        (interrupted_twice(place, &world)?, 1)
    };
    let Tally {
        codes,
        in_time,
        saved,
        slowest,
        step,
    } = tally;
    Ok(Figure::new(
        format!(
            "{lives} signals over {step} steps: {codes} right codes, {in_time} ends within 2 s (slowest {:.2} s), {saved} saved; resumed {} times, equal to the uncut run: {same}; second Ctrl-C ended a long step at once {second}/{seconds}",
            slowest.as_secs_f64(),
            lives - 1
        ),
        format!("{lives} of each, equal"),
        [codes, in_time, saved] == [lives; 3] && same && second == seconds,
    ))
}

/// What came of the lives.
#[derive(Default)]
struct Tally {
    codes: usize,
    in_time: usize,
    saved: usize,
    slowest: Duration,
    /// Of the newest checkpoint.
    step: u64,
}

impl Tally {
    fn enter(
        &mut self,
        dir: &Path,
        (status, time): (ExitStatus, Duration),
        code: i32,
        twice: bool,
    ) -> Result<(), Failure> {
        self.codes += usize::from(status.code() == Some(code));
        self.in_time += usize::from(time <= GRACE);
        self.slowest = self.slowest.max(time);
        let before = self.step;
        self.step = newest(dir)?;
        learned(dir, self.step)?;
        // Of a run that was not let save, the log may be ahead.
        let logged = log(dir)?.iter().filter(|line| is_step(line)).count() as u64;
        let saved = self.step == logged || twice && self.step >= before;
        self.saved += usize::from(saved);
        Ok(())
    }
}

fn is_step(line: &str) -> bool {
    line.contains("\"kind\":\"train\"")
}

/// The step of the newest checkpoint.
fn newest(dir: &Path) -> Result<u64, Failure> {
    let mut newest = 0;
    for entry in std::fs::read_dir(dir.join("checkpoints"))? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        let step = name
            .strip_prefix("step_")
            .and_then(|step| step.parse().ok());
        newest = newest.max(step.unwrap_or(0));
    }
    Ok(newest)
}

/// Whether the run of all those lives is the run that had one.
fn same_as_uncut(world: &World, dir: &Path, steps: u64) -> Result<bool, Failure> {
    let whole = world.run("whole");
    // Validation takes nothing from training.
    finish(&world.config(steps, &[])?, &whole, false)?;
    let train = |dir: &Path| -> Result<Vec<String>, Failure> {
        let lines = log(dir)?.into_iter().filter(|line| is_step(line));
        Ok(lines.take(steps as usize).collect())
    };
    Ok(train(&whole)? == train(dir)? && learned(&whole, steps)? == learned(dir, steps)?)
}

/// Whether a second Ctrl-C ends a run whose step takes seconds.
fn interrupted_twice(place: &Place, world: &World) -> Result<usize, Failure> {
    let large = [
        "model.preset=\"mini\"",
        "trainer.batch_rows=256",
        "data.inputs_length=256",
        "data.targets_length=64",
    ];
    let mut command = Command::new(place.ext5()?);
    let dir = world.run("large");
    command
        .args(["train", "--recipe", "micro_ext5", "--run-dir"])
        .arg(&dir);
    for word in super::world::SMALL.iter().chain(&large) {
        command.args(["--set", word]);
    }
    let mut process = Process::start(command, None)?;
    let begun = Instant::now();
    while !dir.join("run.toml").is_file() && begun.elapsed() < Duration::from_mins(1) {
        thread::sleep(Duration::from_millis(5));
    }
    thread::sleep(Duration::from_millis(500));
    process.signal("INT")?;
    thread::sleep(Duration::from_millis(300));
    let patient = process.child.try_wait()?.is_none();
    process.signal("INT")?;
    let (status, time) = process.end(AT_ONCE)?;
    Ok(usize::from(
        patient && status.code() == Some(130) && time <= AT_ONCE,
    ))
}

/// A run of the program, and what it says.
struct Process {
    child: Child,
    said: Option<JoinHandle<String>>,
    signalled: Instant,
}

impl Process {
    /// Goes on with the run in `dir`; answers once it says so.
    fn resume(program: &Path, dir: &Path) -> Result<Self, Failure> {
        let mut command = Command::new(program);
        command.args(["train", "--resume", "--run-dir"]).arg(dir);
        Self::start(command, Some("resuming from step"))
    }

    fn start(mut command: Command, word: Option<&str>) -> Result<Self, Failure> {
        let mut child = command
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()?;
        let mut said = BufReader::new(child.stderr.take().ok_or("no standard error")?);
        let mut line = String::new();
        while word.is_some_and(|word| !line.contains(word)) {
            line.clear();
            if said.read_line(&mut line)? == 0 {
                return Err("a run ended before it was resumed".into());
            }
        }
        let said = thread::spawn(move || {
            let mut text = String::new();
            let _ = said.read_to_string(&mut text);
            text
        });
        Ok(Self {
            child,
            said: Some(said),
            signalled: Instant::now(),
        })
    }

    fn signal(&mut self, signal: &str) -> Result<(), Failure> {
        self.signalled = Instant::now();
        let id = self.child.id().to_string();
        Command::new("kill")
            .args(["-s", signal, &id])
            .stderr(Stdio::null())
            .status()?;
        Ok(())
    }

    /// How it ended, and how long after its last signal; killed where that takes longer than `most`.
    fn end(mut self, most: Duration) -> Result<(ExitStatus, Duration), Failure> {
        let status = loop {
            if let Some(status) = self.child.try_wait()? {
                break status;
            }
            if self.signalled.elapsed() > most + Duration::from_millis(500) {
                self.child.kill()?;
                break self.child.wait()?;
            }
            thread::sleep(Duration::from_millis(1));
        };
        let time = self.signalled.elapsed();
        let said = self.said.take().and_then(|said| said.join().ok());
        if status.code() == Some(1) || status.code() == Some(101) {
            return Err(format!("a run failed: {}", said.unwrap_or_default()).into());
        }
        Ok((status, time))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
