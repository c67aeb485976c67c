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
    /// The study's own files.
    #[error(transparent)]
    Data(#[from] ext5_data::Error),
    /// A recipe of the study, or the models it compares.
    #[error(transparent)]
    Trainer(#[from] ext5_trainer::Error),
}

/// Result of this crate.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// What sort of error this is, for exit codes.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Run { source, .. } | Self::Trainer(source) => source.kind(),
            Self::Data(error) => error.kind(),
        }
    }
}
