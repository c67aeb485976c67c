//! F1 and F2: damaged files of every format, read by the product.
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use super::formats::{self, Format};
use super::memory_dir;
use super::worker::{AT, Tally, WORD};
use crate::place::{Place, Tier};
use crate::row::{Failure, Figure, Row};

pub(super) const READ: Row = Row {
    id: "F1",
    what: "mutants of every format, read by the product",
    tier: Tier::P,
    defect: "a reader that trusts lengths, without the door",
    run: run_read,
};

pub(super) const TOLD: Row = Row {
    id: "F2",
    what: "what errors about mutants say",
    tier: Tier::P,
    defect: "a reader that says `invalid`",
    run: run_told,
};

/// A worker that died so often is not started again.
const DEATHS: u64 = 10;

fn run_read(place: &Place) -> Result<Figure, Failure> {
    let count = place.count(50_000, 1_000_000) as u64;
    let formats = formats::of(place.seeded.then_some("trusting"));
    let mut sum = Tally::default();
    let mut slowest = ("", 0.0);
    for format in &formats {
        let tally = survey(format, count)?;
        if tally.slowest > slowest.1 {
            slowest = (format.name, tally.slowest);
        }
        sum.join(tally);
    }
    let holds = sum.panics + sum.slow + sum.deaths == 0;
    let mut found = format!(
        "{} formats, {} mutants each: {} refused, {} escaped panics, {} aborts or above the memory, {} above 1 s (slowest {:.0} ms, {}), peak {:.1} MiB",
        formats.len(),
        count,
        sum.told.errors,
        sum.panics,
        sum.deaths,
        sum.slow,
        slowest.1 * 1e3,
        slowest.0,
        sum.peak as f64 / f64::from(1 << 20),
    );
    for accident in sum.accidents.iter().take(5) {
        found += &format!("; {accident}");
    }
    let bound = "0 escaped panics, 0 aborts, 0 above 1 s, 0 above 64 MiB + 8 x file";
    Ok(Figure::new(found, bound, holds))
}

fn run_told(place: &Place) -> Result<Figure, Failure> {
    let count = place.count(2_000, 50_000) as u64;
    let formats = formats::of(place.seeded.then_some("bare"));
    let mut sum = Tally::default();
    for format in &formats {
        sum.join(survey(format, count)?);
    }
    let told = sum.told;
    let holds =
        told.nameless + told.rowless + told.bare + sum.deaths == 0 && told.lost * 20 <= told.errors;
    let mut found = format!(
        "{} errors: {} without the file, {} of {} at a known row without it, {} bare, {:.1} % with a next step or what was expected",
        told.errors,
        told.nameless,
        told.rowless,
        told.at_row,
        told.bare,
        100.0 - 100.0 * told.lost as f64 / told.errors.max(1) as f64,
    );
    for short in told.short.iter().take(if holds { 0 } else { 40 }) {
        found += &format!("; {short}");
    }
    let bound = "0 without the file, 0 without a known row, 0 bare, 95 % with a next step or what was expected";
    Ok(Figure::new(found, bound, holds))
}

/// Reads `count` mutants of a format in two processes at a time.
fn survey(format: &Format, count: u64) -> Result<Tally, Failure> {
    let half = count.div_ceil(2);
    let halves = [(0, half), (half, count - half)];
    let mut workers = Vec::new();
    for (first, count) in halves {
        workers.push(Worker::start(format, first, count, memory_dir()?)?);
    }
    let mut sum = Tally::default();
    for worker in workers {
        worker.finish(format, &mut sum)?;
    }
    Ok(sum)
}

struct Worker {
    child: Child,
    dir: TempDir,
    first: u64,
    count: u64,
}

impl Worker {
    fn start(format: &Format, first: u64, count: u64, dir: TempDir) -> Result<Self, Failure> {
        let errors = std::fs::File::create(dir.path().join("stderr"))?;
        let child = Command::new(std::env::current_exe()?)
            .args([WORD, format.name, &first.to_string(), &count.to_string()])
            .arg(dir.path())
            .stdout(Stdio::piped())
            .stderr(errors)
            .spawn()?;
        Ok(Self {
            child,
            dir,
            first,
            count,
        })
    }

    /// Waits; starts another one behind the mutant that this one died of.
    fn finish(self, format: &Format, sum: &mut Tally) -> Result<(), Failure> {
        let Self {
            child,
            dir,
            first,
            count,
        } = self;
        let output = child.wait_with_output()?;
        let errors = dir.path().join("stderr");
        if output.status.success() {
            sum.join(serde_json::from_slice(&output.stdout)?);
            return Ok(());
        }
        let said = std::fs::read_to_string(&errors)?;
        let last = said.lines().last().unwrap_or_default().to_owned();
        let Ok(at) = std::fs::read_to_string(dir.path().join(AT)) else {
            return Err(format!("{}: no mutant was read: {last}", format.name).into());
        };
        let at: u64 = at.parse()?;
        sum.deaths += 1;
        sum.mutants += at - first + 1;
        sum.accidents
            .push(format!("{} {at}: {} ({last})", format.name, output.status));
        if sum.deaths < DEATHS && at + 1 < first + count {
            return Self::start(format, at + 1, first + count - at - 1, dir)?.finish(format, sum);
        }
        Ok(())
    }
}
