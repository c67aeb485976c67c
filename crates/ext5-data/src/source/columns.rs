use std::io::{BufRead, Read};
use std::path::Path;

use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::Value;

use super::{arrow_ipc, parquet_guard};
use crate::{Error, ErrorKind, Format, Result, door};

/// Longest first line of a JSONL file, in bytes.
const LINE_LIMIT: u64 = 64 << 20;

/// The format that a file's name says it has.
///
/// # Errors
/// [`Error::Refused`] of kind `Request` for another ending.
pub(crate) fn format_of(path: &Path) -> Result<Format> {
    let name = path.to_string_lossy().to_ascii_lowercase();
    let name = name.trim_end_matches(".gz");
    match name.rsplit_once('.').map_or("", |(_, ending)| ending) {
        "parquet" => Ok(Format::Parquet),
        "arrow" => Ok(Format::Arrow),
        "jsonl" | "ndjson" => Ok(Format::Jsonl),
        "csv" | "tsv" => Ok(Format::Csv),
        _ => Err(Error::Refused {
            kind: ErrorKind::Request,
            reason: format!(
                "`{}`: cannot tell its format, expected a name that ends in .parquet, .arrow, .jsonl, .csv or .tsv",
                path.display()
            ),
        }),
    }
}

/// The names of a file's columns in order; for JSONL, the keys of its first object.
///
/// # Errors
/// What [`door::open`] says, and [`Error::Damaged`].
pub(super) fn names(format: Format, path: &Path) -> Result<Vec<String>> {
    match format {
        Format::Parquet => {
            let file = door::open(path)?;
            parquet_guard::check_footer(path, &file)?;
            let builder = door::parse(path, || ParquetRecordBatchReaderBuilder::try_new(file))?;
            let fields = builder.schema().fields();
            Ok(fields.iter().map(|field| field.name().clone()).collect())
        }
        Format::Arrow => arrow_ipc::columns(path),
        Format::Jsonl => first_keys(path),
        Format::Csv => super::csv_file::columns(path),
        Format::MicroWorld => Ok(Vec::new()),
    }
}

fn first_keys(path: &Path) -> Result<Vec<String>> {
    let mut reader = door::open_stream(path)?;
    loop {
        let mut line = Vec::new();
        let read = (&mut reader)
            .take(LINE_LIMIT)
            .read_until(b'\n', &mut line)
            .map_err(|source| door::broken(path, 0, source))?;
        if read == 0 {
            return Err(Error::damaged(path, "it has no line"));
        }
        if line.trim_ascii().is_empty() {
            continue;
        }
        return match door::parse(path, || serde_json::from_slice(&line))? {
            Value::Object(object) => Ok(object.keys().cloned().collect()),
            _ => Err(Error::damaged(path, "its first line is no JSON object")),
        };
    }
}
