//! R3: two programs want the same directory.
use std::path::Path;
use std::process::Child;
use std::time::{Duration, Instant};

use super::program::{self, Program};
use crate::place::{Place, Tier};
use crate::row::{Failure, Figure, Row};

pub(super) const ROW: Row = Row {
    id: "R3",
    what: "two trainers in one run directory, the winner killed each time; two builders of one cache",
    tier: Tier::P,
    defect: "a held lock file is removed",
    run,
};

/// Exit code of a program whose directory is held.
const LOCKED: i32 = 73;
/// Longest time in which the loser must end.
const SOON: Duration = Duration::from_secs(1);
/// Longest wait for anything else.
const PATIENCE: Duration = Duration::from_mins(1);

#[derive(Default)]
struct Seen {
    races: usize,
    /// Races with exactly one winner.
    decided: usize,
    /// Losers that ended in time with the code and named the winner.
    told: usize,
    slowest: Duration,
    /// Pairs of builders that both ended well.
    shared: usize,
    first: Option<String>,
}

fn run(place: &Place) -> Result<Figure, Failure> {
    let races = place.count(100, 100);
    let builders = place.count(10, 50);
    let dir = place.dir("r3")?;
    let program = Program::new(place, &dir.join("cache"))?;
    let run_dir = dir.join("run");
    let done = program.train(&run_dir, &["trainer.steps=3"]).output()?;
    if !done.status.success() {
        return Err(program::said(&done).into());
    }
    let mut seen = Seen::default();
    for _ in 0..races {
        race(&program, &run_dir, place.seeded, &mut seen)?;
    }
    for number in 0..builders {
        let dir = dir.join(format!("built{number}"));
        seen.shared += usize::from(build(place, &dir, number % 2 == 1)?);
    }
    let first = seen
        .first
        .map_or(String::new(), |it| format!("; first: {it}"));
    Ok(Figure::new(
        format!(
            "{} races after {} kills: {} with one winner, {} losers told the holder with code 73 (slowest {:.2} s), {} of {builders} pairs of cache builders ended well{first}",
            seen.races,
            seen.races,
            seen.decided,
            seen.told,
            seen.slowest.as_secs_f64(),
            seen.shared
        ),
        "one winner each; losers end within 1 s, code 73, naming process, host, time; all stale locks recovered",
        [seen.decided, seen.told].iter().all(|it| *it == races)
            && seen.slowest <= SOON
            && seen.shared == builders,
    ))
}

/// Two programs go on with one run, whose last holder was killed; the winner is killed too.
fn race(program: &Program, run_dir: &Path, seeded: bool, seen: &mut Seen) -> Result<(), Failure> {
    let more = ["trainer.steps=1000000", "trainer.checkpoint_every=0"];
    let start = || program.resume(run_dir, &more).spawn();
    seen.races += 1;
    let begun = Instant::now();
    let mut pair = vec![start()?];
    if seeded {
        while !holds(run_dir, pair[0].id()) && begun.elapsed() < PATIENCE {
            std::thread::sleep(Duration::from_millis(1));
        }
        std::fs::remove_file(run_dir.join("lock"))?;
    }
    pair.push(start()?);
    // Where both hold it there is nothing to wait for.
    let limit = if seeded { SOON } else { PATIENCE };
    let ended = loop {
        if let Some(at) = first_ended(&mut pair)? {
            break Some((at, begun.elapsed()));
        }
        if begun.elapsed() > limit {
            break None;
        }
        std::thread::sleep(Duration::from_millis(1));
    };
    let Some((at, took)) = ended else {
        for mut child in pair {
            child.kill()?;
            child.wait()?;
        }
        seen.first.get_or_insert("both go on".to_owned());
        return Ok(());
    };
    let loser = pair.remove(at).wait_with_output()?;
    let winner = &mut pair[0];
    seen.decided += usize::from(winner.try_wait()?.is_none());
    let said = program::said(&loser);
    let named = [
        format!("process {} on ", winner.id()),
        " since 20".to_owned(),
    ];
    if loser.status.code() == Some(LOCKED) && named.iter().all(|it| said.contains(it)) {
        seen.told += 1;
    } else {
        let holder = winner.id();
        seen.first
            .get_or_insert(format!("{}, holder {holder}: {said}", loser.status));
    }
    seen.slowest = seen.slowest.max(took);
    winner.kill()?;
    winner.wait()?;
    Ok(())
}

fn first_ended(pair: &mut [Child]) -> Result<Option<usize>, Failure> {
    for (at, child) in pair.iter_mut().enumerate() {
        if child.try_wait()?.is_some() {
            return Ok(Some(at));
        }
    }
    Ok(None)
}

/// Whether a process says in the lock that it holds it.
fn holds(run_dir: &Path, process: u32) -> bool {
    let text = std::fs::read_to_string(run_dir.join("lock")).unwrap_or_default();
    text.contains(&format!("process {process} on "))
}

/// Two runs need one cache that is not there; the first may be killed. Whether all others end well.
fn build(place: &Place, dir: &Path, kills: bool) -> Result<bool, Failure> {
    std::fs::create_dir(dir)?;
    let program = Program::new(place, &dir.join("cache"))?;
    let more = ["trainer.steps=1", "data.max_examples=2000"];
    let start = |name: &str| program.train(&dir.join(name), &more).spawn();
    let (mut first, second) = (start("a")?, start("b")?);
    if kills {
        std::thread::sleep(Duration::from_millis(150));
        first.kill()?;
        first.wait()?;
    }
    let good = |child: Child| -> Result<bool, Failure> {
        Ok(program::end(child, PATIENCE)?.is_some_and(|it| it.status.success()))
    };
    let second = good(second)?;
    Ok(second && (kills || good(first)?))
}
