use anyhow::Result;
use ext5_tasks::Catalogue;
use ext5_trainer::{DataConfig, RunConfig, catalogue};
use std::path::Path;

/// Catalogue and data section that `--set data.…` describes.
pub(crate) fn open(overrides: &[String]) -> Result<(Catalogue, DataConfig)> {
    let config = RunConfig::parse(Path::new("--set"), "", overrides)?;
    Ok((catalogue(&config.data.task_dirs)?, config.data))
}
