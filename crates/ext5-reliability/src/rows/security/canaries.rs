//! A directory that nobody may leave, with files around it that tell who did.
use std::collections::BTreeMap;
use std::fs::{self, File, FileTimes};
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::row::Failure;

/// What the files around the directory hold: a row of a data set, so that a reader that gets there can use it.
pub(super) const CONTENT: &str =
    "{\"a\":\"CANARY-5d1f\",\"inputs\":\"CANARY-5d1f\",\"targets\":\"CANARY-5d1f\"}\n";

/// What no answer may say.
pub(super) const MARK: &str = "CANARY-5d1f";

/// `top/a/b/root` is where the product works; `canary.jsonl` lies in each directory above and beside it.
pub(super) struct Ground {
    top: PathBuf,
    calm: BTreeMap<PathBuf, State>,
    /// Whether the file system notes when a file was read last.
    pub(super) tells_reads: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct State {
    bytes: u64,
    changed: (i64, i64),
    inode: u64,
    /// Of files; looking at a directory is no harm.
    read: Option<(i64, i64)>,
}

impl Ground {
    /// Lays the ground in an empty directory.
    pub(super) fn lay(top: &Path) -> Result<Self, Failure> {
        let mut ground = Self {
            top: top.to_owned(),
            calm: BTreeMap::new(),
            tells_reads: false,
        };
        for folder in ["", "a", "a/b", "a/b/rootx"] {
            let folder = top.join(folder);
            fs::create_dir_all(&folder)?;
            let canary = folder.join("canary.jsonl");
            fs::write(&canary, CONTENT)?;
            put_to_sleep(&canary)?;
        }
        let probe = top.join("probe");
        fs::write(&probe, "x")?;
        put_to_sleep(&probe)?;
        let before = state(&probe)?;
        fs::read(&probe)?;
        ground.tells_reads = state(&probe)? != before;
        fs::remove_file(&probe)?;
        ground.clear()?;
        ground.calm = ground.around()?;
        Ok(ground)
    }

    /// The directory that nobody may leave.
    pub(super) fn root(&self) -> PathBuf {
        self.top.join("a/b/root")
    }

    /// A file outside of it.
    pub(super) fn canary(&self) -> PathBuf {
        self.top.join("canary.jsonl")
    }

    /// Empties the directory, and puts links in it as an attacker would: `link.jsonl` to a file outside, `linked` to a directory
    /// outside, `hard.jsonl` that is a file outside.
    pub(super) fn clear(&self) -> Result<(), Failure> {
        let root = self.root();
        if root.exists() {
            fs::remove_dir_all(&root)?;
        }
        fs::create_dir_all(&root)?;
        let outside = self.top.join("a");
        for folder in ["", "data", "model", "cache", "tasks"] {
            let folder = root.join(folder);
            fs::create_dir_all(&folder)?;
            symlink(outside.join("canary.jsonl"), folder.join("link.jsonl"))?;
            symlink(&outside, folder.join("linked"))?;
            fs::hard_link(outside.join("canary.jsonl"), folder.join("hard.jsonl"))?;
        }
        // A link more changes the inode's time.
        put_to_sleep(&outside.join("canary.jsonl"))
    }

    /// What is no longer as it was around the directory.
    pub(super) fn disturbed(&self, links: bool) -> Result<Vec<String>, Failure> {
        let now = self.around()?;
        let blind = |state: &State| State {
            read: None,
            ..state.clone()
        };
        let mut found = Vec::new();
        for (path, before) in &self.calm {
            match now.get(path) {
                None => found.push(format!("{} is gone", path.display())),
                Some(after) if blind(after) != blind(before) => {
                    found.push(format!("{} was written", path.display()));
                }
                // What its owner has linked to is his to be read.
                Some(after) if !links && after != before => {
                    found.push(format!("{} was read", path.display()));
                }
                Some(_) => {}
            }
        }
        let new = now.keys().filter(|path| !self.calm.contains_key(*path));
        found.extend(new.map(|path| format!("{} is new", path.display())));
        Ok(found)
    }

    /// Lays the ground anew after somebody has been there.
    pub(super) fn restore(&mut self) -> Result<(), Failure> {
        fs::remove_dir_all(&self.top)?;
        *self = Self::lay(&self.top)?;
        Ok(())
    }

    fn around(&self) -> Result<BTreeMap<PathBuf, State>, Failure> {
        let mut found = BTreeMap::new();
        let mut folders = vec![self.top.clone()];
        let root = self.root();
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder)? {
                let path = entry?.path();
                if path == root {
                    continue;
                }
                if path.is_dir() && !path.is_symlink() {
                    folders.push(path.clone());
                    // Emptying the root changes the directory that holds it.
                    if root.parent() == Some(&path) {
                        continue;
                    }
                }
                found.insert(path.clone(), state(&path)?);
            }
        }
        Ok(found)
    }
}

/// Makes a file look read long ago and changed after that, so that the next reading is noted by file systems that note little.
fn put_to_sleep(path: &Path) -> Result<(), Failure> {
    let long_ago = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    let times = FileTimes::new()
        .set_accessed(long_ago)
        .set_modified(long_ago + Duration::from_mins(1));
    File::options().write(true).open(path)?.set_times(times)?;
    Ok(())
}

fn state(path: &Path) -> Result<State, Failure> {
    let metadata = fs::symlink_metadata(path)?;
    let is_file = metadata.is_file();
    Ok(State {
        bytes: if is_file { metadata.size() } else { 0 },
        changed: (metadata.mtime(), metadata.mtime_nsec()),
        inode: metadata.ino(),
        read: is_file.then(|| (metadata.atime(), metadata.atime_nsec())),
    })
}
