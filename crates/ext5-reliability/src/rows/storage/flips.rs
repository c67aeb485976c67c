//! F3: single bits of a checkpoint are turned over.
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use ext5_data::storage;
use ext5_objectives::Stream;
use ext5_trainer::Checkpoint;

use super::sets;
use crate::place::{Place, Tier};
use crate::row::{Failure, Figure, Row};

pub(super) const ROW: Row = Row {
    id: "F3",
    what: "one bit of a file of a checkpoint is turned over",
    tier: Tier::P,
    defect: "sizes are compared instead of hashes",
    run,
};

/// Tag of the stream that chooses bits.
const BITS: u64 = 0xb175;
/// Bytes of a large file.
const LARGE: usize = 32_768;
/// Flips, in either tier.
const FLIPS: usize = 100_000;

fn run(place: &Place) -> Result<Figure, Failure> {
    let scratch = sets::scratch()?;
    let files = sets::files(0, LARGE);
    let written = Checkpoint::commit(storage::local(), scratch.path(), 7, &files)?;
    let mut names: Vec<&str> = files.keys().map(String::as_str).collect();
    names.push("manifest.json");
    let count = place.count(FLIPS, FLIPS);
    let mut stream = Stream::new(&[BITS]);
    let (mut missed, mut first) = (0, None);
    for _ in 0..count {
        let name = names[stream.below(names.len() as u64) as usize];
        let path = written.path().join(name);
        let bit = stream.below(std::fs::metadata(&path)?.len() * 8);
        flip(&path, bit)?;
        let caught = if place.seeded {
            sizes_differ(written.path(), &files)
        } else {
            is_caught(written.path(), name)
        };
        flip(&path, bit)?;
        if !caught {
            missed += 1;
            first.get_or_insert(format!("; first: bit {bit} of `{name}`"));
        }
    }
    written.verify()?;
    Ok(Figure::new(
        format!(
            "{count} flips over {} files, {missed} not detected{}",
            names.len(),
            first.unwrap_or_default()
        ),
        "100 % detected before use",
        missed == 0,
    ))
}

/// Whether the product sees it before it uses the file.
fn is_caught(path: &Path, name: &str) -> bool {
    let Ok(checkpoint) = Checkpoint::open(path) else {
        return true;
    };
    if name == "manifest.json" {
        return checkpoint.verify().is_err();
    }
    checkpoint.read(name).is_err()
}

fn sizes_differ(path: &Path, files: &sets::Files) -> bool {
    let size = |name: &String| std::fs::metadata(path.join(name)).map_or(0, |it| it.len());
    files
        .iter()
        .any(|(name, bytes)| size(name) != bytes.len() as u64)
}

fn flip(path: &PathBuf, bit: u64) -> Result<(), Failure> {
    let mut file = File::options().read(true).write(true).open(path)?;
    let mut byte = [0];
    file.seek(SeekFrom::Start(bit / 8))?;
    file.read_exact(&mut byte)?;
    file.seek(SeekFrom::Start(bit / 8))?;
    file.write_all(&[byte[0] ^ 1 << (bit % 8)])?;
    Ok(())
}
