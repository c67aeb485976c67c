//! Where rows run, and how much of each.
use std::path::{Path, PathBuf};

use ext5_data::storage::free_bytes;
use tempfile::TempDir;

use crate::row::Failure;

/// How much is run: what every change must pass, or what a night has time for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Tier {
    /// Every change.
    P,
    /// Every night: more of the same, and rows that take long.
    N,
}

/// What a row is given.
pub(crate) struct Place {
    /// How much to run.
    pub(crate) tier: Tier,
    /// Run with the row's defect in place, and no more than it takes to see it.
    pub(crate) seeded: bool,
    scratch: TempDir,
    /// In memory, where the machine has room for it there.
    quick: Option<TempDir>,
}

/// Where files lie in memory.
const MEMORY: &str = "/dev/shm";
/// Bytes that must be free there: containers often have some MiB, which rows would fill.
const ROOM: u64 = 1 << 30;

impl Place {
    /// # Errors
    /// Where there is no room for scratch files.
    pub(crate) fn new(tier: Tier, seeded: bool) -> Result<Self, Failure> {
        let scratch = tempfile::Builder::new().prefix("ext5-").tempdir()?;
        let memory = Path::new(MEMORY);
        let quick = free_bytes(memory)
            .filter(|free| *free >= ROOM)
            .and_then(|_| {
                let made = tempfile::Builder::new().prefix("ext5-").tempdir_in(memory);
                made.ok()
            });
        Ok(Self {
            tier,
            seeded,
            scratch,
            quick,
        })
    }

    /// `p` or `n` by the tier; a tenth of `p` (one at least) where a defect is to be seen.
    pub(crate) fn count(&self, p: usize, n: usize) -> usize {
        match (self.seeded, self.tier) {
            (true, _) => p.div_ceil(10),
            (false, Tier::P) => p,
            (false, Tier::N) => n,
        }
    }

    /// An empty directory for one row.
    ///
    /// # Errors
    /// Where it cannot be made.
    pub(crate) fn dir(&self, name: &str) -> Result<PathBuf, Failure> {
        emptied(&self.scratch, name)
    }

    /// An empty directory for a row that asks nothing of the disk: where there can be one it lies in memory, so that a sync, of which
    /// the product makes many, costs nothing. Elsewhere it is as [`Place::dir`].
    ///
    /// # Errors
    /// Where it cannot be made.
    pub(crate) fn quick_dir(&self, name: &str) -> Result<PathBuf, Failure> {
        emptied(self.quick.as_ref().unwrap_or(&self.scratch), name)
    }

    /// The program `ext5`, built beside this one.
    ///
    /// # Errors
    /// Where it is not there.
    #[expect(clippy::unused_self, reason = "rows ask their place for all they need")]
    pub(crate) fn ext5(&self) -> Result<PathBuf, Failure> {
        let here = std::env::current_exe()?;
        let path = here
            .parent()
            .unwrap_or(Path::new("."))
            .join(format!("ext5{}", std::env::consts::EXE_SUFFIX));
        if path.is_file() {
            return Ok(path);
        }
        Err("`ext5` is not built: run `cargo xtask reliability`, which builds it".into())
    }
}

fn emptied(parent: &TempDir, name: &str) -> Result<PathBuf, Failure> {
    let path = parent.path().join(name);
    if path.exists() {
        std::fs::remove_dir_all(&path)?;
    }
    std::fs::create_dir_all(&path)?;
    Ok(path)
}
