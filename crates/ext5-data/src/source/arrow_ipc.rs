use std::fs::File;
use std::io::{BufReader, Read, Seek};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;

use arrow::array::RecordBatchReader;
use arrow::ipc::reader::{FileReader, StreamReader, read_footer_length};
use arrow::ipc::{Block, root_as_footer};

use super::batch_rows::BatchRows;
use super::{FileRows, column_places};
use crate::{Error, Result, door};

/// An Arrow IPC file starts with these bytes, a stream does not.
const MAGIC: &[u8] = b"ARROW1";

/// The rows of an Arrow IPC file or stream behind its first `skip`, and how many were passed over.
///
/// # Errors
/// [`Error::Damaged`], [`Error::Column`] and what [`door::open`] says.
pub(super) fn open(path: &Path, columns: &Arc<[String]>, skip: u64) -> Result<(FileRows, u64)> {
    let reader = reader(path)?;
    let present = names(reader.as_ref());
    let present: Vec<&str> = present.iter().map(String::as_str).collect();
    column_places(path, columns, &present)?;
    let mut rows = BatchRows::new(path.to_owned(), columns.clone(), reader, 0);
    let passed = rows.pass_over(skip)?;
    Ok((Box::new(rows), passed))
}

/// The names of the columns.
///
/// # Errors
/// As [`open`].
pub(super) fn columns(path: &Path) -> Result<Vec<String>> {
    reader(path).map(|reader| names(reader.as_ref()))
}

fn reader(path: &Path) -> Result<Box<dyn RecordBatchReader + Send>> {
    let mut file = door::open(path)?;
    let is_file = starts_with_magic(&mut file).map_err(|source| Error::io("read", path, source))?;
    if is_file {
        check_blocks(path, &file)?;
    }
    let file = BufReader::new(file);
    Ok(if is_file {
        Box::new(door::parse(path, || FileReader::try_new(file, None))?)
    } else {
        Box::new(door::parse(path, || StreamReader::try_new(file, None))?)
    })
}

/// Refuses a file whose footer announces more bytes than there are: its reader makes room for them at once.
fn check_blocks(path: &Path, file: &File) -> Result<()> {
    let size = file
        .metadata()
        .map_err(|source| Error::io("read", path, source))?
        .len();
    let at_most = |what: &str, bytes: u64| {
        let reason = format!("{what} announces {bytes} bytes, the file has {size}");
        (bytes <= size)
            .then_some(())
            .ok_or_else(|| Error::damaged(path, reason))
    };
    // The last ten bytes, as the format has them; what else is wrong its reader will say better.
    let mut end = [0; 10];
    let read = |bytes: &mut [u8], behind: u64| {
        let start = size.checked_sub(behind)?;
        file.read_exact_at(bytes, start).ok()
    };
    let footer = read(&mut end, 10).and_then(|()| read_footer_length(end).ok());
    let Some(length) = footer else { return Ok(()) };
    at_most("its footer", length as u64 + 10)?;
    let mut bytes = vec![0; length];
    if read(&mut bytes, length as u64 + 10).is_none() {
        return Ok(());
    }
    let blocks: Vec<Block> = match door::contain(|| root_as_footer(&bytes)) {
        Ok(Ok(footer)) => [footer.dictionaries(), footer.recordBatches()]
            .into_iter()
            .flatten()
            .flatten()
            .copied()
            .collect(),
        _ => return Ok(()),
    };
    for (number, block) in (1..).zip(&blocks) {
        let part = |length: i64| u64::try_from(length).unwrap_or(u64::MAX);
        let lengths = [i64::from(block.metaDataLength()), block.bodyLength()].map(part);
        at_most(
            &format!("block {number} of its footer"),
            lengths[0].saturating_add(lengths[1]),
        )?;
    }
    Ok(())
}

fn names(reader: &dyn RecordBatchReader) -> Vec<String> {
    let schema = reader.schema();
    let fields = schema.fields().iter();
    fields.map(|field| field.name().clone()).collect()
}

fn starts_with_magic(file: &mut File) -> std::io::Result<bool> {
    let mut start = Vec::with_capacity(MAGIC.len());
    file.by_ref()
        .take(MAGIC.len() as u64)
        .read_to_end(&mut start)?;
    file.rewind()?;
    Ok(start == MAGIC)
}
