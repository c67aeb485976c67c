use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::path::Path;
use std::sync::Arc;

use ext5_objectives::{Objective, Sentinels};
use proptest::prelude::*;

use super::{Loader, LoaderConfig, one_pass, order};
use crate::letters::Letters;
use crate::{Batch, Cursor, ErrorKind, TaskFeed, TokenCache, plan};

const SENTINELS: Sentinels = Sentinels {
    first: 999,
    count: 100,
};

fn feed(root: &Path, name: &str, share: f64, pairs: &[(String, String)]) -> TaskFeed {
    let cache = TokenCache::from_pairs(root, (name, "train", "1"), || pairs.to_vec(), &Letters);
    TaskFeed {
        name: name.to_owned(),
        share,
        cache: cache.unwrap(),
        objective: None,
    }
}

/// Plain text cut for inputs of 32 tokens.
fn denoising(root: &Path, share: f64) -> TaskFeed {
    let objective = Objective::span_corruption(0.15, 3.0);
    let chunk = objective.lengths(32).unwrap().raw;
    let documents: Vec<String> = (0..40)
        .map(|n| format!("{n} plain text of no meaning ").repeat(3))
        .collect();
    let cache = TokenCache::from_documents(
        root,
        ("text", "train", "1"),
        || documents.clone(),
        chunk,
        &Letters,
    );
    TaskFeed {
        name: "text".to_owned(),
        share,
        cache: cache.unwrap(),
        objective: Some((objective, SENTINELS)),
    }
}

fn words(count: usize, inputs: usize, targets: usize) -> Vec<(String, String)> {
    (0..count)
        .map(|n| {
            (
                "i".repeat(1 + n % inputs),
                format!("{n}").repeat(1 + n % targets),
            )
        })
        .collect()
}

fn mixture(root: &Path) -> Arc<[TaskFeed]> {
    Arc::new([
        feed(root, "a", 2.0, &words(7, 12, 2)),
        feed(root, "b", 3.0, &words(50, 60, 12)),
        denoising(root, 5.0),
    ])
}

fn config(packing: bool, workers: usize) -> LoaderConfig {
    LoaderConfig {
        rows: 4,
        inputs_length: 32,
        targets_length: 16,
        packing,
        seed: 11,
        workers,
        prefetch: 2,
    }
}

fn batches(
    feeds: &Arc<[TaskFeed]>,
    config: LoaderConfig,
    cursor: Cursor,
    count: usize,
) -> Vec<(Batch, Cursor)> {
    let mut loader = Loader::new(Arc::clone(feeds), config, cursor).unwrap();
    (0..count).map(|_| loader.next().unwrap()).collect()
}

#[test]
fn any_number_of_workers_gives_the_same_batches() {
    let root = tempfile::tempdir().unwrap();
    let feeds = mixture(root.path());
    for packing in [false, true] {
        let one = batches(&feeds, config(packing, 0), Cursor::start(3), 60);
        for workers in [1, 2, 4, 8, 16] {
            for prefetch in [0, 1, 16] {
                let config = LoaderConfig {
                    prefetch,
                    ..config(packing, workers)
                };
                assert_eq!(
                    batches(&feeds, config, Cursor::start(3), 60),
                    one,
                    "{workers} workers"
                );
            }
        }
    }
}

#[test]
fn resuming_at_any_cursor_continues_the_stream() {
    let root = tempfile::tempdir().unwrap();
    let feeds = mixture(root.path());
    for packing in [false, true] {
        let whole = batches(&feeds, config(packing, 0), Cursor::start(3), 40);
        for from in 0..30 {
            let cursor = whole[from].1.clone();
            assert_eq!(cursor, Cursor::replay(&order(&feeds, 11), cursor.draws));
            let workers = from % 3;
            assert_eq!(
                batches(&feeds, config(packing, workers), cursor, 10),
                whole[from + 1..from + 11]
            );
        }
    }
}

#[test]
fn rates_and_epochs_hold_over_the_stream() {
    let root = tempfile::tempdir().unwrap();
    let feeds = mixture(root.path());
    let mut seen: BTreeMap<(usize, u64), BTreeMap<u64, u32>> = BTreeMap::new();
    let mut next = 0;
    let mut counts = [0_u64; 3];
    for (batch, _) in batches(&feeds, config(true, 2), Cursor::start(3), 400) {
        for segment in &batch.segments {
            assert_eq!(segment.draw, next);
            next += 1;
            counts[segment.task] += 1;
            *seen
                .entry((segment.task, segment.epoch))
                .or_default()
                .entry(segment.example)
                .or_default() += 1;
        }
    }
    for (count, share) in counts.iter().zip([0.2, 0.3, 0.5]) {
        let deviation = (next as f64 * share * (1.0 - share)).sqrt();
        assert!(
            (*count as f64 - next as f64 * share).abs() < 4.0 * deviation,
            "{counts:?}"
        );
    }
    for ((task, epoch), examples) in &seen {
        assert!(examples.values().all(|times| *times == 1));
        if seen.contains_key(&(*task, epoch + 1)) {
            assert_eq!(
                examples.len() as u64,
                feeds[*task].cache.len(),
                "epoch {epoch} of task {task}"
            );
        }
    }
    assert!(seen.contains_key(&(0, 5)), "the small task comes again");
}

