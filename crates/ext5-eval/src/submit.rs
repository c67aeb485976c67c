//! Archives for the leaderboards of GLUE and `SuperGLUE`: made of the answers to the test splits, and validated.
mod answers;
mod check;
mod entry;
mod zip;

use std::ffi::OsStr;
use std::path::Path;

use serde::Serialize;

use crate::error::{Error, Result};
use crate::{Protocol, RecordedEvaluation};
use answers::{Answers, render};
use entry::{Entry, entries};

pub use check::check_archive;

/// Problems of one file that are listed; of the others the number is said.
const LISTED: usize = 8;

/// A leaderboard that takes archives of answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Leaderboard {
    /// Ten files of JSON lines.
    SuperGlue,
    /// Eleven tab-separated files.
    Glue,
}

impl Leaderboard {
    /// Its name as commands write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::SuperGlue => "superglue",
            Self::Glue => "glue",
        }
    }

    /// The tasks whose test splits it wants answered, in the order of its files.
    pub fn tasks(self) -> impl Iterator<Item = &'static str> {
        entries(self).iter().map(|entry| entry.task)
    }
}

/// A valid archive.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Archive {
    /// The leaderboard it is for.
    pub board: Leaderboard,
    /// Its files.
    pub files: Vec<SubmittedFile>,
    /// Files that the leaderboard wants and that are not in it; empty unless a part was asked for.
    pub absent: Vec<String>,
    /// The archive itself: stored, without times, so that equal answers give equal bytes.
    #[serde(skip)]
    pub bytes: Vec<u8>,
}

/// One file of an archive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SubmittedFile {
    /// Its name.
    pub name: String,
    /// The task that it answers.
    pub task: &'static str,
    /// Number of answers.
    pub rows: u64,
    /// Answers that name no class or number, or that are empty. They stand as the last class, to which T5's script comes by
    /// counting from the end of a list, as -1.0, or as they are; `None` where only the archive is known.
    pub invalid: Option<u64>,
}

/// The archive for `board` of the answers of an evaluation to the test splits. Tasks that were not evaluated are a problem unless
/// `partial`. What is made is read and validated again as [`check_archive`] does.
///
/// # Errors
/// [`Error::Submission`] with all that is wrong: a protocol without answers, tasks not evaluated, a limit, ids that are missing, doubled or not of the test
/// split, other counts than the leaderboard's; [`Error::Data`] where samples cannot be read.
pub fn submission(
    board: Leaderboard,
    evaluation: &RecordedEvaluation,
    partial: bool,
) -> Result<Archive> {
    let name = evaluation.path.display().to_string();
    let (mut members, mut problems) = (Vec::new(), Vec::new());
    if evaluation.identity.protocol == Protocol::Perplexity {
        let problem =
            "protocol `perplexity` asks for no answers, evaluate with `generate` or `rank`";
        return Err(Error::Submission {
            archive: name,
            problems: vec![problem.to_owned()],
        });
    }
    let mut invalid = Vec::new();
    for entry in entries(board) {
        match Answers::of(entry, evaluation)? {
            None if partial => {}
            None => problems.push(format!(
                "{}: task `{}` has no answers to its test split",
                entry.file, entry.task
            )),
            Some(Ok(answers)) => {
                invalid.push(answers.invalid);
                members.push((entry.file.to_owned(), render(entry, &answers.rows)));
            }
            Some(Err(found)) => problems.extend(listed(entry.file, found)),
        }
    }
    if let (Some(limit), false) = (evaluation.identity.limit, problems.is_empty()) {
        problems.insert(
            0,
            format!("the evaluation stopped after {limit} rows of each task"),
        );
    }
    if members.is_empty() && problems.is_empty() {
        problems.push("it has no answers to a test split".to_owned());
    }
    if !problems.is_empty() {
        return Err(Error::Submission {
            archive: name,
            problems,
        });
    }
    let mut archive = check_archive(&name, &zip::write(&members), partial)?;
    for (file, invalid) in archive.files.iter_mut().zip(invalid) {
        file.invalid = Some(invalid);
    }
    Ok(archive)
}

/// The first problems of a file, each with its name, and how many more there are.
fn listed(file: &str, problems: Vec<String>) -> Vec<String> {
    let more = problems.len().saturating_sub(LISTED);
    let mut lines: Vec<String> = problems.into_iter().take(LISTED).collect();
    if more > 0 {
        lines.push(format!("and {more} more problems"));
    }
    lines.iter().map(|line| format!("{file}: {line}")).collect()
}

/// What numbers from 0 to below `count` are missing from ascending ones, and which of them lie beyond; in words.
fn gaps(what: &str, found: impl Iterator<Item = u64>, count: u64) -> Vec<String> {
    let (mut missing, mut beyond) = (Vec::new(), Vec::new());
    let mut next = 0;
    for number in found {
        if number >= count {
            beyond.push(number);
        } else {
            missing.extend(next..number);
            next = number + 1;
        }
    }
    missing.extend(next..count);
    let said = |numbers: &[u64], reason: &str| {
        let first: Vec<String> = numbers.iter().take(3).map(u64::to_string).collect();
        let more = match numbers.len().saturating_sub(3) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        (!numbers.is_empty()).then(|| format!("{what} {}{more} {reason}", first.join(", ")))
    };
    let last = count.saturating_sub(1);
    [
        said(&missing, "missing"),
        said(&beyond, &format!("beyond the last, {last}")),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Whether a file has columns between tabs, by its name.
fn is_tabbed(file: &str) -> bool {
    Path::new(file).extension() == Some(OsStr::new("tsv"))
}

/// Whether an entry is nested, or its ids are plain numbers.
fn is_nested(entry: &Entry) -> bool {
    matches!(entry.form, entry::Form::Nested)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_are_said() {
        assert!(gaps("ids", 0..5, 5).is_empty());
        let found = gaps("ids", [1, 2, 7, 9].into_iter(), 8);
        assert_eq!(
            found,
            ["ids 0, 3, 4 and 2 more missing", "ids 9 beyond the last, 7"]
        );
        assert_eq!(gaps("ids", std::iter::empty(), 2), ["ids 0, 1 missing"]);
    }
}
