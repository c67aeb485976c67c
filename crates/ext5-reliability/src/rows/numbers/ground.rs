//! A run of the micro-world that lasts seconds, and its pieces.
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ext5_data::{Cursor, Loader, TaskFeed};
use ext5_trainer::{RunConfig, Session, Silent, feeds, loader_config, recipe};
use serde_json::Value;

use crate::place::Place;
use crate::row::Failure;

/// The recipe `micro_ext5`, much smaller, with further settings; all such runs share one cache.
pub(super) fn config(place: &Place, settings: &[&str]) -> Result<RunConfig, Failure> {
    let small = [
        "trainer.batch_rows=4",
        "trainer.log_every=1",
        "data.max_examples=200",
        "data.inputs_length=32",
        "data.targets_length=24",
        "data.vocabulary={trained={mixture=\"micro_text\",size=512}}",
    ];
    let all: Vec<String> = small
        .iter()
        .chain(settings)
        .map(|&setting| setting.to_owned())
        .collect();
    let mut config = recipe("micro_ext5", &all)?;
    config.data.cache = Some(
        place
            .quick_dir("unused")?
            .with_file_name("cache_of_numbers"),
    );
    Ok(config)
}

/// What a run learns from.
pub(super) fn feeds_of(config: &RunConfig, session: &Session) -> Result<Vec<TaskFeed>, Failure> {
    let data = &config.data;
    let found = feeds(
        data,
        &data.mixture,
        &data.split,
        &session.catalogue,
        (session.vocabulary.as_ref(), session.cache.as_path()),
        &mut Silent,
    )?;
    Ok(found.feeds)
}

/// Its batches from the first on.
pub(super) fn loader(config: &RunConfig, feeds: Vec<TaskFeed>) -> Result<Loader, Failure> {
    let start = Cursor::start(feeds.len());
    Ok(Loader::new(Arc::from(feeds), loader_config(config), start)?)
}

/// The log of a run, line by line.
pub(super) fn log(run_dir: &Path) -> Result<Vec<Value>, Failure> {
    let text = std::fs::read_to_string(run_dir.join(ext5_trainer::METRICS))?;
    let lines: Result<Vec<Value>, _> = text.lines().map(serde_json::from_str).collect();
    Ok(lines?)
}

/// A checkpoint of a run.
pub(super) fn checkpoint(run_dir: &Path, step: u64) -> PathBuf {
    run_dir.join(format!("checkpoints/step_{step:08}"))
}
