//! Several processes prepare the same caches: the same bytes for any number of them, in any order, however they end.
#![expect(clippy::unwrap_used, reason = "a test may panic")]
mod letters;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use arrow::array::{ArrayRef, RecordBatch, StringArray};
use ext5_data::{
    CacheOptions, CacheRequest, Error, ErrorKind, PrepareOptions, Prepared, Result, Shard, Task,
    TaskSpec, TokenCache, check_caches, prepare,
};
use ext5_objectives::Stream;
use ext5_tokenizer::Vocabulary;
use letters::Letters;
use parquet::arrow::ArrowWriter;
use parquet::file::properties::WriterProperties;

/// Rows of the large tables: two whole pieces of 32,768 rows and a part of one.
const ROWS: usize = 70_000;

/// Length of the chunks of plain text.
const CHUNK: usize = 50;

/// What row `n` of a table says.
fn word(n: usize) -> String {
    format!("w{}", n * 7 % 10_000).repeat(1 + n % 3)
}

fn toml(name: &str, format: &str, file: &str, text: &str) -> String {
    format!(
        "name = \"{name}\"\nfamily = \"other\"\ndescription = \"Made up.\"\n{text}\n[source]\nformat = \"{format}\"\n\
         columns = [\"word\"]\n[source.splits]\ntrain = [\"{file}\"]\n"
    )
}

const PAIR: &str = "inputs = \"say: {{ word }}\"\ntargets = \"{{ word }}\"";
const PLAIN: &str = "text = \"{{ word }} \"";

fn write_parquet(path: &Path, rows: std::ops::Range<usize>) {
    let words: ArrayRef = Arc::new(StringArray::from_iter_values(rows.map(word)));
    let batch = RecordBatch::try_from_iter([("word", words)]).unwrap();
    let properties = WriterProperties::builder()
        .set_max_row_group_row_count(Some(7_000))
        .build();
    let file = fs::File::create(path).unwrap();
    let mut writer = ArrowWriter::try_new(file, batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
}

/// Data of every format.
fn write_data(root: &Path) {
    let lines = (0..ROWS).map(|n| format!("{{\"word\": \"{}\"}}\n", word(n)));
    fs::write(root.join("rows.jsonl"), lines.collect::<String>()).unwrap();
    let lines = (0..ROWS).map(|n| format!("\"{}\"\n", word(n)));
    let csv = format!("word\n{}", lines.collect::<String>());
    fs::write(root.join("rows.csv"), csv).unwrap();
    fs::write(root.join("few.csv"), "word\na\nb\nc\n").unwrap();
    fs::write(root.join("none.csv"), "word\n").unwrap();
    write_parquet(&root.join("train-00000-of-00002.parquet"), 0..40_000);
    write_parquet(&root.join("train-00001-of-00002.parquet"), 40_000..ROWS);
}

fn task(root: &Path, text: &str) -> Task {
    Task::from_spec(TaskSpec::parse(Path::new("task.toml"), text).unwrap(), root).unwrap()
}

fn requests(root: &Path) -> Vec<CacheRequest> {
    let plain = PLAIN.replace("text", "objective = { kind = \"span_corruption\" }\ntext");
    let plain =
        toml("plain", "jsonl", "rows.jsonl", &plain).replace("\"other\"", "\"self_supervised\"");
    let pairs = [
        toml("parquet", "parquet", "train.parquet", PAIR),
        toml("table", "csv", "rows.csv", PAIR),
        toml("lines", "jsonl", "rows.jsonl", PAIR),
        toml("few", "csv", "few.csv", PAIR),
        toml("none", "csv", "none.csv", PAIR),
        toml("gone", "csv", "gone.csv", PAIR),
    ];
    let request = |text: &String, chunk| CacheRequest {
        task: task(root, text),
        split: "train".to_owned(),
        chunk,
    };
    let mut requests: Vec<_> = pairs.iter().map(|text| request(text, None)).collect();
    requests.push(request(&plain, Some(CHUNK)));
    let mut other_split = request(&pairs[3], None);
    "test".clone_into(&mut other_split.split);
    requests.push(other_split);
    requests
}

fn options(index: u64, count: u64) -> PrepareOptions {
    PrepareOptions {
        shard: Shard::new(index, count).unwrap(),
        limit: None,
        workers: 1,
        skip_bad_rows: false,
    }
}

fn run(data: &Path, cache: &Path, options: PrepareOptions) -> Result<Prepared> {
    prepare(
        cache,
        "all",
        &requests(data),
        &Letters,
        options,
        &mut |_, _| Ok(()),
    )
}

/// All that a cache root holds for good: no locks, no memory of what was verified.
fn bytes(root: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut dirs = vec![root.to_owned()];
    while let Some(dir) = dirs.pop() {
        for entry in fs::read_dir(&dir).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            if path.is_dir() && name != "verified" {
                dirs.push(path);
            } else if path.is_file() && name != "lock" {
                let relative = path.strip_prefix(root).unwrap().to_owned();
                found.insert(relative, fs::read(&path).unwrap());
            }
        }
    }
    found
}

