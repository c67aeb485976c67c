use std::fs::File;
use std::io::{BufReader, Read, Seek};
use std::path::Path;
use std::sync::Arc;

use arrow::array::RecordBatchReader;
use arrow::ipc::reader::{FileReader, StreamReader};

use super::batch_rows::BatchRows;
use super::{FileRows, arrow_guard, column_places};
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
    arrow_guard::check_lengths(path, &file, is_file)?;
    let file = BufReader::new(file);
    Ok(if is_file {
        Box::new(door::parse(path, || FileReader::try_new(file, None))?)
    } else {
        Box::new(door::parse(path, || StreamReader::try_new(file, None))?)
    })
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
