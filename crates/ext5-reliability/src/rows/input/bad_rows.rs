//! F5: one bad row in a hundred.
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, BinaryArray, Float64Array, Int64Array, RecordBatch};
use ext5_data::{CacheOptions, Task, TokenCache};
use ext5_tasks::Catalogue;
use ext5_tokenizer::ByteVocabulary;
use ext5_trainer::{BadRows, DataConfig, Event, Observer, feeds};
use parquet::arrow::ArrowWriter;

use crate::place::{Place, Tier};
use crate::row::{Failure, Figure, Row};

pub(super) const ROW: Row = Row {
    id: "F5",
    what: "one bad row in a hundred",
    tier: Tier::P,
    defect: "the row behind a bad one is left out, too",
    run,
};

/// One row in so many is bad.
const ONE_IN: usize = 100;

/// A line may be long: this one is good.
const LONG: usize = 10 << 20;

/// What was found of a format.
struct Found {
    bad: usize,
    left_out: u64,
    causes: usize,
    first_named: bool,
    others_whole: bool,
}

fn run(place: &Place) -> Result<Figure, Failure> {
    let rows = place.count(100_000, 100_000);
    let dir = place.quick_dir("bad_rows")?;
    let lines = survey(&dir.join("jsonl"), "jsonl", rows, place.seeded, write_lines)?;
    let tables = survey(
        &dir.join("parquet"),
        "parquet",
        rows,
        place.seeded,
        write_table,
    )?;
    let stops = stops(&dir.join("jsonl"))?;
    let good = |found: &Found| {
        found.left_out == found.bad as u64 && found.first_named && found.others_whole
    };
    let told = |found: &Found| {
        format!(
            "{} of {} bad rows left out ({} causes), the others {}, the first {} in `error` mode",
            found.left_out,
            found.bad,
            found.causes,
            if found.others_whole {
                "as they were"
            } else {
                "CHANGED"
            },
            if found.first_named {
                "named"
            } else {
                "NOT named"
            },
        )
    };
    Ok(Figure::new(
        format!(
            "{rows} rows; JSONL: {}; Parquet: {}; above `max_bad_fraction` it {}; an empty target is no bad row",
            told(&lines),
            told(&tables),
            if stops { "stops" } else { "GOES ON" },
        ),
        "exactly the bad rows, counted by cause; the first one named; a stop above the largest share",
        good(&lines) && good(&tables) && stops,
    ))
}

/// Writes rows `rows` and reads them strictly, by skipping, and without the bad ones.
fn survey(
    dir: &Path,
    format: &str,
    rows: usize,
    seeded: bool,
    write: fn(&Path, &[usize]) -> Result<(), Failure>,
) -> Result<Found, Failure> {
    let bad: BTreeSet<usize> = (0..rows).filter(|row| is_bad(*row)).collect();
    let is_left =
        |row: &usize| !(bad.contains(row) || seeded && *row > 0 && bad.contains(&(row - 1)));
    let all: Vec<usize> = (0..rows).collect();
    let good: Vec<usize> = (0..rows).filter(is_left).collect();
    let (mixed, clean) = (dir.join("mixed"), dir.join("clean"));
    for (dir, rows) in [(&mixed, &all), (&clean, &good)] {
        std::fs::create_dir_all(dir.join("tasks"))?;
        std::fs::write(dir.join("tasks/mine.toml"), task_file(format))?;
        write(&dir.join(format!("rows.{format}")), rows)?;
    }
    let strict = cache(&mixed, false)
        .err()
        .map(|error| error.to_string())
        .unwrap_or_default();
    let first = format!(
        "row {} of `{}`",
        bad.first().map_or(0, |row| row + 1),
        mixed.join(format!("rows.{format}")).display()
    );
    let skipping = cache(&mixed, true)?;
    let expected = cache(&clean, false)?;
    let tokens = |cache: &TokenCache| std::fs::read(cache.dir().join("tokens.bin"));
    let skipped = skipping.statistics().skipped.clone().unwrap_or_default();
    Ok(Found {
        bad: bad.len(),
        left_out: skipped.count(),
        causes: skipped.causes.len(),
        first_named: strict.contains(&first),
        others_whole: tokens(&skipping)? == tokens(&expected)? && skipped.rows == rows as u64,
    })
}

fn is_bad(row: usize) -> bool {
    row % ONE_IN == ONE_IN / 2
}

fn cache(dir: &Path, skip_bad_rows: bool) -> Result<TokenCache, Failure> {
    let task: Task = Catalogue::empty().with_dir(dir)?.open("mine", dir)?;
    let options = CacheOptions {
        skip_bad_rows,
        ..CacheOptions::default()
    };
    let root = dir.join("cache");
    Ok(TokenCache::open_or_build(
        &root,
        &task,
        "train",
        &ByteVocabulary::new(4),
        options,
        &mut |_| Ok(()),
    )?)
}

