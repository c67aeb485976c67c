use crate::StudySpec;
use ext5_data::ErrorKind;
use std::path::PathBuf;

/// What can go wrong in a study.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// One run of the grid failed.
    #[error("the run `{cell}` failed")]
    Run {
        /// Its name, which is its directory under the study's.
        cell: String,
        /// Why.
        source: ext5_trainer::Error,
    },
    /// The grid contradicts itself.
    #[error("{reason}")]
    Grid {
        /// What is wrong, naming the cell.
        reason: String,
    },
    /// The study is planned to cost more than its budget.
    #[error("{reason}")]
    OverBudget {
        /// The numbers, and what to change.
        reason: String,
    },
    /// The disk has no room for the study.
    #[error("{reason}")]
    NoRoom {
        /// The numbers, and what to change.
        reason: String,
    },
    /// No graphics card of this name is known.
    #[error("unknown graphics card `{name}`{hint}; known are {known}")]
    UnknownCard {
        /// The name asked for.
        name: String,
        /// The nearest name, starting with punctuation, or nothing.
        hint: String,
        /// All names.
        known: String,
    },
    /// A study file says what cannot be.
    #[error("the study `{name}` is not valid: {}", problems.join("; "))]
    Study {
        /// The study's name.
        name: String,
        /// Every problem, naming its key.
        problems: Vec<String>,
    },
    /// No study or scale of that name is shipped.
    #[error("unknown {what} `{name}`, there are `{known}`{hint}")]
    Shipped {
        /// `study` or `scale`.
        what: &'static str,
        /// The name asked for.
        name: String,
        /// The nearest name, starting with punctuation, or empty.
        hint: String,
        /// All of them, between backticks.
        known: String,
    },
    /// The directory holds something that this study would not have made.
    #[error(
        "`{path}` holds {what} with other {}; choose another directory with `--dir`, or take the change back",
        keys.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ")
    )]
    Claimed {
        /// The directory.
        path: PathBuf,
        /// What it holds: `a study`, `the cell x`.
        what: String,
        /// Keys that differ.
        keys: Vec<String>,
    },
    /// A directory without a study.
    #[error(
        "`{path}` holds no study: there is no `study.json`; name the directory of `ext5 study run`"
    )]
    NoStudy {
        /// The directory.
        path: PathBuf,
    },
    /// A study whose runs are gone.
    #[error(
        "the runs of the study in `{path}` are not there: there is no directory `{runs}`; bring it back, or run the study again"
    )]
    NoRuns {
        /// The study's directory.
        path: PathBuf,
        /// Where its runs were.
        runs: PathBuf,
    },
    /// Cells failed; all that do not start from them are done.
    #[error(
        "{} of {cells} cells failed: {}; mend the cause and run the same command with `--retry`",
        failed.len(),
        first(failed)
    )]
    Failed {
        /// Name and reason of each.
        failed: Vec<(String, String)>,
        /// Cells of the grid.
        cells: usize,
        /// What sort of error the first one was.
        kind: ErrorKind,
    },
    /// The study was told to stop; everything is saved.
    #[error("stopped in the cell `{cell}`; the same command goes on there")]
    Stopped {
        /// The cell it was in, or was to begin.
        cell: String,
        /// Whether a person interrupted it, not a scheduler.
        interrupted: bool,
    },
    /// The study's own files.
    #[error(transparent)]
    Data(#[from] ext5_data::Error),
    /// The catalogue.
    #[error(transparent)]
    Tasks(#[from] ext5_tasks::Error),
    /// A recipe of the study, or the models it compares.
    #[error(transparent)]
    Trainer(#[from] ext5_trainer::Error),
}

/// Result of this crate.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// All that is wrong with a study.
    pub(crate) fn study(spec: &StudySpec, problems: Vec<String>) -> Self {
        Self::Study {
            name: spec.name.clone(),
            problems,
        }
    }

    /// What sort of error this is, for exit codes.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Run { source, .. } | Self::Trainer(source) => source.kind(),
            Self::Data(error) => error.kind(),
            Self::Tasks(error) => error.kind(),
            Self::Grid { .. } | Self::Study { .. } => ErrorKind::Config,
            Self::OverBudget { .. }
            | Self::UnknownCard { .. }
            | Self::Shipped { .. }
            | Self::Claimed { .. } => ErrorKind::Request,
            Self::NoRoom { .. } => ErrorKind::Io,
            Self::NoStudy { .. } | Self::NoRuns { .. } => ErrorKind::Missing,
            Self::Failed { kind, .. } => *kind,
            Self::Stopped {
                interrupted: true, ..
            } => ErrorKind::Interrupted,
            Self::Stopped { .. } => ErrorKind::Stopped,
        }
    }
}

/// The first few failures in a line.
fn first(failed: &[(String, String)]) -> String {
    const SHOWN: usize = 3;
    let mut lines: Vec<String> = failed
        .iter()
        .take(SHOWN)
        .map(|(cell, reason)| format!("`{cell}`: {reason}"))
        .collect();
    if failed.len() > SHOWN {
        lines.push(format!("and {} more", failed.len() - SHOWN));
    }
    lines.join("; ")
}
