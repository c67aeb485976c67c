use crate::StudySpec;
use ext5_data::ErrorKind;

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
    /// The study's own files.
    #[error(transparent)]
    Data(#[from] ext5_data::Error),
    /// A recipe of the study, or the models it compares.
    #[error(transparent)]
    Trainer(#[from] ext5_trainer::Error),
    /// The catalogue.
    #[error(transparent)]
    Tasks(#[from] ext5_tasks::Error),
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
            Self::Grid { .. } => ErrorKind::Config,
            Self::OverBudget { .. } | Self::UnknownCard { .. } => ErrorKind::Request,
            Self::NoRoom { .. } => ErrorKind::Io,
            Self::Study { .. } => ErrorKind::Config,
            Self::Shipped { .. } => ErrorKind::Request,
        }
    }
}
