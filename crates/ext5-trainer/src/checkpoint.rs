use crate::{Error, Result};
use ext5_data::{door, storage};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Directory of checkpoints in a run directory.
pub(crate) const CHECKPOINTS: &str = "checkpoints";
const MANIFEST: &str = "manifest.json";
const FORMAT: u32 = 1;
/// Largest file of a checkpoint or model that is read, bytes.
pub(crate) const LARGEST_FILE: u64 = 1 << 37;

/// What a checkpoint holds: the last file written, so a directory with it is complete.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    format: u32,
    step: u64,
    files: BTreeMap<String, FileEntry>,
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FileEntry {
    bytes: u64,
    blake3: String,
}

/// A committed checkpoint: a Hugging Face directory with the optimizer, the state of the run and hashes of it all.
#[derive(Debug)]
pub struct Checkpoint {
    path: PathBuf,
    manifest: Manifest,
}

impl Checkpoint {
    /// Commits `files` as the checkpoint of `step`: written under another name, each synced, the manifest last, then
    /// renamed in one act.
    ///
    /// # Errors
    /// [`Error::Data`] naming the path that could not be written; the checkpoints before stay as they are.
    pub fn commit(run_dir: &Path, step: u64, files: &BTreeMap<String, Vec<u8>>) -> Result<PathBuf> {
        let storage = storage::local();
        let parent = run_dir.join(CHECKPOINTS);
        let path = parent.join(format!("step_{step:08}"));
        let unfinished = parent.join(format!("step_{step:08}.tmp-{}", std::process::id()));
        storage.create_dir(&parent)?;
        storage.remove(&unfinished)?;
        storage.create_dir(&unfinished)?;
        let entry = |bytes: &[u8]| FileEntry {
            bytes: bytes.len() as u64,
            blake3: blake3::hash(bytes).to_hex().to_string(),
        };
        for (name, bytes) in files {
            storage.write(&unfinished.join(name), bytes)?;
        }
        let files = files
            .iter()
            .map(|(name, bytes)| (name.clone(), entry(bytes)))
            .collect();
        let manifest = Manifest {
            format: FORMAT,
            step,
            files,
        };
        let text = serde_json::to_vec_pretty(&manifest).unwrap_or_default();
        storage.write(&unfinished.join(MANIFEST), &text)?;
        storage.remove(&path)?;
        storage.rename(&unfinished, &path)?;
        Ok(path)
    }

    /// Opens a checkpoint; its files are checked as they are read.
    ///
    /// # Errors
    /// [`Error::Data`] where there is no manifest, [`Error::Checkpoint`] where it is damaged.
    pub fn open(path: &Path) -> Result<Self> {
        let bytes = door::read(&path.join(MANIFEST), 1 << 24)?;
        let damaged = |reason: String| Error::Checkpoint {
            path: path.to_owned(),
            reason,
        };
        let manifest: Manifest = serde_json::from_slice(&bytes)
            .map_err(|error| damaged(format!("`{MANIFEST}`: {error}")))?;
        if manifest.format != FORMAT {
            let found = manifest.format;
            return Err(damaged(format!(
                "it has format {found}, this program reads {FORMAT}"
            )));
        }
        if let Some(name) = manifest.files.keys().find(|name| !is_plain(name)) {
            return Err(damaged(format!("`{name}` is no file name")));
        }
        Ok(Self {
            path: path.to_owned(),
            manifest,
        })
    }

    /// Whether `path` looks like a checkpoint.
    pub fn is_at(path: &Path) -> bool {
        path.join(MANIFEST).is_file()
    }

    /// Its directory.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Steps done when it was written.
    pub fn step(&self) -> u64 {
        self.manifest.step
    }

    /// Whether it holds a file of this name.
    pub fn has(&self, name: &str) -> bool {
        self.manifest.files.contains_key(name)
    }

    /// Hash (BLAKE3) of one of its files as it was written, in hexadecimal.
    pub fn hash_of(&self, name: &str) -> Option<&str> {
        self.manifest.files.get(name).map(|it| it.blake3.as_str())
    }

    /// The bytes of one of its files, as they were written.
    ///
    /// # Errors
    /// [`Error::Checkpoint`] where size or hash differ from the manifest's, [`Error::Data`] where it cannot be read.
    pub fn read(&self, name: &str) -> Result<Vec<u8>> {
        let damaged = |reason: String| Error::Checkpoint {
            path: self.path.clone(),
            reason,
        };
        let entry = self
            .manifest
            .files
            .get(name)
            .ok_or_else(|| damaged(format!("its manifest lacks `{name}`")))?;
        let bytes = door::read(&self.path.join(name), LARGEST_FILE)?;
        if bytes.len() as u64 != entry.bytes {
            let (found, expected) = (bytes.len(), entry.bytes);
            return Err(damaged(format!(
                "`{name}` has {found} bytes, expected {expected}"
            )));
        }
        if blake3::hash(&bytes).to_hex().as_str() != entry.blake3 {
            return Err(damaged(format!(
                "the content of `{name}` is not what was written"
            )));
        }
        Ok(bytes)
    }

    /// Checks every file.
    ///
    /// # Errors
    /// As [`Checkpoint::read`].
    pub fn verify(&self) -> Result<()> {
        self.manifest
            .files
            .keys()
            .try_for_each(|name| self.read(name).map(drop))
    }
}