#[test]
fn noise_is_new_in_each_epoch_and_the_same_in_each_run() {
    let root = tempfile::tempdir().unwrap();
    let feeds: Arc<[TaskFeed]> = Arc::new([denoising(root.path(), 1.0)]);
    let mut targets: BTreeMap<u64, Vec<Vec<u32>>> = BTreeMap::new();
    for (batch, _) in batches(&feeds, config(false, 0), Cursor::start(1), 80) {
        for segment in &batch.segments {
            let row = segment.row * 16..segment.row * 16 + segment.targets_tokens;
            targets
                .entry(segment.example)
                .or_default()
                .push(batch.decoder_target_tokens[row].to_vec());
        }
    }
    let differ = targets
        .values()
        .filter(|epochs| epochs.windows(2).any(|pair| pair[0] != pair[1]))
        .count();
    assert!(differ * 10 > targets.len() * 9);
    assert_eq!(
        batches(&feeds, config(false, 3), Cursor::start(1), 20),
        batches(&feeds, config(false, 0), Cursor::start(1), 20)
    );
}

#[test]
fn truncation_is_counted_and_the_end_of_sequence_stays() {
    let root = tempfile::tempdir().unwrap();
    let pairs = [
        ("x".repeat(40), "y".repeat(16)),
        ("x".repeat(31), "y".repeat(15)),
    ];
    let feed = feed(root.path(), "long", 1.0, &pairs);
    let batch = one_pass(&feed, &config(false, 0), None)
        .unwrap()
        .next()
        .unwrap()
        .unwrap();
    let cut: Vec<_> = batch
        .segments
        .iter()
        .map(|s| (s.inputs_truncated, s.targets_truncated))
        .collect();
    assert_eq!(cut, [(9, 1), (0, 0)]);
    assert!(
        batch
            .segments
            .iter()
            .all(|s| (s.inputs_tokens, s.targets_tokens) == (32, 16))
    );
    assert_eq!(
        (
            batch.encoder_input_tokens[31],
            batch.decoder_target_tokens[15]
        ),
        (1, 1)
    );
}

#[test]
fn one_pass_sees_every_example_once_in_order() {
    let root = tempfile::tempdir().unwrap();
    for (feed, packing) in [
        (feed(root.path(), "b", 1.0, &words(50, 60, 12)), false),
        (feed(root.path(), "b", 1.0, &words(50, 60, 12)), true),
        (denoising(root.path(), 1.0), true),
    ] {
        let pass = |limit| -> Vec<Batch> {
            one_pass(&feed, &config(packing, 0), limit)
                .unwrap()
                .map(Result::unwrap)
                .collect()
        };
        let examples = |batches: &[Batch]| -> Vec<u64> {
            batches
                .iter()
                .flat_map(|batch| batch.segments.iter().map(|s| s.example))
                .collect()
        };
        let all = pass(None);
        assert_eq!(examples(&all), (0..feed.cache.len()).collect::<Vec<_>>());
        assert_eq!(all, pass(None));
        assert_eq!(examples(&pass(Some(9))), (0..9).collect::<Vec<_>>());
        assert!(
            all.iter()
                .all(|batch| batch.encoder_input_tokens.len() == 4 * 32)
        );
        assert_eq!(pass(Some(0)).len(), 0);
    }
}

#[test]
fn a_failing_example_is_named_for_any_number_of_workers() {
    let root = tempfile::tempdir().unwrap();
    let feeds = mixture(root.path());
    // The file shrinks behind the loader's back.
    let path = feeds[1].cache.dir().join("tokens.bin");
    OpenOptions::new()
        .write(true)
        .open(path)
        .unwrap()
        .set_len(64)
        .unwrap();
    let failure = |workers| {
        let mut loader =
            Loader::new(Arc::clone(&feeds), config(true, workers), Cursor::start(3)).unwrap();
        let mut good = 0;
        loop {
            match loader.next() {
                Ok(_) => good += 1,
                Err(error) => {
                    assert_eq!(error.kind(), ErrorKind::Io);
                    assert!(loader.next().is_err());
                    return (good, error.to_string());
                }
            }
        }
    };
    let inline = failure(0);
    assert!(
        inline.1.contains("task `b`, example ") && inline.1.contains("tokens.bin"),
        "{}",
        inline.1
    );
    for workers in [1, 4] {
        assert_eq!(failure(workers), inline);
    }
}

