//! A disk of which one operation goes wrong.
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use ext5_data::storage::{Disk, DiskFile, Opened, RealDisk};

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// The process is killed: half of a write is done, then nothing.
    Kill,
    /// EIO after half of a write.
    Error,
    /// ENOSPC after half of a write.
    Full,
    /// Half is written, and said so.
    Short,
    /// EINTR.
    Interrupt,
    /// Another error of the operating system, by its number.
    Os(i32),
}

pub(super) const FAULTS: [Fault; 5] = [
    Fault::Kill,
    Fault::Error,
    Fault::Full,
    Fault::Short,
    Fault::Interrupt,
];

/// The real disk, whose operation number `at` goes wrong.
pub(super) struct FaultyDisk(Arc<Plan>);

struct Plan {
    at: usize,
    fault: Fault,
    calls: AtomicUsize,
    dead: AtomicBool,
    struck: AtomicBool,
}

/// How an operation begins.
enum Start {
    Whole,
    Half,
    Fails(io::Error),
    Gone,
}

impl FaultyDisk {
    pub(super) fn new(at: usize, fault: Fault) -> Self {
        Self(Arc::new(Plan {
            at,
            fault,
            calls: AtomicUsize::new(0),
            dead: AtomicBool::new(false),
            struck: AtomicBool::new(false),
        }))
    }

    /// Operations so far.
    pub(super) fn calls(&self) -> usize {
        self.0.calls.load(Ordering::Relaxed)
    }

    /// Whether the fault came to pass: only a write can be short.
    pub(super) fn has_struck(&self) -> bool {
        self.0.struck.load(Ordering::Relaxed)
    }
}

impl Plan {
    fn start(&self, is_write: bool) -> Start {
        if self.dead.load(Ordering::Relaxed) {
            return Start::Gone;
        }
        let call = self.calls.fetch_add(1, Ordering::Relaxed);
        if call != self.at || self.fault == Fault::Short && !is_write {
            return Start::Whole;
        }
        self.struck.store(true, Ordering::Relaxed);
        match self.fault {
            Fault::Kill => {
                self.dead.store(true, Ordering::Relaxed);
                Start::Fails(gone())
            }
            Fault::Error => Start::Fails(io::Error::from_raw_os_error(5)),
            Fault::Full => Start::Fails(io::ErrorKind::StorageFull.into()),
            Fault::Short => Start::Half,
            Fault::Interrupt => Start::Fails(io::ErrorKind::Interrupted.into()),
            Fault::Os(number) => Start::Fails(io::Error::from_raw_os_error(number)),
        }
    }

    fn act<T>(&self, act: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
        match self.start(false) {
            Start::Whole | Start::Half => act(),
            Start::Fails(error) => Err(error),
            Start::Gone => Err(gone()),
        }
    }

    /// What is looked at is no operation, but the dead see nothing.
    fn look<T>(&self, look: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
        if self.dead.load(Ordering::Relaxed) {
            return Err(gone());
        }
        look()
    }
}

fn gone() -> io::Error {
    io::Error::other("the process is gone")
}

impl Disk for FaultyDisk {
    fn open(&self, path: &Path, how: Opened) -> io::Result<Box<dyn DiskFile>> {
        let file = self.0.act(|| RealDisk.open(path, how))?;
        let plan = Arc::clone(&self.0);
        Ok(Box::new(FaultyFile { file, plan }))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.0.act(|| RealDisk.rename(from, to))
    }

    fn unlink(&self, path: &Path) -> io::Result<()> {
        self.0.act(|| RealDisk.unlink(path))
    }

    fn make_dir(&self, path: &Path) -> io::Result<()> {
        self.0.act(|| RealDisk.make_dir(path))
    }

    fn remove_dir(&self, path: &Path) -> io::Result<()> {
        self.0.act(|| RealDisk.remove_dir(path))
    }

    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        self.0.act(|| RealDisk.sync_dir(path))
    }

    fn list(&self, path: &Path) -> io::Result<Vec<PathBuf>> {
        self.0.look(|| RealDisk.list(path))
    }

    fn is_dir(&self, path: &Path) -> io::Result<bool> {
        self.0.look(|| RealDisk.is_dir(path))
    }
}

struct FaultyFile {
    file: Box<dyn DiskFile>,
    plan: Arc<Plan>,
}

impl Write for FaultyFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let half = &bytes[..bytes.len().div_ceil(2)];
        match self.plan.start(true) {
            Start::Whole => self.file.write(bytes),
            Start::Half => self.file.write(half),
            Start::Gone => Err(gone()),
            Start::Fails(error) => {
                if error.kind() != io::ErrorKind::Interrupted {
                    self.file.write_all(half)?;
                }
                Err(error)
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl DiskFile for FaultyFile {
    fn size(&self) -> io::Result<u64> {
        self.plan.look(|| self.file.size())
    }

    fn set_size(&mut self, bytes: u64) -> io::Result<()> {
        let file = &mut self.file;
        self.plan.act(|| file.set_size(bytes))
    }

    fn sync(&mut self) -> io::Result<()> {
        let file = &mut self.file;
        self.plan.act(|| file.sync())
    }
}
