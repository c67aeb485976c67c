use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use ext5_data::{ErrorKind, door, storage};

use crate::error::Result;

/// Longest line, bytes; a longer one is not found again.
const LONGEST: u64 = 1 << 26;
/// Hexadecimal digits of a key and of the check of its value, each with a blank behind.
const KEY: usize = 33;
const CHECK: usize = 17;

/// Answers of one model under one way of decoding, on disk: an append-only file that processes may share, of which memory holds
/// only 24 bytes or so an answer.
///
/// A line is a key, a check and a JSON value. What a killed process has left of a line is cut off by the next that writes; a
/// line whose check does not fit is not there.
#[derive(Debug)]
pub struct ResponseCache {
    path: PathBuf,
    /// Held while the file grows.
    lock: File,
    file: BufReader<File>,
    /// Where the line of a key begins.
    places: HashMap<u128, u64>,
    /// Bytes of the file that `places` knows.
    known: u64,
}

impl ResponseCache {
    /// The answers kept in `dir` for a model and its settings, as [`crate::Predictor::identity`] tells them.
    ///
    /// # Errors
    /// [`crate::Error::Data`] where the directory cannot be written or a file not be read.
    pub fn open(dir: &Path, identity: &str) -> Result<Self> {
        let storage = storage::local();
        let hash = blake3::hash(identity.as_bytes()).to_hex();
        let own = dir.join(&hash.as_str()[..32]);
        storage.create_dir(&own)?;
        let (path, name) = (own.join("answers"), own.join("identity"));
        storage.append(&path, b"")?;
        if !storage.exists(&name)? {
            storage.write(&name, format!("{identity}\n").as_bytes())?;
        }
        let mut cache = Self {
            lock: storage::open_to_lock(&own.join("lock"))?,
            file: BufReader::new(door::open(&path)?),
            path,
            places: HashMap::new(),
            known: 0,
        };
        cache.refresh()?;
        Ok(cache)
    }

    /// The key of a question made of parts.
    pub(crate) fn key(parts: &[&str]) -> u128 {
        let mut hasher = blake3::Hasher::new();
        for part in parts {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part.as_bytes());
        }
        let mut key = [0; 16];
        hasher.finalize_xof().fill(&mut key);
        u128::from_le_bytes(key)
    }

    /// Answers known.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether no answer is known.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// The value of a key; `None` where there is none, or where its line is damaged.
    pub(crate) fn find(&mut self, key: u128) -> Result<Option<Vec<u8>>> {
        let Some(&place) = self.places.get(&key) else {
            return Ok(None);
        };
        self.seek(place)?;
        let line = self.line()?;
        Ok(value(&line, key).map(<[u8]>::to_vec))
    }

    /// Adds values, each a JSON text of one line.
    pub(crate) fn add(&mut self, answers: &[(u128, String)]) -> Result<()> {
        self.lock
            .lock()
            .map_err(|error| refused(&self.path, &error))?;
        let added = self.add_locked(answers);
        // The operating system lets go of it with the file at the latest.
        let _ = self.lock.unlock();
        added
    }

    fn add_locked(&mut self, answers: &[(u128, String)]) -> Result<()> {
        self.refresh()?;
        // Nobody writes now: what follows the last whole line is the work of one who was killed.
        storage::local().truncate(&self.path, self.known)?;
        let mut lines = Vec::new();
        for (key, value) in answers {
            if self.places.contains_key(key) {
                continue;
            }
            let place = self.known + lines.len() as u64;
            self.places.insert(*key, place);
            let check = check(value.as_bytes());
            lines.extend(format!("{key:032x} {check} {value}\n").into_bytes());
        }
        storage::local().append(&self.path, &lines)?;
        self.known += lines.len() as u64;
        Ok(())
    }

    /// Learns the whole lines that were added since.
    fn refresh(&mut self) -> Result<()> {
        self.seek(self.known)?;
        loop {
            let line = self.line()?;
            if line.last() != Some(&b'\n') {
                return Ok(());
            }
            let digits = line.get(..KEY - 1).and_then(|it| str::from_utf8(it).ok());
            if let Some(key) = digits.and_then(|it| u128::from_str_radix(it, 16).ok()) {
                self.places.entry(key).or_insert(self.known);
            }
            self.known += line.len() as u64;
        }
    }

    /// Goes to a place of the file as it is now, not as it was when it was last read.
    fn seek(&mut self, place: u64) -> Result<()> {
        let sought = self.file.seek(SeekFrom::Start(place));
        sought.map_err(|error| refused(&self.path, &error))?;
        Ok(())
    }

    fn line(&mut self) -> Result<Vec<u8>> {
        let mut line = Vec::new();
        let read = (&mut self.file).take(LONGEST).read_until(b'\n', &mut line);
        read.map_err(|error| refused(&self.path, &error))?;
        Ok(line)
    }
}

/// The value in a line, if it is whole and of this key.
fn value(line: &[u8], key: u128) -> Option<&[u8]> {
    let found = line.strip_prefix(format!("{key:032x} ").as_bytes())?;
    let value = found.get(CHECK..found.len().checked_sub(1)?)?;
    found.starts_with(check(value).as_bytes()).then_some(value)
}

fn check(value: &[u8]) -> String {
    let mut hash = blake3::hash(value).to_hex().to_string();
    hash.truncate(CHECK - 1);
    hash
}

fn refused(path: &Path, error: &std::io::Error) -> crate::Error {
    let reason = format!("cannot use the answers in `{}`: {error}", path.display());
    let kind = ErrorKind::Io;
    ext5_data::Error::Refused { kind, reason }.into()
}
