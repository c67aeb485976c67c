use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use super::disk::{Disk, DiskFile, Opened, RealDisk};
use super::{Body, Storage, free_bytes};
use crate::{Error, Result};

/// Names of what is unfinished start so; [`Storage::list`] does not show them.
const TEMPORARY: &str = ".tmp-";

/// Numbers temporary files, so that threads of one process never share one.
static NEXT: AtomicU64 = AtomicU64::new(0);

/// The durable protocol over a disk: that of this machine, or one that fails on purpose.
#[derive(Clone, Copy, Debug, Default)]
pub struct LocalStorage<D = RealDisk> {
    disk: D,
}

impl<D> LocalStorage<D> {
    /// The protocol over `disk`.
    pub const fn over(disk: D) -> Self {
        Self { disk }
    }

    /// The disk below.
    pub const fn disk(&self) -> &D {
        &self.disk
    }
}

impl<D: Disk> Storage for LocalStorage<D> {
    fn write_with(&self, path: &Path, body: &mut Body<'_>) -> Result<()> {
        let mut offered = 0;
        let new = self.temporary_file(path);
        let (temporary, file) = new.map_err(|source| failure("write", path, 0, source))?;
        let written = write_synced(file, body, &mut offered)
            .and_then(|()| self.rename_synced(&temporary, path))
            .map_err(|source| failure("write", path, offered, source));
        if written.is_err() {
            // The first error is what the caller must see; a leftover is only untidy and `list` hides it.
            let _ = again(|| self.disk.unlink(&temporary));
        }
        written
    }

    fn append(&self, path: &Path, bytes: &[u8]) -> Result<()> {
        let appended = || {
            let mut file = again(|| self.disk.open(path, Opened::Append))?;
            let before = file.size()?;
            file.write_all(bytes).inspect_err(|_| {
                // Half a line is worse than none; on a disk that refuses this too it stays.
                let _ = again(|| file.set_size(before));
            })
        };
        appended().map_err(|source| failure("append to", path, bytes.len() as u64, source))
    }

    fn sync(&self, path: &Path) -> Result<()> {
        again(|| self.disk.open(path, Opened::There))
            .and_then(|mut file| again(|| file.sync()))
            .and_then(|()| self.sync_dir(parent(path)))
            .map_err(|source| failure("sync", path, 0, source))
    }

    fn truncate(&self, path: &Path, length: u64) -> Result<()> {
        again(|| self.disk.open(path, Opened::There))
            .and_then(|mut file| {
                if file.size()? < length {
                    let reason = format!("it is shorter than the {length} bytes to keep");
                    return Err(io::Error::new(io::ErrorKind::UnexpectedEof, reason));
                }
                again(|| file.set_size(length))?;
                again(|| file.sync())
            })
            .map_err(|source| failure("truncate", path, 0, source))
    }

    fn create_dir(&self, path: &Path) -> Result<()> {
        self.create_dirs(path)
            .map_err(|source| failure("create directory", path, 0, source))
    }

    fn remove(&self, path: &Path) -> Result<()> {
        match self.remove_all(path) {
            Err(source) if source.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(source) => Err(source),
            Ok(()) => self.sync_dir(parent(path)),
        }
        .map_err(|source| failure("remove", path, 0, source))
    }

    fn rename(&self, from: &Path, to: &Path) -> Result<()> {
        self.rename_synced(from, to)
            .map_err(|source| failure("write", to, 0, source))
    }

    fn list(&self, path: &Path) -> Result<Vec<PathBuf>> {
        let mut paths = self.entries(path)?;
        paths.retain(|path| !is_temporary(path));
        Ok(paths)
    }

    fn sweep(&self, path: &Path) -> Result<()> {
        let unfinished = self.entries(path)?;
        let mut unfinished = unfinished.iter().filter(|path| is_temporary(path));
        unfinished.try_for_each(|path| self.remove(path))
    }

    fn exists(&self, path: &Path) -> Result<bool> {
        path.try_exists()
            .map_err(|source| failure("look for", path, 0, source))
    }
}

impl<D: Disk> LocalStorage<D> {
    /// A new file in the directory of `path`: a rename is atomic only inside one file system.
    ///
    /// Numbers of processes repeat between containers and after a restart, so a name may be taken: by a leftover, or by what
    /// another process writes just now.
    fn temporary_file(&self, path: &Path) -> io::Result<(PathBuf, Box<dyn DiskFile>)> {
        let Some(name) = path.file_name() else {
            let kind = io::ErrorKind::InvalidInput;
            return Err(io::Error::new(kind, "it names no file"));
        };
        let (process, name) = (std::process::id(), name.to_string_lossy());
        loop {
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            let temporary = path.with_file_name(format!("{TEMPORARY}{process}-{number}-{name}"));
            match again(|| self.disk.open(&temporary, Opened::New)) {
                Err(source) if source.kind() == io::ErrorKind::AlreadyExists => {}
                created => return Ok((temporary, created?)),
            }
        }
    }

