use std::path::Path;
use std::sync::Arc;

use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder,
};
use parquet::file::metadata::ParquetMetaData;

use super::batch_rows::BatchRows;
use super::parquet_pages::Pages;
use super::{FileRows, column_places, parquet_guard};
use crate::{Result, door};

/// Rows decoded at a time: documents of a megabyte are not rare, so few.
const BATCH_ROWS: usize = 128;

/// The rows of a Parquet file behind its first `skip`, and how many were passed over; only the pages of `columns` are read,
/// and of row groups that are passed over none.
///
/// # Errors
/// [`crate::Error::Damaged`], [`crate::Error::Column`] and what [`door::open`] says.
pub(super) fn open(path: &Path, columns: &Arc<[String]>, skip: u64) -> Result<(FileRows, u64)> {
    let file = door::open(path)?;
    parquet_guard::check_footer(path, &file)?;
    let metadata = door::parse(path, || {
        ArrowReaderMetadata::load(&file, ArrowReaderOptions::new())
    })?;
    let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(Pages::new(file), metadata);
    let schema = builder.schema().clone();
    let present: Vec<&str> = schema
        .fields()
        .iter()
        .map(|field| field.name().as_str())
        .collect();
    let places = column_places(path, columns, &present)?;
    parquet_guard::check_columns(path, builder.metadata(), columns)?;
    let Place {
        groups,
        inside,
        passed,
    } = Place::behind(builder.metadata(), skip);
    let mask = ProjectionMask::roots(builder.parquet_schema(), places);
    let reader = door::parse(path, || {
        builder
            .with_projection(mask)
            .with_batch_size(BATCH_ROWS)
            .with_row_groups(groups)
            .with_offset(inside)
            .build()
    })?;
    let rows = BatchRows::new(path.to_owned(), columns.clone(), reader, passed);
    Ok((Box::new(rows), passed))
}

/// A row of a file: what is to be read from it on.
struct Place {
    groups: Vec<usize>,
    /// Rows to pass over in the first of the groups.
    inside: usize,
    /// Rows passed over in all.
    passed: u64,
}

impl Place {
    fn behind(metadata: &ParquetMetaData, skip: u64) -> Self {
        let mut place = Self {
            groups: Vec::new(),
            inside: 0,
            passed: 0,
        };
        for (group, facts) in metadata.row_groups().iter().enumerate() {
            let rows = u64::try_from(facts.num_rows()).unwrap_or_default();
            let left = skip - place.passed;
            if !place.groups.is_empty() || rows > left {
                if place.groups.is_empty() {
                    place.inside = left as usize;
                }
                place.groups.push(group);
            } else {
                place.passed += rows;
            }
        }
        place.passed += place.inside as u64;
        place
    }
}
