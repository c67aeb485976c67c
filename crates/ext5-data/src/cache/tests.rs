use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use ext5_tokenizer::Vocabulary;

use super::building::Building;
use super::manifest::{FORMAT, Key};
use super::origin::{DocumentsOrigin, Origin, PIECE_ROWS, PairsOrigin, Rest, TaskOrigin, Texts};
use super::{CacheEvent, CacheOptions, OnEvent, TokenCache};
use crate::letters::Letters;
use crate::{Error, Result, Task, TaskSpec};

fn key(chunk: Option<usize>) -> Key {
    Key {
        format: FORMAT,
        task: "a:task".to_owned(),
        split: "train".to_owned(),
        task_fingerprint: "f".to_owned(),
        vocabulary_fingerprint: "letters".to_owned(),
        chunk,
        limit: None,
        skip_bad_rows: false,
    }
}

fn pairs() -> Vec<(String, String)> {
    (0..5_000)
        .map(|n| ("x".repeat(n % 17), format!("{n}")))
        .collect()
}

fn build(
    root: &Path,
    chunk: Option<usize>,
    origin: impl Origin,
    workers: usize,
    on_event: OnEvent<'_>,
) -> Result<TokenCache> {
    let building = Building::new(root, key(chunk), Box::new(origin), &Letters, workers);
    building.open_or_build(on_event)
}

fn open_pairs(root: &Path, workers: usize) -> (TokenCache, Vec<CacheEvent>) {
    let mut events = Vec::new();
    let cache = build(root, None, PairsOrigin(pairs), workers, &mut |event| {
        events.push(event);
        Ok(())
    });
    (cache.unwrap(), events)
}

#[test]
fn examples_come_back_whole_or_cut() {
    let root = tempfile::tempdir().unwrap();
    let (cache, _) = open_pairs(root.path(), 3);
    assert_eq!(cache.len(), 5_000);
    for (index, (inputs, targets)) in pairs().iter().enumerate() {
        let example = cache.example(index as u64, usize::MAX, usize::MAX).unwrap();
        assert_eq!(example.inputs, Letters.encode(inputs).unwrap());
        assert_eq!(example.targets, Letters.encode(targets).unwrap());
    }
    let cut = cache.example(16, 3, 1).unwrap();
    assert_eq!((cut.inputs.len(), cut.inputs_tokens), (3, 16));
    assert_eq!(
        (cut.targets, cut.targets_tokens),
        (vec![u32::from(b'1') + 3], 2)
    );
    assert!(matches!(
        cache.example(5_000, 1, 1),
        Err(Error::Unknown { .. })
    ));
    let mut seen = 0;
    cache
        .for_each_length(|inputs, targets| {
            assert_eq!((inputs, targets), cache.lengths(seen).unwrap());
            seen += 1;
        })
        .unwrap();
    assert_eq!(seen, 5_000);
}

#[test]
fn bytes_do_not_depend_on_the_number_of_workers() {
    let files = |workers| {
        let root = tempfile::tempdir().unwrap();
        let (cache, _) = open_pairs(root.path(), workers);
        ["tokens.bin", "offsets.bin", "manifest.json", "COMPLETED"]
            .map(|name| fs::read(cache.dir().join(name)).unwrap())
    };
    let one = files(1);
    assert_eq!(one, files(2));
    assert_eq!(one, files(7));
}

#[test]
fn a_second_opening_builds_nothing() {
    let root = tempfile::tempdir().unwrap();
    let (_, first) = open_pairs(root.path(), 1);
    let (_, second) = open_pairs(root.path(), 1);
    assert!(matches!(
        first.last(),
        Some(CacheEvent::Encoded {
            examples: 5_000,
            ..
        })
    ));
    assert_eq!(second, []);
}

#[test]
fn damaged_files_are_built_again_and_the_reason_is_told() {
    let root = tempfile::tempdir().unwrap();
    let (cache, _) = open_pairs(root.path(), 1);
    let whole = fs::read(cache.dir().join("tokens.bin")).unwrap();
    for (name, position) in [
        ("tokens.bin", 1_000),
        ("offsets.bin", 9),
        ("manifest.json", 40),
        ("COMPLETED", 3),
    ] {
        let path = cache.dir().join(name);
        let mut bytes = fs::read(&path).unwrap();
        bytes[position] ^= 4;
        fs::write(&path, &bytes).unwrap();
        let (_, events) = open_pairs(root.path(), 1);
        let CacheEvent::Rebuilding { reason } = &events[0] else {
            panic!("{events:?}")
        };
        assert!(reason.contains(name), "{reason}");
        assert_eq!(fs::read(cache.dir().join("tokens.bin")).unwrap(), whole);
    }
    fs::write(cache.dir().join("tokens.bin"), &whole[..100]).unwrap();
    let (cache, events) = open_pairs(root.path(), 1);
    assert!(
        matches!(&events[0], CacheEvent::Rebuilding { reason } if reason.contains("has 100 bytes"))
    );
    assert_eq!(fs::read(cache.dir().join("tokens.bin")).unwrap(), whole);
    fs::remove_file(cache.dir().join("offsets.bin")).unwrap();
    assert!(matches!(
        open_pairs(root.path(), 1).1[0],
        CacheEvent::Rebuilding { .. }
    ));
}

