use std::fs;
use std::path::{Path, PathBuf};

use ext5_data::{Format, Row};

use crate::{source, values};

fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/core/golden")
}

/// pyarrow wrote the files and the rows it reads back from them.
#[test]
fn files_of_pyarrow_read_as_pyarrow_reads_them() {
    let text = fs::read_to_string(golden().join("types.json")).unwrap();
    let expected: Vec<Row> = serde_json::from_str(&text).unwrap();
    let columns: Vec<&str> = expected[0].keys().map(String::as_str).collect();
    for (format, file) in [
        (Format::Parquet, "types_snappy.parquet"),
        (Format::Parquet, "types_zstd.parquet"),
        (Format::Arrow, "types_file.arrow"),
        (Format::Arrow, "types_stream.arrow"),
    ] {
        let rows = values(&source(&golden(), format, file, &columns)).unwrap();
        assert_eq!(rows, expected, "{file}");
    }
}

#[test]
fn columns_come_in_the_order_asked_for() {
    let rows = values(&source(
        &golden(),
        Format::Parquet,
        "types_zstd.parquet",
        &["turns", "text"],
    ));
    let rows = rows.unwrap();
    assert_eq!(rows[0].keys().collect::<Vec<_>>(), ["turns", "text"]);
    assert_eq!(rows[0]["turns"][0]["slots"][1][0], "area");
}
