//! F8: texts of all of Unicode through the tokenizers.
use std::sync::Arc;
use std::time::Instant;

use ext5_objectives::Stream;
use ext5_tokenizer::{TokenId, Vocabulary, vocabulary_from_bytes};

use super::formats::{spiece_model, trained};
use crate::place::{Place, Tier};
use crate::row::{Failure, Figure, Row};

pub(super) const ROW: Row = Row {
    id: "F8",
    what: "texts of all of Unicode through the tokenizers",
    tier: Tier::P,
    defect: "a tokenizer that looks at all that comes for each character",
    run,
};

/// Microseconds that a character may take in the worst text.
const MOST: f64 = 2.0;

/// A text that took longer is timed again: another program may have had the processor.
const TRIES: usize = 5;

/// Seconds from which on the time that a thread had for itself is exact enough.
const SETTLED: f64 = 0.1;

/// Texts that are timed have at least so many bytes.
const LONG: usize = 20_000;

/// A megabyte of each of these in turn.
const ENDLESS: &[&str] = &[
    "a",
    " ",
    "\u{2581}",
    "\u{e9}",
    "\u{301}",
    "e\u{301}\u{323}",
    "\u{65e5}",
    "\u{200d}",
    "\u{0}",
    "<",
    "<extra_id_",
    "\u{fdfa}",
    "the cat ",
    "\u{1f468}\u{200d}",
    "\u{ac00}",
    "\u{10ffff}",
];

/// What was found of some texts.
#[derive(Default)]
struct Seen {
    texts: usize,
    panics: usize,
    refused: usize,
    outside: usize,
    unstable: usize,
    /// The first of these.
    unstable_text: String,
    /// Long texts that were timed again.
    again: usize,
    worst: f64,
    worst_text: String,
}

fn run(place: &Place) -> Result<Figure, Failure> {
    let count = place.count(200_000, 2_000_000);
    let vocabularies = vocabularies(place.seeded)?;
    let halves: Vec<Seen> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..2)
            .map(|half| {
                let vocabularies = &vocabularies;
                scope.spawn(move || survey(vocabularies, half, count))
            })
            .collect();
        threads
            .into_iter()
            .filter_map(|thread| thread.join().ok())
            .collect()
    });
    let mut sum = Seen::default();
    for seen in &halves {
        sum.texts += seen.texts;
        sum.panics += seen.panics;
        sum.refused += seen.refused;
        sum.outside += seen.outside;
        sum.unstable += seen.unstable;
        sum.again += seen.again;
        if sum.unstable_text.is_empty() {
            sum.unstable_text.clone_from(&seen.unstable_text);
        }
        if seen.worst > sum.worst {
            (sum.worst, sum.worst_text) = (seen.worst, seen.worst_text.clone());
        }
    }
    let holds = halves.len() == 2
        && sum.panics + sum.refused + sum.outside + sum.unstable == 0
        && sum.worst <= MOST;
    Ok(Figure::new(
        format!(
            "{} texts, {} vocabularies: {} panics, {} refused, {} with ids outside, {} changed when encoded again{}; at most {:.2} us a character ({}), {} timed again",
            sum.texts,
            vocabularies.len(),
            sum.panics,
            sum.refused,
            sum.outside,
            sum.unstable,
            sum.unstable_text,
            sum.worst,
            sum.worst_text,
            sum.again,
        ),
        "0 panics, ids inside, encoded again the same, at most 2 us a character",
        holds,
    ))
}

fn vocabularies(seeded: bool) -> Result<Vec<Arc<dyn Vocabulary>>, Failure> {
    if seeded {
        return Ok(vec![Arc::new(Quadratic(vocabulary_from_bytes(
            "bytes",
            &[],
            None,
        )?))]);
    }
    Ok(vec![
        vocabulary_from_bytes("tokenizer.json", &trained(1000, 100_000)?, None)?,
        vocabulary_from_bytes("spiece.model", &spiece_model(2), Some(4))?,
        vocabulary_from_bytes("bytes", &[], Some(4))?,
    ])
}

/// Every second text from number `half` on, and every second of those that do not end.
fn survey(vocabularies: &[Arc<dyn Vocabulary>], half: usize, count: usize) -> Seen {
    let mut seen = Seen::default();
    let key = Stream::new(&[7, 8]);
    for number in (half..count).step_by(2) {
        seen.look(vocabularies, &text(number, &mut key.child(number as u64)));
    }
    for unit in ENDLESS.iter().skip(half).step_by(2) {
        let bytes = if count < 100_000 { LONG } else { 1_000_000 };
        seen.look(vocabularies, &unit.repeat(bytes.div_ceil(unit.len())));
    }
    seen
}

/// A text: short, but for each thousandth.
fn text(number: usize, stream: &mut Stream) -> String {
    let parts = if number.is_multiple_of(1000) {
        4000
    } else {
        1 + stream.below(8)
    };
    (0..parts).map(|_| part(stream)).collect()
}

