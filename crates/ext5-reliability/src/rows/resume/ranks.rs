//! C9: processes that share a batch draw together what one alone draws.
use std::ops::Range;
use std::sync::Arc;

use ext5_data::{Batch, Cursor, Loader, LoaderConfig, TaskFeed};
use ext5_trainer::{Ranks, loader_config};

use super::digest;
use super::world::World;
use crate::place::{Place, Tier};
use crate::row::{Failure, Figure, Row};

const SIZES: [usize; 4] = [1, 2, 4, 8];
/// Batches before and behind the resume with another number of processes.
const BATCHES: usize = 50;

pub(super) const ROW: Row = Row {
    id: "C9",
    what: "ranks {1,2,4,8}, another number of them after a resume: their rows put together",
    tier: Tier::P,
    defect: "a share of rows that is one too long",
    run,
};

fn run(place: &Place) -> Result<Figure, Failure> {
    let world = World::new(place.dir("C9")?);
    // Rows that no number of processes divides.
    let config = world.config(1, &["trainer.batch_rows=13"])?;
    let feeds = world.feeds(&config)?;
    let config = loader_config(&config);
    let (mut equal, mut all) = (0, 0);
    for (number, &size) in SIZES.iter().enumerate() {
        let mut alone = Loader::new(Arc::clone(&feeds), config, Cursor::start(feeds.len()))?;
        let mut cursor = alone.cursor().clone();
        for size in [size, SIZES[(number + 1) % SIZES.len()]] {
            let mut team = team(&feeds, config, &cursor, size)?;
            for _ in 0..place.count(BATCHES, BATCHES) {
                let expected = digest::batch(&alone.next()?.0);
                let mut together = Batch::default();
                for (rank, loader) in &mut team {
                    let (batch, behind) = loader.next()?;
                    let mut rows = rank.share(batch.rows);
                    rows.end = (rows.end + usize::from(place.seeded)).min(batch.rows);
                    append(&mut together, &batch, rows);
                    cursor = behind;
                }
                all += 1;
                equal += usize::from(digest::batch(&together) == expected);
            }
        }
    }
    Ok(Figure::new(
        format!("{equal}/{all} global batches of 13 rows byte-identical to one rank's"),
        format!("{all}/{all}"),
        equal == all,
    ))
}

/// Processes that go on at `cursor`, each with a number of workers of its own.
fn team(
    feeds: &Arc<[TaskFeed]>,
    config: LoaderConfig,
    cursor: &Cursor,
    size: usize,
) -> Result<Vec<(Process, Loader)>, Failure> {
    let mut team = Vec::with_capacity(size);
    for rank in 0..size {
        let config = LoaderConfig {
            workers: rank % 3,
            ..config
        };
        let loader = Loader::new(Arc::clone(feeds), config, cursor.clone())?;
        team.push((Process { rank, size }, loader));
    }
    Ok(team)
}

/// Puts some rows of a batch behind those that are there.
fn append(to: &mut Batch, from: &Batch, rows: Range<usize>) {
    let (inputs, targets) = (from.inputs_length, from.targets_length);
    (to.inputs_length, to.targets_length) = (inputs, targets);
    to.rows += rows.len();
    let part = |length: usize| rows.start * length..rows.end * length;
    for (to, from, length) in [
        (
            &mut to.encoder_input_tokens,
            &from.encoder_input_tokens,
            inputs,
        ),
        (
            &mut to.encoder_segment_ids,
            &from.encoder_segment_ids,
            inputs,
        ),
        (
            &mut to.decoder_input_tokens,
            &from.decoder_input_tokens,
            targets,
        ),
        (
            &mut to.decoder_target_tokens,
            &from.decoder_target_tokens,
            targets,
        ),
        (
            &mut to.decoder_segment_ids,
            &from.decoder_segment_ids,
            targets,
        ),
    ] {
        to.extend_from_slice(&from[part(length)]);
    }
    to.decoder_loss_weights
        .extend_from_slice(&from.decoder_loss_weights[part(targets)]);
    let own = from.segments.iter().filter(|it| rows.contains(&it.row));
    to.segments.extend(own.cloned());
}

/// A process that talks to nobody.
struct Process {
    rank: usize,
    size: usize,
}

impl Ranks for Process {
    fn rank(&self) -> usize {
        self.rank
    }

    fn size(&self) -> usize {
        self.size
    }

    fn sum_f32(&self, _values: &mut [f32]) {}

    fn sum_f64(&self, _values: &mut [f64]) {}

    fn leave(&self) {}

    fn abort(&self, _code: u8) {}
}
