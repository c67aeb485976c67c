use std::path::Path;

use super::{FileRows, no_column};
use crate::{Result, Row};

/// What decides the generated rows beside table and split.
pub(super) fn version() -> String {
    format!("micro_world {}", crate::micro_world::VERSION)
}

/// The rows that this program makes up for a table, each with `columns` alone; `path` names them in errors.
///
/// # Errors
/// Where there is no such table or split; items are [`crate::Error::Column`].
pub(super) fn rows(path: &Path, table: &str, split: &str, columns: &[String]) -> Result<FileRows> {
    let (path, columns) = (path.to_owned(), columns.to_vec());
    let rows = crate::micro_world::rows(table, split)?;
    Ok(Box::new(rows.map(move |row| project(&path, row, &columns))))
}

fn project(path: &Path, mut row: Row, columns: &[String]) -> Result<Row> {
    let mut projected = Row::new();
    for column in columns {
        let Some(value) = row.get_mut(column).map(serde_json::Value::take) else {
            let present: Vec<&str> = row.keys().map(String::as_str).collect();
            return Err(no_column(path, column, &present));
        };
        projected.insert(column.clone(), value);
    }
    Ok(projected)
}
