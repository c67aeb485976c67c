//! Parquet and Arrow IPC.
use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, Int64Array, ListArray, RecordBatch, StringArray};
use arrow::datatypes::Int32Type;
use arrow::ipc::writer::{FileWriter, StreamWriter};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;

use super::lines::{COLUMNS, ROWS, read, text};
use super::{Format, Made};
use crate::row::Failure;

pub(super) const FORMATS: &[Format] = &[
    Format {
        name: "parquet",
        text: false,
        make: snappy,
    },
    Format {
        name: "parquet-zstd",
        text: false,
        make: zstd,
    },
    Format {
        name: "arrow-file",
        text: false,
        make: file,
    },
    Format {
        name: "arrow-stream",
        text: false,
        make: stream,
    },
];

/// Rows `rows` of the sample: texts, integers with gaps, numbers, and lists that nobody reads.
pub(super) fn batch(rows: std::ops::Range<usize>) -> Result<RecordBatch, Failure> {
    let texts = StringArray::from_iter_values(rows.clone().map(text));
    let labels: Int64Array = rows
        .clone()
        .map(|row| (row % 5 != 4).then_some(row as i64 % 3))
        .collect();
    let scores = Float64Array::from_iter_values(rows.clone().map(|row| row as f64 / 7.0));
    let lists = rows.map(|row| Some((0..row as i32 % 4).map(Some).collect::<Vec<_>>()));
    let columns: [ArrayRef; 4] = [
        Arc::new(texts),
        Arc::new(labels),
        Arc::new(scores),
        Arc::new(ListArray::from_iter_primitive::<Int32Type, _, _>(lists)),
    ];
    let [text, label, score] = COLUMNS;
    Ok(RecordBatch::try_from_iter(
        [text, label, score, "list"].into_iter().zip(columns),
    )?)
}

/// A Parquet file of rows, so many in a group.
pub(super) fn parquet(
    rows: usize,
    group: usize,
    compression: Compression,
) -> Result<Vec<u8>, Failure> {
    let properties = WriterProperties::builder()
        .set_compression(compression)
        .set_max_row_group_row_count(Some(group))
        .build();
    let mut bytes = Vec::new();
    let batch = batch(0..rows)?;
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), Some(properties))?;
    writer.write(&batch)?;
    writer.close()?;
    Ok(bytes)
}

/// An Arrow IPC file of rows.
pub(super) fn arrow_file(rows: usize) -> Result<Vec<u8>, Failure> {
    let mut writer = FileWriter::try_new(Vec::new(), &batch(0..8)?.schema())?;
    for first in (0..rows).step_by(8) {
        writer.write(&batch(first..rows.min(first + 8))?)?;
    }
    Ok(writer.into_inner()?)
}

/// An Arrow IPC stream of rows.
pub(super) fn arrow_stream(rows: usize) -> Result<Vec<u8>, Failure> {
    let mut writer = StreamWriter::try_new(Vec::new(), &batch(0..8)?.schema())?;
    for first in (0..rows).step_by(8) {
        writer.write(&batch(first..rows.min(first + 8))?)?;
    }
    Ok(writer.into_inner()?)
}

fn snappy(dir: &Path, times: usize) -> Result<Made, Failure> {
    let bytes = parquet(ROWS * times, 10 * times, Compression::SNAPPY)?;
    Ok(Made::file(dir.join("rows.parquet"), bytes, read))
}

fn zstd(dir: &Path, times: usize) -> Result<Made, Failure> {
    let bytes = parquet(
        ROWS * times,
        ROWS * times,
        Compression::ZSTD(ZstdLevel::default()),
    )?;
    Ok(Made::file(dir.join("rows.parquet"), bytes, read))
}

fn file(dir: &Path, times: usize) -> Result<Made, Failure> {
    Ok(Made::file(
        dir.join("rows.arrow"),
        arrow_file(ROWS * times)?,
        read,
    ))
}

fn stream(dir: &Path, times: usize) -> Result<Made, Failure> {
    Ok(Made::file(
        dir.join("rows.arrow"),
        arrow_stream(ROWS * times)?,
        read,
    ))
}
