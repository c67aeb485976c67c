use std::path::PathBuf;

use ext5_data::ErrorKind;

/// What can go wrong with the catalogue. [`Error::kind`] sorts it for exit codes.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A name that the catalogue does not have.
    #[error("unknown {what} `{name}`{hint}")]
    Unknown {
        /// `task`, `mixture`, `task or mixture`, `suite`.
        what: &'static str,
        /// The name asked for.
        name: String,
        /// The nearest names, starting with punctuation.
        hint: String,
    },
    /// Two files describe something of the same name.
    #[error(
        "`{second}` names the {what} `{name}`, which `{first}` has already, rename one of them"
    )]
    Duplicate {
        /// `task`, `mixture`, `suite`.
        what: &'static str,
        /// The name.
        name: String,
        /// The file that was read first; built-in files have a relative path.
        first: PathBuf,
        /// The file that was read second.
        second: PathBuf,
    },
    /// A folder of the user's cannot be listed.
    #[error("cannot list the task directory `{path}`")]
    Directory {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file is no task, no mixture and no suite.
    #[error("`{path}` is no task, mixture or suite: it has neither `source` nor `members`")]
    Unclear {
        /// The file.
        path: PathBuf,
    },
    /// A name that cannot be part of a file name.
    #[error(
        "`{path}` names a {what} {name:?}, expected at most 100 bytes of word characters, dots and colons, no dot in front"
    )]
    Name {
        /// `task`, `mixture`, `suite`.
        what: &'static str,
        /// The name, or its beginning.
        name: String,
        /// The file.
        path: PathBuf,
    },
    /// No first draft of a task file can be made.
    #[error("cannot draft the task `{name}`: {reason}")]
    Draft {
        /// The name asked for.
        name: String,
        /// Why.
        reason: String,
    },
    /// A file says what it should not, or cannot be read.
    #[error(transparent)]
    Data(#[from] ext5_data::Error),
    /// A suite is not as it should be.
    #[error(transparent)]
    Eval(#[from] ext5_eval::Error),
}

/// Result of this crate.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// What sort of error this is, for exit codes.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Unknown { .. } | Self::Draft { .. } => ErrorKind::Request,
            Self::Duplicate { .. } | Self::Unclear { .. } | Self::Name { .. } => ErrorKind::Config,
            Self::Directory { source, .. } => match source.kind() {
                std::io::ErrorKind::NotFound => ErrorKind::Missing,
                std::io::ErrorKind::PermissionDenied => ErrorKind::Permission,
                _ => ErrorKind::Io,
            },
            Self::Data(error) => error.kind(),
            Self::Eval(error) => error.kind(),
        }
    }
}

/// The three names nearest to `name`: those that contain it first, then by edit distance.
pub(crate) fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> String {
    let wanted = name.to_lowercase();
    let mut ranked: Vec<(bool, usize, &str)> = candidates
        .into_iter()
        .map(|candidate| {
            let lower = candidate.to_lowercase();
            let distance = strsim::damerau_levenshtein(&wanted, &lower);
            (
                wanted.is_empty() || !lower.contains(&wanted),
                distance,
                candidate,
            )
        })
        .collect();
    ranked.sort_unstable();
    ranked.dedup();
    let names: Vec<String> = ranked
        .iter()
        .take(3)
        .map(|(_, _, name)| format!("`{name}`"))
        .collect();
    match names.as_slice() {
        [] => ", there is none".to_owned(),
        [one] => format!(", there is only {one}"),
        several => format!(", the nearest are {}", several.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearest_names_contain_what_was_asked_or_differ_little() {
        let names = ["boolq", "glue_rte", "super_glue_rte", "trec", "wic"];
        assert_eq!(
            nearest("rte", names),
            ", the nearest are `glue_rte`, `super_glue_rte`, `trec`"
        );
        assert_eq!(nearest("bolq", ["boolq"]), ", there is only `boolq`");
        assert_eq!(nearest("x", []), ", there is none");
    }
}
