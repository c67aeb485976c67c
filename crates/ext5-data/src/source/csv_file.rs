use std::io::{self, BufRead, Read};
use std::path::Path;
use std::sync::Arc;

use csv::{ByteRecord, Reader, ReaderBuilder, StringRecord};
use serde_json::Value;

use super::{FileRows, column_places};
use crate::{Error, Result, Row, door};

/// Longest record accepted, in bytes.
const RECORD_LIMIT: u64 = 64 << 20;

type Lines = Reader<Bounded>;

/// Bytes of a file, so many for each record: a quote that is never closed would else take all that follows into memory.
struct Bounded {
    bytes: Box<dyn BufRead + Send>,
    limit: u64,
    /// Bytes that the record being read may still ask for.
    left: u64,
}

impl Bounded {
    fn new(bytes: Box<dyn BufRead + Send>, limit: u64) -> Self {
        let left = limit;
        Self { bytes, limit, left }
    }

    /// Another record begins.
    fn begin(&mut self) {
        self.left = self.limit;
    }
}

impl Read for Bounded {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 {
            let reason = format!(
                "a record is longer than {} bytes, look for a quote that is not closed",
                self.limit
            );
            return Err(io::Error::other(reason));
        }
        let most = room.len().min(self.left as usize);
        let read = self.bytes.read(&mut room[..most])?;
        self.left -= read as u64;
        Ok(read)
    }
}

/// The rows of a file with a header line behind its first `skip`, and how many were passed over.
///
/// All values are texts: comma-separated with RFC 4180 quotes, or tab-separated without quotes where the name ends in `.tsv`
/// (GLUE's files have lone quotes in their sentences).
///
/// # Errors
/// [`Error::Damaged`], [`Error::Column`] and what [`door::open`] says; items are [`Error::Row`] naming the line.
pub(super) fn open(path: &Path, columns: &Arc<[String]>, skip: u64) -> Result<(FileRows, u64)> {
    let mut reader = reader(path)?;
    let present = header(path, &mut reader)?;
    let present: Vec<&str> = present.iter().map(String::as_str).collect();
    let places = column_places(path, columns, &present)?;
    let (path, columns) = (path.to_owned(), columns.clone());
    let passed = pass_over(&path, &mut reader, skip)?;
    let mut number = passed;
    let rows = std::iter::from_fn(move || {
        let row = read_row(&path, &columns, &places, &mut reader, number)?;
        number += 1;
        Some(row)
    });
    Ok((Box::new(rows), passed))
}

/// Passes over at most so many records, and says over how many. Bad ones count: who reads them is told.
fn pass_over(path: &Path, reader: &mut Lines, skip: u64) -> Result<u64> {
    let mut record = ByteRecord::new();
    let mut passed = 0;
    while passed < skip {
        reader.get_mut().begin();
        match reader.read_byte_record(&mut record) {
            Ok(false) => break,
            Err(error) if error.is_io_error() => {
                return Err(Error::damaged(path, error.to_string()));
            }
            Ok(true) | Err(_) => passed += 1,
        }
    }
    Ok(passed)
}

/// The names in the header line.
///
/// # Errors
/// As [`open`].
pub(super) fn columns(path: &Path) -> Result<Vec<String>> {
    header(path, &mut reader(path)?)
}

fn reader(path: &Path) -> Result<Lines> {
    let file = Bounded::new(door::open_stream(path)?, RECORD_LIMIT);
    let name = path.to_string_lossy().to_ascii_lowercase();
    let plain = Path::new(name.trim_end_matches(".gz"));
    let tabs = plain.extension().is_some_and(|ending| ending == "tsv");
    let mut builder = ReaderBuilder::new();
    builder
        .delimiter(if tabs { b'\t' } else { b',' })
        .quoting(!tabs);
    Ok(builder.from_reader(file))
}

fn header(path: &Path, reader: &mut Lines) -> Result<Vec<String>> {
    let header = door::parse(path, || reader.headers().cloned())?;
    // Spreadsheets put a byte-order mark before the first name.
    let plain = |name: &str| name.trim_start_matches('\u{feff}').to_owned();
    Ok(header.iter().map(plain).collect())
}

fn read_row(
    path: &Path,
    columns: &[String],
    places: &[usize],
    reader: &mut Lines,
    number: u64,
) -> Option<Result<Row>> {
    let mut record = StringRecord::new();
    reader.get_mut().begin();
    match reader.read_record(&mut record) {
        Ok(false) => None,
        Ok(true) => {
            let value = |place: &usize| Value::from(record.get(*place).unwrap_or_default());
            Some(Ok(columns
                .iter()
                .cloned()
                .zip(places.iter().map(value))
                .collect()))
        }
        Err(error) => {
            let position = error.position().unwrap_or_else(|| reader.position());
            let (line, byte) = (position.line(), position.byte() + 1);
            if error.is_io_error() {
                let reason = format!("behind line {line}: {error}");
                return Some(Err(Error::damaged(path, reason)));
            }
            Some(Err(Error::Row {
                path: path.to_owned(),
                row: number,
                place: format!("line {line}, byte {byte}"),
                reason: reason(&error),
            }))
        }
    }
}

/// What is wrong with a record, and what was expected.
fn reason(error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::Utf8 { err, .. } => {
            let (field, byte) = (err.field() + 1, err.valid_up_to() + 1);
            format!("byte {byte} of value {field} is not UTF-8, expected UTF-8 text")
        }
        csv::ErrorKind::UnequalLengths {
            expected_len, len, ..
        } => format!("it has {len} values, expected {expected_len} as the header has names"),
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    /// The records of a text: their first values, or what is wrong.
    fn records(text: &str, limit: u64) -> Vec<String> {
        let file = Bounded::new(Box::new(Cursor::new(text.to_owned())), limit);
        let mut reader = ReaderBuilder::new().from_reader(file);
        let (path, columns) = (Path::new("a.csv"), ["n".to_owned()]);
        header(path, &mut reader).unwrap();
        let mut next = || read_row(path, &columns, &[0], &mut reader, 0);
        std::iter::from_fn(|| next().map(|row| row.map_or_else(|error| error.to_string(), first)))
            .collect()
    }

    fn first(row: Row) -> String {
        let value = row.into_iter().next().unwrap().1;
        value.as_str().unwrap().to_owned()
    }

    #[test]
    fn a_record_has_a_limit_and_a_file_has_none() {
        let long = "x".repeat(50_000);
        let many: String = (0..100).map(|_| format!("{long}\n")).collect();
        assert_eq!(records(&format!("n\n{many}"), 70_000), vec![long; 100]);
        let open = format!("n\n1\n\"{}", "2\n".repeat(100_000));
        let found = records(&open, 70_000);
        assert_eq!((found.len(), found[0].as_str()), (2, "1"));
        assert!(found[1].contains("longer than 70000 bytes"), "{}", found[1]);
        let file = Bounded::new(Box::new(Cursor::new(open)), 70_000);
        let mut reader = ReaderBuilder::new().from_reader(file);
        let error = pass_over(Path::new("a.csv"), &mut reader, u64::MAX).unwrap_err();
        assert_eq!(error.kind(), crate::ErrorKind::Data);
    }
}
