use std::io::{BufRead, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;

use super::{FileRows, column_places};
use crate::{Error, Result, Row, door};

/// Longest line accepted, in bytes.
const LINE_LIMIT: u64 = 64 << 20;

/// The rows of a file with one JSON object a line; empty lines are passed over.
///
/// The first object must have every column of `columns`, so that a slip in a name is found; in later ones a missing key
/// is null.
///
/// # Errors
/// What [`door::open`] says; items are [`Error::Row`] naming the line, or [`Error::Column`].
pub(super) fn open(path: &Path, columns: &Arc<[String]>, skip: u64) -> Result<(FileRows, u64)> {
    let reader = door::open_stream(path)?;
    let (path, columns) = (path.to_owned(), columns.clone());
    let mut lines = Lines {
        reader,
        path,
        columns,
        line: 0,
        row: 0,
        ended: false,
    };
    while lines.row < skip && lines.line()?.is_some() {
        lines.row += 1;
    }
    let passed = lines.row;
    Ok((Box::new(lines), passed))
}

struct Lines {
    reader: Box<dyn BufRead + Send>,
    path: PathBuf,
    columns: Arc<[String]>,
    line: u64,
    row: u64,
    ended: bool,
}

impl Lines {
    /// The next line that is not empty, without its end.
    fn line(&mut self) -> Result<Option<Vec<u8>>> {
        let mut bytes = Vec::new();
        let mut blank = 0;
        loop {
            bytes.clear();
            let read = (&mut self.reader)
                .take(LINE_LIMIT)
                .read_until(b'\n', &mut bytes)
                .map_err(|source| door::broken(&self.path, self.line, source))?;
            if read == 0 {
                return Ok(None);
            }
            self.line += 1;
            blank += bytes.len() as u64;
            if bytes.len() as u64 == LINE_LIMIT || blank > LINE_LIMIT {
                let reason = format!(
                    "line {} is longer than {LINE_LIMIT} bytes, or so many are blank",
                    self.line
                );
                return Err(Error::damaged(&self.path, reason));
            }
            if !bytes.trim_ascii().is_empty() {
                return Ok(Some(bytes));
            }
        }
    }

    fn row(&self, bytes: &[u8]) -> Result<Row> {
        let text = std::str::from_utf8(bytes).map_err(|error| {
            let at = error.valid_up_to() + 1;
            self.bad(format!(
                "byte {at} of the line is not UTF-8, expected UTF-8 text"
            ))
        })?;
        let mut object = match serde_json::from_str(text) {
            Ok(Value::Object(object)) => object,
            Ok(_) => return Err(self.bad("expected one JSON object on the line".to_owned())),
            Err(_) if !text.ends_with('\n') => {
                // Not a bad row: what else is missing nobody knows.
                let reason = format!(
                    "line {}, the last, is cut off: the file was not written to its end",
                    self.line
                );
                return Err(Error::damaged(&self.path, reason));
            }
            Err(error) => return Err(self.bad(json_reason(&error))),
        };
        if self.row == 0 {
            let present: Vec<&str> = object.keys().map(String::as_str).collect();
            column_places(&self.path, &self.columns, &present)?;
        }
        let take = |column: &String| {
            (
                column.clone(),
                object.get_mut(column).map_or(Value::Null, Value::take),
            )
        };
        Ok(self.columns.iter().map(take).collect())
    }

    fn bad(&self, reason: String) -> Error {
        let place = format!("line {}", self.line);
        Error::Row {
            path: self.path.clone(),
            row: self.row,
            place,
            reason,
        }
    }
}

/// What serde says of a line, with its byte from 1 in place of a line that is always the first.
fn json_reason(error: &serde_json::Error) -> String {
    let said = error.to_string();
    let reason = said.split(" at line ").next().unwrap_or_default();
    let expected = if reason.contains("expected") {
        ""
    } else {
        ", expected one JSON object on the line"
    };
    format!("byte {} of the line: {reason}{expected}", error.column())
}

impl Iterator for Lines {
    type Item = Result<Row>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let row = match self.line() {
            Ok(Some(bytes)) => self.row(&bytes),
            Ok(None) => return None,
            Err(error) => Err(error),
        };
        // A bad row leaves the next line readable; a failing disk or an endless line does not.
        self.ended = !matches!(&row, Ok(_) | Err(Error::Row { .. }));
        self.row += 1;
        Some(row)
    }
}
