use std::path::PathBuf;
use std::sync::Arc;

use arrow::array::RecordBatch;

use super::{arrow_value, column_places};
use crate::{Error, Result, Row, door};

/// The rows of a sequence of Arrow batches. Panics of the decoder and of damaged arrays become errors.
pub(super) struct BatchRows<B> {
    path: PathBuf,
    columns: Arc<[String]>,
    batches: Option<B>,
    current: Option<Current>,
    row: u64,
}

struct Current {
    batch: RecordBatch,
    places: Vec<usize>,
    next: usize,
}

impl<B, E> BatchRows<B>
where
    B: Iterator<Item = std::result::Result<RecordBatch, E>>,
    E: ToString,
{
    /// `row` is the number of the first row.
    pub(super) fn new(path: PathBuf, columns: Arc<[String]>, batches: B, row: u64) -> Self {
        Self {
            path,
            columns,
            batches: Some(batches),
            current: None,
            row,
        }
    }

    /// Passes over at most so many rows, and says over how many.
    pub(super) fn pass_over(&mut self, rows: u64) -> Result<u64> {
        let mut passed = 0;
        while passed < rows && (self.current.is_some() || self.advance()?) {
            let Some(current) = &mut self.current else {
                break;
            };
            let left = (current.batch.num_rows() - current.next) as u64;
            let step = left.min(rows - passed);
            current.next += step as usize;
            passed += step;
            if step == left {
                self.current = None;
            }
        }
        self.row += passed;
        Ok(passed)
    }

    /// Decodes the next batch with rows in it.
    fn advance(&mut self) -> Result<bool> {
        let Some(batches) = &mut self.batches else {
            return Ok(false);
        };
        loop {
            let decoded = match door::contain(|| batches.next().transpose()) {
                Ok(batch) => batch.map_err(|error| error.to_string()),
                Err(panic) => Err(format!("its reader gave up: {panic}")),
            };
            let decoded = decoded.map_err(|reason| match self.row {
                0 => Error::damaged(&self.path, reason),
                rows => Error::damaged(&self.path, format!("behind row {rows}: {reason}")),
            });
            match decoded? {
                None => return Ok(false),
                Some(batch) if batch.num_rows() == 0 => {}
                Some(batch) => {
                    let schema = batch.schema();
                    let present: Vec<&str> = schema
                        .fields()
                        .iter()
                        .map(|field| field.name().as_str())
                        .collect();
                    let places = column_places(&self.path, &self.columns, &present)?;
                    self.current = Some(Current {
                        batch,
                        places,
                        next: 0,
                    });
                    return Ok(true);
                }
            }
        }
    }

    fn take(&mut self) -> Option<Result<Row>> {
        let current = self.current.as_mut()?;
        let index = current.next;
        if index == current.batch.num_rows() {
            self.current = None;
            return None;
        }
        current.next += 1;
        let mut row = Row::new();
        for (column, place) in self.columns.iter().zip(&current.places) {
            let array = current.batch.column(*place);
            let value = door::contain(|| arrow_value::value(array.as_ref(), index))
                .unwrap_or_else(|panic| Err(format!("its reader gave up: {panic}")));
            match value {
                Ok(value) => row.insert(column.clone(), value),
                Err(reason) => {
                    return Some(Err(Error::Row {
                        path: self.path.clone(),
                        row: self.row,
                        place: format!("column `{column}`"),
                        reason,
                    }));
                }
            };
        }
        Some(Ok(row))
    }
}

impl<B, E> Iterator for BatchRows<B>
where
    B: Iterator<Item = std::result::Result<RecordBatch, E>>,
    E: ToString,
{
    type Item = Result<Row>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(row) = self.take() {
                self.row += 1;
                return Some(row);
            }
            match self.advance() {
                Ok(true) => {}
                Ok(false) => return None,
                Err(error) => {
                    // A decoder that failed once says nothing dependable about what follows.
                    self.batches = None;
                    return Some(Err(error));
                }
            }
        }
    }
}
