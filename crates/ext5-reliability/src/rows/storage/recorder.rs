//! A disk that writes down what it does, and that may leave out what makes it last.
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ext5_data::storage::{Disk, DiskFile, Opened, RealDisk};

/// An operation that was done; paths are below the root.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Op {
    Create(PathBuf),
    Write(PathBuf, Vec<u8>),
    SyncFile(PathBuf),
    Rename(PathBuf, PathBuf),
    Unlink(PathBuf),
    MakeDir(PathBuf),
    RemoveDir(PathBuf),
    SyncDir(PathBuf),
    /// What was promised from here on: number of the file, of the checkpoint.
    Told(Promise),
}

/// Something that was reported as saved, by its number in the script.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Promise {
    File(usize),
    Checkpoint(usize),
}

/// What is left out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Lack {
    /// The content of files is not synced.
    File,
    /// Directories are not synced.
    Dir,
    /// Files are synced after they are renamed.
    Order,
}

/// The real disk below a root, recorded.
pub(super) struct Recorder {
    root: PathBuf,
    lack: Option<Lack>,
    log: Arc<Mutex<Log>>,
}

#[derive(Default)]
struct Log {
    ops: Vec<Op>,
    /// Syncs that wait for a rename.
    late: Vec<PathBuf>,
}

impl Recorder {
    pub(super) fn new(root: &Path, lack: Option<Lack>) -> Self {
        Self {
            root: root.to_owned(),
            lack,
            log: Arc::default(),
        }
    }

    pub(super) fn tell(&self, promise: Promise) {
        self.push(Op::Told(promise));
    }

    /// All operations so far.
    pub(super) fn ops(&self) -> Vec<Op> {
        lock(&self.log).ops.clone()
    }

    fn push(&self, op: Op) {
        lock(&self.log).ops.push(op);
    }

    fn below(&self, path: &Path) -> PathBuf {
        path.strip_prefix(&self.root).unwrap_or(path).to_owned()
    }

    /// Does and writes down what is done to one path.
    fn act(
        &self,
        path: &Path,
        act: impl FnOnce() -> io::Result<()>,
        op: impl FnOnce(PathBuf) -> Op,
    ) -> io::Result<()> {
        act()?;
        self.push(op(self.below(path)));
        Ok(())
    }
}

fn lock(log: &Mutex<Log>) -> MutexGuard<'_, Log> {
    log.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Disk for Recorder {
    fn open(&self, path: &Path, how: Opened) -> io::Result<Box<dyn DiskFile>> {
        let file = RealDisk.open(path, how)?;
        let path = self.below(path);
        if how == Opened::New {
            self.push(Op::Create(path.clone()));
        }
        Ok(Box::new(Recorded {
            file,
            path,
            lack: self.lack,
            log: Arc::clone(&self.log),
        }))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        RealDisk.rename(from, to)?;
        let (from, to) = (self.below(from), self.below(to));
        let mut log = lock(&self.log);
        for late in &mut log.late {
            if *late == from {
                late.clone_from(&to);
            }
        }
        log.ops.push(Op::Rename(from, to));
        Ok(())
    }

    fn unlink(&self, path: &Path) -> io::Result<()> {
        self.act(path, || RealDisk.unlink(path), Op::Unlink)
    }

    fn make_dir(&self, path: &Path) -> io::Result<()> {
        self.act(path, || RealDisk.make_dir(path), Op::MakeDir)
    }

    fn remove_dir(&self, path: &Path) -> io::Result<()> {
        self.act(path, || RealDisk.remove_dir(path), Op::RemoveDir)
    }

    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        if self.lack != Some(Lack::Dir) {
            self.push(Op::SyncDir(self.below(path)));
        }
        let mut log = lock(&self.log);
        let late = std::mem::take(&mut log.late);
        log.ops.extend(late.into_iter().map(Op::SyncFile));
        Ok(())
    }

    fn list(&self, path: &Path) -> io::Result<Vec<PathBuf>> {
        RealDisk.list(path)
    }

    fn is_dir(&self, path: &Path) -> io::Result<bool> {
        RealDisk.is_dir(path)
    }
}

struct Recorded {
    file: Box<dyn DiskFile>,
    path: PathBuf,
    lack: Option<Lack>,
    log: Arc<Mutex<Log>>,
}

impl Write for Recorded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write_all(bytes)?;
        let op = Op::Write(self.path.clone(), bytes.to_vec());
        lock(&self.log).ops.push(op);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl DiskFile for Recorded {
    fn size(&self) -> io::Result<u64> {
        self.file.size()
    }

    fn set_size(&mut self, _bytes: u64) -> io::Result<()> {
        Err(io::Error::other("no save cuts a file"))
    }

    fn sync(&mut self) -> io::Result<()> {
        let path = self.path.clone();
        match self.lack {
            Some(Lack::File) => {}
            Some(Lack::Order) => lock(&self.log).late.push(path),
            _ => lock(&self.log).ops.push(Op::SyncFile(path)),
        }
        Ok(())
    }
}
