//! R4: checkpoints are read while the run goes on.
use std::time::{Duration, Instant};

use ext5_data::storage;
use ext5_trainer::Checkpoint;

use super::program::{self, Program};
use super::sets;
use crate::place::{Place, Tier};
use crate::row::{Failure, Figure, Row};

pub(super) const ROW: Row = Row {
    id: "R4",
    what: "the newest checkpoint is read slowly while the run saves at every step",
    tier: Tier::N,
    defect: "the reader does not hold what it reads",
    run,
};

/// Pause of a reader between finding a checkpoint and reading it.
const PAUSE: Duration = Duration::from_millis(500);

fn run(place: &Place) -> Result<Figure, Failure> {
    let dir = place.dir("r4")?;
    let program = Program::new(place, &dir.join("cache"))?;
    let run_dir = dir.join("run");
    let done = program.train(&run_dir, &["trainer.steps=3"]).output()?;
    if !done.status.success() {
        return Err(program::said(&done).into());
    }
    let more = ["trainer.steps=1000000", "trainer.checkpoint_every=1"];
    let mut command = program.resume(&run_dir, &more);
    let log = std::fs::File::create(dir.join("log"))?;
    let mut writer = command.stderr(log).spawn()?;
    let limit = Duration::from_secs(place.count(100, 120) as u64);
    let start = Instant::now();
    let (mut reads, mut bad, mut removed, mut last) = (0_u64, 0_u64, 0_u64, 0);
    while start.elapsed() < limit {
        let (found, skipped) = Checkpoint::newest(storage::local(), &run_dir)?;
        let Some(found) = found else {
            bad += 1;
            continue;
        };
        let (path, step) = (found.path().to_owned(), found.step());
        let whole = if place.seeded {
            drop(found);
            std::thread::sleep(PAUSE);
            Checkpoint::open(&path).is_ok_and(|it| sets::content(&it).is_some())
        } else {
            // Every tenth reader is slow.
            if reads.is_multiple_of(10) {
                std::thread::sleep(PAUSE);
            }
            sets::content(&found).is_some() && found.verify().is_ok()
        };
        reads += 1;
        bad += u64::from(!whole || !skipped.is_empty());
        removed += u64::from(step != last);
        last = step;
    }
    let goes_on = writer.try_wait()?.is_none();
    writer.kill()?;
    writer.wait()?;
    Ok(Figure::new(
        format!(
            "{reads} reads of {removed} checkpoints over {:.0} s, {bad} torn or vanished; the run reached step {last}",
            limit.as_secs_f64()
        ),
        "0 torn or vanished, the run goes on",
        bad == 0 && goes_on && removed > 1,
    ))
}