    fn rename_synced(&self, from: &Path, to: &Path) -> io::Result<()> {
        again(|| self.disk.rename(from, to))?;
        self.sync_dir(parent(to))?;
        if parent(from) == parent(to) {
            Ok(())
        } else {
            self.sync_dir(parent(from))
        }
    }

    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        again(|| self.disk.sync_dir(path))
    }

    /// Each new name is synced in its own directory, from the outermost on.
    fn create_dirs(&self, path: &Path) -> io::Result<()> {
        if path.as_os_str().is_empty() {
            return Ok(());
        }
        match again(|| self.disk.make_dir(path)) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound && parent(path) != path => {
                self.create_dirs(parent(path))?;
                match again(|| self.disk.make_dir(path)) {
                    // Another process was faster.
                    Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                    made => made?,
                }
            }
            made => made?,
        }
        self.sync_dir(parent(path))
    }

    /// Removes what is there, from the inside out; links are not followed.
    fn remove_all(&self, path: &Path) -> io::Result<()> {
        if !self.disk.is_dir(path)? {
            return again(|| self.disk.unlink(path));
        }
        for entry in again(|| self.disk.list(path))? {
            match self.remove_all(&entry) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                removed => removed?,
            }
        }
        again(|| self.disk.remove_dir(path))
    }

    fn entries(&self, path: &Path) -> Result<Vec<PathBuf>> {
        let mut paths = again(|| self.disk.list(path)).map_err(|source| match source.kind() {
            io::ErrorKind::NotFound => Error::Missing {
                what: "directory",
                path: path.to_owned(),
                hint: ", check the path".to_owned(),
            },
            _ => Error::io("list", path, source),
        })?;
        paths.sort();
        Ok(paths)
    }
}

/// What `call` answers once no signal interrupts it.
fn again<T>(mut call: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    loop {
        match call() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            answer => return answer,
        }
    }
}

/// The error of a write of at least `needed` bytes; that of a full disk says how much is free.
pub(super) fn failure(action: &'static str, path: &Path, needed: u64, source: io::Error) -> Error {
    match source.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
            Error::Full {
                path: path.to_owned(),
                needed: needed.max(1),
                free: free_bytes(parent(path)),
                source,
            }
        }
        _ => Error::io(action, path, source),
    }
}

fn write_synced(file: Box<dyn DiskFile>, body: &mut Body<'_>, offered: &mut u64) -> io::Result<()> {
    let mut writer = Counted {
        writer: BufWriter::new(file),
        offered,
    };
    body(&mut writer)?;
    let mut file = writer
        .writer
        .into_inner()
        .map_err(io::IntoInnerError::into_error)?;
    again(|| file.sync())
}

/// Counts what it is asked to write.
struct Counted<'a> {
    writer: BufWriter<Box<dyn DiskFile>>,
    offered: &'a mut u64,
}

impl Write for Counted<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_all(bytes)?;
        Ok(bytes.len())
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        *self.offered += bytes.len() as u64;
        self.writer.write_all(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

/// The name beside `path` under which a directory is made that is then renamed to it: [`Storage::list`] does not show it, and
/// [`Storage::sweep`] removes it once who made it is gone.
pub fn unfinished(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!("{TEMPORARY}{}-{name}", std::process::id()))
}

fn is_temporary(path: &Path) -> bool {
    path.file_name()
        .is_some_and(|name| name.to_string_lossy().starts_with(TEMPORARY))
}

