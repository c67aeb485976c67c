use std::fs;
use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use ext5_data::{Error, ErrorKind, Format};
use parquet::arrow::ArrowWriter;
use serde_json::json;

use crate::{message, row, source, values};

fn write_parquet(path: &std::path::Path, texts: &[&str]) {
    let ids: Vec<i64> = (0..texts.len() as i64).collect();
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("text", Arc::new(StringArray::from(texts.to_vec()))),
        ("label", Arc::new(Int64Array::from(ids))),
    ];
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let mut writer =
        ArrowWriter::try_new(fs::File::create(path).unwrap(), batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
}

#[test]
fn shards_are_read_in_the_order_of_their_names() {
    let dir = tempfile::tempdir().unwrap();
    for (name, texts) in [
        ("c-2", vec!["d"]),
        ("c-0", vec!["a", "b"]),
        ("c-1", vec!["c"]),
    ] {
        write_parquet(&dir.path().join(format!("{name}.parquet")), &texts);
    }
    let shards = source(dir.path(), Format::Parquet, "c-*.parquet", &["text"]);
    let rows: Vec<_> = shards.rows("train").unwrap().map(Result::unwrap).collect();
    let found: Vec<_> = rows
        .iter()
        .map(|row| {
            (
                row.row,
                row.row_in_file,
                row.values["text"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(found, [(0, 0, "a"), (1, 1, "b"), (2, 0, "c"), (3, 0, "d")]);
    assert!(rows[3].path.ends_with("c-2.parquet"));
}

#[test]
fn a_missing_column_lists_those_there_are() {
    let dir = tempfile::tempdir().unwrap();
    write_parquet(&dir.path().join("a.parquet"), &["x"]);
    let error = values(&source(
        dir.path(),
        Format::Parquet,
        "a.parquet",
        &["lable"],
    ))
    .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Data);
    let message = message(&error);
    assert!(
        message.ends_with("a.parquet` has no column `lable`, its columns are `text`, `label`, did you mean `label`?"),
        "{message}"
    );
}

#[test]
fn absent_data_are_missing_and_name_pattern_and_root() {
    let dir = tempfile::tempdir().unwrap();
    let error = source(dir.path(), Format::Parquet, "rte/*.parquet", &["a"])
        .files("train")
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Missing);
    let root = dir.path().display();
    assert_eq!(
        message(&error),
        format!(
            "data file `rte/*.parquet` does not exist under the data root `{root}`: fetch it with `ext5 data fetch`, put it there or set `data.root`"
        )
    );
    let error = source(&dir.path().join("no"), Format::Csv, "a", &["a"])
        .files("train")
        .unwrap_err();
    assert!(matches!(
        error,
        Error::Missing {
            what: "data root",
            ..
        }
    ));
    let error = source(dir.path(), Format::Csv, "a", &["a"])
        .files("trian")
        .unwrap_err();
    assert_eq!(
        message(&error),
        "unknown split `trian`, did you mean `train`?"
    );
}

#[test]
fn a_root_with_the_signs_of_patterns_is_taken_as_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("a[1]*");
    fs::create_dir(&root).unwrap();
    fs::write(root.join("x.csv"), "a\n1\n").unwrap();
    assert_eq!(
        values(&source(&root, Format::Csv, "*.csv", &["a"]))
            .unwrap()
            .len(),
        1
    );
}

#[test]
fn json_lines_keep_types_and_fill_later_gaps_with_null() {
    let dir = tempfile::tempdir().unwrap();
    let text = "{\"a\": 1, \"b\": [true, 0.5], \"c\": 9}\n\n{\"a\": \"x\"}";
    fs::write(dir.path().join("x.jsonl"), text).unwrap();
    let rows = values(&source(dir.path(), Format::Jsonl, "x.jsonl", &["b", "a"])).unwrap();
    let expected = [
        row(json!({"b": [true, 0.5], "a": 1})),
        row(json!({"b": null, "a": "x"})),
    ];
    assert_eq!(rows, expected);
}

#[test]
fn bad_json_lines_name_file_row_and_line() {
    let dir = tempfile::tempdir().unwrap();
    let cases: [(&[u8], &str); 5] = [
        (
            b"{\"a\": 1}\n\n{\"a\": }\n",
            "row 2 of `F`, line 3: byte 7 of the line: expected value",
        ),
        (
            b"{\"a\": 1}\n[1]\n",
            "row 2 of `F`, line 2: expected one JSON object on the line",
        ),
        (
            b"{\"a\": 1}\n{\"a\": \"\xff\"}\n",
            "row 2 of `F`, line 2: byte 8 of the line is not UTF-8, expected UTF-8 text",
        ),
        (
            b"{\"a\": 1}\n{\"a\": \"cut",
            "`F` is damaged or of another format: line 2, the last, is cut off: the file was not written to its end; fetch or make it again",
        ),
        (
            b"{\"b\": 1}\n",
            "`F` has no column `a`, its columns are `b`",
        ),
    ];
    for (bytes, expected) in cases {
        let path = dir.path().join("x.jsonl");
        fs::write(&path, bytes).unwrap();
        let error = values(&source(dir.path(), Format::Jsonl, "x.jsonl", &["a"])).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Data);
        assert_eq!(
            message(&error).replace(&path.display().to_string(), "F"),
            expected
        );
    }
}

#[test]
fn tables_of_text_have_quotes_with_commas_and_none_with_tabs() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(
        dir.path().join("x.csv"),
        "\u{feff}a,b\n\"1, 2\",\"say \"\"hi\"\"\"\n",
    )
    .unwrap();
    let rows = values(&source(dir.path(), Format::Csv, "x.csv", &["b", "a"])).unwrap();
    assert_eq!(rows, [row(json!({"b": "say \"hi\"", "a": "1, 2"}))]);
    fs::write(dir.path().join("x.tsv"), "a\tb\n\"lone, quote\tx\n").unwrap();
    let rows = values(&source(dir.path(), Format::Csv, "x.tsv", &["a"])).unwrap();
    assert_eq!(rows, [row(json!({"a": "\"lone, quote"}))]);
    fs::write(dir.path().join("x.csv"), "a,b\n1,2\n3\n").unwrap();
    let error = values(&source(dir.path(), Format::Csv, "x.csv", &["a"])).unwrap_err();
    assert!(message(&error).starts_with("row 2 of `"), "{error}");
    assert!(message(&error).contains("line 3"), "{error}");
}

#[test]
fn fingerprints_follow_names_and_content_but_not_the_place() {
    let write = |name: &str, text: &str| {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(name), text).unwrap();
        let fingerprint = source(dir.path(), Format::Csv, "*.csv", &["a"])
            .fingerprint("train")
            .unwrap();
        assert_eq!(fingerprint.len(), 64);
        fingerprint
    };
    let first = write("x.csv", "a\n1\n");
    assert_eq!(first, write("x.csv", "a\n1\n"));
    assert_ne!(first, write("y.csv", "a\n1\n"));
    assert_ne!(first, write("x.csv", "a\n2\n"));
}