fn same(expected: &BTreeMap<PathBuf, Vec<u8>>, found: &BTreeMap<PathBuf, Vec<u8>>) {
    let names = |files: &BTreeMap<PathBuf, Vec<u8>>| files.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(expected), names(found));
    for (name, bytes) in expected {
        assert!(found[name] == *bytes, "`{}` differs", name.display());
    }
}

/// The caches as one process alone makes them, checked row by row against the tables.
fn alone(data: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let cache = tempfile::tempdir().unwrap();
    let prepared = run(data, cache.path(), options(0, 1)).unwrap();
    assert_eq!(prepared.pending, []);
    let names: Vec<_> = prepared
        .caches
        .iter()
        .map(|cache| cache.task.as_str())
        .collect();
    assert_eq!(names, ["few", "lines", "none", "parquet", "plain", "table"]);
    let absent: Vec<_> = prepared
        .absent
        .iter()
        .map(|absent| {
            (
                absent.task.as_str(),
                absent.split.as_str(),
                absent.reason.as_str(),
            )
        })
        .collect();
    let gone = "data file `gone.csv` does not exist";
    assert_eq!(
        absent,
        [
            ("few", "test", "split `test` does not exist"),
            ("gone", "train", gone)
        ]
    );
    for request in requests(data) {
        let name = request.task.name();
        let options = CacheOptions {
            chunk: request.chunk,
            ..CacheOptions::default()
        };
        let open = TokenCache::open_or_build(
            cache.path(),
            &request.task,
            "train",
            &Letters,
            options,
            &mut |event| panic!("`{name}` is complete, but {event:?}"),
        );
        match name {
            "gone" | "few" | "none" => {}
            "plain" => plain_is_right(&open.unwrap()),
            _ => pairs_are_right(&open.unwrap()),
        }
    }
    assert!(
        check_caches(cache.path(), &mut |_| {})
            .unwrap()
            .iter()
            .all(|found| found.problem.is_none())
    );
    bytes(cache.path())
}

fn pairs_are_right(cache: &TokenCache) {
    assert_eq!(cache.len(), ROWS as u64);
    let borders = [
        0,
        1,
        6_999,
        7_000,
        32_767,
        32_768,
        39_999,
        40_000,
        65_535,
        65_536,
        ROWS - 1,
    ];
    for row in borders.into_iter().chain((0..ROWS).step_by(997)) {
        let example = cache.example(row as u64, usize::MAX, usize::MAX).unwrap();
        let inputs = Letters.encode(&format!("say: {}", word(row))).unwrap();
        assert_eq!(example.inputs, inputs, "row {row}");
        assert_eq!(example.targets, Letters.encode(&word(row)).unwrap());
    }
}

/// Documents are joined inside 32,768 rows; the last chunk of each such piece may be short.
fn plain_is_right(cache: &TokenCache) {
    let rows: Vec<usize> = (0..ROWS).collect();
    let mut index = 0;
    for piece in rows.chunks(32_768) {
        let text: String = piece.iter().map(|&row| word(row) + " ").collect();
        for chunk in Letters.encode(&text).unwrap().chunks(CHUNK) {
            assert_eq!(
                cache.example(index, usize::MAX, 0).unwrap().inputs,
                chunk,
                "chunk {index}"
            );
            index += 1;
        }
    }
    assert_eq!(cache.len(), index);
}

