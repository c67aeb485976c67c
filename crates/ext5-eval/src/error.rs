use std::error::Error as StdError;
use std::path::PathBuf;

use ext5_data::ErrorKind;

/// What can go wrong between answers and scores. [`Error::kind`] sorts it for exit codes.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A name of a metric, a score or a post-processing that does not exist.
    #[error("unknown {what} `{name}`{hint}")]
    Unknown {
        /// `metric`, `score`, `post-processing` or `reading`.
        what: &'static str,
        /// The name asked for.
        name: String,
        /// The nearest name or all of them, starting with punctuation.
        hint: String,
    },
    /// There are not as many answers as examples.
    #[error("got {predictions} predictions for {targets} targets, expected one for each")]
    Lengths {
        /// Number of predictions.
        predictions: usize,
        /// Number of targets.
        targets: usize,
    },
    /// A metric cannot use what the post-processing yields.
    #[error("metric `{metric}` scores {expected}, post-processing `{postprocess}` yields {got}")]
    Mismatch {
        /// The metric.
        metric: &'static str,
        /// The post-processing.
        postprocess: String,
        /// What the metric accepts.
        expected: String,
        /// What it was given.
        got: &'static str,
    },
    /// The target of an example is none of the labels.
    #[error("example `{id}`: target `{target}` is not one of the labels, expected one of {labels}")]
    LabelOutside {
        /// The example.
        id: String,
        /// Its target.
        target: String,
        /// The labels, in backticks.
        labels: String,
    },
    /// A value that a metric or a post-processing reads is not as it should be.
    #[error("example `{id}`: `{field}` is {got}, expected {expected}")]
    Field {
        /// The example.
        id: String,
        /// `group`, `references`, `choices` or the name of a field.
        field: &'static str,
        /// What the metric or the post-processing needs, and for what.
        expected: &'static str,
        /// What is there.
        got: String,
    },
    /// The task cannot be evaluated, as a whole.
    #[error("cannot be scored: {reason}")]
    NotScorable {
        /// Why, and what to do.
        reason: String,
    },
    /// The split, or the part of it that the limit leaves, has no example.
    #[error("there is no example to score")]
    NoExamples,
    /// The model failed.
    #[error("the model cannot answer")]
    Predictor {
        /// What it reported.
        source: Box<dyn StdError + Send + Sync>,
    },
    /// The model gave more or fewer answers than it was asked for.
    #[error("the model gave {got} answers to {expected} questions")]
    AnswerCount {
        /// Questions.
        expected: usize,
        /// Answers.
        got: usize,
    },
    /// A log-likelihood is not a number.
    #[error("example `{id}`: the log-likelihood of `{choice}` is not a number")]
    NotANumber {
        /// The example.
        id: String,
        /// The choice, or the targets.
        choice: String,
    },
    /// The place where samples go refused one.
    #[error("cannot hand on the sample of example `{id}`")]
    Sink {
        /// The example.
        id: String,
        /// Why.
        source: Box<dyn StdError + Send + Sync>,
    },
    /// A directory holds an evaluation that is not the one asked for.
    #[error(
        "`{path}` holds another evaluation: `{key}` is {recorded} there and {wanted} here; choose another directory, or start \
         over with `--fresh`"
    )]
    OtherEvaluation {
        /// The directory.
        path: PathBuf,
        /// The setting that differs.
        key: String,
        /// Its value there, as JSON.
        recorded: String,
        /// The value asked for, as JSON.
        wanted: String,
    },
    /// The samples of an evaluation that was broken off are not of these data.
    #[error(
        "sample {number} of `{path}` does not fit the data: {reason}; start over with `--fresh` or in another directory"
    )]
    DataChanged {
        /// The file of samples.
        path: PathBuf,
        /// Number of the sample, from 1.
        number: usize,
        /// What differs.
        reason: String,
    },
    /// A predictor does not say what its answers depend on, so that none can be kept.
    #[error("the model does not say what its answers depend on, so no cache can keep them")]
    NotCacheable,
    /// Two systems cannot be compared.
    #[error("the two systems cannot be compared: {reason}")]
    Incomparable {
        /// What differs.
        reason: String,
    },
    /// A suite contradicts itself; all problems are listed.
    #[error("suite `{name}` is not valid: {}", problems.join("; "))]
    Suite {
        /// The suite.
        name: String,
        /// Every problem found, in order.
        problems: Vec<String>,
    },
    /// An archive for a leaderboard that it would refuse; all problems are listed.
    #[error("submission `{archive}` is not valid:\n  {}", problems.join("\n  "))]
    Submission {
        /// The archive, or the evaluation that it would be made of.
        archive: String,
        /// Every problem found, file by file.
        problems: Vec<String>,
    },
    /// Any of these, in a task.
    #[error("evaluating task `{task}` on split `{split}`")]
    Task {
        /// The task.
        task: String,
        /// The split.
        split: String,
        /// What went wrong there.
        source: Box<Error>,
    },
    /// The data cannot be read.
    #[error(transparent)]
    Data(#[from] ext5_data::Error),
}

/// Result of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// What sort of error this is, for exit codes and for telling absent data from damaged.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Unknown { .. }
            | Self::Lengths { .. }
            | Self::Incomparable { .. }
            | Self::OtherEvaluation { .. }
            | Self::NotCacheable => ErrorKind::Request,
            Self::Mismatch { .. } | Self::NotScorable { .. } | Self::Suite { .. } => {
                ErrorKind::Config
            }
            Self::LabelOutside { .. }
            | Self::Field { .. }
            | Self::NotANumber { .. }
            | Self::NoExamples
            | Self::Submission { .. }
            | Self::DataChanged { .. } => ErrorKind::Data,
            Self::Predictor { source } => of_predictor(source.as_ref()),
            Self::AnswerCount { .. } => ErrorKind::Other,
            Self::Sink { .. } => ErrorKind::Io,
            Self::Task { source, .. } => source.kind(),
            Self::Data(error) => error.kind(),
        }
    }

    /// The error of a name that is not in a table: the nearest name, or all of them.
    pub(crate) fn unknown(what: &'static str, name: &str, names: &[&str]) -> Self {
        let near = ext5_data::did_you_mean(name, names.iter().copied());
        let hint = if near.is_empty() {
            format!(", expected one of {}", backticked(names.iter().copied()))
        } else {
            near
        };
        Self::Unknown {
            what,
            name: name.to_owned(),
            hint,
        }
    }

    /// Names the task and split that an error arose in.
    pub(crate) fn in_task(self, task: &str, split: &str) -> Self {
        Self::Task {
            task: task.to_owned(),
            split: split.to_owned(),
            source: Box::new(self),
        }
    }
}

/// What sort of error a predictor's is: a cache in front of a model reports errors of this crate.
fn of_predictor(source: &(dyn StdError + Send + Sync + 'static)) -> ErrorKind {
    let own = source.downcast_ref::<Error>().map(Error::kind);
    let data = || source.downcast_ref::<ext5_data::Error>();
    own.or_else(|| data().map(ext5_data::Error::kind))
        .unwrap_or(ErrorKind::Other)
}

/// Names in backticks, separated by commas.
pub(crate) fn backticked<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    names.join(", ")
}
