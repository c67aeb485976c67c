//! Token caches, whose files have hashes.
use std::path::{Path, PathBuf};

use ext5_data::{TokenCache, check_caches};
use ext5_tokenizer::ByteVocabulary;

use super::{Format, Made, Outcome};
use crate::row::Failure;
use crate::rows::input::told::Refused;

pub(super) const FORMATS: &[Format] = &[
    Format {
        name: "cache-manifest",
        text: true,
        make: manifest,
    },
    Format {
        name: "cache-offsets",
        text: false,
        make: offsets,
    },
    Format {
        name: "cache-tokens",
        text: false,
        make: tokens,
    },
];

/// A cache of some pairs: its root and its directory.
fn build(dir: &Path, times: usize) -> Result<(PathBuf, PathBuf), Failure> {
    let root = dir.join("caches");
    let pairs = || {
        (0..40 * times)
            .map(|row| (super::lines::text(row), row.to_string()))
            .collect()
    };
    let cache = TokenCache::from_pairs(
        &root,
        ("mine", "train", "1"),
        pairs,
        &ByteVocabulary::new(4),
    )?;
    let dir = cache.dir().to_owned();
    Ok((root, dir))
}

fn read(root: &Path) -> Outcome {
    let checked = check_caches(root, &mut |_| {}).map_err(|error| Refused::of(&error))?;
    let problem = checked.into_iter().find_map(|check| check.problem);
    problem.map_or(Ok(()), |text| {
        Err(Refused {
            text,
            at_row: false,
        })
    })
}

fn part(dir: &Path, times: usize, name: &str) -> Result<Made, Failure> {
    let (root, dir) = build(dir, times)?;
    let path = dir.join(name);
    let sample = std::fs::read(&path)?;
    Ok(Made::file(path, sample, move |_| read(&root)).part_of(&dir))
}

fn manifest(dir: &Path, times: usize) -> Result<Made, Failure> {
    part(dir, times, "manifest.json")
}

fn offsets(dir: &Path, times: usize) -> Result<Made, Failure> {
    part(dir, times, "offsets.bin")
}

fn tokens(dir: &Path, times: usize) -> Result<Made, Failure> {
    part(dir, times, "tokens.bin")
}
