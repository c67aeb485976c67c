//! The one way out for durable writes: temporary name in the same directory, fsync, rename, directory fsync.
mod disk;
mod local;
mod lock;
mod room;

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::Result;

pub use disk::{Disk, DiskFile, Opened, RealDisk};
pub use local::{LocalStorage, unfinished};
pub use lock::{DirLock, Held, hold, lock, open_to_lock, take};
pub use room::free_bytes;

/// The body of a file, written once by [`Storage::write_with`].
pub type Body<'a> = dyn FnMut(&mut dyn Write) -> io::Result<()> + 'a;

/// Where durable files go. Local disk is [`LocalStorage`], over a [`Disk`] that may fail or forget on purpose.
///
/// Every error is [`crate::Error::Io`] naming the path, or [`crate::Error::Full`] on a full disk; its kind tells refused access
/// (`Permission`) from a full or failing disk (`Io`).
pub trait Storage: Send + Sync {
    /// Writes a whole file through `body`. Readers see the old file or the new one, never a part; when this returns, the new
    /// one survives a crash.
    ///
    /// # Errors
    /// As the trait says; the file is then the old one or, where its directory alone failed, the new one, and no temporary file
    /// stays on a disk that lets it be removed.
    fn write_with(&self, path: &Path, body: &mut Body<'_>) -> Result<()>;

    /// Writes a whole file, as [`Storage::write_with`].
    ///
    /// # Errors
    /// As [`Storage::write_with`].
    fn write(&self, path: &Path, bytes: &[u8]) -> Result<()> {
        self.write_with(path, &mut |file| file.write_all(bytes))
    }

    /// Adds `bytes` at the end of a log, which is created where it is missing. Durable after [`Storage::sync`].
    ///
    /// # Errors
    /// As the trait says; a part of `bytes` that a full disk took is cut off again.
    fn append(&self, path: &Path, bytes: &[u8]) -> Result<()>;

    /// Makes what was appended to a file survive a crash.
    ///
    /// # Errors
    /// As the trait says.
    fn sync(&self, path: &Path) -> Result<()>;

    /// Cuts a log to its first `length` bytes, durably: a resumed run drops the lines after its checkpoint.
    ///
    /// # Errors
    /// As the trait says.
    fn truncate(&self, path: &Path, length: u64) -> Result<()>;

    /// Creates a directory and those above it; it is no error where it exists.
    ///
    /// # Errors
    /// As the trait says.
    fn create_dir(&self, path: &Path) -> Result<()>;

    /// Removes a file or a directory with all in it; it is no error where it does not exist.
    ///
    /// # Errors
    /// As the trait says.
    fn remove(&self, path: &Path) -> Result<()>;

    /// Renames a file, or a directory to a name that is free, in one act that survives a crash.
    ///
    /// # Errors
    /// As the trait says.
    fn rename(&self, from: &Path, to: &Path) -> Result<()>;

    /// The paths in a directory, sorted by name; unfinished temporary files are left out.
    ///
    /// # Errors
    /// [`crate::Error::Missing`] where there is no such directory, else as the trait says.
    fn list(&self, path: &Path) -> Result<Vec<PathBuf>>;

    /// Removes from a directory what is unfinished: the leftovers of processes that were killed. For its only user alone.
    ///
    /// # Errors
    /// As [`Storage::list`].
    fn sweep(&self, path: &Path) -> Result<()>;

    /// Whether something is at `path`.
    ///
    /// # Errors
    /// As the trait says.
    fn exists(&self, path: &Path) -> Result<bool>;
}

/// The local disk.
pub fn local() -> &'static dyn Storage {
    static LOCAL: LocalStorage = LocalStorage::over(RealDisk);
    &LOCAL
}
