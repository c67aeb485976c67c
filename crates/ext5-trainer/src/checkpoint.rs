mod retention;

use crate::{Error, Result};
use ext5_data::storage::{self, Held, Storage};
use ext5_data::{Error as DataError, door};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

pub(crate) use retention::forget_after;

/// Directory of checkpoints in a run directory.
pub(crate) const CHECKPOINTS: &str = "checkpoints";
const MANIFEST: &str = "manifest.json";
const FORMAT: u32 = 1;
/// Largest file of a checkpoint or model that is read, bytes.
pub(crate) const LARGEST_FILE: u64 = 1 << 37;

/// What a checkpoint holds: the last file written, so a directory with it is complete.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    format: u32,
    step: u64,
    files: BTreeMap<String, FileEntry>,
    /// Hash of all the above.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    hash: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FileEntry {
    bytes: u64,
    blake3: String,
}

impl Manifest {
    fn of(step: u64, files: &BTreeMap<String, Vec<u8>>) -> Self {
        let entry = |bytes: &Vec<u8>| FileEntry {
            bytes: bytes.len() as u64,
            blake3: blake3::hash(bytes).to_hex().to_string(),
        };
        let files = files.iter();
        let manifest = Self {
            format: FORMAT,
            step,
            files: files
                .map(|(name, bytes)| (name.clone(), entry(bytes)))
                .collect(),
            hash: None,
        };
        Self {
            hash: Some(manifest.own_hash()),
            ..manifest
        }
    }

    fn own_hash(&self) -> String {
        let bare = Self {
            hash: None,
            ..self.clone()
        };
        let text = serde_json::to_vec(&bare).unwrap_or_default();
        blake3::hash(&text).to_hex().to_string()
    }

    /// What is wrong with it.
    fn fault(&self) -> Option<String> {
        if self.format != FORMAT {
            let found = self.format;
            return Some(format!(
                "it has format {found}, this program reads {FORMAT}"
            ));
        }
        if self.hash.as_ref().is_some_and(|it| *it != self.own_hash()) {
            return Some(format!("`{MANIFEST}` is not what was written"));
        }
        let odd = self.files.keys().find(|name| !is_plain(name));
        odd.map(|name| format!("`{name}` is no file name"))
    }
}

/// A committed checkpoint: a Hugging Face directory with the optimizer, the state of the run and hashes of it all. Nobody's
/// retention removes it as long as this value lives.
#[derive(Debug)]
pub struct Checkpoint {
    path: PathBuf,
    manifest: Manifest,
    _held: Held,
}

impl Checkpoint {
    /// Commits `files` as the checkpoint of `step`: written under another name, each synced, the manifest last, then
    /// renamed in one act. A good one of that step is kept where it is the same, else until the new one is in its place. For the
    /// process that holds the run directory.
    ///
    /// # Errors
    /// [`Error::Data`] naming the path that could not be written; the checkpoints before stay.
    pub fn commit(
        storage: &dyn Storage,
        run_dir: &Path,
        step: u64,
        files: &BTreeMap<String, Vec<u8>>,
    ) -> Result<Self> {
        let parent = run_dir.join(CHECKPOINTS);
        let path = parent.join(format!("step_{step:08}"));
        let manifest = Manifest::of(step, files);
        storage.create_dir(&parent)?;
        if let Some(there) = Self::good(&path)
            && there.manifest == manifest
        {
            // Who made it may have been killed before its name was durable.
            storage.create_dir(&path)?;
            return Ok(there);
        }
        let unfinished = storage::unfinished(&path);
        let placed = write_set(storage, &unfinished, files, &manifest)
            .and_then(|()| place(storage, &unfinished, &path));
        if placed.is_err() {
            // The first error is what the caller must see; what stays is removed at the next start.
            let _ = storage.remove(&unfinished);
        }
        placed?;
        Self::open(&path)
    }

