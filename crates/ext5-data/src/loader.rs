#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::feed::{Preparation, TaskFeed, validate};
use crate::order::{Cursor, Draw, Order};
use crate::packing::{BatchBuilder, Prepared, Shape};
use crate::pipeline::Pipeline;
use crate::{Batch, Error, ErrorKind, Result};

/// Draws a worker claims at once.
const BLOCK: usize = 32;

/// What batches look like and how they are made. Only `workers` and `prefetch` leave the batches as they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LoaderConfig {
    /// Rows of a batch.
    pub rows: usize,
    /// Tokens of a row of inputs, end of sequence included.
    pub inputs_length: usize,
    /// Tokens of a row of targets, end of sequence included.
    pub targets_length: usize,
    /// Several examples a row (next-fit), else one.
    pub packing: bool,
    /// Seed of draws, orders and noise.
    pub seed: u64,
    /// Threads that prepare examples; with 0 whoever asks for a batch prepares it.
    pub workers: usize,
    /// Batches prepared ahead, counted as if each row held one example.
    pub prefetch: usize,
}

impl LoaderConfig {
    pub(crate) fn shape(&self) -> Shape {
        Shape {
            rows: self.rows,
            inputs_length: self.inputs_length,
            targets_length: self.targets_length,
            packing: self.packing,
        }
    }
}

type Block = Vec<(Draw, Result<Prepared>)>;

/// The endless batches of a mixture.
///
/// Draw `n` is a function of seed, shares and `n`; which example it is, of how often its task was drawn before; its noise, of
/// task, epoch and example. So a [`Cursor`] is all there is to keep, and workers change nothing but the speed.
pub struct Loader {
    shape: Shape,
    pipeline: Pipeline<Vec<Draw>, Block>,
    /// Prepared, not placed.
    waiting: VecDeque<(Draw, Result<Prepared>)>,
    cursor: Cursor,
    failed: bool,
}

impl Loader {
    /// A loader that goes on at `cursor`; [`Cursor::start`] is the beginning.
    ///
    /// # Errors
    /// [`Error::Refused`] of kind `Config` with everything that is wrong with feeds (sorted by name, shares above 0, not empty,
    /// one vocabulary, caches cut to the raw length of their objective, enough sentinels) and configuration; of kind `Data` for a cursor
    /// of another mixture.
    pub fn new(feeds: Arc<[TaskFeed]>, config: LoaderConfig, cursor: Cursor) -> Result<Self> {
        validate(&feeds, &config)?;
        if cursor.counts.len() != feeds.len() || cursor.counts.iter().sum::<u64>() != cursor.draws {
            return Err(Error::Refused {
                kind: ErrorKind::Data,
                reason: format!(
                    "the data cursor is of another mixture: {} draws over {} tasks, the mixture has {} tasks",
                    cursor.draws,
                    cursor.counts.len(),
                    feeds.len()
                ),
            });
        }
        let order = order(&feeds, config.seed);
        let mut head = cursor.clone();
        let claim = move || (0..BLOCK).map(|_| head.advance(&order)).collect::<Vec<_>>();
        let preparation = Preparation::new(&feeds, config.seed, config.shape());
        let work = move |draws: Vec<Draw>| -> Block {
            let prepare = |draw| (draw, preparation.draw(&feeds, draw));
            draws.into_iter().map(prepare).collect()
        };
        let window = config.workers + (config.prefetch * config.rows).div_ceil(BLOCK);
        Ok(Self {
            shape: config.shape(),
            pipeline: Pipeline::new(config.workers, window, claim, work)?,
            waiting: VecDeque::new(),
            cursor,
            failed: false,
        })
    }

    /// Where the next batch begins.
    pub fn cursor(&self) -> &Cursor {
        &self.cursor
    }

    /// The next batch, and the cursor behind it.
    ///
    /// # Errors
    /// [`Error::Refused`] naming task and example of the first draw of the batch that cannot be prepared. Every later call
    /// fails too.
    #[expect(
        clippy::should_implement_trait,
        reason = "an endless iterator of results would hide the cursor"
    )]
    pub fn next(&mut self) -> Result<(Batch, Cursor)> {
        if self.failed {
            return Err(stopped("it stopped at an earlier error"));
        }
        let mut builder = BatchBuilder::new(self.shape);
        while let Some((draw, prepared)) = self.pop()? {
            match prepared {
                Ok(example) if builder.push(&example) => {
                    self.cursor.draws += 1;
                    if let Some(count) = self.cursor.counts.get_mut(draw.task) {
                        *count += 1;
                    }
                }
                Ok(example) => {
                    self.waiting.push_front((draw, Ok(example)));
                    break;
                }
                Err(error) => {
                    self.failed = true;
                    return Err(error);
                }
            }
        }
        Ok((builder.finish(), self.cursor.clone()))
    }

    /// The next prepared draw; there always is one.
    fn pop(&mut self) -> Result<Option<(Draw, Result<Prepared>)>> {
        if self.waiting.is_empty() {
            let Some(block) = self.pipeline.take() else {
                self.failed = true;
                return Err(stopped("one of its threads was lost"));
            };
            self.waiting.extend(block);
        }
        Ok(self.waiting.pop_front())
    }
}

/// The order in which a mixture's tasks are drawn, for [`Cursor::replay`].
pub fn order(feeds: &[TaskFeed], seed: u64) -> Order {
    let shares: Vec<f64> = feeds.iter().map(|feed| feed.share).collect();
    Order::new(seed, &shares)
}

fn stopped(why: &str) -> Error {
    Error::Refused {
        kind: ErrorKind::Other,
        reason: format!("the loader gives no more batches: {why}"),
    }
}

/// Every example of one task once, in order, for a validation loss: the first `limit` of them, the last batch filled up with
/// empty rows. Noise is that of epoch 0, so two passes see the same. [`crate::Segment::task`] is 0 and the draw is the
/// example.
///
/// # Errors
/// As [`Loader::new`]; each item may be an error as of [`Loader::next`], after which there are no more.
pub fn one_pass<'a>(
    feed: &'a TaskFeed,
    config: &LoaderConfig,
    limit: Option<u64>,
) -> Result<impl Iterator<Item = Result<Batch>> + use<'a>> {
    let feeds = std::slice::from_ref(feed);
    validate(feeds, config)?;
    let shape = config.shape();
    let preparation = Preparation::new(feeds, config.seed, shape);
    let end = limit.unwrap_or(u64::MAX).min(feed.cache.len());
    let mut next = 0;
    let mut held: Option<Prepared> = None;
    Ok(std::iter::from_fn(move || {
        let mut builder = BatchBuilder::new(shape);
        let mut empty = true;
        loop {
            let example = match held.take() {
                Some(example) => example,
                None if next == end => break,
                None => match preparation.example(feeds, 0, next, (0, next)) {
                    Ok(example) => {
                        next += 1;
                        example
                    }
                    Err(error) => {
                        next = end;
                        return Some(Err(error));
                    }
                },
            };
            if !builder.push(&example) {
                held = Some(example);
                break;
            }
            empty = false;
        }
        (!empty).then(|| Ok(builder.finish()))
    }))
}
