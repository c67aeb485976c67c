//! The one way out for durable writes: temporary name in the same directory, fsync, rename, directory fsync.
mod local;
mod lock;
mod room;

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::Result;

pub use local::LocalStorage;
pub use lock::{DirLock, lock, open_to_lock};
pub use room::free_bytes;

/// The body of a file, written once by [`Storage::write_with`].
pub type Body<'a> = dyn FnMut(&mut dyn Write) -> io::Result<()> + 'a;

/// Where durable files go. Local disk is [`LocalStorage`]; tests put failing and forgetful disks in its place.
///
/// Every error is [`crate::Error::Io`] naming the path; its kind tells refused access (`Permission`) from a full or
/// failing disk (`Io`).
pub trait Storage: Send + Sync {
    /// Writes a whole file through `body`. Readers see the old file or the new one, never a part; when this returns, the new
    /// one survives a crash.
    ///
    /// # Errors
    /// As the trait says; the old file is then untouched and no temporary file stays.
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
    /// As the trait says.
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

    /// Whether something is at `path`.
    ///
    /// # Errors
    /// As the trait says.
    fn exists(&self, path: &Path) -> Result<bool>;
}

/// The local disk.
pub fn local() -> &'static dyn Storage {
    &LocalStorage
}
