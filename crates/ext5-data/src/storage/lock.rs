use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::local::failure;
use crate::{Error, Result, door};

/// Largest holder text read back for a message, in bytes.
const HOLDER_LIMIT: u64 = 64 * 1024;
/// Pause between two looks at who holds a lock, and the most looks: who has just taken it writes its name in between.
const PAUSE: Duration = Duration::from_millis(20);
const LOOKS: usize = 20;

/// A directory held by this process alone, until this value is dropped or the process ends in any way.
#[derive(Debug)]
pub struct DirLock {
    file: File,
    path: PathBuf,
}

impl DirLock {
    /// The lock file.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for DirLock {
    fn drop(&mut self) {
        // The operating system lets go of the lock anyway when the file is closed.
        let _ = self.file.unlock();
    }
}

/// The file at `path`, created where it is missing, opened so that it can be locked: network file systems lock for one process
/// alone only what is open for writing.
///
/// # Errors
/// [`Error::Io`] where it cannot be created or opened, [`Error::Full`] on a full disk.
pub fn open_to_lock(path: &Path) -> Result<File> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)
        .map_err(|source| failure("lock", path, 1, source))
}

/// Takes `dir` for this process by an operating-system lock on its file `lock`, which says who holds it.
///
/// # Errors
/// [`Error::Locked`] naming the holder where another process has it, [`Error::Io`] where the file cannot be written,
/// [`Error::Full`] on a full disk.
pub fn lock(dir: &Path) -> Result<DirLock> {
    let path = dir.join("lock");
    let mut file = open_to_lock(&path)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            return Err(Error::Locked {
                path: dir.to_owned(),
                holder: holder(&path),
            });
        }
        Err(TryLockError::Error(source)) => return Err(Error::io("lock", &path, source)),
    }
    let name = this_process();
    file.set_len(0)
        .and_then(|()| file.write_all(name.as_bytes()))
        .and_then(|()| file.sync_all())
        .map_err(|source| failure("lock", &path, name.len() as u64, source))?;
    Ok(DirLock { file, path })
}

/// A file that is being read, or about to be removed, for as long as this value lives. A file system without locks holds nothing.
#[derive(Debug)]
pub struct Held {
    _file: File,
}

/// Holds a file that must stay while it is read: [`take`] then answers nothing.
///
/// # Errors
/// [`Error::Missing`] where it does not exist or is being removed, [`Error::Io`] where it cannot be opened.
pub fn hold(path: &Path) -> Result<Held> {
    let file = door::open(path)?;
    match file.try_lock_shared() {
        Err(TryLockError::WouldBlock) => Err(Error::Missing {
            what: "file",
            path: path.to_owned(),
            hint: " any more, it is being removed".to_owned(),
        }),
        _ => Ok(Held { _file: file }),
    }
}

/// Takes a file that is to be removed from those that might yet [`hold`] it; nothing where somebody does.
///
/// # Errors
/// [`Error::Io`] where it cannot be opened for another reason than that it does not exist.
pub fn take(path: &Path) -> Result<Option<Held>> {
    let file = match OpenOptions::new().read(true).write(true).open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        opened => opened.map_err(|source| Error::io("lock", path, source))?,
    };
    match file.try_lock() {
        Err(TryLockError::WouldBlock) => Ok(None),
        _ => Ok(Some(Held { _file: file })),
    }
}

/// Who holds the lock at `path`. A killed holder leaves its name: only one that is there twice is the present holder's.
fn holder(path: &Path) -> String {
    let mut before = String::new();
    for _ in 0..LOOKS {
        let now = door::read_text(path, HOLDER_LIMIT).unwrap_or_default();
        if now.ends_with('\n') && now == before {
            return now.trim().to_owned();
        }
        before = now;
        thread::sleep(PAUSE);
    }
    "another process".to_owned()
}

/// Process id, host, time and command of this process, on one line.
fn this_process() -> String {
    let host = door::read_text(Path::new("/proc/sys/kernel/hostname"), HOLDER_LIMIT)
        .unwrap_or_else(|_| "this host".to_owned());
    let command: Vec<String> = std::env::args_os()
        .map(|argument| argument.to_string_lossy().into_owned())
        .collect();
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    format!(
        "process {} on {} since {} (`{}`)\n",
        std::process::id(),
        host.trim(),
        time(now.map_or(0, |now| now.as_secs())),
        command.join(" ").replace('\n', " ")
    )
}

/// Seconds since the start of 1970 as `2026-11-23T21:14:46Z`.
fn time(seconds: u64) -> String {
    let leap = |year: u64| {
        u64::from(year.is_multiple_of(4) && !year.is_multiple_of(100) || year.is_multiple_of(400))
    };
    let (mut days, second) = (seconds / 86_400, seconds % 86_400);
    let mut year = 1970;
    while days >= 365 + leap(year) {
        days -= 365 + leap(year);
        year += 1;
    }
    let lengths = [31, 28 + leap(year), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let mut month = 1;
    for length in lengths {
        if days < length {
            break;
        }
        days -= length;
        month += 1;
    }
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!(
        "{year}-{month:02}-{:02}T{hour:02}:{minute:02}:{second:02}Z",
        days + 1
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_dates() {
        // The times of `date -u -d @N`.
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_735_689_599, "2024-12-31T23:59:59Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
        ] {
            assert_eq!(time(seconds), text);
        }
    }

    #[test]
    fn what_is_read_is_not_taken_and_what_is_taken_is_not_read() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("manifest");
        assert!(take(&path).unwrap().is_none() && hold(&path).is_err());
        std::fs::write(&path, "x").unwrap();
        let readers = [hold(&path).unwrap(), hold(&path).unwrap()];
        assert!(take(&path).unwrap().is_none());
        drop(readers);
        let taken = take(&path).unwrap();
        assert!(taken.is_some() && hold(&path).is_err());
    }
}
