//! The command line.
use std::path::PathBuf;

use crate::place::{Place, Tier};
use crate::row::{Failure, Row};

/// What is asked for.
#[derive(Debug)]
pub(crate) struct Args {
    tier: Tier,
    only: Vec<String>,
    seeded: bool,
    /// Where the record goes.
    pub(crate) json: Option<PathBuf>,
}

impl Args {
    /// `[--tier p|n] [--only ID]... [--seeded] [--json FILE]`.
    ///
    /// # Errors
    /// Where an option is unknown or lacks its value.
    pub(crate) fn parse(words: &[String]) -> Result<Self, Failure> {
        let mut args = Self {
            tier: Tier::P,
            only: Vec::new(),
            seeded: false,
            json: None,
        };
        let mut words = words.iter();
        while let Some(word) = words.next() {
            if word == "--seeded" {
                args.seeded = true;
                continue;
            }
            let value = words
                .next()
                .ok_or_else(|| format!("`{word}` has no value"))?;
            match (word.as_str(), value.as_str()) {
                ("--tier", "p") => args.tier = Tier::P,
                ("--tier", "n") => args.tier = Tier::N,
                ("--only", id) => args.only.push(id.to_uppercase()),
                ("--json", path) => args.json = Some(path.into()),
                _ => return Err(format!("`{word} {value}` means nothing here").into()),
            }
        }
        Ok(args)
    }

    /// Whether a row is asked for by its tier or its name.
    pub(crate) fn wants(&self, row: &Row) -> bool {
        if self.only.is_empty() {
            row.tier <= self.tier
        } else {
            self.only.iter().any(|id| id == row.id)
        }
    }

    /// Where the rows run.
    ///
    /// # Errors
    /// Where there is no room for scratch files.
    pub(crate) fn place(&self) -> Result<Place, Failure> {
        Place::new(self.tier, self.seeded)
    }
}
