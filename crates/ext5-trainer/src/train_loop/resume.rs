//! What a run that goes on takes from its directory.
use super::{METRICS, OPTIMIZER, STATE, State};
use crate::checkpoint::Checkpoint;
use crate::model_dir::RUN_CONFIG;
use crate::observer::Event;
use crate::{Error, Learner, Observer, Result, RunConfig, Session};
use ext5_data::storage;
use std::collections::BTreeMap;
use std::path::Path;

/// The newest good checkpoint; damaged ones are named.
pub(super) fn resumable(run_dir: &Path, observer: &mut dyn Observer) -> Result<Option<Checkpoint>> {
    let (checkpoint, skipped) = Checkpoint::newest(storage::local(), run_dir)?;
    for error in skipped {
        observer.on(&Event::Note(&format!("passed over: {error}")));
    }
    match &checkpoint {
        Some(found) => {
            observer.on(&Event::Note(&format!(
                "resuming from step {}",
                found.step()
            )));
        }
        None => observer.on(&Event::Note("no checkpoint yet, starting from step 0")),
    }
    Ok(checkpoint)
}

/// A run goes on with the model it began with; an optimizer of another kind begins anew, and that is said.
pub(super) fn same_run(
    checkpoint: &Checkpoint,
    config: &RunConfig,
    observer: &mut dyn Observer,
) -> Result<()> {
    let text = checkpoint.read(RUN_CONFIG)?;
    let text = String::from_utf8_lossy(&text);
    let before = RunConfig::parse(&checkpoint.path().join(RUN_CONFIG), &text, &[])?;
    let (was, now) = (&before.model.preset, &config.model.preset);
    if config.init.from.is_none() && was != now {
        return Err(Error::RunDirectory {
            reason: format!(
                "the run began with `model.preset` `{was}` and cannot go on with `{now}`; leave it as it was, or start a new run"
            ),
        });
    }
    if std::mem::discriminant(&before.optimizer) != std::mem::discriminant(&config.optimizer) {
        observer.on(&Event::Note(
            "another optimizer than before: it begins without memory",
        ));
    }
    Ok(())
}

/// Cuts off the log what it says of steps behind `state`.
pub(super) fn forget_later(run_dir: &Path, state: &State) -> Result<()> {
    let log = run_dir.join(METRICS);
    if storage::local().exists(&log)? {
        storage::local().truncate(&log, state.metrics_bytes)?;
    }
    Ok(())
}

/// What a checkpoint holds, ready to go on; `tasks` are those of the data.
pub(super) fn restored(
    config: &RunConfig,
    session: &Session,
    checkpoint: &Checkpoint,
    tasks: &[(String, u64)],
) -> Result<(Learner, State)> {
    let state = read_state(checkpoint, tasks)?;
    let mut learner = session.load(config, checkpoint.path())?;
    learner
        .restore_optimizer(&checkpoint.read(OPTIMIZER)?)
        .map_err(|reason| damaged(checkpoint, OPTIMIZER, &reason))?;
    Ok((learner, state))
}

fn read_state(checkpoint: &Checkpoint, tasks: &[(String, u64)]) -> Result<State> {
    let state: State = serde_json::from_slice(&checkpoint.read(STATE)?)
        .map_err(|error| damaged(checkpoint, STATE, &error.to_string()))?;
    if state.tasks == tasks {
        return Ok(state);
    }
    let as_map = |tasks: &[(String, u64)]| tasks.iter().cloned().collect::<BTreeMap<_, _>>();
    let (before, now) = (as_map(&state.tasks), as_map(tasks));
    let changed = before
        .keys()
        .chain(now.keys())
        .find(|&task| before.get(task) != now.get(task))
        .cloned()
        .unwrap_or_default();
    let size =
        |size: Option<&u64>| size.map_or("absent".to_owned(), |size| format!("{size} examples"));
    Err(Error::RunDirectory {
        reason: format!(
            "the data are not those of the checkpoint: `{changed}` was {}, now {}; bring them back, or start a new run with `init.from` at this checkpoint",
            size(before.get(&changed)),
            size(now.get(&changed)),
        ),
    })
}

fn damaged(checkpoint: &Checkpoint, file: &str, reason: &str) -> Error {
    Error::Checkpoint {
        path: checkpoint.path().to_owned(),
        reason: format!("`{file}`: {reason}"),
    }
}
