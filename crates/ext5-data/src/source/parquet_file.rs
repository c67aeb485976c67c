use std::path::Path;
use std::sync::Arc;

use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::batch_rows::BatchRows;
use super::{FileRows, column_places};
use crate::{Result, door};

/// Rows decoded at a time: documents of a megabyte are not rare, so few.
const BATCH_ROWS: usize = 128;

/// The rows of a Parquet file; only the pages of `columns` are read.
///
/// # Errors
/// [`crate::Error::Damaged`], [`crate::Error::Column`] and what [`door::open`] says.
pub(super) fn open(path: &Path, columns: &Arc<[String]>) -> Result<FileRows> {
    let file = door::open(path)?;
    let builder = door::parse(path, || ParquetRecordBatchReaderBuilder::try_new(file))?;
    let schema = builder.schema().clone();
    let present: Vec<&str> = schema
        .fields()
        .iter()
        .map(|field| field.name().as_str())
        .collect();
    let places = column_places(path, columns, &present)?;
    let mask = ProjectionMask::roots(builder.parquet_schema(), places);
    let reader = door::parse(path, || {
        builder
            .with_projection(mask)
            .with_batch_size(BATCH_ROWS)
            .build()
    })?;
    Ok(Box::new(BatchRows::new(
        path.to_owned(),
        columns.clone(),
        reader,
    )))
}