fn part(stream: &mut Stream) -> String {
    const WORDS: &[&str] = &[
        "the",
        " cat",
        "<extra_id_3>",
        "<extra_id_",
        "</s>",
        "<pad>",
        "\u{2581}",
        "\u{200d}",
        "\u{feff}",
        "\u{202e}",
    ];
    let kind = stream.below(7);
    let length = 1 + stream.below(8);
    if kind == 6 {
        return WORDS[stream.below(WORDS.len() as u64) as usize].to_owned();
    }
    let mut one = || match kind {
        0 => any(stream, 0x11_0000),
        1 => any(stream, 0x3000),
        2 => char::from_u32(0x300 + stream.below(0x70) as u32).unwrap_or(' '),
        3 => char::from(stream.below(0x20) as u8),
        4 => [' ', '\t', '\u{a0}', '\u{3000}', '\n', '\u{200b}'][stream.below(6) as usize],
        _ => char::from(b' ' + stream.below(95) as u8),
    };
    (0..length).map(|_| one()).collect()
}

/// Any character below a code point.
fn any(stream: &mut Stream, bound: u64) -> char {
    char::from_u32(stream.below(bound) as u32).unwrap_or('\u{fffd}')
}

impl Seen {
    fn look(&mut self, vocabularies: &[Arc<dyn Vocabulary>], text: &str) {
        self.texts += 1;
        for vocabulary in vocabularies {
            let outcome = ext5_data::door::parse(std::path::Path::new("text"), || {
                self.look_by(vocabulary.as_ref(), text);
                Ok::<_, std::convert::Infallible>(())
            });
            self.panics += usize::from(outcome.is_err());
        }
    }

    fn look_by(&mut self, vocabulary: &dyn Vocabulary, text: &str) {
        let (Ok(ids), mut time) = timed(vocabulary, text) else {
            self.refused += 1;
            return;
        };
        if text.len() >= LONG {
            for _ in 1..TRIES {
                if time > MOST {
                    self.again += 1;
                    time = time.min(timed(vocabulary, text).1);
                }
            }
            if time > self.worst {
                let first: String = text.chars().take(4).collect();
                (self.worst, self.worst_text) =
                    (time, format!("{first:?} ..., {} ids", vocabulary.size()));
            }
        }
        let outside = |id: &TokenId| *id as usize >= vocabulary.size();
        self.outside += usize::from(ids.iter().any(outside));
        // What is unknown reads as a mark; all else must come back.
        if !ids.contains(&vocabulary.unk_id()) && !comes_back(vocabulary, text, &ids) {
            self.unstable += 1;
            if self.unstable_text.is_empty() {
                let first: String = text.chars().take(60).collect();
                self.unstable_text = format!(" ({first:?}, {} ids)", vocabulary.size());
            }
        }
    }
}

/// Ids of a text, and the microseconds a character that it took to have them and to read them again.
fn timed(vocabulary: &dyn Vocabulary, text: &str) -> (ext5_tokenizer::Result<Vec<TokenId>>, f64) {
    let start_of_own = (text.len() >= LONG).then(own_time).flatten();
    let start = Instant::now();
    let ids = vocabulary.encode(text);
    if let Ok(ids) = &ids {
        std::hint::black_box(vocabulary.decode(ids));
    }
    let mut time = start.elapsed().as_secs_f64();
    if let (true, Some(before), Some(after)) = (time > SETTLED, start_of_own, own_time()) {
        time = time.min(after - before);
    }
    (ids, time * 1e6 / text.chars().count().max(1) as f64)
}

/// Seconds that this thread has had a processor, where the system tells. It counts by ticks of some milliseconds.
fn own_time() -> Option<f64> {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    let nanoseconds: u64 = told.split_whitespace().next()?.parse().ok()?;
    Some(nanoseconds as f64 / 1e9)
}

/// Whether what the ids read as has the same ids. Where the text has the mark by which pieces write a space, it reads as one, and it
/// is the text with the space that must.
fn comes_back(vocabulary: &dyn Vocabulary, text: &str, ids: &[TokenId]) -> bool {
    let again = |ids: &[TokenId]| vocabulary.encode(&vocabulary.decode(ids)).ok();
    match again(ids) {
        Some(found) if text.contains('\u{2581}') => again(&found) == Some(found),
        found => found.as_deref() == Some(ids),
    }
}

/// A vocabulary that looks at all that comes for each character.
struct Quadratic(Arc<dyn Vocabulary>);

impl Vocabulary for Quadratic {
    fn size(&self) -> usize {
        self.0.size()
    }

    fn extra_ids(&self) -> usize {
        self.0.extra_ids()
    }

    fn encode(&self, text: &str) -> ext5_tokenizer::Result<Vec<TokenId>> {
        let seen: usize = text
            .char_indices()
            .map(|(at, letter)| text[at..].chars().filter(|it| *it == letter).count())
            .sum();
        std::hint::black_box(seen);
        self.0.encode(text)
    }

    fn decode(&self, ids: &[TokenId]) -> String {
        self.0.decode(ids)
    }

    fn fingerprint(&self) -> &str {
        self.0.fingerprint()
    }
}
