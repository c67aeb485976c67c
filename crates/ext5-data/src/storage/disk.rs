//! What a disk can do, one operation each.
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// How a file is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opened {
    /// New and empty: it is an error where something has its name.
    New,
    /// To write behind its end; created where it is missing.
    Append,
    /// As it is, to be cut or synced: it is an error where it is missing.
    There,
}

/// The operations that [`LocalStorage`](super::LocalStorage) is made of, each one act of the operating system or none.
///
/// [`RealDisk`] carries them out. Whoever wants to see what a crash leaves takes its place: records them, lets one fail, or lets
/// nothing happen after one.
pub trait Disk: Send + Sync {
    /// Opens a file for writing.
    ///
    /// # Errors
    /// The operating system's.
    fn open(&self, path: &Path, how: Opened) -> io::Result<Box<dyn DiskFile>>;

    /// Gives a file or directory another name; a file that has that name is replaced.
    ///
    /// # Errors
    /// The operating system's.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Removes a file, or a link but not what it leads to.
    ///
    /// # Errors
    /// The operating system's.
    fn unlink(&self, path: &Path) -> io::Result<()>;

    /// Makes a directory in one that is there.
    ///
    /// # Errors
    /// The operating system's.
    fn make_dir(&self, path: &Path) -> io::Result<()>;

    /// Removes an empty directory.
    ///
    /// # Errors
    /// The operating system's.
    fn remove_dir(&self, path: &Path) -> io::Result<()>;

    /// Makes the names in a directory survive a crash.
    ///
    /// # Errors
    /// The operating system's.
    fn sync_dir(&self, path: &Path) -> io::Result<()>;

    /// The paths in a directory, in any order.
    ///
    /// # Errors
    /// The operating system's.
    fn list(&self, path: &Path) -> io::Result<Vec<PathBuf>>;

    /// Whether `path` is a directory, a link to one not counted.
    ///
    /// # Errors
    /// The operating system's, also where nothing is there.
    fn is_dir(&self, path: &Path) -> io::Result<bool>;
}

/// A file that is open for writing.
pub trait DiskFile: Write + Send {
    /// Its size, bytes.
    ///
    /// # Errors
    /// The operating system's.
    fn size(&self) -> io::Result<u64>;

    /// Cuts it, or adds zeros.
    ///
    /// # Errors
    /// The operating system's.
    fn set_size(&mut self, bytes: u64) -> io::Result<()>;

    /// Makes its content survive a crash.
    ///
    /// # Errors
    /// The operating system's.
    fn sync(&mut self) -> io::Result<()>;
}

/// The disk of this machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct RealDisk;

impl Disk for RealDisk {
    fn open(&self, path: &Path, how: Opened) -> io::Result<Box<dyn DiskFile>> {
        let mut options = OpenOptions::new();
        match how {
            Opened::New => options.write(true).create_new(true),
            Opened::Append => options.append(true).create(true),
            Opened::There => options.write(true),
        };
        Ok(Box::new(options.open(path)?))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn unlink(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    fn make_dir(&self, path: &Path) -> io::Result<()> {
        fs::create_dir(path)
    }

    fn remove_dir(&self, path: &Path) -> io::Result<()> {
        fs::remove_dir(path)
    }

    #[cfg(unix)]
    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        File::open(path)?.sync_all()
    }

    /// Windows commits names with the file itself and cannot open a directory as a file.
    #[cfg(not(unix))]
    fn sync_dir(&self, _path: &Path) -> io::Result<()> {
        Ok(())
    }

    fn list(&self, path: &Path) -> io::Result<Vec<PathBuf>> {
        fs::read_dir(path)?
            .map(|entry| entry.map(|entry| entry.path()))
            .collect()
    }

    fn is_dir(&self, path: &Path) -> io::Result<bool> {
        Ok(fs::symlink_metadata(path)?.is_dir())
    }
}

impl DiskFile for File {
    fn size(&self) -> io::Result<u64> {
        Ok(self.metadata()?.len())
    }

    fn set_size(&mut self, bytes: u64) -> io::Result<()> {
        self.set_len(bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.sync_all()
    }
}
