//! The one door through which foreign bytes enter: size limits, contained panics, errors that name the file.
use std::any::Any;
use std::cell::Cell;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Once;

use flate2::bufread::MultiGzDecoder;

use crate::{Error, Result};

/// Opens a file for reading.
///
/// # Errors
/// [`Error::Missing`] where nothing is there, [`Error::Io`] for a directory or where access is refused.
pub fn open(path: &Path) -> Result<File> {
    let file = File::open(path).map_err(|source| match source.kind() {
        io::ErrorKind::NotFound => missing(path),
        _ => Error::io("read", path, source),
    })?;
    let metadata = file
        .metadata()
        .map_err(|source| Error::io("read", path, source))?;
    if metadata.is_dir() {
        let source = io::Error::new(
            io::ErrorKind::IsADirectory,
            "it is a directory, expected a file",
        );
        return Err(Error::io("read", path, source));
    }
    Ok(file)
}

/// Opens a file for reading from its start to its end; a gzip file (by its first bytes) is unpacked on the way.
///
/// # Errors
/// As [`open`], and [`Error::Damaged`] where a name promises packing that the file does not have: what was cut off before it began
/// must not pass for a file without lines.
pub fn open_stream(path: &Path) -> Result<Box<dyn BufRead + Send>> {
    /// The first bytes of any gzip member (RFC 1952).
    const GZIP: &[u8] = &[0x1f, 0x8b];
    /// The first bytes of a Zstandard frame (RFC 8878), least first.
    const ZSTANDARD: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];
    let mut file = BufReader::with_capacity(1 << 16, open(path)?);
    let start = file
        .fill_buf()
        .map_err(|source| Error::io("read", path, source))?;
    let packed = start.starts_with(GZIP);
    let is_named = |ending: &str| {
        path.extension()
            .is_some_and(|it| it.eq_ignore_ascii_case(ending))
    };
    if is_named("gz") && !packed {
        let what = if start.is_empty() {
            "it is empty"
        } else {
            "gzip did not pack it (plain text needs a name without)"
        };
        return Err(Error::damaged(
            path,
            format!("its name ends in `.gz`, but {what}"),
        ));
    }
    if start.starts_with(ZSTANDARD) || is_named("zst") {
        let reason = "it is of Zstandard by its name or content, which is not unpacked here (unpack it, or use gzip)";
        return Err(Error::damaged(path, reason));
    }
    Ok(if packed {
        Box::new(BufReader::with_capacity(1 << 16, MultiGzDecoder::new(file)))
    } else {
        Box::new(file)
    })
}

/// All bytes of a file of at most `limit` bytes.
///
/// # Errors
/// As [`open`], and [`Error::TooLarge`].
pub fn read(path: &Path, limit: u64) -> Result<Vec<u8>> {
    let file = open(path)?;
    let size = file
        .metadata()
        .map_err(|source| Error::io("read", path, source))?
        .len();
    if size > limit {
        return Err(Error::TooLarge {
            path: path.to_owned(),
            size,
            limit,
        });
    }
    let mut bytes = Vec::with_capacity(size as usize);
    // A pipe or a growing file says nothing true about its size: stop one byte after the limit.
    file.take(limit.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(|source| Error::io("read", path, source))?;
    if bytes.len() as u64 > limit {
        return Err(Error::TooLarge {
            path: path.to_owned(),
            size: bytes.len() as u64,
            limit,
        });
    }
    Ok(bytes)
}

/// The UTF-8 text of a file of at most `limit` bytes.
///
/// # Errors
/// As [`read`], and [`Error::Damaged`] naming the first byte that is not UTF-8.
pub fn read_text(path: &Path, limit: u64) -> Result<String> {
    String::from_utf8(read(path, limit)?).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        Error::damaged(path, format!("byte {at} is not UTF-8"))
    })
}

/// The error of a stream that failed behind line `line`: what its packing does not allow is damage, all else the disk's.
pub(crate) fn broken(path: &Path, line: u64, source: io::Error) -> Error {
    use io::ErrorKind::{InvalidData, InvalidInput, UnexpectedEof};
    match source.kind() {
        InvalidData | InvalidInput | UnexpectedEof => Error::damaged(
            path,
            format!("its packing breaks behind line {}: {source}", line.max(1)),
        ),
        _ => Error::io("read", path, source),
    }
}

/// Runs `parser`, the reader of some third-party format, and turns its errors and its panics into typed errors.
///
/// # Errors
/// [`Error::Damaged`] naming `path`.
pub fn parse<T, E: ToString>(
    path: &Path,
    parser: impl FnOnce() -> std::result::Result<T, E>,
) -> Result<T> {
    match contain(parser) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(Error::damaged(path, error.to_string())),
        Err(panic) => Err(Error::damaged(path, format!("its reader gave up: {panic}"))),
    }
}

/// The result of `action`, or the message of the panic it ended in. Nothing is printed.
pub(crate) fn contain<T>(action: impl FnOnce() -> T) -> std::result::Result<T, String> {
    silence_contained_panics();
    let outer = CONTAINED.replace(true);
    let outcome = catch_unwind(AssertUnwindSafe(action));
    CONTAINED.set(outer);
    outcome.map_err(|payload| panic_text(payload.as_ref()))
}

thread_local! {
    static CONTAINED: Cell<bool> = const { Cell::new(false) };
}

/// The default hook would print every contained panic on stderr as if the program had failed.
fn silence_contained_panics() {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let previous = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if !CONTAINED.get() {
                previous(info);
            }
        }));
    });
}

fn panic_text(payload: &(dyn Any + Send)) -> String {
    payload
        .downcast_ref::<&str>()
        .map(ToString::to_string)
        .or_else(|| payload.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "panic without a message".to_owned())
}

fn missing(path: &Path) -> Error {
    let parent = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    let hint = match parent {
        Some(parent) if !parent.exists() => {
            format!(
                ", nor does its directory `{}`: check the path",
                parent.display()
            )
        }
        _ => ", check the path".to_owned(),
    };
    Error::Missing {
        what: "file",
        path: path.to_owned(),
        hint,
    }
}
