//! F6: files that are small and ask for much, and files that are large.
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use super::formats::{Outcome, model_files, reader_of};
use super::huge::{FILES, make};
use super::told::Refused;
use crate::memory::MEMORY;
use crate::place::{Place, Tier};
use crate::row::{Failure, Figure, Row};

pub(super) const ROW: Row = Row {
    id: "F6",
    what: "files that ask for much, each read by a process with 256 MiB",
    tier: Tier::P,
    defect: "a reader that takes a file whole, whatever its size",
    run,
};

/// The first word of a reading process's command line.
const WORD: &str = "read-huge";

/// Memory and time that reading may take.
const MEMORY_LIMIT: usize = 256 << 20;
const SECONDS: f64 = 2.0;

/// What a reading process answers.
#[derive(serde::Serialize, serde::Deserialize)]
struct Answer {
    seconds: f64,
    refusal: Option<String>,
}

fn run(place: &Place) -> Result<Figure, Failure> {
    let files = if place.seeded { &FILES[..1] } else { FILES };
    let (mut good, mut slowest, mut told) = (0, 0.0_f64, String::new());
    for (number, huge) in files.iter().enumerate() {
        let dir = place.dir("huge")?;
        make(huge, &dir)?;
        let how = if place.seeded { "whole" } else { "product" };
        let output = Command::new(std::env::current_exe()?)
            .args([WORD, how, &number.to_string()])
            .arg(&dir)
            .stderr(Stdio::piped())
            .output()?;
        let outcome = if output.status.success() {
            let answer: Answer = serde_json::from_slice(&output.stdout)?;
            slowest = slowest.max(answer.seconds);
            match (answer.refusal, answer.seconds <= SECONDS) {
                (_, false) => Err(format!("{:.1} s", answer.seconds)),
                (None, _) => Err("it was accepted".to_owned()),
                (Some(_), true) => Ok(()),
            }
        } else {
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            Err(format!(
                "{}: {}",
                output.status,
                said.lines().last().unwrap_or_default()
            ))
        };
        match outcome {
            Ok(()) => good += 1,
            Err(reason) => told += &format!("; {}: {reason}", huge.what),
        }
    }
    Ok(Figure::new(
        format!(
            "{good} of {} refused, slowest {slowest:.1} s{told}",
            files.len()
        ),
        "all refused in 2 s and 256 MiB",
        good == files.len(),
    ))
}

/// Where this process is to read a huge file, its answer: `read-huge HOW NUMBER DIR`.
pub(crate) fn work(words: &[String]) -> Option<Result<String, Failure>> {
    let [word, how, number, dir] = words else {
        return None;
    };
    (word == WORD).then(|| read(how, number.parse()?, Path::new(dir)))
}

/// A reader that takes a file whole, whatever its size.
fn whole(path: &Path) -> Outcome {
    let size = path.metadata().map_or(0, |metadata| metadata.len());
    let mut bytes = Vec::with_capacity(size as usize);
    let file = std::fs::File::open(path).map_err(|error| Refused::of(&error))?;
    std::io::Read::read_to_end(&mut &file, &mut bytes)
        .map(drop)
        .map_err(|error| Refused::of(&error))
}

fn read(how: &str, number: usize, dir: &Path) -> Result<String, Failure> {
    let huge = FILES.get(number).ok_or("no such file")?;
    let path = dir.join(huge.name);
    model_files(huge.name, dir)?;
    let reader = reader_of(huge.name);
    let _ = MEMORY.set_limit(MEMORY.allocated() + MEMORY_LIMIT);
    let start = Instant::now();
    let outcome = match how {
        "whole" => whole(&path),
        _ => reader(&path),
    };
    let seconds = start.elapsed().as_secs_f64();
    let _ = MEMORY.set_limit(usize::MAX);
    let refusal = outcome
        .err()
        .map(|refused| refused.text.chars().take(400).collect());
    Ok(serde_json::to_string(&Answer { seconds, refusal })?)
}
