use std::collections::BTreeMap;
use std::path::Path;

use ext5_tokenizer::TokenId;
use serde::{Deserialize, Serialize};

use super::{COMPLETED, MANIFEST, OFFSETS, TOKENS};
use crate::content::Content;
use crate::{Error, ErrorKind, Result, Skipped, door, storage};

/// Version of the files' layout and of what decides their bytes; another one is another cache.
pub(super) const FORMAT: u32 = 2;

/// Largest manifest accepted, in bytes.
const LIMIT: u64 = 1 << 20;

/// `manifest.json` of a cache. The file `COMPLETED`, written after it, holds its hash.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Manifest {
    pub(super) key: Key,
    pub(super) eos_id: u32,
    pub(super) tokens: FileRecord,
    pub(super) offsets: FileRecord,
    pub(super) statistics: Statistics,
}

/// `manifest.json` of a piece, written last.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PieceManifest {
    pub(super) piece: u64,
    pub(super) key: Key,
    /// Examples or documents that were read.
    pub(super) examples: u64,
    pub(super) tokens: FileRecord,
    pub(super) offsets: FileRecord,
    /// Bad rows that were left out, where that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) skipped: Option<Skipped>,
}

/// All that decides the bytes of a cache.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Key {
    pub(super) format: u32,
    pub(super) task: String,
    pub(super) split: String,
    pub(super) task_fingerprint: String,
    pub(super) vocabulary_fingerprint: String,
    /// Tokens of a chunk of plain text; none for supervised tasks.
    pub(super) chunk: Option<usize>,
    /// Rows read; none for all.
    pub(super) limit: Option<u64>,
    /// Whether bad rows are left out. A cache without them is another one; the keys of all others stay what they were.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) skip_bad_rows: bool,
}

/// Size and content of a file of a cache.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileRecord {
    /// Its size in bytes.
    pub bytes: u64,
    /// BLAKE3 of its bytes in lower-case hexadecimal.
    pub blake3: String,
}

/// What a cache holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Statistics {
    /// Number of examples.
    pub examples: u64,
    /// Lengths of the inputs; for plain text, of the chunks.
    pub inputs: LengthStatistics,
    /// Lengths of the targets; for plain text, 0.
    pub targets: LengthStatistics,
    /// Bad rows that were left out; none where a bad row stops the work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skipped: Option<Skipped>,
}

/// Lengths in tokens, without end of sequence and before any trimming.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LengthStatistics {
    /// Sum over all examples.
    pub tokens: u64,
    /// The longest.
    pub max: u64,
    /// Half of the examples are at most this long (nearest rank, as the others).
    pub p50: u64,
    /// 90 % are at most this long.
    pub p90: u64,
    /// 95 % are at most this long.
    pub p95: u64,
    /// 99 % are at most this long.
    pub p99: u64,
}

/// How often each length occurs.
#[derive(Clone, Debug, Default)]
pub(super) struct LengthCounts(BTreeMap<u64, u64>);

impl LengthCounts {
    pub(super) fn add(&mut self, length: u64) {
        *self.0.entry(length).or_default() += 1;
    }

    /// Number of lengths.
    pub(super) fn count(&self) -> u64 {
        self.0.values().sum()
    }

    pub(super) fn statistics(&self) -> LengthStatistics {
        let count = self.count();
        let rank = |percent: u64| {
            let mut left = (count * percent).div_ceil(100);
            let at = self.0.iter().find(|(_, times)| {
                let found = **times >= left;
                left = left.saturating_sub(**times);
                found
            });
            at.map_or(0, |(length, _)| *length)
        };
        LengthStatistics {
            tokens: self.0.iter().map(|(length, times)| length * times).sum(),
            max: self.0.keys().next_back().copied().unwrap_or_default(),
            p50: rank(50),
            p90: rank(90),
            p95: rank(95),
            p99: rank(99),
        }
    }
}