#[test]
fn any_number_of_shards_in_any_order_makes_the_same_bytes() {
    let data = tempfile::tempdir().unwrap();
    write_data(data.path());
    let expected = alone(data.path());
    for count in [2, 3, 7, 16] {
        let cache = tempfile::tempdir().unwrap();
        let mut order: Vec<u64> = (0..count).collect();
        Stream::new(&[count]).shuffle(&mut order);
        for (done, index) in (1..).zip(&order) {
            let prepared = run(data.path(), cache.path(), options(*index, count)).unwrap();
            assert_eq!(prepared.manifest.is_some(), prepared.pending.is_empty());
            // The last one finds all done; of many the last few may have nothing of their own to do.
            assert!(done < count || prepared.pending.is_empty());
            assert!(done > 1 || !prepared.pending.is_empty());
        }
        same(&expected, &bytes(cache.path()));
    }
    let cache = tempfile::tempdir().unwrap();
    thread::scope(|scope| {
        for index in 0..3 {
            let (data, cache) = (data.path(), cache.path());
            scope.spawn(move || run(data, cache, options(index, 3)).unwrap());
        }
    });
    same(&expected, &bytes(cache.path()));
}

#[test]
fn what_was_stopped_or_damaged_is_done_again_and_nothing_else() {
    let data = tempfile::tempdir().unwrap();
    write_data(data.path());
    let cache = tempfile::tempdir().unwrap();
    let expected = alone(data.path());
    for stop_after in [1, 4, 9, 14] {
        let mut events = 0;
        let stopped = prepare(
            cache.path(),
            "all",
            &requests(data.path()),
            &Letters,
            options(1, 2),
            &mut |_, _| {
                events += 1;
                if events < stop_after {
                    return Ok(());
                }
                let reason = "stop".to_owned();
                Err(Error::Refused {
                    kind: ErrorKind::Interrupted,
                    reason,
                })
            },
        );
        assert_eq!(stopped.unwrap_err().kind(), ErrorKind::Interrupted);
        assert!(!cache.path().join("prepared-all-test-train.json").exists());
    }
    run(data.path(), cache.path(), options(1, 2)).unwrap();
    // Of the whole pieces that wait to be joined one changes, one loses its end, one its manifest.
    let waiting: Vec<PathBuf> = bytes(cache.path())
        .into_keys()
        .filter(|path| {
            path.parent()
                .unwrap()
                .parent()
                .is_some_and(|dir| dir.ends_with("pieces"))
        })
        .collect();
    let of = |name: &str| {
        waiting
            .iter()
            .filter(|path| path.ends_with(name))
            .collect::<Vec<_>>()
    };
    let (tokens, offsets, manifests) = (of("tokens.bin"), of("offsets.bin"), of("manifest.json"));
    assert!(tokens.len() >= 3, "{waiting:?}");
    let change = |path: &Path, change: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = fs::read(cache.path().join(path)).unwrap();
        change(&mut bytes);
        fs::write(cache.path().join(path), bytes).unwrap();
    };
    change(tokens[0], &|bytes| bytes[77] ^= 1);
    change(offsets[1], &|bytes| bytes.truncate(bytes.len() - 8));
    change(manifests[2], &|bytes| bytes.truncate(20));
    let prepared = run(data.path(), cache.path(), options(0, 1)).unwrap();
    assert_eq!(prepared.pending, []);
    same(&expected, &bytes(cache.path()));
    let again = prepare(
        cache.path(),
        "all",
        &requests(data.path()),
        &Letters,
        options(2, 3),
        &mut |request, event| panic!("{} is complete, but {event:?}", request.task.name()),
    );
    assert_eq!(again.unwrap().pending, []);
}

/// The other half of the test below: one shard of two in a process of its own.
#[test]
fn child_shard() {
    let Ok(data) = std::env::var("EXT5_TEST_SHARD_DATA") else {
        return;
    };
    let cache = std::env::var("EXT5_TEST_SHARD_CACHE").unwrap();
    run(Path::new(&data), Path::new(&cache), options(0, 2)).unwrap();
}