/// The newest checkpoint of a run whose every file is as written, and what is wrong with the newer ones.
///
/// # Errors
/// [`Error::Data`] where the directory cannot be listed.
pub(crate) fn newest(run_dir: &Path) -> Result<(Option<Checkpoint>, Vec<Error>)> {
    newest_until(run_dir, u64::MAX)
}

/// As [`newest`], of those up to step `most`.
///
/// # Errors
/// As [`newest`].
pub(crate) fn newest_until(run_dir: &Path, most: u64) -> Result<(Option<Checkpoint>, Vec<Error>)> {
    let mut skipped = Vec::new();
    let committed = committed(run_dir)?.into_iter().rev();
    for path in committed.filter(|path| step_of(path).is_some_and(|step| step <= most)) {
        let opened = Checkpoint::open(&path);
        match opened.and_then(|checkpoint| checkpoint.verify().map(|()| checkpoint)) {
            Ok(checkpoint) => return Ok((Some(checkpoint), skipped)),
            Err(error) => skipped.push(error),
        }
    }
    Ok((None, skipped))
}

/// Removes all but the newest `keep` checkpoints, those that a run which goes `back` so many steps needs, and what interrupted
/// saves have left.
///
/// # Errors
/// [`Error::Data`] naming what could not be removed.
pub(crate) fn retain(run_dir: &Path, keep: usize, back: Option<u64>) -> Result<()> {
    let storage = storage::local();
    let committed = committed(run_dir)?;
    let steps: Vec<u64> = committed.iter().filter_map(|path| step_of(path)).collect();
    for (path, kept) in committed.iter().zip(kept(&steps, keep.max(2), back)) {
        if !kept {
            storage.remove(path)?;
        }
    }
    for path in storage.list(&run_dir.join(CHECKPOINTS))? {
        if name(&path).contains(".tmp-") {
            storage.remove(&path)?;
        }
    }
    Ok(())
}

/// Which of these checkpoints, oldest first, are kept: the newest `keep`; where a run goes `back`, the newest that lies so far behind
/// the last one, and one between both that will be it next, so that a run never goes back more than about twice as far.
fn kept(steps: &[u64], keep: usize, back: Option<u64>) -> Vec<bool> {
    let first = steps.len().saturating_sub(keep);
    let mut kept = vec![false; first];
    kept.resize(steps.len(), true);
    if let (Some(back), Some(last)) = (back, steps.last()) {
        let behind = steps.partition_point(|step| step.saturating_add(back) <= *last);
        // The last of those behind, and the first of the others.
        for place in behind.saturating_sub(1)..(behind + 1).min(first) {
            if let Some(kept) = kept.get_mut(place) {
                *kept = true;
            }
        }
    }
    kept
}

/// Removes the checkpoints behind `step`, the last first: whatever is left is a run up to some step.
///
/// # Errors
/// [`Error::Data`] naming what could not be removed.
pub(crate) fn forget_after(run_dir: &Path, step: u64) -> Result<()> {
    for path in committed(run_dir)?.iter().rev() {
        if step_of(path).is_some_and(|it| it > step) {
            storage::local().remove(path)?;
        }
    }
    Ok(())
}

/// Directories `step_N`, oldest first.
pub(crate) fn committed(run_dir: &Path) -> Result<Vec<PathBuf>> {
    let parent = run_dir.join(CHECKPOINTS);
    if !storage::local().exists(&parent)? {
        return Ok(Vec::new());
    }
    let mut found: Vec<(u64, PathBuf)> = storage::local()
        .list(&parent)?
        .into_iter()
        .filter_map(|path| {
            let step = step_of(&path)?;
            Some((step, path))
        })
        .collect();
    found.sort();
    Ok(found.into_iter().map(|(_, path)| path).collect())
}

fn step_of(path: &Path) -> Option<u64> {
    name(path).strip_prefix("step_")?.parse().ok()
}

fn name(path: &Path) -> &str {
    path.file_name()
        .and_then(|name| name.to_str())
        .unwrap_or_default()
}

/// Whether a name from a file may be used as the name of a file in a directory.
pub(crate) fn is_plain(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with('.')
        && name
            .chars()
            .all(|letter| letter.is_ascii_alphanumeric() || "._-".contains(letter))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is left of a run that commits a checkpoint every ten steps.
    fn left(last: u64, keep: usize, back: Option<u64>) -> Vec<u64> {
        let mut steps: Vec<u64> = Vec::new();
        for step in (10..=last).step_by(10) {
            steps.push(step);
            let kept = kept(&steps, keep, back);
            let both = steps.iter().zip(kept);
            steps = both
                .filter(|(_, kept)| *kept)
                .map(|(step, _)| *step)
                .collect();
        }
        steps
    }

    #[test]
    fn the_newest_are_kept() {
        assert_eq!(left(60, 3, None), [40, 50, 60]);
        assert_eq!(left(20, 3, None), [10, 20]);
    }

    #[test]
    fn one_is_kept_that_is_far_enough_back() {
        assert_eq!(left(60, 2, Some(100)), [10, 50, 60]);
        for last in (110..2000).step_by(10) {
            let left = left(last, 2, Some(100));
            assert!(left.len() <= 4, "{left:?}");
            let behind = left.iter().rev().find(|step| **step + 100 <= last).unwrap();
            assert!(behind + 200 >= last, "{behind} of {left:?}");
        }
    }
}
