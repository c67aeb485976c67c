use serde::Serialize;

use crate::feed::{TaskFeed, validate};
use crate::loader::order;
use crate::order::{Cursor, TaskOrder};
use crate::packing::Packing;
use crate::{LoaderConfig, Result};

/// Draws that are packed for trial, by their lengths alone, to see how many share a row.
const TRIAL_DRAWS: usize = 20_000;

/// What a run will see of its mixture, before a step is taken. Shares are expectations over the draws.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Plan {
    /// Steps of the run.
    pub steps: u64,
    /// Rows of a step.
    pub rows: usize,
    /// Examples of a row: 1 without packing, else the mean of a trial over the first draws.
    pub examples_per_row: f64,
    /// Examples drawn in the whole run.
    pub examples: f64,
    /// Share of the places of the encoder's rows that hold a token.
    pub inputs_filled: f64,
    /// Share of the places of the decoder's rows that hold a token.
    pub targets_filled: f64,
    /// The tasks in order.
    pub tasks: Vec<TaskPlan>,
}

/// One task of a [`Plan`].
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TaskPlan {
    /// The task.
    pub task: String,
    /// Examples there are; for plain text, chunks.
    pub examples: u64,
    /// The share its feed was given, on whatever scale.
    pub rate: f64,
    /// Its share of the examples drawn.
    pub share_of_examples: f64,
    /// Its share of the encoder's tokens, after trimming and with end of sequence.
    pub share_of_inputs_tokens: f64,
    /// Its share of the decoder's tokens, which is its share of a loss per token.
    pub share_of_targets_tokens: f64,
    /// How often the run sees each of its examples.
    pub epochs: f64,
    /// Share of its examples whose inputs are cut.
    pub inputs_truncated: f64,
    /// Share of its examples whose targets are cut.
    pub targets_truncated: f64,
    /// Share of the tokens of its inputs that are cut off.
    pub inputs_tokens_lost: f64,
    /// Share of the tokens of its targets that are cut off.
    pub targets_tokens_lost: f64,
}

/// Plans `steps` steps of the batches that a [`crate::Loader`] makes of the same feeds and configuration. Reads the lengths of all
/// examples, no tokens.
///
/// # Errors
/// As [`crate::Loader::new`], and those of reading the caches.
pub fn plan(feeds: &[TaskFeed], steps: u64, config: &LoaderConfig) -> Result<Plan> {
    validate(feeds, config)?;
    let lengths = feeds
        .iter()
        .map(|feed| Sides::of(feed, config))
        .collect::<Result<Vec<_>>>()?;
    let examples_per_row = if config.packing {
        trial(feeds, config)?
    } else {
        1.0
    };
    let examples = steps as f64 * config.rows as f64 * examples_per_row;
    let total: f64 = feeds.iter().map(|feed| feed.share).sum();
    let mean = |side: fn(&Sides) -> &Side| -> f64 {
        let weighted = feeds
            .iter()
            .zip(&lengths)
            .map(|(feed, sides)| feed.share / total * side(sides).mean);
        weighted.sum()
    };
    let (inputs_mean, targets_mean) = (mean(|sides| &sides.inputs), mean(|sides| &sides.targets));
    let tasks = feeds
        .iter()
        .zip(&lengths)
        .map(|(feed, Sides { inputs, targets })| {
            let share = feed.share / total;
            TaskPlan {
                task: feed.name.clone(),
                examples: feed.cache.len(),
                rate: feed.share,
                share_of_examples: share,
                share_of_inputs_tokens: share * inputs.mean / inputs_mean,
                share_of_targets_tokens: share * targets.mean / targets_mean,
                epochs: share * examples / feed.cache.len() as f64,
                inputs_truncated: inputs.truncated,
                targets_truncated: targets.truncated,
                inputs_tokens_lost: inputs.lost,
                targets_tokens_lost: targets.lost,
            }
        })
        .collect();
    Ok(Plan {
        steps,
        rows: config.rows,
        examples_per_row,
        examples,
        inputs_filled: examples_per_row * inputs_mean / config.inputs_length as f64,
        targets_filled: examples_per_row * targets_mean / config.targets_length as f64,
        tasks,
    })
}