fn parent(path: &Path) -> &Path {
    path.parent()
        .filter(|parent| !parent.as_os_str().is_empty())
        .unwrap_or(Path::new("."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::sync::atomic::AtomicUsize;

    #[test]
    fn names_that_are_taken_are_passed_over_and_left_alone() {
        let root = tempfile::tempdir().unwrap();
        let first = NEXT.load(Ordering::Relaxed);
        let process = std::process::id();
        let taken: Vec<PathBuf> = (first..first + 300)
            .map(|number| root.path().join(format!("{TEMPORARY}{process}-{number}-a")))
            .collect();
        for path in &taken {
            fs::write(path, "another's").unwrap();
        }
        let (storage, target) = (LocalStorage::over(RealDisk), root.path().join("a"));
        storage.write(&target, b"mine").unwrap();
        assert_eq!(fs::read(&target).unwrap(), b"mine");
        let fails = &mut |_: &mut dyn Write| Err(io::Error::other("no"));
        assert!(storage.write_with(&target, fails).is_err());
        assert_eq!(fs::read(&target).unwrap(), b"mine");
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 301);
        for path in &taken {
            assert_eq!(fs::read(path).unwrap(), b"another's");
        }
    }

    /// A disk whose every second operation is interrupted, and that takes no more than so many bytes.
    struct Uneasy {
        calls: AtomicUsize,
        room: usize,
    }

    impl Uneasy {
        fn call<T>(&self, act: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
            if self.calls.fetch_add(1, Ordering::Relaxed).is_multiple_of(2) {
                return Err(io::ErrorKind::Interrupted.into());
            }
            act()
        }
    }

    impl Disk for Uneasy {
        fn open(&self, path: &Path, how: Opened) -> io::Result<Box<dyn DiskFile>> {
            let file = self.call(|| RealDisk.open(path, how))?;
            let room = self.room;
            Ok(Box::new(Narrow { file, room }))
        }
        fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
            self.call(|| RealDisk.rename(from, to))
        }
        fn unlink(&self, path: &Path) -> io::Result<()> {
            self.call(|| RealDisk.unlink(path))
        }
        fn make_dir(&self, path: &Path) -> io::Result<()> {
            self.call(|| RealDisk.make_dir(path))
        }
        fn remove_dir(&self, path: &Path) -> io::Result<()> {
            self.call(|| RealDisk.remove_dir(path))
        }
        fn sync_dir(&self, path: &Path) -> io::Result<()> {
            self.call(|| RealDisk.sync_dir(path))
        }
        fn list(&self, path: &Path) -> io::Result<Vec<PathBuf>> {
            self.call(|| RealDisk.list(path))
        }
        fn is_dir(&self, path: &Path) -> io::Result<bool> {
            RealDisk.is_dir(path)
        }
    }

    struct Narrow {
        file: Box<dyn DiskFile>,
        room: usize,
    }

    impl Write for Narrow {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if self.room == 0 {
                return Err(io::ErrorKind::StorageFull.into());
            }
            let taken = self
                .file
                .write(&bytes[..bytes.len().min(self.room).min(3)])?;
            self.room -= taken;
            Ok(taken)
        }
        fn flush(&mut self) -> io::Result<()> {
            self.file.flush()
        }
    }

    impl DiskFile for Narrow {
        fn size(&self) -> io::Result<u64> {
            self.file.size()
        }
        fn set_size(&mut self, bytes: u64) -> io::Result<()> {
            self.file.set_size(bytes)
        }
        fn sync(&mut self) -> io::Result<()> {
            self.file.sync()
        }
    }

    fn uneasy(room: usize) -> LocalStorage<Uneasy> {
        let calls = AtomicUsize::new(0);
        LocalStorage::over(Uneasy { calls, room })
    }

    #[test]
    fn interrupted_calls_are_made_again_and_short_writes_go_on() {
        let root = tempfile::tempdir().unwrap();
        let (storage, dir) = (uneasy(1000), root.path().join("a/b"));
        storage.create_dir(&dir).unwrap();
        storage.write(&dir.join("x"), b"ten bytes.").unwrap();
        storage.append(&dir.join("x"), b" more").unwrap();
        assert_eq!(fs::read(dir.join("x")).unwrap(), b"ten bytes. more");
        storage.rename(&dir, &unfinished(&dir)).unwrap();
        assert_eq!(storage.list(&root.path().join("a")).unwrap().len(), 0);
        storage.sweep(&root.path().join("a")).unwrap();
        assert_eq!(fs::read_dir(root.path().join("a")).unwrap().count(), 0);
    }

    #[test]
    fn a_full_disk_is_named_with_what_it_lacks_and_keeps_whole_lines() {
        let root = tempfile::tempdir().unwrap();
        let log = root.path().join("log");
        uneasy(100).append(&log, b"first\n").unwrap();
        let error = uneasy(5).append(&log, b"second\n").unwrap_err();
        assert!(
            matches!(error, Error::Full { needed: 7, free: Some(_), ref path, .. } if *path == log),
            "{error}"
        );
        assert_eq!(fs::read(&log).unwrap(), b"first\n");
        let error = uneasy(5).write(&log, &vec![0; 20_000]).unwrap_err();
        assert!(
            matches!(error, Error::Full { needed: 20_000, .. }),
            "{error}"
        );
        assert_eq!(fs::read(&log).unwrap(), b"first\n");
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 1);
    }
}