impl Key {
    /// Name of the cache's directory: readable, and different for different keys.
    pub(super) fn directory(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        let skips = if self.skip_bad_rows { " skip" } else { "" };
        let numbers = format!("{} {:?} {:?}{skips}", self.format, self.chunk, self.limit);
        for part in [
            &self.task,
            &self.split,
            &self.task_fingerprint,
            &self.vocabulary_fingerprint,
            &numbers,
        ] {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part.as_bytes());
        }
        let hash = hasher.finalize().to_hex();
        let plain = |text: &str| -> String {
            let plain = |letter: char| {
                if letter.is_alphanumeric() {
                    letter
                } else {
                    '_'
                }
            };
            text.chars().map(plain).take(80).collect()
        };
        format!(
            "{}-{}-{}",
            plain(&self.task),
            plain(&self.split),
            &hash[..16]
        )
    }
}

impl Manifest {
    /// The manifest of the complete cache in `dir`, `None` where it was never completed.
    pub(super) fn read(dir: &Path) -> Result<Option<Self>> {
        let hash = match door::read_text(&dir.join(COMPLETED), LIMIT) {
            Err(Error::Missing { .. }) => return Ok(None),
            hash => hash?,
        };
        let path = dir.join(MANIFEST);
        let text = door::read_text(&path, LIMIT)?;
        if blake3::hash(text.as_bytes()).to_hex().as_str() != hash.trim_end() {
            let reason = format!("its content is not what `{COMPLETED}` says");
            return Err(Error::damaged(&path, reason));
        }
        door::parse(&path, || serde_json::from_str(&text)).map(Some)
    }
}

impl PieceManifest {
    /// The manifest of the piece in `dir`, `None` where it was never finished.
    pub(super) fn read(dir: &Path) -> Result<Option<Self>> {
        let path = dir.join(MANIFEST);
        let text = match door::read_text(&path, LIMIT) {
            Err(Error::Missing { .. }) => return Ok(None),
            text => text?,
        };
        door::parse(&path, || serde_json::from_str(&text)).map(Some)
    }

    /// Reads the piece's files and checks them.
    pub(super) fn verify(&self, dir: &Path) -> Result<()> {
        for (name, record) in [(TOKENS, &self.tokens), (OFFSETS, &self.offsets)] {
            let path = dir.join(name);
            record.verify(&path, &Content::of_file(&path)?)?;
        }
        Ok(())
    }
}

impl FileRecord {
    /// Checks what a file was found to hold.
    pub(super) fn verify(&self, path: &Path, content: &Content) -> Result<()> {
        if content.bytes != self.bytes {
            let reason = format!("it has {} bytes, expected {}", content.bytes, self.bytes);
            return Err(Error::damaged(path, reason));
        }
        if content.blake3.to_hex().as_str() == self.blake3 {
            return Ok(());
        }
        let reason = "its content is not what its manifest says";
        Err(Error::damaged(path, reason))
    }

    /// How many token ids it holds.
    pub(super) fn ids(&self) -> u64 {
        self.bytes / size_of::<TokenId>() as u64
    }
}

/// Writes a JSON file durably and gives the hash of its bytes.
pub(crate) fn write_json(path: &Path, value: &impl Serialize) -> Result<String> {
    let mut json = serde_json::to_vec_pretty(value).map_err(|error| Error::Refused {
        kind: ErrorKind::Other,
        reason: format!("cannot write `{}`: {error}", path.display()),
    })?;
    json.push(b'\n');
    storage::local().write(path, &json)?;
    Ok(blake3::hash(&json).to_hex().to_string())
}

#[cfg(test)]
mod tests {
    use super::{LengthCounts, LengthStatistics};

    fn statistics(lengths: impl IntoIterator<Item = u64>) -> LengthStatistics {
        let mut counts = LengthCounts::default();
        lengths.into_iter().for_each(|length| counts.add(length));
        counts.statistics()
    }

    #[test]
    fn percentiles_are_nearest_ranks() {
        let expected = LengthStatistics {
            tokens: 20_100,
            max: 200,
            p50: 100,
            p90: 180,
            p95: 190,
            p99: 198,
        };
        assert_eq!(statistics((1..=200).rev()), expected);
        assert_eq!(statistics([]), LengthStatistics::default());
        assert_eq!(statistics([7]).p50, 7);
        // 1, 1, 1, 1, 9: ranks 3 and 5 of 5.
        let few = statistics([1, 9, 1, 1, 1]);
        assert_eq!((few.p50, few.p90, few.tokens), (1, 9, 13));
    }
}
