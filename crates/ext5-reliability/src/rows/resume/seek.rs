//! C10: any place of a long stream is reached at once, and each epoch has each example once.
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use ext5_data::{Cursor, Loader, LoaderConfig, Segment, TaskFeed, TokenCache, order};
use ext5_objectives::{Objective, Sentinels, Stream};
use ext5_tokenizer::{TokenId, Vocabulary};

use super::digest;
use crate::place::{Place, Tier};
use crate::row::{Failure, Figure, Row};

/// The tasks of the paper's mixture and plain text.
const SOURCES: usize = 108;
const EXAMPLES: usize = 1_000_000;
const PLACES: usize = 1_000;
/// Examples compared behind each place.
const NEXT: usize = 64;
/// Most that going to a place may take, in milliseconds.
const MOST: f64 = 50.0;
/// A place that took longer is tried again: another program may have had the processor.
const TRIES: usize = 5;
const CONFIG: LoaderConfig = LoaderConfig {
    rows: NEXT,
    inputs_length: 32,
    targets_length: 16,
    packing: false,
    seed: 11,
    workers: 0,
    prefetch: 1,
};

pub(super) const ROW: Row = Row {
    id: "C10",
    what: "1,000,000 examples of 108 sources: 1,000 random resume points, each epoch counted",
    tier: Tier::P,
    defect: "a data cursor that is off by one",
    run,
};

fn run(place: &Place) -> Result<Figure, Failure> {
    let part = if place.seeded { 50 } else { 1 };
    let (examples, places) = (EXAMPLES / part, PLACES / part);
    let feeds = sources(&place.quick_dir("C10")?)?;
    let (hashes, epochs) = read(&feeds, examples + NEXT)?;
    let mut random = Stream::new(&[0x63_3130]);
    let mut times = Vec::with_capacity(places);
    let (mut equal, mut again) = (0, 0);
    for _ in 0..places {
        let at = random.below(examples as u64);
        let seeded = u64::from(place.seeded);
        let (mut found, mut time) = go_to(&feeds, at + seeded)?;
        for _ in 1..TRIES {
            if time > MOST {
                again += 1;
                (found, time) = go_to(&feeds, at + seeded)?;
            }
        }
        let expected = hashes.get(at as usize..at as usize + NEXT);
        equal += usize::from(expected == Some(found.as_slice()));
        times.push(time);
    }
    times.sort_by(f64::total_cmp);
    let (median, most) = (
        times[times.len() / 2],
        times.last().copied().unwrap_or(f64::NAN),
    );
    let Epochs {
        whole,
        lost,
        doubled,
    } = epochs;
    Ok(Figure::new(
        format!(
            "{equal}/{places} next-{NEXT} hashes equal; seek median {median:.1} ms, slowest {most:.1} ms ({again} tried again); {whole} whole epochs, {lost} examples lost, {doubled} doubled"
        ),
        format!("{places}/{places}, seek <= {MOST:.0} ms, 0 lost, 0 doubled"),
        equal == places && most <= MOST && whole > 0 && lost + doubled == 0,
    ))
}

/// Hashes of the first examples, and what their epochs hold.
fn read(feeds: &Arc<[TaskFeed]>, count: usize) -> Result<(Vec<u64>, Epochs), Failure> {
    let mut loader = Loader::new(Arc::clone(feeds), CONFIG, Cursor::start(feeds.len()))?;
    let mut hashes = Vec::with_capacity(count + NEXT);
    let mut epochs = Epochs::default();
    let mut seen: Vec<(u64, Vec<bool>)> = feeds
        .iter()
        .map(|feed| (0, vec![false; feed.cache.len() as usize]))
        .collect();
    while hashes.len() < count {
        let (batch, _) = loader.next()?;
        hashes.extend((0..batch.rows).map(|row| digest::example(&batch, row)));
        for segment in &batch.segments {
            if let Some(seen) = seen.get_mut(segment.task) {
                epochs.enter(seen, segment);
            }
        }
    }
    Ok((hashes, epochs))
}

/// What is wrong with the epochs of all tasks.
#[derive(Default)]
struct Epochs {
    whole: u64,
    lost: usize,
    doubled: usize,
}

impl Epochs {
    fn enter(&mut self, (epoch, seen): &mut (u64, Vec<bool>), segment: &Segment) {
        if segment.epoch != *epoch {
            self.whole += 1;
            self.lost += seen.iter().filter(|seen| !**seen).count();
            *epoch = segment.epoch;
            seen.fill(false);
        }
        match seen.get_mut(segment.example as usize) {
            Some(seen) if !*seen => *seen = true,
            _ => self.doubled += 1,
        }
    }
}

/// The hashes of the examples from draw `at` on, and the milliseconds it took to have them with nothing but that number.
fn go_to(feeds: &Arc<[TaskFeed]>, at: u64) -> Result<(Vec<u64>, f64), Failure> {
    let start = Instant::now();
    let cursor = Cursor::replay(&order(feeds, CONFIG.seed), at);
    let (batch, _) = Loader::new(Arc::clone(feeds), CONFIG, cursor)?.next()?;
    let time = start.elapsed().as_secs_f64() * 1e3;
    let hashes = (0..batch.rows).map(|row| digest::example(&batch, row));
    Ok((hashes.collect(), time))
}

/// Sources of 20 to about 2,000 examples with shares from 1 to 108; the first is plain text.
fn sources(root: &Path) -> Result<Arc<[TaskFeed]>, Failure> {
    let objective = Objective::span_corruption(0.15, 3.0);
    let mut feeds = Vec::with_capacity(SOURCES);
    for number in 0..SOURCES {
        let name = format!("source_{number:03}");
        let key = (name.as_str(), "train", "1");
        let text = |n: usize| format!("{number} {n}").repeat(1 + n % 4);
        let cache = if number == 0 {
            let chunk = objective.lengths(CONFIG.inputs_length)?.raw;
            let documents = || (0..3_000).map(text).collect();
            TokenCache::from_documents(root, key, documents, chunk, &Letters)
        } else {
            let count = 20 + number * number / 6;
            let pairs = || (0..count).map(|n| (text(n), n.to_string())).collect();
            TokenCache::from_pairs(root, key, pairs, &Letters)
        };
        let sentinels = Sentinels {
            first: 999,
            count: 100,
        };
        feeds.push(TaskFeed {
            share: (number + 1) as f64,
            cache: cache?,
            objective: (number == 0).then_some((objective, sentinels)),
            name,
        });
    }
    Ok(feeds.into())
}

/// One id a byte, from 3.
struct Letters;

impl Vocabulary for Letters {
    fn size(&self) -> usize {
        1_000
    }

    fn extra_ids(&self) -> usize {
        100
    }

    fn encode(&self, text: &str) -> ext5_tokenizer::Result<Vec<TokenId>> {
        Ok(text.bytes().map(|byte| u32::from(byte) + 3).collect())
    }

    fn decode(&self, _ids: &[TokenId]) -> String {
        String::new()
    }

    fn fingerprint(&self) -> &'static str {
        "letters"
    }
}
