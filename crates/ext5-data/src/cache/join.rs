use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use ext5_tokenizer::TokenId;

use super::encode::{Failure, write_hashed};
use super::manifest::{Key, LengthCounts, Manifest, Statistics, write_json};
use super::{COMPLETED, ENTRY, MANIFEST, OFFSETS, TOKENS, entries};
use crate::{Error, Result, Skipped, door, storage};

/// Bytes copied at once, whole entries.
const BLOCK: usize = 1 << 20;

/// Joins pieces, which lie in the directories `parts` in order, to the cache in `dir`: tokens, offsets, manifest, `COMPLETED`.
/// `skipped` are the bad rows that were left out of them.
pub(super) fn join(
    dir: &Path,
    key: &Key,
    eos_id: TokenId,
    parts: impl Iterator<Item = PathBuf>,
    skipped: Option<Skipped>,
) -> Result<()> {
    let parts: Vec<PathBuf> = parts.collect();
    let tokens = write_hashed(&dir.join(TOKENS), &mut |file| {
        parts
            .iter()
            .try_for_each(|part| blocks(&part.join(TOKENS), |block| file.write_all(block)))
    })?;
    let mut sides = [LengthCounts::default(), LengthCounts::default()];
    let offsets = write_hashed(&dir.join(OFFSETS), &mut |file| {
        let mut end = 0;
        for part in &parts {
            end = shift(&part.join(OFFSETS), end, &mut sides, file)?;
        }
        Ok(file.write_all(&end.to_le_bytes())?)
    })?;
    let [inputs, targets] = sides;
    let manifest = Manifest {
        eos_id,
        statistics: Statistics {
            examples: inputs.count(),
            inputs: inputs.statistics(),
            targets: targets.statistics(),
            skipped,
        },
        tokens,
        offsets,
        key: key.clone(),
    };
    let hash = write_json(&dir.join(MANIFEST), &manifest)?;
    storage::local().write(&dir.join(COMPLETED), format!("{hash}\n").as_bytes())
}

/// Copies the offsets of a piece behind `base` tokens, but for their end, which it gives back; counts the lengths.
fn shift(
    path: &Path,
    base: u64,
    sides: &mut [LengthCounts; 2],
    file: &mut dyn Write,
) -> std::result::Result<u64, Failure> {
    let mut before = None;
    let mut entry = 0;
    blocks(path, |block| {
        let mut shifted = Vec::with_capacity(block.len());
        for start in entries(block).map(|start| base + start) {
            if let Some(before) = before.replace(start) {
                sides[entry % 2].add(start.saturating_sub(before));
                shifted.extend_from_slice(&before.to_le_bytes());
                entry += 1;
            }
        }
        file.write_all(&shifted)
    })?;
    before.ok_or_else(|| Failure::Content(Error::damaged(path, "it has no offsets")))
}

/// Calls `each` with the bytes of a file, some at a time, a whole number of entries but for the end.
fn blocks(
    path: &Path,
    mut each: impl FnMut(&[u8]) -> std::io::Result<()>,
) -> std::result::Result<(), Failure> {
    const { assert!(BLOCK.is_multiple_of(ENTRY as usize)) };
    let mut file = door::open(path)?;
    let mut block = Vec::with_capacity(BLOCK);
    loop {
        block.clear();
        let read = (&mut file)
            .take(BLOCK as u64)
            .read_to_end(&mut block)
            .map_err(|source| Error::io("read", path, source))?;
        if read == 0 {
            return Ok(());
        }
        each(&block)?;
    }
}
