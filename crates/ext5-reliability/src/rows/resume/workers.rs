//! C7: how a batch is prepared or cut into micro-batches may change at a resume.
use std::sync::Arc;

use blake3::Hash;
use ext5_data::{Cursor, Loader, LoaderConfig, TaskFeed};
use ext5_trainer::{RunConfig, loader_config};

use super::digest;
use super::world::{World, cut, finish, fork, learned, log, number};
use crate::place::{Place, Tier};
use crate::row::{Failure, Figure, Row};

const WORKERS: [usize; 7] = [0, 1, 2, 3, 4, 8, 16];
const PREFETCH: [usize; 3] = [0, 1, 64];
/// Batches before and behind a resume.
const BATCHES: usize = 20;
/// Steps of the runs, and where they are cut.
const STEPS: u64 = 16;
const CUT: u64 = 8;
/// Rows of a step, and of its micro-batches.
const MICRO: [usize; 5] = [4, 3, 2, 1, 8];

pub(super) const ROW: Row = Row {
    id: "C7",
    what: "data workers {0,1,2,3,4,8,16} x the same and prefetch {0,1,64} changed at a resume; micro-batches too",
    tier: Tier::P,
    defect: "noise keyed by the worker that prepares the batch",
    run,
};

fn run(place: &Place) -> Result<Figure, Failure> {
    let world = World::new(place.dir("C7")?);
    let config = world.config(STEPS, &["trainer.batch_rows=8"])?;
    let feeds = world.feeds(&config)?;
    let workers = if place.seeded {
        &WORKERS[..3]
    } else {
        &WORKERS
    };
    let streams = streams(&feeds, loader_config(&config), workers, place.seeded)?;
    let pairs = workers.len() * workers.len();
    let bound = "all batches byte-identical, all losses in all bits; micro-batches: relative difference <= 1e-6";
    let found = format!("{streams}/{pairs} pairs x 3 prefetches byte-identical");
    if place.seeded {
        return Ok(Figure::new(found, bound, streams == pairs));
    }
    let runs = runs(&world, &config)?;
    let (loss, norm) = micro_batches(&world, &config)?;
    Ok(Figure::new(
        format!(
            "{found}; {runs}/{pairs} resumed runs with equal bits; micro-batches {MICRO:?} of 8 rows: loss within {loss:.1e}, gradient norm {norm:.1e}"
        ),
        bound,
        streams == pairs && runs == pairs && loss <= 1e-6,
    ))
}

/// How many pairs of workers give the batches that one thread gives, with each prefetch.
fn streams(
    feeds: &Arc<[TaskFeed]>,
    config: LoaderConfig,
    workers: &[usize],
    seeded: bool,
) -> Result<usize, Failure> {
    let part = |workers, prefetch, cursor| {
        let config = LoaderConfig {
            workers,
            prefetch,
            ..config
        };
        part(feeds, config, cursor, seeded)
    };
    let start = Cursor::start(feeds.len());
    let (before, between) = part(0, 1, start.clone())?;
    let (behind, _) = part(0, 1, between.clone())?;
    let mut equal = 0;
    for &first in workers {
        for &second in workers {
            let mut all = true;
            for prefetch in PREFETCH {
                let (found, cursor) = part(first, prefetch, start.clone())?;
                all &= found == before && cursor == between;
                all &= part(second, prefetch, cursor)?.0 == behind;
            }
            equal += usize::from(all);
        }
    }
    Ok(equal)
}

/// The next batches, and the cursor behind them.
fn part(
    feeds: &Arc<[TaskFeed]>,
    config: LoaderConfig,
    cursor: Cursor,
    seeded: bool,
) -> Result<(Vec<Hash>, Cursor), Failure> {
    let mut loader = Loader::new(Arc::clone(feeds), config, cursor.clone())?;
    let mut hashes = digest::next(&mut loader, BATCHES)?;
    if seeded {
        // What the last of several workers prepares comes of a seed of its own.
        let last = config.workers.saturating_sub(1);
        let seed = config.seed + last as u64;
        let mut its = Loader::new(
            Arc::clone(feeds),
            LoaderConfig { seed, ..config },
            cursor.clone(),
        )?;
        let its = digest::next(&mut its, BATCHES)?;
        for (number, (hash, own)) in hashes.iter_mut().zip(its).enumerate() {
            if number % config.workers.max(1) == last {
                *hash = own;
            }
        }
    }
    Ok((hashes, loader.cursor().clone()))
}

/// How many pairs of workers before and behind a resume train to the same bits; prefetch changes along.
fn runs(world: &World, config: &RunConfig) -> Result<usize, Failure> {
    let whole = world.run("whole");
    finish(config, &whole, false)?;
    let expected = (log(&whole)?, learned(&whole, STEPS)?);
    let mut config = config.clone();
    let mut equal = 0;
    for (first, &workers) in WORKERS.iter().enumerate() {
        let begun = world.run(&format!("begun_{workers}"));
        config.data.workers = workers;
        config.data.prefetch = PREFETCH[first % PREFETCH.len()];
        cut(&config, &begun, false, CUT)?;
        for (second, &workers) in WORKERS.iter().enumerate() {
            let dir = world.run("resumed");
            fork(&begun, &dir, CUT)?;
            config.data.workers = workers;
            config.data.prefetch = PREFETCH[(first + second) % PREFETCH.len()];
            finish(&config, &dir, true)?;
            equal += usize::from((log(&dir)?, learned(&dir, STEPS)?) == expected);
            std::fs::remove_dir_all(&dir)?;
        }
    }
    Ok(equal)
}

/// Largest relative differences of loss and gradient norm where the micro-batches change at a resume.
fn micro_batches(world: &World, config: &RunConfig) -> Result<(f64, f64), Failure> {
    let (whole, begun) = (log(&world.run("whole"))?, world.run("begun_0"));
    let mut config = config.clone();
    let (mut loss, mut norm) = (0.0_f64, 0.0_f64);
    for rows in MICRO {
        let dir = world.run("split");
        fork(&begun, &dir, CUT)?;
        config.trainer.micro_batch_rows = rows;
        finish(&config, &dir, true)?;
        for (one, two) in whole.iter().zip(log(&dir)?) {
            loss = loss.max(difference(one, &two, "loss")?);
            norm = norm.max(difference(one, &two, "gradient_norm")?);
        }
        std::fs::remove_dir_all(&dir)?;
    }
    Ok((loss, norm))
}

fn difference(one: &str, two: &str, key: &str) -> Result<f64, Failure> {
    let (one, two) = (number(one, key)?, number(two, key)?);
    Ok((one - two).abs() / one.abs().max(1e-12))
}
