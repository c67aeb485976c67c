//! JSONL and CSV, plain and packed by gzip.
#![expect(
    clippy::unnecessary_wraps,
    reason = "all rows of a table have one type"
)]
use std::io::Write;
use std::path::Path;

use ext5_data::Source;
use flate2::Compression;
use flate2::write::GzEncoder;

use super::{Format, Made, Outcome};
use crate::row::Failure;
use crate::rows::input::told::Refused;

pub(super) const FORMATS: &[Format] = &[
    Format {
        name: "jsonl",
        text: true,
        make: jsonl,
    },
    Format {
        name: "csv",
        text: true,
        make: csv,
    },
    Format {
        name: "tsv",
        text: true,
        make: tsv,
    },
    Format {
        name: "gzip",
        text: false,
        make: gzip,
    },
];

/// Columns of all samples.
pub(super) const COLUMNS: [&str; 3] = ["text", "label", "score"];

/// Rows of all samples.
pub(super) const ROWS: usize = 24;

/// The text of a row: quotes, commas, tabs, other scripts.
pub(super) fn text(row: usize) -> String {
    let words = [
        "the ferry",
        "\"quoted\"",
        "Zürich, Łódź",
        "日本",
        "a\\b",
        "{{ x }}",
        "",
    ];
    format!(
        "{} {row} {}",
        words[row % words.len()],
        words[(row * 3 + 1) % words.len()]
    )
}

/// One object a line.
pub(super) fn jsonl_text(rows: usize) -> String {
    let line = |row| {
        let value = serde_json::json!({
            "text": text(row), "label": row % 3, "score": row as f64 / 7.0, "other": [null, true, { "a": "\u{1}" }],
        });
        format!("{value}\n")
    };
    (0..rows).map(line).collect()
}

/// A header and quoted values.
pub(super) fn csv_text(rows: usize) -> String {
    let line = |row| {
        format!(
            "\"{}\",{},{:.3}\n",
            text(row).replace('"', "\"\""),
            row % 3,
            row as f64 / 7.0
        )
    };
    let lines: String = (0..rows).map(line).collect();
    format!("text,label,score\n{lines}")
}

/// Reads all rows of a file as a task does.
pub(super) fn read(path: &Path) -> Outcome {
    // Far more than any mutant has: a reader that repeats its error for ever is stopped by the clock instead.
    const MOST: usize = 1 << 24;
    let format = ext5_data::Format::of_path(path).map_err(|error| Refused::of(&error))?;
    let columns = COLUMNS.map(str::to_owned);
    let (mut good, mut first) = (0, None);
    for row in Source::of_file(format, path, &columns).take(MOST) {
        match row {
            Ok(_) => good += 1,
            Err(error) if first.is_none() => {
                let at_row = good > 0 || matches!(error, ext5_data::Error::Row { .. });
                first = Some(Refused {
                    at_row,
                    ..Refused::of(&error)
                });
            }
            Err(_) => {}
        }
    }
    first.map_or(Ok(()), Err)
}

fn jsonl(dir: &Path, times: usize) -> Result<Made, Failure> {
    Ok(Made::file(
        dir.join("rows.jsonl"),
        jsonl_text(ROWS * times).into_bytes(),
        read,
    ))
}

fn csv(dir: &Path, times: usize) -> Result<Made, Failure> {
    Ok(Made::file(
        dir.join("rows.csv"),
        csv_text(ROWS * times).into_bytes(),
        read,
    ))
}

fn tsv(dir: &Path, times: usize) -> Result<Made, Failure> {
    let line = |row| format!("{}\t{}\t{:.3}\n", text(row), row % 3, row as f64 / 7.0);
    let lines: String = (0..ROWS * times).map(line).collect();
    let text = format!("text\tlabel\tscore\n{lines}");
    Ok(Made::file(dir.join("rows.tsv"), text.into_bytes(), read))
}

fn gzip(dir: &Path, times: usize) -> Result<Made, Failure> {
    Ok(Made::file(
        dir.join("rows.jsonl.gz"),
        packed(jsonl_text(ROWS * times).as_bytes())?,
        read,
    ))
}

/// A gzip file; a large one only wraps its bytes, so that it has as many to cut off as were asked for.
fn packed(bytes: &[u8]) -> Result<Vec<u8>, Failure> {
    let level = if bytes.len() < 1 << 14 {
        Compression::default()
    } else {
        Compression::none()
    };
    let mut encoder = GzEncoder::new(Vec::new(), level);
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?)
}
