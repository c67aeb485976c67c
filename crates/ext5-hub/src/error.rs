use std::io;
use std::path::{Path, PathBuf};

use ext5_data::ErrorKind;

/// What can go wrong with fetching, adding and verifying data. [`Error::kind`] sorts it for exit codes. No message contains a
/// token or the query of an address.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The Hub does not let us read something.
    #[error("the Hub refuses {what} (status {status}): {next}")]
    Denied {
        /// What was asked for.
        what: String,
        /// 401 or 403.
        status: u16,
        /// What the user can do.
        next: String,
    },
    /// A person has to get the data.
    #[error("the data of task `{task}` have to be got by hand{because}: {steps}{next}")]
    Manual {
        /// The task.
        task: String,
        /// Why no program can, starting with punctuation, or empty.
        because: String,
        /// The steps that the task file gives.
        steps: String,
        /// The command that adds what was got, where the steps do not give it, starting with punctuation.
        next: String,
    },
    /// A task names no place to fetch from.
    #[error("task `{task}` names no data set to fetch, add your own files with `{command}`")]
    NoOrigin {
        /// The task.
        task: String,
        /// The command that adds files.
        command: String,
    },
    /// The Hub does not have what was asked for.
    #[error("the Hub has no {what}{next}")]
    NotFound {
        /// What was asked for.
        what: String,
        /// The next step, starting with punctuation.
        next: String,
    },
    /// The Hub has none of the splits of a task.
    #[error("none of the splits of task `{task}` is to be had: {}", reasons.join("; "))]
    NoSplit {
        /// The task.
        task: String,
        /// For each split, where it was looked for.
        reasons: Vec<String>,
    },
    /// The Hub has converted only the beginning of a split.
    #[error(
        "of split `{split}` of `{repository}` the Hub has converted only the first part ({files} files, {bytes} bytes in \
         `{place}`), which is not the whole split: allow a part with `--partial`, or name the original files in \
         `source.hub.files`"
    )]
    Partial {
        /// Data set.
        repository: String,
        /// The split as the Hub calls it.
        split: String,
        /// The folder.
        place: String,
        /// Number of files.
        files: usize,
        /// Their size.
        bytes: u64,
    },
    /// Some files of a numbered set are not there, or more than one set is.
    #[error("the files of split `{split}` of `{repository}` are no complete set: {reason}")]
    Shards {
        /// Data set.
        repository: String,
        /// The split as the Hub calls it.
        split: String,
        /// What is missing or in excess.
        reason: String,
    },
    /// The other side does not answer as it should; trying later may help.
    #[error("cannot get {what}: {reason}")]
    Unavailable {
        /// What was asked for.
        what: String,
        /// Why, and what to do.
        reason: String,
    },
    /// Offline mode, and something is not here.
    #[error(
        "offline mode is set and {what} is not in the cache, run `{command}` where there is a network, with `HF_HUB_OFFLINE` unset"
    )]
    Offline {
        /// What is needed.
        what: String,
        /// What brings it.
        command: String,
    },
    /// A content is not the one that was announced or pinned.
    #[error(
        "{what} has the {hash} `{found}`, expected `{expected}`: it was altered or damaged and is not used"
    )]
    Hash {
        /// The content.
        what: String,
        /// Name of the hash function.
        hash: &'static str,
        /// Announced or pinned.
        expected: String,
        /// Found.
        found: String,
    },
    /// A content is shorter or longer than was announced or pinned.
    #[error("{what} has {found} bytes, expected {expected}: it was altered or cut and is not used")]
    Size {
        /// The content.
        what: String,
        /// Announced or pinned.
        expected: u64,
        /// Found, or as far as it was read.
        found: u64,
    },
    /// An answer of the Hub does not say what it should.
    #[error("the answer for {what} is not one of a Hub: {reason}, check `HF_ENDPOINT`")]
    Answer {
        /// What was asked for.
        what: String,
        /// What is wrong with the answer.
        reason: String,
    },
    /// A name that could lead outside the cache or the data root.
    #[error("the {what} `{name}` is not safe: {reason}, it is refused")]
    UnsafeName {
        /// What it names.
        what: &'static str,
        /// The name, with control characters escaped.
        name: String,
        /// What is wrong with it.
        reason: &'static str,
        /// [`ErrorKind::Config`] where a task file says it, [`ErrorKind::Data`] where the other side or a lock file does.
        kind: ErrorKind,
    },
    /// A path of the data root leads out of it.
    #[error("`{path}` leads out of the data root `{root}`, replace the link by a directory")]
    Outside {
        /// The directory.
        path: PathBuf,
        /// The data root.
        root: PathBuf,
    },
    /// A file that this program has not put there.
    #[error(
        "`{path}` is in the way and not in the lock file: move it away, or give `--replace` to overwrite it"
    )]
    Occupied {
        /// The file.
        path: PathBuf,
    },
    /// A task file does not say at which single place a split's files lie.
    #[error("no file can be laid out for split `{split}` of task `{task}`: {reason}")]
    Layout {
        /// The task.
        task: String,
        /// The split.
        split: String,
        /// What is wrong with its patterns.
        reason: String,
    },
    /// A name is not one of those that exist.
    #[error("unknown {what} `{name}`{hint}")]
    Unknown {
        /// `split`.
        what: &'static str,
        /// The name asked for.
        name: String,
        /// The nearest name or all of them, starting with punctuation.
        hint: String,
    },
    /// A file of the user's does not fit the task.
    #[error("`{path}` cannot be added to split `{split}` of task `{task}`, which reads {expected}")]
    Unfit {
        /// The file or address.
        path: String,
        /// The task.
        task: String,
        /// The split.
        split: String,
        /// Format and columns.
        expected: String,
        /// What its reader found.
        source: ext5_data::Error,
    },
    /// A file of the user's has no row.
    #[error("`{path}` has no row, nothing is added")]
    Empty {
        /// The file.
        path: String,
    },
    /// An address that this program cannot read from.
    #[error("cannot add `{url}`: {reason}")]
    Address {
        /// The address, without its query.
        url: String,
        /// Why, and what to do.
        reason: String,
        /// What sort of error it is.
        kind: ErrorKind,
    },
    /// An environment variable says what it should not.
    #[error("the environment variable `{variable}` is not valid: {reason}")]
    Environment {
        /// Its name.
        variable: &'static str,
        /// What is wrong; never its value where that may be secret.
        reason: String,
    },
    /// A lock file of another version.
    #[error("`{path}` is of version {version}, this program knows {known}: use a newer one")]
    Version {
        /// The lock file.
        path: PathBuf,
        /// Its version.
        version: u32,
        /// The version this program writes.
        known: u32,
    },
    /// The user wants to stop; everything downloaded stays and is used the next time.
    #[error("stopped, run the same command again to go on")]
    Interrupted,
    /// A file cannot be read, written or understood.
    #[error(transparent)]
    Data(#[from] ext5_data::Error),
}

