use std::fs::File;
use std::io::Read;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::{Error, Result, door};

/// Version of the files' layout; another one is another cache.
pub(super) const FORMAT: u32 = 1;

/// Bytes read at once to check a file.
const BLOCK: usize = 1 << 20;

/// Largest manifest accepted, in bytes.
const LIMIT: u64 = 1 << 20;

/// `manifest.json`, written last: its presence says that the cache is complete.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Manifest {
    /// Always true; people look for it.
    pub(super) completed: bool,
    pub(super) key: Key,
    pub(super) eos_id: u32,
    pub(super) tokens: FileRecord,
    pub(super) offsets: FileRecord,
    pub(super) statistics: Statistics,
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
}

/// Size and content of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FileRecord {
    pub(super) bytes: u64,
    pub(super) blake3: String,
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

impl LengthStatistics {
    /// The statistics of `lengths`, which are sorted on the way.
    pub(super) fn of(lengths: &mut [u64]) -> Self {
        lengths.sort_unstable();
        let rank = |percent: usize| {
            let rank = (lengths.len() * percent).div_ceil(100);
            lengths
                .get(rank.saturating_sub(1))
                .copied()
                .unwrap_or_default()
        };
        Self {
            tokens: lengths.iter().sum(),
            max: lengths.last().copied().unwrap_or_default(),
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
        let numbers = format!("{} {:?} {:?}", self.format, self.chunk, self.limit);
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
    /// The manifest in `dir`, `None` where the cache was never completed.
    pub(super) fn read(dir: &Path) -> Result<Option<Self>> {
        let path = dir.join("manifest.json");
        let text = match door::read_text(&path, LIMIT) {
            Err(Error::Missing { .. }) => return Ok(None),
            text => text?,
        };
        door::parse(&path, || serde_json::from_str(&text)).map(Some)
    }
}

impl FileRecord {
    /// Checks size and content of an open file.
    pub(super) fn verify(&self, path: &Path, file: &File) -> Result<()> {
        let failed = |source| Error::io("read", path, source);
        let bytes = file.metadata().map_err(failed)?.len();
        if bytes != self.bytes {
            let reason = format!("it has {bytes} bytes, expected {}", self.bytes);
            return Err(Error::damaged(path, reason));
        }
        let mut hasher = blake3::Hasher::new();
        let mut block = vec![0; BLOCK];
        let mut reader = file;
        loop {
            let read = reader.read(&mut block).map_err(failed)?;
            if read == 0 {
                break;
            }
            hasher.update(&block[..read]);
        }
        if hasher.finalize().to_hex().as_str() == self.blake3 {
            return Ok(());
        }
        Err(Error::damaged(
            path,
            "its content is not what its manifest says",
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::LengthStatistics;

    #[test]
    fn percentiles_are_nearest_ranks() {
        let statistics = LengthStatistics::of(&mut (1..=200).rev().collect::<Vec<_>>());
        let expected = LengthStatistics {
            tokens: 20_100,
            max: 200,
            p50: 100,
            p90: 180,
            p95: 190,
            p99: 198,
        };
        assert_eq!(statistics, expected);
        assert_eq!(LengthStatistics::of(&mut []), LengthStatistics::default());
        assert_eq!(LengthStatistics::of(&mut [7]).p50, 7);
    }
}