    /// Opens a checkpoint; its files are checked as they are read.
    ///
    /// # Errors
    /// [`Error::Data`] where there is no manifest, [`Error::Checkpoint`] where it is damaged.
    pub fn open(path: &Path) -> Result<Self> {
        let file = path.join(MANIFEST);
        let held = storage::hold(&file)?;
        let bytes = door::read(&file, 1 << 24)?;
        let damaged = |reason: String| Error::Checkpoint {
            path: path.to_owned(),
            reason,
        };
        let manifest: Manifest = serde_json::from_slice(&bytes)
            .map_err(|error| damaged(format!("`{MANIFEST}`: {error}")))?;
        if let Some(reason) = manifest.fault() {
            return Err(damaged(reason));
        }
        Ok(Self {
            path: path.to_owned(),
            manifest,
            _held: held,
        })
    }

    /// The checkpoint at `path` where every file of it is as written.
    fn good(path: &Path) -> Option<Self> {
        let checkpoint = Self::open(path).ok()?;
        checkpoint.verify().ok()?;
        Some(checkpoint)
    }

    /// The newest checkpoint of a run whose every file is as written, and what is wrong with the newer ones.
    ///
    /// # Errors
    /// [`Error::Data`] where the directory cannot be listed.
    pub fn newest(storage: &dyn Storage, run_dir: &Path) -> Result<(Option<Self>, Vec<Error>)> {
        Self::newest_until(storage, run_dir, u64::MAX)
    }

    /// As [`Checkpoint::newest`], of those up to step `most`.
    ///
    /// # Errors
    /// As [`Checkpoint::newest`].
    pub(crate) fn newest_until(
        storage: &dyn Storage,
        run_dir: &Path,
        most: u64,
    ) -> Result<(Option<Self>, Vec<Error>)> {
        'list: loop {
            let mut skipped = Vec::new();
            let committed = committed(storage, run_dir)?.into_iter().rev();
            for path in committed.filter(|path| step_of(path).is_some_and(|it| it <= most)) {
                let opened = Self::open(&path);
                match opened.and_then(|it| it.verify().map(|()| it)) {
                    Ok(checkpoint) => return Ok((Some(checkpoint), skipped)),
                    // The run goes on and has removed it meanwhile: there are newer ones.
                    Err(_) if !storage.exists(&path)? => continue 'list,
                    Err(error) => skipped.push(error),
                }
            }
            return Ok((None, skipped));
        }
    }

    /// Removes what interrupted saves have left. For the process that holds the run directory.
    ///
    /// # Errors
    /// [`Error::Data`] naming what could not be removed.
    pub fn clear(storage: &dyn Storage, run_dir: &Path) -> Result<()> {
        storage.sweep(run_dir)?;
        let parent = run_dir.join(CHECKPOINTS);
        if !storage.exists(&parent)? {
            return Ok(());
        }
        storage.sweep(&parent)?;
        for path in storage.list(&parent)? {
            let new = path.with_extension("");
            if path == replaced(&new) && Self::good(&new).is_some() {
                discard(storage, &path)?;
            }
        }
        Ok(())
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
        let bytes = door::read(&self.path.join(name), LARGEST_FILE)?;
        let hash = || blake3::hash(&bytes).to_hex().to_string();
        self.compare(name, bytes.len() as u64, hash)?;
        Ok(bytes)
    }

    /// Checks every file.
    ///
    /// # Errors
    /// As [`Checkpoint::read`].
    pub fn verify(&self) -> Result<()> {
        self.manifest.files.keys().try_for_each(|name| {
            let (bytes, hash) = file_hash(&self.path.join(name))?;
            self.compare(name, bytes, || hash)
        })
    }

    fn compare(&self, name: &str, bytes: u64, hash: impl FnOnce() -> String) -> Result<()> {
        let reason = match self.manifest.files.get(name) {
            None => format!("its manifest lacks `{name}`"),
            Some(entry) if bytes != entry.bytes => {
                format!("`{name}` has {bytes} bytes, expected {}", entry.bytes)
            }
            Some(entry) if hash() != entry.blake3 => {
                format!("the content of `{name}` is not what was written")
            }
            Some(_) => return Ok(()),
        };
        Err(Error::Checkpoint {
            path: self.path.clone(),
            reason,
        })
    }
}

