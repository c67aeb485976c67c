use std::path::{Path, PathBuf};
use std::sync::Arc;

use ext5_tokenizer::{Vocabulary, vocabulary_from_bytes};

use crate::{Error, Result, door};

/// Largest vocabulary file accepted, in bytes (mT5's `tokenizer.json` has 16 MiB, the largest in use 33).
const LIMIT: u64 = 64 << 20;

/// Files of a directory that hold its vocabulary, the first that exists is taken: `spiece.model` says all of T5's normalisation,
/// while a `tokenizer.json` may be a conversion that does not.
const FILES: [&str; 2] = ["spiece.model", "tokenizer.json"];

/// Sentinels of the vocabulary `bytes` unless it says otherwise, as many as T5's.
const BYTES_EXTRA_IDS: usize = 100;

/// The vocabulary of a file, of a directory that holds `spiece.model` or `tokenizer.json`, or of the word `bytes`
/// (100 sentinels; `bytes:N` has N).
///
/// # Errors
/// [`Error::Missing`] where nothing is there, [`Error::Vocabulary`] where its file is damaged or of another format.
pub fn load_vocabulary(path_or_name: &str) -> Result<Arc<dyn Vocabulary>> {
    if let Some(extra_ids) = bytes_extra_ids(path_or_name) {
        return from_bytes(Path::new("bytes"), "bytes", &[], Some(extra_ids));
    }
    let path = file(Path::new(path_or_name))?;
    let bytes = door::read(&path, LIMIT)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    from_bytes(&path, &name, &bytes, None)
}

fn bytes_extra_ids(name: &str) -> Option<usize> {
    let rest = name.strip_prefix("bytes")?;
    if rest.is_empty() {
        Some(BYTES_EXTRA_IDS)
    } else {
        rest.strip_prefix(':')?.parse().ok()
    }
}

fn from_bytes(
    path: &Path,
    name: &str,
    bytes: &[u8],
    extra_ids: Option<usize>,
) -> Result<Arc<dyn Vocabulary>> {
    door::contain(|| vocabulary_from_bytes(name, bytes, extra_ids))
        .map_err(|panic| Error::damaged(path, format!("its reader gave up: {panic}")))?
        .map_err(|source| Error::Vocabulary {
            path: path.to_owned(),
            source,
        })
}

fn file(path: &Path) -> Result<PathBuf> {
    if !path.is_dir() {
        return Ok(path.to_owned());
    }
    FILES
        .iter()
        .map(|name| path.join(name))
        .find(|file| file.is_file())
        .ok_or_else(|| {
            let hint = format!(" in it, expected `{}` or `{}`", FILES[0], FILES[1]);
            Error::Missing {
                what: "vocabulary of directory",
                path: path.to_owned(),
                hint,
            }
        })
}
