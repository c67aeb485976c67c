use std::io;
use std::path::{Path, PathBuf};

use crate::ErrorKind;

/// What can go wrong between files and host batches. [`Error::kind`] sorts it for exit codes.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Something that is named does not exist.
    #[error("{what} `{path}` does not exist{hint}")]
    Missing {
        /// What should be there: `file`, `data root`, `data set`.
        what: &'static str,
        /// Its path or pattern.
        path: PathBuf,
        /// The next step, starting with punctuation, or empty.
        hint: String,
    },
    /// The operating system failed to do something with a file or directory.
    #[error("cannot {action} `{path}`")]
    Io {
        /// What was tried: `read`, `write`, `rename`.
        action: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
    /// A file system, a quota or a limit has no room for what is to be written.
    #[error(
        "no room for `{path}`: at least {needed} bytes are needed, {} are free; make room there, or choose another directory",
        free.map_or("an unknown number".to_owned(), |free| free.to_string())
    )]
    Full {
        /// The file or directory.
        path: PathBuf,
        /// Bytes that it needs at least.
        needed: u64,
        /// Bytes free in its file system, where that is known.
        free: Option<u64>,
        /// How it was noticed.
        source: io::Error,
    },
    /// A file is larger than its reader accepts.
    #[error("`{path}` has {size} bytes, expected at most {limit}")]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Its size in bytes.
        size: u64,
        /// The largest size accepted.
        limit: u64,
    },
    /// A file cannot be read as what it should be.
    #[error("`{path}` is damaged or of another format: {reason}; fetch or make it again")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What its reader found.
        reason: String,
    },
    /// A column that is asked for is not in the file.
    #[error("`{path}` has no column `{column}`, its columns are {present}{hint}")]
    Column {
        /// The file.
        path: PathBuf,
        /// The column asked for.
        column: String,
        /// The columns of the file.
        present: String,
        /// The nearest name, starting with punctuation, or empty.
        hint: String,
    },
    /// One row does not hold what it should.
    #[error("row {} of `{path}`, {place}: {reason}", .row + 1)]
    Row {
        /// The file.
        path: PathBuf,
        /// Number of the row in its file, from 0; people are told it from 1, as editors count lines.
        row: u64,
        /// Column, line or part of the task at fault.
        place: String,
        /// What is wrong, with the value at fault.
        reason: String,
    },
    /// A TOML file (task, mixture, run) does not say what it should.
    #[error("`{path}`, line {line}: {reason}{hint}")]
    Config {
        /// The file.
        path: PathBuf,
        /// Line, from 1.
        line: usize,
        /// What is wrong, naming the key.
        reason: String,
        /// The nearest valid key, starting with punctuation, or empty.
        hint: String,
    },
    /// A task, mixture or setting contradicts itself; all problems are listed.
    #[error("{what} `{name}` is not valid: {}", problems.join("; "))]
    Invalid {
        /// `task` or `mixture`.
        what: &'static str,
        /// Its name.
        name: String,
        /// Every problem found, in order.
        problems: Vec<String>,
    },
    /// A name is not one of those that exist.
    #[error("unknown {what} `{name}`{hint}")]
    Unknown {
        /// `task`, `mixture`, `split`.
        what: &'static str,
        /// The name asked for.
        name: String,
        /// The nearest name or all of them, starting with punctuation.
        hint: String,
    },
    /// A directory is in use.
    #[error("`{path}` is in use by {holder}, wait for it to end or choose another directory")]
    Locked {
        /// The directory.
        path: PathBuf,
        /// Process, host and command that hold it.
        holder: String,
    },
    /// A vocabulary cannot be made from its file.
    #[error("cannot load the vocabulary `{path}`")]
    Vocabulary {
        /// The file.
        path: PathBuf,
        /// Why.
        source: ext5_tokenizer::Error,
    },
    /// A text could not be turned into token ids.
    #[error(transparent)]
    Tokenizer(#[from] ext5_tokenizer::Error),
    /// A computation was asked for something it cannot do; `kind` says of what sort.
    #[error("{reason}")]
    Refused {
        /// What sort of error it is.
        kind: ErrorKind,
        /// What is wrong and what to do.
        reason: String,
    },
}

/// Result of this crate.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// What sort of error this is, for exit codes and for telling absent data from damaged.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Missing { .. } => ErrorKind::Missing,
            Self::Io { source, .. } => match source.kind() {
                io::ErrorKind::NotFound => ErrorKind::Missing,
                io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                    ErrorKind::Permission
                }
                _ => ErrorKind::Io,
            },
            Self::Full { .. } => ErrorKind::Io,
            Self::TooLarge { .. }
            | Self::Damaged { .. }
            | Self::Column { .. }
            | Self::Row { .. }
            | Self::Vocabulary { .. }
            | Self::Tokenizer(_) => ErrorKind::Data,
            Self::Config { .. } | Self::Invalid { .. } => ErrorKind::Config,
            Self::Unknown { .. } => ErrorKind::Request,
            Self::Locked { .. } => ErrorKind::Locked,
            Self::Refused { kind, .. } => *kind,
        }
    }

    /// The error of an action on a path: a path that does not exist is [`Error::Missing`].
    pub(crate) fn io(action: &'static str, path: &Path, source: io::Error) -> Self {
        Self::Io {
            action,
            path: path.to_owned(),
            source,
        }
    }

    /// A file that its reader cannot understand.
    pub(crate) fn damaged(path: &Path, reason: impl Into<String>) -> Self {
        Self::Damaged {
            path: path.to_owned(),
            reason: reason.into(),
        }
    }
}