/// Writes a directory of `files`, the manifest last.
fn write_set(
    storage: &dyn Storage,
    dir: &Path,
    files: &BTreeMap<String, Vec<u8>>,
    manifest: &Manifest,
) -> Result<()> {
    storage.remove(dir)?;
    storage.create_dir(dir)?;
    for (name, bytes) in files {
        storage.write(&dir.join(name), bytes)?;
    }
    let text = serde_json::to_vec_pretty(manifest).unwrap_or_default();
    Ok(storage.write(&dir.join(MANIFEST), &text)?)
}

/// Renames a finished directory to `path`. What is good there gets another name under which it is found until the new one is.
fn place(storage: &dyn Storage, finished: &Path, path: &Path) -> Result<()> {
    let old = replaced(path);
    if Checkpoint::good(path).is_some() {
        discard(storage, &old)?;
        storage.rename(path, &old)?;
    } else {
        discard(storage, path)?;
    }
    storage.rename(finished, path)?;
    discard(storage, &old)
}

/// The name of a checkpoint that is being replaced by that at `path`.
fn replaced(path: &Path) -> PathBuf {
    path.with_extension("old")
}

/// Removes a checkpoint: out of the way in one act, then file by file.
fn discard(storage: &dyn Storage, path: &Path) -> Result<()> {
    if !storage.exists(path)? {
        return Ok(());
    }
    let aside = storage::unfinished(&path.with_extension("gone"));
    storage.remove(&aside)?;
    storage.rename(path, &aside)?;
    Ok(storage.remove(&aside)?)
}

/// Directories `step_N` and those that were to be replaced by them, oldest first.
pub(crate) fn committed(storage: &dyn Storage, run_dir: &Path) -> Result<Vec<PathBuf>> {
    let parent = run_dir.join(CHECKPOINTS);
    if !storage.exists(&parent)? {
        return Ok(Vec::new());
    }
    let known = |path: PathBuf| Some((step_of(&path)?, path.extension().is_none(), path));
    let paths = storage.list(&parent)?.into_iter();
    let mut found: Vec<(u64, bool, PathBuf)> = paths.filter_map(known).collect();
    found.sort();
    Ok(found.into_iter().map(|(_, _, path)| path).collect())
}

/// The step of a checkpoint's directory, or of one that was to be replaced.
fn step_of(path: &Path) -> Option<u64> {
    let new = path.with_extension("");
    let known = path == new || path == replaced(&new);
    let step = new.file_name()?.to_str()?.strip_prefix("step_")?;
    step.parse().ok().filter(|_| known)
}

/// Refuses a checkpoint of so many bytes that has no room in the file system of `run_dir`; says so where it has room but once.
///
/// # Errors
/// [`ext5_data::Error::Full`].
pub(crate) fn room(run_dir: &Path, bytes: u64) -> Result<Option<String>> {
    let path = run_dir.join(CHECKPOINTS);
    match storage::free_bytes(run_dir) {
        Some(free) if free < bytes => Err(Error::Data(DataError::Full {
            path,
            needed: bytes,
            free: Some(free),
            source: io::ErrorKind::StorageFull.into(),
        })),
        Some(free) if free / 2 < bytes => Ok(Some(format!(
            "little room for checkpoints in `{}`: each takes {bytes} bytes, {free} are free; the run ends when there is none, so make room",
            path.display()
        ))),
        _ => Ok(None),
    }
}

/// Size and hash (BLAKE3, hexadecimal) of a file.
///
/// # Errors
/// [`Error::Data`] where it cannot be read.
pub(crate) fn file_hash(path: &Path) -> Result<(u64, String)> {
    let mut hasher = blake3::Hasher::new();
    let read = hasher.update_reader(door::open(path)?);
    read.map_err(|source| DataError::Io {
        action: "read",
        path: path.to_owned(),
        source,
    })?;
    Ok((hasher.count(), hasher.finalize().to_hex().to_string()))
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
mod tests;
