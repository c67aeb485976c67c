//! Whether a run fits into the memory it may take, before any of it is asked for.
use crate::memory_plan::MicroBatch;
use crate::run_plan::needed_mib;
use crate::{Error, MemoryLimit, Result, RunConfig, device};
use ext5_architecture::T5Config;
use ext5_data::TaskFeed;

/// A run is refused where the formulas say that it needs so much more than there is: they have been 5 % off.
const CLEARLY: f64 = 1.1;

/// Tokens of one row as the mixture's caches say.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Row {
    inputs: f64,
    targets: f64,
}

/// Makes sure that a run of this shape fits, with `rows` of a step's batch in this process. Where a card computes nothing is known.
///
/// # Errors
/// [`Error::Memory`] with the largest micro-batch that fits.
pub(crate) fn check(
    config: &RunConfig,
    shape: &T5Config,
    feeds: &[TaskFeed],
    rows: usize,
) -> Result<()> {
    let host = matches!(config.trainer.device.as_str(), device::CPU | device::FLEX);
    match MemoryLimit::read().filter(|_| host) {
        Some(limit) => within(limit, config, shape, (row(config, feeds), rows)),
        None => Ok(()),
    }
}

fn within(
    limit: MemoryLimit,
    config: &RunConfig,
    shape: &T5Config,
    (row, rows): (Row, usize),
) -> Result<()> {
    let at_once = match config.trainer.micro_batch_rows {
        0 => rows,
        micro => micro.min(rows),
    };
    let needed_mib = needed_mib(config, shape, row.times(at_once));
    let MemoryLimit { left_mib, set_by } = limit;
    if needed_mib <= CLEARLY * left_mib {
        return Ok(());
    }
    Err(Error::Memory {
        needed_mib,
        left_mib,
        set_by,
        instead: instead(config, shape, row, at_once, left_mib),
    })
}

/// The settings that fit into `left_mib`.
fn instead(config: &RunConfig, shape: &T5Config, row: Row, rows: usize, left_mib: f64) -> String {
    let mut again = config.clone();
    again.trainer.recompute = true;
    let most = |config: &RunConfig| {
        let fits = |rows: usize| needed_mib(config, shape, row.times(rows)) <= left_mib;
        // Needs grow with rows: the last of those that fit.
        let (mut fitting, mut too_many) = (0, rows + 1);
        while too_many - fitting > 1 {
            let middle = fitting.midpoint(too_many);
            if fits(middle) {
                fitting = middle;
            } else {
                too_many = middle;
            }
        }
        fitting
    };
    let can = device::is_own_cpu(&config.trainer.device) && !config.trainer.recompute;
    let (plain, recomputed) = (most(config), if can { most(&again) } else { 0 });
    match (plain, recomputed) {
        (0, 0) => {
            "not even one row at once fits: choose a smaller model or optimizer, or shorter rows"
                .to_owned()
        }
        (0, _) if recomputed == rows => "try `trainer.recompute=true`".to_owned(),
        (0, _) => {
            format!("try `trainer.micro_batch_rows={recomputed}` with `trainer.recompute=true`")
        }
        (_, _) if recomputed == rows => {
            format!("try `trainer.micro_batch_rows={plain}` (or `trainer.recompute=true`)")
        }
        _ => format!("try `trainer.micro_batch_rows={plain}`"),
    }
}

/// The mean row: what a mixture's mean example takes, as often as it fits into a packed one.
fn row(config: &RunConfig, feeds: &[TaskFeed]) -> Row {
    let data = &config.data;
    let [most_inputs, most_targets] =
        [data.inputs_length, data.targets_length].map(|length| length as f64);
    let (mut inputs, mut targets) = (0.0, 0.0);
    let shares: f64 = feeds.iter().map(|feed| feed.share).sum();
    for feed in feeds {
        let statistics = feed.cache.statistics();
        let examples = statistics.examples.max(1) as f64;
        let share = feed.share / shares.max(f64::MIN_POSITIVE);
        // A row of plain text is cut to be full after its objective.
        let of_text = feed.objective.as_ref();
        let of_text = of_text.and_then(|(objective, _)| objective.lengths(data.inputs_length).ok());
        let (own_inputs, own_targets) = if let Some(lengths) = of_text {
            (lengths.inputs as f64, lengths.targets as f64)
        } else {
            let mean = |tokens: u64| tokens as f64 / examples + 1.0; // the end of sequence
            (
                mean(statistics.inputs.tokens),
                mean(statistics.targets.tokens),
            )
        };
        inputs += share * own_inputs.min(most_inputs);
        targets += share * own_targets.min(most_targets);
    }
    let held = if data.packing {
        (most_inputs / inputs.max(1.0))
            .min(most_targets / targets.max(1.0))
            .max(1.0)
    } else {
        1.0
    };
    Row {
        inputs: (held * inputs).min(most_inputs),
        targets: (held * targets).min(most_targets),
    }
}

impl Row {
    fn times(self, rows: usize) -> MicroBatch {
        let tokens = |of_one: f64| (of_one * rows as f64).ceil() as usize;
        MicroBatch {
            rows,
            inputs_tokens: tokens(self.inputs),
            targets_tokens: tokens(self.targets),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model_config;

    const ROW: Row = Row {
        inputs: 512.0,
        targets: 114.0,
    };

    fn config(rows: usize) -> (RunConfig, T5Config) {
        let mut config = RunConfig::default();
        config.trainer.batch_rows = rows;
        let shape = model_config(&config, 32_100).unwrap();
        (config, shape)
    }

    fn refusal(left_mib: f64, config: &RunConfig, shape: &T5Config) -> Option<String> {
        let limit = MemoryLimit {
            left_mib,
            set_by: "a test",
        };
        let rows = config.trainer.batch_rows;
        within(limit, config, shape, (ROW, rows))
            .err()
            .map(|error| error.to_string())
    }

    fn suggested(message: &str) -> usize {
        let (_, rest) = message.split_once("micro_batch_rows=").unwrap();
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        digits.parse().unwrap()
    }

    #[test]
    fn what_is_suggested_is_the_most_that_fits() {
        let (mut config, shape) = config(64);
        let whole = needed_mib(&config, &shape, ROW.times(64));
        assert_eq!(refusal(whole, &config, &shape), None);
        assert_eq!(
            refusal(whole / 1.05, &config, &shape),
            None,
            "a close thing"
        );
        for share in [0.5, 0.6, 0.8] {
            let left = share * whole;
            let message = refusal(left, &config, &shape).unwrap();
            let rows = suggested(&message);
            assert!(
                needed_mib(&config, &shape, ROW.times(rows)) <= left,
                "{message}"
            );
            assert!(
                needed_mib(&config, &shape, ROW.times(rows + 1)) > left,
                "{message}"
            );
            config.trainer.micro_batch_rows = rows;
            assert_eq!(refusal(left, &config, &shape), None);
            config.trainer.micro_batch_rows = 0;
        }
    }

    #[test]
    fn what_cannot_fit_is_said() {
        let (mut config, shape) = config(8);
        let message = refusal(100.0, &config, &shape).unwrap();
        assert!(message.contains("smaller model"), "{message}");
        // One row whole does not fit, one layer of it at a time does.
        let row = |config: &RunConfig| needed_mib(config, &shape, ROW.times(1));
        let whole = row(&config);
        config.trainer.recompute = true;
        let again = row(&config);
        config.trainer.recompute = false;
        config.trainer.micro_batch_rows = 1;
        let message = refusal(again + 0.1 * (whole - again), &config, &shape);
        if let Some(message) = message {
            assert!(message.contains("recompute=true"), "{message}");
        }
    }
}