#[test]
fn feeds_that_cannot_be_loaded_are_refused_with_all_reasons() {
    let root = tempfile::tempdir().unwrap();
    let mut text = denoising(root.path(), f64::NAN);
    text.name = "a_text".to_owned();
    let empty = feed(root.path(), "z_empty", 1.0, &[]);
    let b = feed(root.path(), "b", 1.0, &words(5, 3, 3));
    let feeds: Arc<[TaskFeed]> = Arc::new([b, text, empty]);
    let wrong = LoaderConfig {
        rows: 0,
        inputs_length: 64,
        ..config(true, 0)
    };
    let error = Loader::new(feeds, wrong, Cursor::start(3))
        .map(|_| ())
        .unwrap_err();
    for part in [
        "`rows` is `0`",
        "sorted by name",
        "`NaN`",
        "no example",
        "build the cache for this length",
    ] {
        assert!(
            error.to_string().contains(part),
            "{part} is missing from {error}"
        );
    }
    let feeds = mixture(root.path());
    let error = Loader::new(feeds, config(true, 0), Cursor::start(2))
        .map(|_| ())
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Data);
}

#[test]
fn the_plan_foretells_what_the_loader_does() {
    let root = tempfile::tempdir().unwrap();
    let feeds = mixture(root.path());
    for packing in [false, true] {
        let steps = 500;
        let planned = plan(&feeds, steps as u64, &config(packing, 0)).unwrap();
        let mut examples = [0.0; 3];
        let mut inputs = [0.0; 3];
        let mut targets = [0.0; 3];
        let mut truncated = [0.0; 3];
        for (batch, _) in batches(&feeds, config(packing, 2), Cursor::start(3), steps) {
            for segment in &batch.segments {
                examples[segment.task] += 1.0;
                inputs[segment.task] += segment.inputs_tokens as f64;
                targets[segment.task] += segment.targets_tokens as f64;
                truncated[segment.task] += f64::from(u8::from(segment.inputs_truncated > 0));
            }
        }
        let total: f64 = examples.iter().sum();
        assert!(
            (planned.examples / total - 1.0).abs() < 0.02,
            "{} {total}",
            planned.examples
        );
        for (at, task) in planned.tasks.iter().enumerate() {
            let near = |planned: f64, found: f64| {
                assert!(
                    (planned - found).abs() < 0.03 + 0.05 * found,
                    "{task:?} {found}"
                );
            };
            near(task.share_of_examples, examples[at] / total);
            near(
                task.share_of_inputs_tokens,
                inputs[at] / inputs.iter().sum::<f64>(),
            );
            near(
                task.share_of_targets_tokens,
                targets[at] / targets.iter().sum::<f64>(),
            );
            near(task.epochs, examples[at] / task.examples as f64);
            near(task.inputs_truncated, truncated[at] / examples[at]);
        }
        let filled = inputs.iter().sum::<f64>() / (steps * 4 * 32) as f64;
        assert!(
            (planned.inputs_filled - filled).abs() < 0.02,
            "{} {filled}",
            planned.inputs_filled
        );
        // seqio's `_log_padding_fractions` sums 1 - length / places, with the places of a full row on both sides: 0 for any row.
        let (places, length) = (32.0_f64, 32.0);
        let seqio: f64 = (0..steps * 4).map(|_| 1.0 - length / places).sum();
        assert!(seqio.abs() < 1e-12 && 1.0 - filled > 0.0, "{filled}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(24) })]

    #[test]
    fn batches_hold_what_the_caches_hold(
        sizes in prop::collection::vec((1_usize..20, 1_usize..40, 1_usize..14), 1..4),
        packing in any::<bool>(),
        seed in any::<u64>(),
    ) {
        let root = tempfile::tempdir().unwrap();
        let feeds: Vec<TaskFeed> = sizes.iter().enumerate().map(|(task, (count, inputs, targets))| {
            feed(root.path(), &format!("t{task}"), 1.0 + task as f64, &words(*count, *inputs, *targets))
        }).collect();
        let feeds: Arc<[TaskFeed]> = feeds.into();
        let config = LoaderConfig { seed, ..config(packing, 1) };
        for (batch, _) in batches(&feeds, config, Cursor::start(feeds.len()), 12) {
            let mut at = [(0, 0); 4];
            for segment in &batch.segments {
                let cached = feeds[segment.task].cache.example(segment.example, 31, 15).unwrap();
                let (inputs_at, targets_at) = &mut at[segment.row];
                let start = segment.row * 32 + *inputs_at;
                let found = &batch.encoder_input_tokens[start..start + segment.inputs_tokens];
                prop_assert_eq!(found, [cached.inputs, vec![1]].concat());
                let start = segment.row * 16 + *targets_at;
                let found = &batch.decoder_target_tokens[start..start + segment.targets_tokens];
                prop_assert_eq!(found, [cached.targets, vec![1]].concat());
                *inputs_at += segment.inputs_tokens;
                *targets_at += segment.targets_tokens;
            }
        }
    }
}
