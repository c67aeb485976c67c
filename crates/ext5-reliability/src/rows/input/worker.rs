//! A process that reads damaged files one after another: what kills it is counted by the one that started it.
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use ext5_objectives::Stream;
use serde::{Deserialize, Serialize};

use super::formats::{self, Format};
use super::mutate::mutant;
use super::told::Told;
use crate::memory::MEMORY;
use crate::row::Failure;

/// The first word of a worker's command line.
pub(super) const WORD: &str = "read-mutants";

/// File in a worker's directory with the number of the mutant it is at.
pub(super) const AT: &str = "at";

/// Memory that reading a file of so many bytes may take.
const MEMORY_LIMIT: usize = 64 << 20;
const MEMORY_PER_BYTE: usize = 8;

/// A reader may take so long.
const SLOW: Duration = Duration::from_secs(1);
/// One that takes so long hangs.
const HANGS: Duration = Duration::from_secs(10);

/// What came of reading mutants.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Tally {
    /// Files that were read.
    pub(super) mutants: u64,
    /// Panics that the product let through.
    pub(super) panics: u64,
    /// Readings that took more than a second.
    pub(super) slow: u64,
    /// The longest, in seconds.
    pub(super) slowest: f64,
    /// Most memory taken beyond what was there before, in bytes.
    pub(super) peak: u64,
    /// Workers that died: memory, an abort, a hang.
    pub(super) deaths: u64,
    /// What the errors said.
    pub(super) told: Told,
    /// What went wrong, in words.
    pub(super) accidents: Vec<String>,
}

impl Tally {
    pub(super) fn join(&mut self, other: Self) {
        self.mutants += other.mutants;
        self.panics += other.panics;
        self.slow += other.slow;
        self.slowest = self.slowest.max(other.slowest);
        self.peak = self.peak.max(other.peak);
        self.deaths += other.deaths;
        self.told.join(other.told);
        self.accidents.extend(other.accidents);
    }
}

/// Where this process is a worker, its answer: `read-mutants FORMAT FIRST COUNT DIR`.
pub(crate) fn work(words: &[String]) -> Option<Result<String, Failure>> {
    let [word, format, first, count, dir] = words else {
        return None;
    };
    (word == WORD).then(|| {
        let format = formats::find(format).ok_or("no such format")?;
        let tally = read(format, first.parse()?, count.parse()?, Path::new(dir))?;
        Ok(serde_json::to_string(&tally)?)
    })
}

/// Reads the mutants of a format from number `first` on.
fn read(format: &Format, first: u64, count: u64, dir: &Path) -> Result<Tally, Failure> {
    let made = (format.make)(dir, 1)?;
    let subject = made.subject.display().to_string();
    // The file as it was made must be readable, else the damage shows nothing.
    std::fs::write(&made.path, (made.file)(&made.sample))?;
    (made.read)().map_err(|refused| {
        format!(
            "{}: the undamaged file is refused: {}",
            format.name, refused.text
        )
    })?;
    let mut tally = Tally::default();
    let begun = watch();
    let base = MEMORY.allocated();
    let key = Stream::new(&[7, u64::from(name_number(format.name))]);
    let at = File::create(dir.join(AT))?;
    for number in first..first + count {
        let bytes = (made.file)(&mutant(&made.sample, format.text, &mut key.child(number)));
        at.write_all_at(format!("{number:020}").as_bytes(), 0)?;
        std::fs::write(&made.path, &bytes)?;
        let most = base + MEMORY_LIMIT + MEMORY_PER_BYTE * bytes.len();
        let _ = MEMORY.set_limit(most);
        begun.store(milliseconds(), Ordering::Relaxed);
        let start = Instant::now();
        let outcome = catch_unwind(AssertUnwindSafe(&made.read));
        let took = start.elapsed();
        begun.store(u64::MAX, Ordering::Relaxed);
        let _ = MEMORY.set_limit(usize::MAX);
        tally.mutants += 1;
        tally.slowest = tally.slowest.max(took.as_secs_f64());
        if took > SLOW {
            tally.slow += 1;
            tally.accidents.push(format!(
                "{} {number}: {:.1} s",
                format.name,
                took.as_secs_f64()
            ));
        }
        match outcome {
            Ok(Ok(())) => {}
            Ok(Err(refused)) => tally.told.add(&refused, &subject),
            Err(_) => {
                tally.panics += 1;
                if tally.panics < 4 {
                    tally
                        .accidents
                        .push(format!("{} {number}: a panic escaped", format.name));
                }
            }
        }
    }
    tally.peak = MEMORY.max_allocated().saturating_sub(base) as u64;
    Ok(tally)
}

/// Ends the process where a reading that began at the answered instant does not end.
fn watch() -> &'static AtomicU64 {
    static BEGUN: AtomicU64 = AtomicU64::new(u64::MAX);
    milliseconds();
    std::thread::spawn(|| {
        loop {
            std::thread::sleep(HANGS / 10);
            let begun = BEGUN.load(Ordering::Relaxed);
            if begun != u64::MAX && milliseconds().saturating_sub(begun) > HANGS.as_millis() as u64
            {
                std::process::abort();
            }
        }
    });
    &BEGUN
}

/// Milliseconds since this was first asked.
fn milliseconds() -> u64 {
    static START: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
    START.get_or_init(Instant::now).elapsed().as_millis() as u64
}

/// A number for a name, the same on every machine.
fn name_number(name: &str) -> u32 {
    name.bytes().fold(2_166_136_261_u32, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(16_777_619)
    })
}
