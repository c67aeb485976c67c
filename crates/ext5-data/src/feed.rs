use std::error::Error as _;

use ext5_objectives::{Objective, Sentinels};

use crate::feature_converter::trim_and_append_eos;
use crate::order::{Draw, TaskOrder};
use crate::packing::{Prepared, Shape};
use crate::{Error, ErrorKind, LoaderConfig, Result, Segment, TokenCache, door};

/// One task of a mixture, ready to be drawn from.
#[derive(Debug)]
pub struct TaskFeed {
    /// The task.
    pub name: String,
    /// Its share of the draws against the other feeds, above 0; see [`crate::Share`].
    pub share: f64,
    /// Its examples.
    pub cache: TokenCache,
    /// How its plain text becomes inputs and targets, and with which sentinels; `None` for a supervised task.
    pub objective: Option<(Objective, Sentinels)>,
}

impl TaskFeed {
    /// What keeps this feed from filling rows of these lengths.
    fn problems(&self, config: &LoaderConfig) -> Vec<String> {
        let mut problems = Vec::new();
        let mut problem = |text: String| problems.push(format!("task `{}`: {text}", self.name));
        if !self.share.is_finite() || self.share <= 0.0 {
            problem(format!(
                "its share is `{}`, expected a number above 0",
                self.share
            ));
        }
        if self.cache.is_empty() {
            problem("it has no example, leave it out of the mixture".to_owned());
        }
        match (&self.objective, self.cache.chunk()) {
            (None, None) => {}
            (None, Some(_)) => problem("it is plain text and needs an objective".to_owned()),
            (Some(_), None) => {
                problem("it has inputs and targets and takes no objective".to_owned());
            }
            (Some((objective, sentinels)), Some(chunk)) => {
                match objective.lengths(config.inputs_length) {
                    Err(error) => problem(error.to_string()),
                    Ok(lengths) if lengths.raw != chunk => problem(format!(
                        "its cache is cut to `{chunk}` tokens, but inputs of `{}` take `{}`: build the cache for this length",
                        config.inputs_length, lengths.raw
                    )),
                    Ok(lengths) if lengths.spans > sentinels.count => problem(format!(
                        "`{}` noise spans need as many sentinels, the vocabulary has `{}`: lower `noise_density`, raise \
                         `mean_noise_span_length` or shorten the inputs",
                        lengths.spans, sentinels.count
                    )),
                    Ok(_) => {}
                }
            }
        }
        problems
    }
}

/// Checks feeds and configuration together.
pub(crate) fn validate(feeds: &[TaskFeed], config: &LoaderConfig) -> Result<()> {
    let mut problems: Vec<String> = Vec::new();
    for (name, value) in [
        ("rows", config.rows),
        ("inputs_length", config.inputs_length),
        ("targets_length", config.targets_length),
    ] {
        if value == 0 {
            problems.push(format!("`{name}` is `0`, expected at least 1"));
        }
    }
    if feeds.is_empty() {
        problems.push("there is no task to draw from".to_owned());
    }
    for pair in feeds.windows(2) {
        if let [before, after] = pair
            && before.name >= after.name
        {
            problems.push(format!(
                "tasks are to be sorted by name and each there once, `{}` comes before `{}`",
                before.name, after.name
            ));
        }
        if let [before, after] = pair
            && before.cache.vocabulary_fingerprint() != after.cache.vocabulary_fingerprint()
        {
            problems.push(format!(
                "`{}` and `{}` are encoded by different vocabularies",
                before.name, after.name
            ));
        }
    }
    problems.extend(feeds.iter().flat_map(|feed| feed.problems(config)));
    if problems.is_empty() {
        return Ok(());
    }
    Err(Error::Refused {
        kind: ErrorKind::Config,
        reason: format!("cannot make batches: {}", problems.join("; ")),
    })
}

/// From a draw to an example that waits for its place: cache, objective, trimming. Pure, so any thread may do it.
#[derive(Debug)]
pub(crate) struct Preparation {
    orders: Vec<TaskOrder>,
    inputs_length: usize,
    targets_length: usize,
}

