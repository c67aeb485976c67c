//! C5: a run resumed at any step takes the next ten as if it had never stopped.
use std::path::Path;

use super::world::{World, cursor, finish, fork, learned, log, misplace};
use crate::place::{Place, Tier};
use crate::row::{Failure, Figure, Row};

/// Steps of the reference run.
const STEPS: u64 = 200;
/// Steps taken behind each resume.
const AHEAD: u64 = 10;

pub(super) const ROW: Row = Row {
    id: "C5",
    what: "resume at step k, with dropout and packing; 10 steps compared in all bits",
    tier: Tier::P,
    defect: "a data cursor that is off by one",
    run,
};

fn run(place: &Place) -> Result<Figure, Failure> {
    let steps = if place.seeded { 2 * AHEAD } else { STEPS };
    let world = World::new(place.dir("C5")?);
    let mut config = world.config(steps, &["trainer.checkpoint_every=1"])?;
    config.trainer.keep = STEPS as usize;
    let reference = world.run("reference");
    finish(&config, &reference, false)?;
    config.trainer.checkpoint_every = 0;
    let lines = log(&reference)?;
    let every = place.tier == Tier::N && !place.seeded;
    let cuts: Vec<u64> = (1..steps).filter(|k| every || k % 10 == 9).collect();
    let mut equal = 0;
    for &k in &cuts {
        let dir = world.run("resumed");
        fork(&reference, &dir, k)?;
        if place.seeded {
            skip_one(&dir, k)?;
        }
        config.trainer.steps = (k + AHEAD).min(steps);
        finish(&config, &dir, true)?;
        let end = config.trainer.steps;
        let same_log = lines.get(..end as usize) == Some(log(&dir)?.as_slice());
        equal += usize::from(same_log && learned(&dir, end)? == learned(&reference, end)?);
        std::fs::remove_dir_all(&dir)?;
    }
    let all = cuts.len();
    Ok(Figure::new(
        format!(
            "{equal}/{all} resumes: loss, gradient norm, learning rate of each step and the hashes of weights and optimizer equal"
        ),
        format!("{all}/{all}"),
        equal == all,
    ))
}

/// The defect: one draw is never seen.
fn skip_one(dir: &Path, step: u64) -> Result<(), Failure> {
    let mut cursor = cursor(dir, step)?;
    cursor.draws += 1;
    if let Some(count) = cursor.counts.first_mut() {
        *count += 1;
    }
    misplace(dir, step, &cursor)
}
