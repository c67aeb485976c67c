//! Checkpoints of made-up files, and whether what is loaded is one of them.
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use ext5_data::storage;
use ext5_objectives::Stream;
use ext5_trainer::Checkpoint;
use tempfile::TempDir;

use crate::row::Failure;

/// Tag of the streams that files are made of.
const FILES: u64 = 0x5e75;

/// The files of a checkpoint.
pub(super) type Files = BTreeMap<String, Vec<u8>>;

/// Files as a checkpoint has them, its two large ones of so many bytes; others for another `version`.
pub(super) fn files(version: u64, large: usize) -> Files {
    let names = [
        ("config.json", 700),
        ("generation_config.json", 60),
        ("model.safetensors", large),
        ("optimizer.safetensors", large),
        ("run.toml", 600),
        ("state.json", 90),
        ("tokenizer.json", 1200),
    ];
    let mut stream = Stream::new(&[FILES, version]);
    let mut bytes = |count: usize| (0..count).map(|_| stream.next_u64() as u8).collect();
    names
        .into_iter()
        .map(|(name, count)| (name.to_owned(), bytes(count)))
        .collect()
}

/// Scratch in memory where the machine has that, since it is written over and over.
pub(super) fn scratch() -> Result<TempDir, Failure> {
    let memory = Path::new("/dev/shm");
    let mut builder = tempfile::Builder::new();
    builder.prefix("ext5-");
    Ok(match memory.is_dir().then(|| builder.tempdir_in(memory)) {
        Some(Ok(dir)) => dir,
        _ => builder.tempdir()?,
    })
}

/// All checkpoints of a run.
pub(super) fn directories(run_dir: &Path) -> Result<Vec<PathBuf>, Failure> {
    let parent = run_dir.join("checkpoints");
    if !parent.is_dir() {
        return Ok(Vec::new());
    }
    Ok(storage::local().list(&parent)?)
}

/// What a checkpoint holds, read as the product reads it; nothing where it is not good.
pub(super) fn content(checkpoint: &Checkpoint) -> Option<Files> {
    let names = std::fs::read_dir(checkpoint.path()).ok()?;
    let names = names.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    names
        .filter(|name| name != "manifest.json")
        .map(|name| checkpoint.read(&name).ok().map(|bytes| (name, bytes)))
        .collect()
}

/// The step and the files that the product finds in a run.
pub(super) fn newest(run_dir: &Path) -> Result<Option<(u64, Option<Files>)>, Failure> {
    let (found, _) = Checkpoint::newest(storage::local(), run_dir)?;
    Ok(found.map(|found| (found.step(), content(&found))))
}

/// How many checkpoints of a run are good.
pub(super) fn good(run_dir: &Path) -> Result<usize, Failure> {
    let is_good = |path: &PathBuf| Checkpoint::open(path).is_ok_and(|it| it.verify().is_ok());
    Ok(directories(run_dir)?
        .iter()
        .filter(|it| is_good(it))
        .count())
}

/// Copies a directory with all in it.
pub(super) fn copy(from: &Path, to: &Path) -> Result<(), Failure> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            std::fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