impl Preparation {
    pub(crate) fn new(feeds: &[TaskFeed], seed: u64, shape: Shape) -> Self {
        let order = |feed: &TaskFeed| TaskOrder::new(seed, &feed.name, feed.cache.len());
        Self {
            orders: feeds.iter().map(order).collect(),
            inputs_length: shape.inputs_length,
            targets_length: shape.targets_length,
        }
    }

    /// The example of a draw.
    pub(crate) fn draw(&self, feeds: &[TaskFeed], draw: Draw) -> Result<Prepared> {
        let Some(order) = self.orders.get(draw.task) else {
            return Err(no_task(draw.task));
        };
        let (epoch, example) = order.example(draw.turn);
        self.example(feeds, draw.task, draw.number, (epoch, example))
    }

    /// A given example of a task, with the noise of the given epoch.
    pub(crate) fn example(
        &self,
        feeds: &[TaskFeed],
        task: usize,
        draw: u64,
        (epoch, example): (u64, u64),
    ) -> Result<Prepared> {
        let (Some(feed), Some(order)) = (feeds.get(task), self.orders.get(task)) else {
            return Err(no_task(task));
        };
        let prepare = || self.prepare(feed, order, epoch, example);
        let (inputs, targets) = door::contain(prepare)
            .unwrap_or_else(|panic| Err((ErrorKind::Other, format!("panic: {panic}"))))
            .map_err(|(kind, reason)| Error::Refused {
                kind,
                reason: format!(
                    "task `{}`, example {example} (from 0) of `{}`: {reason}",
                    feed.name,
                    feed.cache.dir().display()
                ),
            })?;
        let segment = Segment {
            row: 0,
            segment: 0,
            task,
            draw,
            epoch,
            example,
            inputs_tokens: inputs.0.len(),
            targets_tokens: targets.0.len(),
            inputs_truncated: inputs.1,
            targets_truncated: targets.1,
        };
        Ok(Prepared {
            segment,
            inputs: inputs.0,
            targets: targets.0,
        })
    }

    /// Inputs and targets, ended, each with the number of tokens cut off.
    fn prepare(
        &self,
        feed: &TaskFeed,
        order: &TaskOrder,
        epoch: u64,
        example: u64,
    ) -> std::result::Result<(Side, Side), (ErrorKind, String)> {
        // Of an example that is to be cut, no more is read than stays.
        let (inputs_limit, targets_limit) = match feed.objective {
            Some(_) => (usize::MAX, usize::MAX),
            None => (self.inputs_length, self.targets_length),
        };
        let cached = feed
            .cache
            .example(example, inputs_limit, targets_limit)
            .map_err(|error| (error.kind(), with_causes(&error)))?;
        let eos = feed.cache.eos_id();
        let (mut inputs, mut targets) = (cached.inputs, cached.targets);
        let (mut inputs_tokens, mut targets_tokens) = (cached.inputs_tokens, cached.targets_tokens);
        if let Some((objective, sentinels)) = &feed.objective {
            let pair = objective
                .apply(&inputs, *sentinels, &mut order.noise(epoch, example))
                .map_err(|error| (ErrorKind::Config, error.to_string()))?;
            (inputs, targets) = (pair.inputs, pair.targets);
            (inputs_tokens, targets_tokens) = (inputs.len(), targets.len());
        }
        trim_and_append_eos(&mut inputs, self.inputs_length, eos);
        trim_and_append_eos(&mut targets, self.targets_length, eos);
        let truncated = |whole: usize, side: &[u32]| whole - (side.len() - 1);
        let inputs_truncated = truncated(inputs_tokens, &inputs);
        let targets_truncated = truncated(targets_tokens, &targets);
        Ok(((inputs, inputs_truncated), (targets, targets_truncated)))
    }
}

/// Tokens, and how many were cut off.
type Side = (Vec<u32>, usize);

fn no_task(task: usize) -> Error {
    Error::Refused {
        kind: ErrorKind::Other,
        reason: format!("there is no task number {task}"),
    }
}

/// An error and what caused it, in one line.
fn with_causes(error: &Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}