struct Sides {
    inputs: Side,
    targets: Side,
}

/// Lengths of one side of a task's examples.
struct Side {
    /// Mean tokens after trimming, with end of sequence.
    mean: f64,
    /// Share of examples that are cut.
    truncated: f64,
    /// Share of tokens that are cut off.
    lost: f64,
}

#[derive(Default)]
struct Count {
    examples: u64,
    kept: u64,
    truncated: u64,
    lost: u64,
}

impl Count {
    fn add(&mut self, tokens: usize, length: usize) {
        let lost = (tokens + 1).saturating_sub(length);
        self.examples += 1;
        self.kept += (tokens + 1 - lost) as u64;
        self.truncated += u64::from(lost > 0);
        self.lost += lost as u64;
    }

    fn side(&self) -> Side {
        let examples = self.examples.max(1) as f64;
        let tokens = self.kept + self.lost - self.examples;
        Side {
            mean: self.kept as f64 / examples,
            truncated: self.truncated as f64 / examples,
            lost: self.lost as f64 / tokens.max(1) as f64,
        }
    }
}

impl Sides {
    fn of(feed: &TaskFeed, config: &LoaderConfig) -> Result<Self> {
        let (mut inputs, mut targets) = (Count::default(), Count::default());
        let after = after_objective(feed, config);
        feed.cache.for_each_length(|raw_inputs, raw_targets| {
            let (inputs_tokens, targets_tokens) = after(raw_inputs, raw_targets);
            inputs.add(inputs_tokens, config.inputs_length);
            targets.add(targets_tokens, config.targets_length);
        })?;
        Ok(Self {
            inputs: inputs.side(),
            targets: targets.side(),
        })
    }
}

/// Lengths after the objective, without end of sequence: those it solves for a whole chunk, in proportion for the shorter last
/// one.
fn after_objective(
    feed: &TaskFeed,
    config: &LoaderConfig,
) -> impl Fn(usize, usize) -> (usize, usize) {
    let solved = feed
        .objective
        .and_then(|(objective, _)| objective.lengths(config.inputs_length).ok());
    move |inputs, targets| match solved {
        None => (inputs, targets),
        Some(lengths) => {
            let scale = |length: usize| (length - 1) * inputs / lengths.raw;
            (scale(lengths.inputs), scale(lengths.targets))
        }
    }
}

/// Mean examples of a row, by packing the lengths of the first draws.
fn trial(feeds: &[TaskFeed], config: &LoaderConfig) -> Result<f64> {
    let order = order(feeds, config.seed);
    let orders: Vec<TaskOrder> = feeds
        .iter()
        .map(|feed| TaskOrder::new(config.seed, &feed.name, feed.cache.len()))
        .collect();
    let mut cursor = Cursor::start(feeds.len());
    let mut shape = config.shape();
    shape.rows = usize::MAX;
    let mut packing = Packing::new(shape);
    let mut rows = 0;
    for _ in 0..TRIAL_DRAWS {
        let draw = cursor.advance(&order);
        let (Some(feed), Some(task_order)) = (feeds.get(draw.task), orders.get(draw.task)) else {
            continue;
        };
        let (inputs, targets) = feed.cache.lengths(task_order.example(draw.turn).1)?;
        let (inputs, targets) = after_objective(feed, config)(inputs, targets);
        let fit = |tokens: usize, length: usize| (tokens + 1).min(length);
        let place = packing.place(
            fit(inputs, config.inputs_length),
            fit(targets, config.targets_length),
        );
        rows = place.map_or(rows, |(row, ..)| row + 1);
    }
    Ok(TRIAL_DRAWS as f64 / rows.max(1) as f64)
}