/// Result of this crate.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    pub(crate) fn offline(what: String) -> Self {
        Self::Offline {
            what,
            command: "ext5 data fetch".to_owned(),
        }
    }

    /// What sort of error this is, for exit codes.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Denied { .. } | Self::Manual { .. } => ErrorKind::Permission,
            Self::NotFound { .. }
            | Self::NoSplit { .. }
            | Self::NoOrigin { .. }
            | Self::Partial { .. } => ErrorKind::Missing,
            Self::Unavailable { .. } | Self::Offline { .. } => ErrorKind::Unavailable,
            Self::Hash { .. }
            | Self::Size { .. }
            | Self::Answer { .. }
            | Self::Shards { .. }
            | Self::Outside { .. }
            | Self::Empty { .. } => ErrorKind::Data,
            Self::UnsafeName { kind, .. } | Self::Address { kind, .. } => *kind,
            Self::Occupied { .. } | Self::Unknown { .. } => ErrorKind::Request,
            Self::Layout { .. } | Self::Environment { .. } | Self::Version { .. } => {
                ErrorKind::Config
            }
            Self::Unfit { source, .. } | Self::Data(source) => source.kind(),
            Self::Interrupted => ErrorKind::Interrupted,
        }
    }

    /// The error of an action on a file or directory.
    pub(crate) fn io(action: &'static str, path: &Path, source: io::Error) -> Self {
        Self::Data(ext5_data::Error::Io {
            action,
            path: path.to_owned(),
            source,
        })
    }
}
