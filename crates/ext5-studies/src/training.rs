//! A cell's run: trained until the checkpoints are there that somebody needs, and no longer kept than that.
use crate::failure::{read_json, write_json};
use crate::{Error, Result};
use ext5_data::{door, storage};
use ext5_trainer::{Checkpoint, METRICS, Observer, RunConfig, Stop, train};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

const CHECKPOINTS: &str = "checkpoints";
/// Names of the tasks without data, beside the run.
const ABSENT: &str = "absent.json";
/// Largest log of a run that is read, bytes.
const LOG_LIMIT: u64 = 1 << 30;

/// The checkpoint of a run after so many steps.
pub(crate) fn checkpoint(run_dir: &Path, step: u64) -> PathBuf {
    run_dir.join(CHECKPOINTS).join(format!("step_{step:08}"))
}

/// Whether a run has that checkpoint.
pub(crate) fn has_checkpoint(run_dir: &Path, step: u64) -> bool {
    Checkpoint::is_at(&checkpoint(run_dir, step))
}

/// Whether a run has any checkpoint.
pub(crate) fn has_checkpoints(run_dir: &Path) -> Result<bool> {
    Ok(storage::local().exists(&run_dir.join(CHECKPOINTS))?)
}

/// Trains, or goes on, until the run has the checkpoints of all `steps`. A run whose weights were removed is repeated, bit for bit.
/// Answers the tasks that it was to train on and that had no data.
pub(crate) fn trained(
    (cell, config): (&str, &RunConfig),
    run_dir: &Path,
    steps: &BTreeSet<u64>,
    stop: &Stop,
    observer: &mut dyn Observer,
) -> Result<Vec<String>> {
    let lacking = || {
        let mut steps = steps.iter().copied();
        steps.find(|step| !has_checkpoint(run_dir, *step))
    };
    let absent = run_dir.join(ABSENT);
    let known: Option<Vec<String>> = read_json(&absent)?;
    let is_done = has_checkpoint(run_dir, config.trainer.steps);
    match lacking() {
        Some(_) if is_done => storage::local().remove(&run_dir.join(CHECKPOINTS))?,
        None if known.is_some() || !is_done => return Ok(known.unwrap_or_default()),
        // There are steps to take; or it was killed at its very end, and has but to say what it lacked.
        _ => {}
    }
    let begun = storage::local().exists(&run_dir.join("run.toml"))?;
    let report = train(config, run_dir, begun, stop, observer)?;
    let names: Vec<String> = report.absent.into_iter().map(|(task, _)| task).collect();
    write_json(&absent, &names)?;
    match lacking() {
        None => Ok(names),
        Some(step) => Err(Error::Grid {
            reason: format!(
                "the cell `{cell}` keeps no checkpoint of step {step}, which is needed: let `trainer.checkpoint_every` divide it and raise `trainer.keep`"
            ),
        }),
    }
}

/// Removes the checkpoints of a run but those of `steps`.
pub(crate) fn keep_only(run_dir: &Path, steps: &BTreeSet<u64>) -> Result<()> {
    let parent = run_dir.join(CHECKPOINTS);
    if steps.is_empty() {
        return Ok(storage::local().remove(&parent)?);
    }
    if !storage::local().exists(&parent)? {
        return Ok(());
    }
    let kept: BTreeSet<PathBuf> = steps
        .iter()
        .map(|step| checkpoint(run_dir, *step))
        .collect();
    for path in storage::local().list(&parent)? {
        if !kept.contains(&path) {
            storage::local().remove(&path)?;
        }
    }
    Ok(())
}

/// The training loss of a run as its log says it last, nats per target token.
pub(crate) fn last_loss(run_dir: &Path) -> Result<Option<f64>> {
    let path = run_dir.join(METRICS);
    if !storage::local().exists(&path)? {
        return Ok(None);
    }
    let text = door::read_text(&path, LOG_LIMIT)?;
    let lines = text.lines().rev();
    let mut lines = lines.filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let last = lines.find(|line| line["kind"] == "train");
    Ok(last.and_then(|line| line["loss"].as_f64()))
}
