use std::path::Path;
use std::sync::Arc;

use csv::{Reader, ReaderBuilder, StringRecord};
use serde_json::Value;

use super::{FileRows, column_places};
use crate::{Error, Result, Row, door};

/// The rows of a file with a header line, all values as texts: comma-separated with RFC 4180 quotes, or tab-separated
/// without quotes where the name ends in `.tsv` (GLUE's files have lone quotes in their sentences).
///
/// # Errors
/// [`Error::Damaged`], [`Error::Column`] and what [`door::open`] says; items are [`Error::Row`] naming the line.
pub(super) fn open(path: &Path, columns: &Arc<[String]>) -> Result<FileRows> {
    let file = door::open(path)?;
    let tabs = path
        .extension()
        .is_some_and(|extension| extension.eq_ignore_ascii_case("tsv"));
    let mut builder = ReaderBuilder::new();
    builder
        .delimiter(if tabs { b'\t' } else { b',' })
        .quoting(!tabs);
    let mut reader = builder.from_reader(file);
    let header = door::parse(path, || reader.headers().cloned())?;
    // Spreadsheets put a byte-order mark before the first name.
    let present: Vec<&str> = header
        .iter()
        .map(|name| name.trim_start_matches('\u{feff}'))
        .collect();
    let places = column_places(path, columns, &present)?;
    let (path, columns) = (path.to_owned(), columns.clone());
    let mut number = 0;
    Ok(Box::new(std::iter::from_fn(move || {
        let row = read_row(&path, &columns, &places, &mut reader, number)?;
        number += 1;
        Some(row)
    })))
}

fn read_row(
    path: &Path,
    columns: &[String],
    places: &[usize],
    reader: &mut Reader<std::fs::File>,
    number: u64,
) -> Option<Result<Row>> {
    let mut record = StringRecord::new();
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
            let line = error.position().map_or(0, csv::Position::line);
            Some(Err(Error::Row {
                path: path.to_owned(),
                row: number,
                place: format!("line {line}"),
                reason: error.to_string(),
            }))
        }
    }
}
