//! What a Parquet file may ask for before its reader is trusted with it.
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

use parquet::file::metadata::ParquetMetaData;

use crate::{Error, Result};

/// Most elements of a schema: each costs its reader about a kilobyte.
const MOST_ELEMENTS: u64 = 100_000;

/// A column of a row group may unpack to so many bytes, whatever it was packed to.
const ANY_SIZE: i64 = 64 << 20;

/// And beyond that to so many times its packed size.
pub(super) const MOST_RATIO: i64 = 1000;

/// Refuses a schema of too many elements, which its footer announces in its first bytes.
///
/// # Errors
/// [`Error::Damaged`].
pub(super) fn check_footer(path: &Path, file: &File) -> Result<()> {
    match announced(file) {
        Some(elements) if elements > MOST_ELEMENTS => {
            let reason = format!(
                "its schema announces {elements} elements, expected at most {MOST_ELEMENTS}"
            );
            Err(Error::damaged(path, reason))
        }
        _ => Ok(()),
    }
}

/// Elements of the schema; `None` where the footer is not as expected, which its reader will say better.
fn announced(file: &File) -> Option<u64> {
    const MAGIC: &[u8] = b"PAR1";
    let size = file.metadata().ok()?.len();
    let mut end = [0; 8];
    file.read_exact_at(&mut end, size.checked_sub(8)?).ok()?;
    let (length, magic) = end.split_first_chunk::<4>()?;
    let start = (size - 8).checked_sub(u64::from(u32::from_le_bytes(*length)))?;
    let mut bytes = [0; 24];
    file.read_exact_at(&mut bytes, start).ok()?;
    if magic != MAGIC {
        return None;
    }
    // Thrift's compact form: field 1 is an i32, the version; field 2 a list of structs.
    let rest = bytes.strip_prefix(&[0x15])?;
    let (_, rest) = varint(rest)?;
    match rest.strip_prefix(&[0x19])? {
        [0xfc, rest @ ..] => varint(rest).map(|(count, _)| count),
        [head, ..] => Some(u64::from(head >> 4)),
        [] => None,
    }
}

/// A number in groups of seven bits, and what follows it.
pub(super) fn varint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut value = 0;
    for (index, byte) in bytes.iter().enumerate().take(9) {
        value |= u64::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return Some((value, &bytes[index + 1..]));
        }
    }
    None
}

/// Refuses columns that unpack to far more than honest data do.
///
/// # Errors
/// [`Error::Damaged`] naming the column.
pub(super) fn check_columns(
    path: &Path,
    metadata: &ParquetMetaData,
    columns: &[String],
) -> Result<()> {
    for (number, group) in metadata.row_groups().iter().enumerate() {
        for column in group.columns() {
            let name = column.column_path().parts().first();
            let (packed, unpacked) = (column.compressed_size(), column.uncompressed_size());
            let bomb = unpacked > ANY_SIZE && unpacked / MOST_RATIO > packed;
            if bomb && name.is_some_and(|name| columns.contains(name)) {
                let reason = format!(
                    "column `{}` of row group {number} unpacks from {packed} to {unpacked} bytes, expected at most {MOST_RATIO} times as many",
                    column.column_path()
                );
                return Err(Error::damaged(path, reason));
            }
        }
    }
    Ok(())
}