/// Whether a run stops where more rows are bad than it allows, and goes on where they are not.
fn stops(dir: &Path) -> Result<bool, Failure> {
    let dir = dir.join("mixed");
    let catalogue = Catalogue::empty().with_dir(&dir)?;
    let mut outcomes = Vec::new();
    for max_bad_fraction in [0.02, 0.005] {
        let data = DataConfig {
            root: dir.clone(),
            mixture: "mine".to_owned(),
            bad_rows: BadRows::Skip,
            max_bad_fraction,
            ..DataConfig::default()
        };
        let vocabulary = ByteVocabulary::new(4);
        let mut notes = Notes::default();
        let fed = feeds(
            &data,
            "mine",
            "train",
            &catalogue,
            (&vocabulary, &dir.join("cache")),
            &mut notes,
        );
        outcomes.push((fed.is_ok(), notes.0));
    }
    Ok(matches!(outcomes.as_slice(), [(true, 1), (false, 0)]))
}

/// Counts notes about rows that were left out.
#[derive(Default)]
struct Notes(usize);

impl Observer for Notes {
    fn on(&mut self, event: &Event<'_>) {
        if let Event::Note(note) = event {
            self.0 += usize::from(note.contains("left out"));
        }
    }
}

fn task_file(format: &str) -> String {
    format!(
        r#"name = "mine"
family = "nli"
description = "One bad row in a hundred."
labels = ["yes", "no", "maybe"]
inputs = "{{{{ text }}}} {{{{ score | round(2) }}}}"
targets = "{{{{ label | label_name(labels) }}}}"

[source]
format = "{format}"
columns = ["text", "label", "score"]

[source.splits]
train = ["rows.{format}"]
"#
    )
}

/// Rows as lines; each bad one is bad in its own way.
fn write_lines(path: &Path, rows: &[usize]) -> Result<(), Failure> {
    let mut bytes = Vec::new();
    for &row in rows {
        let (text, label, score) = (format!("row {row} \u{0}é"), row % 3, row as f64 / 8.0);
        let good = serde_json::json!({ "text": text, "label": label, "score": score });
        let good = if row == 7 {
            serde_json::json!({ "text": "x".repeat(LONG), "label": label, "score": score })
        } else {
            good
        };
        let line = match (is_bad(row), row / ONE_IN % 8) {
            (false, _) => good.to_string().into_bytes(),
            (_, 0) => {
                format!("{{\"text\": \"{row}\", \"label\": \"x\", \"score\": 1.0}}").into_bytes()
            }
            (_, 1) => format!("{{\"text\": \"{row}\", \"score\": 1.0}}").into_bytes(),
            (_, 2) => format!("{{\"text\": \"{row}\", \"label\": 9, \"score\": 1.0}}").into_bytes(),
            (_, 3) => b"{\"text\": \"\xff\xfe\", \"label\": 1, \"score\": 1.0}".to_vec(),
            (_, 4) => b"{\"text\": \"\x00\", \"label\": 1, \"score\": 1.0}".to_vec(),
            (_, 5) => format!("{{\"text\": \"{row}\", \"label\": 1, \"score\": NaN}}").into_bytes(),
            (_, 6) => format!("[{row}]").into_bytes(),
            _ => format!("{{\"text\": null, \"label\": {label}, \"score\": 1.0}}").into_bytes(),
        };
        bytes.extend(line);
        bytes.push(b'\n');
    }
    Ok(std::fs::write(path, bytes)?)
}

/// Rows of a Parquet file; its texts are bytes, which need not be UTF-8.
fn write_table(path: &Path, rows: &[usize]) -> Result<(), Failure> {
    let way = |row: usize| is_bad(row).then_some(row / ONE_IN % 5);
    let texts = rows.iter().map(|&row| match way(row) {
        Some(0) => None,
        Some(1) => Some(b"\xff\xfe".to_vec()),
        _ => Some(format!("row {row}").into_bytes()),
    });
    let labels = rows.iter().map(|&row| match way(row) {
        Some(2) => None,
        Some(3) => Some(9),
        _ => Some(row as i64 % 3),
    });
    let scores = rows.iter().map(|&row| {
        if way(row) == Some(4) {
            f64::NAN
        } else {
            row as f64 / 8.0
        }
    });
    let texts: Vec<Option<Vec<u8>>> = texts.collect();
    let columns: [(&str, ArrayRef); 3] = [
        (
            "text",
            Arc::new(texts.iter().map(Option::as_deref).collect::<BinaryArray>()),
        ),
        ("label", Arc::new(labels.collect::<Int64Array>())),
        ("score", Arc::new(Float64Array::from_iter_values(scores))),
    ];
    let batch = RecordBatch::try_from_iter_with_nullable(
        columns.map(|(name, column)| (name, column, true)),
    )?;
    let mut writer = ArrowWriter::try_new(std::fs::File::create(path)?, batch.schema(), None)?;
    writer.write(&batch)?;
    writer.close()?;
    Ok(())
}