#[test]
fn killed_processes_leave_nothing_that_looks_whole() {
    let data = tempfile::tempdir().unwrap();
    write_data(data.path());
    let cache = tempfile::tempdir().unwrap();
    let expected = alone(data.path());
    for wait in [20, 60, 120, 200, 300] {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "child_shard"])
            .env("EXT5_TEST_SHARD_DATA", data.path())
            .env("EXT5_TEST_SHARD_CACHE", cache.path())
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap();
        thread::sleep(Duration::from_millis(wait));
        child.kill().unwrap();
        child.wait().unwrap();
    }
    run(data.path(), cache.path(), options(1, 2)).unwrap();
    assert_eq!(
        run(data.path(), cache.path(), options(0, 2))
            .unwrap()
            .pending,
        []
    );
    let mut found = bytes(cache.path());
    // What a killed process was writing keeps its temporary name.
    found.retain(|path, _| {
        !path
            .file_name()
            .unwrap()
            .to_str()
            .unwrap()
            .starts_with(".tmp-")
    });
    same(&expected, &found);
}

#[test]
fn a_bad_row_far_into_a_file_is_named_by_its_number() {
    let data = tempfile::tempdir().unwrap();
    write_data(data.path());
    let mut lines: Vec<String> = (0..ROWS)
        .map(|n| format!("{{\"word\": \"{}\"}}", word(n)))
        .collect();
    lines[50_000] = "{\"word\": null}".to_owned();
    fs::write(data.path().join("bad.jsonl"), lines.join("\n")).unwrap();
    let bad = CacheRequest {
        task: task(data.path(), &toml("bad", "jsonl", "bad.jsonl", PAIR)),
        split: "train".to_owned(),
        chunk: None,
    };
    let cache = tempfile::tempdir().unwrap();
    let run = |index| {
        let requests = std::slice::from_ref(&bad);
        prepare(
            cache.path(),
            "bad",
            requests,
            &Letters,
            options(index, 3),
            &mut |_, _| Ok(()),
        )
    };
    assert_eq!(run(0).unwrap().pending.len(), 1);
    let error = run(1).unwrap_err();
    assert!(matches!(error, Error::Row { row: 50_000, .. }), "{error}");
    assert_eq!(run(2).unwrap().pending.len(), 1);
}

#[test]
fn names_that_are_no_file_names_are_refused() {
    let root = tempfile::tempdir().unwrap();
    for name in ["", "a/b", "../a", "a b", &"x".repeat(101)] {
        let error = prepare(
            root.path(),
            name,
            &[],
            &Letters,
            options(0, 1),
            &mut |_, _| Ok(()),
        );
        assert_eq!(error.unwrap_err().kind(), ErrorKind::Request, "{name}");
    }
    let nothing = prepare(
        root.path(),
        "none",
        &[],
        &Letters,
        options(0, 1),
        &mut |_, _| Ok(()),
    );
    assert!(nothing.unwrap().manifest.is_some_and(|path| path.exists()));
}

#[test]
fn other_splits_and_limits_have_manifests_of_their_own() {
    let data = tempfile::tempdir().unwrap();
    fs::write(data.path().join("few.csv"), "word\na\nb\nc\n").unwrap();
    let text = toml("few", "csv", "few.csv", PAIR) + "test = [\"few.csv\"]\n";
    let cache = tempfile::tempdir().unwrap();
    let manifest = |split: &str, limit| {
        let request = CacheRequest {
            task: task(data.path(), &text),
            split: split.to_owned(),
            chunk: None,
        };
        let options = PrepareOptions {
            limit,
            ..options(0, 1)
        };
        let root = cache.path();
        let prepared = prepare(root, "few", &[request], &Letters, options, &mut |_, _| {
            Ok(())
        });
        let path = prepared.unwrap().manifest.unwrap();
        assert!(path.is_file());
        path.strip_prefix(root).unwrap().display().to_string()
    };
    assert_eq!(manifest("train", None), "prepared-few.json");
    assert_eq!(manifest("train", Some(2)), "prepared-few-2.json");
    assert_eq!(manifest("test", None), "prepared-few-test.json");
    assert_eq!(manifest("test", Some(2)), "prepared-few-test-2.json");
}