#[test]
fn an_interrupted_build_leaves_nothing_complete() {
    let root = tempfile::tempdir().unwrap();
    let stop = || Error::Refused {
        kind: crate::ErrorKind::Interrupted,
        reason: "stop".to_owned(),
    };
    let stopped = build(root.path(), None, PairsOrigin(pairs), 2, &mut |_| {
        Err(stop())
    });
    assert_eq!(stopped.unwrap_err().to_string(), "stop");
    let dir = root.path().join(key(None).directory());
    assert!(!dir.join("COMPLETED").exists() && !dir.join("tokens.bin").exists());
    assert_eq!(open_pairs(root.path(), 1).0.len(), 5_000);
}

#[test]
fn a_text_that_panics_the_vocabulary_is_an_error_with_its_row() {
    let root = tempfile::tempdir().unwrap();
    let pairs = || [("a", "b"), ("c", "!")].map(|(a, b)| (a.to_owned(), b.to_owned()));
    let origin = PairsOrigin(move || pairs().to_vec());
    let error = build(root.path(), None, origin, 1, &mut |_| Ok(())).unwrap_err();
    let told = error.to_string();
    assert!(
        told.contains("`a:task`") && told.contains("row 2") && told.contains("fears"),
        "{told}"
    );
}

#[test]
fn documents_are_joined_and_cut() {
    let root = tempfile::tempdir().unwrap();
    let documents = || ["abc", "", "defgh", "i"].map(str::to_owned).to_vec();
    let origin = DocumentsOrigin(documents, 4);
    let cache = build(root.path(), Some(4), origin, 2, &mut |_| Ok(())).unwrap();
    let chunks: Vec<_> = (0..cache.len())
        .map(|index| cache.example(index, usize::MAX, usize::MAX).unwrap().inputs)
        .collect();
    let expected = ["abcd", "efgh", "i"].map(|text| Letters.encode(text).unwrap());
    assert_eq!(chunks, expected);
    assert_eq!(
        (
            cache.statistics().inputs.tokens,
            cache.statistics().inputs.max
        ),
        (9, 4)
    );
    assert_eq!(cache.statistics().targets.tokens, 0);
}

#[test]
fn of_two_builders_one_builds_and_both_get_it() {
    let root = tempfile::tempdir().unwrap();
    let builds = AtomicUsize::new(0);
    thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| {
                    let origin = PairsOrigin(|| {
                        builds.fetch_add(1, Ordering::Relaxed);
                        pairs()
                    });
                    build(root.path(), None, origin, 1, &mut |_| Ok(()))
                        .unwrap()
                        .len()
                })
            })
            .collect();
        assert!(
            threads
                .into_iter()
                .all(|thread| thread.join().unwrap() == 5_000)
        );
    });
    assert_eq!(builds.load(Ordering::Relaxed), 1);
}

/// Another process completes the cache while this one counts the pieces.
struct Overtaken<'a>(&'a Path);

impl Origin for Overtaken<'_> {
    fn pieces(&self) -> Result<u64> {
        open_pairs(self.0, 1);
        Ok(1)
    }

    fn texts(&self, _piece: u64, _rest: &Rest) -> Result<Texts<'_>> {
        panic!("the cache is complete")
    }
}

#[test]
fn who_is_overtaken_while_it_looks_for_pieces_gets_the_cache() {
    let root = tempfile::tempdir().unwrap();
    let origin = Box::new(Overtaken(root.path()));
    let building = Building::new(root.path(), key(None), origin, &Letters, 1);
    let cache = building.join_if_whole(&mut |_| Ok(())).unwrap();
    assert_eq!(cache.map(|cache| cache.len()), Some(5_000));
}

#[test]
fn a_piece_goes_on_where_the_last_one_ended() {
    let root = tempfile::tempdir().unwrap();
    let toml = "name = \"t\"\nfamily = \"other\"\ndescription = \"Made up.\"\ninputs = \"{{ n }}\"\ntargets = \"x\"\n\
                [source]\nformat = \"csv\"\ncolumns = [\"n\"]\n[source.splits]\ntrain = [\"n.csv\"]\n";
    let task = Task::from_spec(
        TaskSpec::parse(Path::new("t.toml"), toml).unwrap(),
        root.path(),
    )
    .unwrap();
    let numbers = |rows: std::ops::Range<u64>| rows.map(|n| format!("{n}\n")).collect::<String>();
    let path = root.path().join("n.csv");
    fs::write(&path, format!("n\n{}", numbers(0..2 * PIECE_ROWS + 5))).unwrap();
    let origin = TaskOrigin::new(&task, "train", &CacheOptions::default()).unwrap();
    assert_eq!(origin.pieces().unwrap(), 3);
    let rest = Rest::default();
    let read = |piece| {
        let Texts::Pairs(pairs) = origin.texts(piece, &rest)? else {
            panic!("it has inputs and targets")
        };
        pairs
            .map(|pair| pair.map(|(_, inputs, _)| inputs + "\n"))
            .collect::<Result<String>>()
    };
    assert_eq!(
        read(2).unwrap(),
        numbers(2 * PIECE_ROWS..2 * PIECE_ROWS + 5)
    );
    assert_eq!(read(0).unwrap(), numbers(0..PIECE_ROWS));
    // The file is open at the right place: its name is not needed any more.
    fs::rename(&path, root.path().join("m.csv")).unwrap();
    assert_eq!(read(1).unwrap(), numbers(PIECE_ROWS..2 * PIECE_ROWS));
    assert!(read(0).is_err());
}
