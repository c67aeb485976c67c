//! F4: files cut off at every byte.
use std::path::Path;

use super::formats::{self, Format};
use super::memory_dir;
use crate::place::{Place, Tier};
use crate::row::{Failure, Figure, Row};

pub(super) const ROW: Row = Row {
    id: "F4",
    what: "files cut off at every byte",
    tier: Tier::P,
    defect: "a reader that takes a line that is cut off for the end",
    run,
};

/// What a format can know of its own end.
#[derive(Clone, Copy, PartialEq)]
enum End {
    /// Nothing may be missing but white space at the end.
    Known,
    /// Whole lines may be missing.
    Lines,
    /// Anything may be missing: hashes of caches, checkpoints and pins know it.
    Unknown,
}

/// Formats, how many times the small sample is cut in P, and what they can know. Where reading takes long the sample of P is smaller
/// than 64 KiB; that of N never is.
const CUT: &[(&str, usize, usize, End)] = &[
    ("parquet", 170, 170, End::Known),
    ("parquet-zstd", 260, 260, End::Known),
    ("arrow-file", 40, 40, End::Known),
    ("jsonl", 24, 24, End::Lines),
    ("gzip", 6, 24, End::Known),
    ("safetensors", 500, 500, End::Known),
    ("safetensors-index", 1, 1, End::Known),
    ("config.json", 1, 1, End::Known),
    ("checkpoint-manifest", 1, 1, End::Known),
    ("tokenizer.json", 2, 16, End::Known),
    ("tokenizer.json-bpe", 1, 1, End::Known),
    ("spiece.model", 4, 140, End::Known),
    ("cache-manifest", 1, 1, End::Known),
    ("cache-offsets", 100, 100, End::Known),
    ("cache-tokens", 16, 16, End::Known),
    ("arrow-stream", 8, 40, End::Unknown),
    ("csv", 8, 70, End::Unknown),
];

/// What came of cutting a file.
#[derive(Default)]
struct Cuts {
    bytes: usize,
    accepted: usize,
    wrong: usize,
    told: Vec<String>,
}

fn run(place: &Place) -> Result<Figure, Failure> {
    let seeded = [("forgiving", 4, 4, End::Lines)];
    let table = if place.seeded { &seeded } else { CUT };
    let times = |small: usize, large: usize| if place.tier == Tier::N { large } else { small };
    let dir = memory_dir()?;
    let halves: Vec<Result<Cuts, String>> = std::thread::scope(|scope| {
        let start = |half: usize| {
            let dir = dir.path().join(half.to_string());
            scope.spawn(move || {
                let mut sum = Cuts::default();
                for &(name, small, large, end) in table {
                    let format = formats::find(name).ok_or("no such format")?;
                    cut(format, times(small, large), end, half, &dir, &mut sum)
                        .map_err(|error| format!("{name}: {error}"))?;
                }
                Ok(sum)
            })
        };
        let threads = [start(0), start(1)];
        threads
            .into_iter()
            .map(|thread| {
                thread
                    .join()
                    .unwrap_or_else(|_| Err("a panic escaped".to_owned()))
            })
            .collect()
    });
    let (mut bytes, mut accepted, mut wrong, mut told) = (0, 0, 0, Vec::new());
    for cuts in halves {
        let cuts = cuts?;
        bytes += cuts.bytes;
        accepted += cuts.accepted;
        wrong += cuts.wrong;
        told.extend(cuts.told);
    }
    Ok(Figure::new(
        format!(
            "{} formats, {bytes} cuts: {wrong} accepted as complete; {accepted} where the format cannot know (CSV in its last value or between \
             rows, Arrow streams between batches, JSONL between lines: hashes of pins and caches know){}",
            table.len(),
            told.iter()
                .map(|text| format!("; {text}"))
                .collect::<String>(),
        ),
        "0 accepted as complete",
        wrong == 0,
    ))
}

/// Cuts a file shorter and shorter, to every second length.
fn cut(
    format: &Format,
    times: usize,
    end: End,
    half: usize,
    dir: &Path,
    sum: &mut Cuts,
) -> Result<(), Failure> {
    let dir = dir.join(format.name);
    std::fs::create_dir_all(&dir)?;
    let made = (format.make)(&dir, times)?;
    let whole = (made.file)(&made.sample);
    std::fs::write(&made.path, &whole)?;
    (made.read)().map_err(|refused| refused.text)?;
    let file = std::fs::OpenOptions::new().write(true).open(&made.path)?;
    let mut wrong = 0;
    for length in (0..whole.len()).rev().filter(|length| length % 2 == half) {
        file.set_len(length as u64)?;
        sum.bytes += 1;
        if (made.read)().is_err() || whole[length..].iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let left = whole[..length].trim_ascii_end();
        let at_line = left.is_empty() || left.ends_with(b"}");
        if end == End::Unknown || (end == End::Lines && at_line) {
            sum.accepted += 1;
        } else {
            wrong += 1;
        }
    }
    if wrong > 0 {
        sum.told
            .push(format!("{}: {wrong} of {}", format.name, whole.len()));
    }
    sum.wrong += wrong;
    Ok(())
}
