use ext5_data::ErrorKind;
use std::path::PathBuf;

/// What can go wrong in a run. [`Error::kind`] sorts it for exit codes.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Data, tasks' files, storage.
    #[error(transparent)]
    Data(#[from] ext5_data::Error),
    /// The catalogue.
    #[error(transparent)]
    Tasks(#[from] ext5_tasks::Error),
    /// Metrics and suites.
    #[error(transparent)]
    Eval(#[from] ext5_eval::Error),
    /// The model's configuration or weights.
    #[error("cannot load the model `{path}`")]
    Model {
        /// Its directory.
        path: PathBuf,
        /// Why.
        source: ext5_model::Error,
    },
    /// A value of the run's configuration cannot be.
    #[error("the run's configuration is not valid: {}", problems.join("; "))]
    Config {
        /// Every problem, naming its key.
        problems: Vec<String>,
    },
    /// No recipe has this name.
    #[error("unknown recipe `{name}`{hint}")]
    Recipe {
        /// The name asked for.
        name: String,
        /// The nearest name or all of them, starting with punctuation.
        hint: String,
    },
    /// This program has no such device, or the machine has none.
    #[error(
        "there is no device `{name}` here; this program was built with {compiled}, choose one with `--set trainer.device=NAME`"
    )]
    NoDevice {
        /// The name asked for.
        name: String,
        /// The devices compiled in.
        compiled: String,
    },
    /// The device cannot do what the configuration asks of it.
    #[error(
        "the device `{name}` cannot {what}; choose another, or train without with `--set {instead}`"
    )]
    Unsupported {
        /// The device's name.
        name: String,
        /// What was asked of it.
        what: &'static str,
        /// The setting that every device can do.
        instead: &'static str,
    },
    /// The device failed in the middle of its work.
    #[error("the device failed to {action}: {reason}")]
    Device {
        /// What was tried.
        action: &'static str,
        /// The device's words.
        reason: String,
    },
    /// A directory that should hold a model holds none.
    #[error(
        "`{path}` is no model: expected a run directory, one of its checkpoints, or a Hugging Face directory with `config.json` and `model.safetensors`"
    )]
    NoModel {
        /// The directory.
        path: PathBuf,
    },
    /// The weights are a pickle, which is not read unasked.
    #[error(
        "`{path}` has its weights in `pytorch_model.bin` alone, which is not read unasked: `ext5 import --from {path}/pytorch_model.bin --to DIR` makes safetensors of it"
    )]
    Pickled {
        /// The directory.
        path: PathBuf,
    },
    /// A checkpoint does not hold what its manifest says.
    #[error(
        "the checkpoint `{path}` is damaged: {reason}; resume from an older one by removing it"
    )]
    Checkpoint {
        /// Its directory.
        path: PathBuf,
        /// What differs.
        reason: String,
    },
    /// A run directory cannot be used as asked.
    #[error("{reason}")]
    RunDirectory {
        /// What is wrong and what to do.
        reason: String,
    },
    /// Processes cannot be joined.
    #[error("{reason}")]
    NoRanks {
        /// Why, and what to do.
        reason: String,
    },
    /// The processes of a run do not fit together; all of them have this error.
    #[error("{reason}")]
    Ranks {
        /// What is wrong and what to do.
        reason: String,
    },
    /// Loss or gradient is no number any more. The weights are as before the step.
    #[error(
        "{what} is {value} at step {step}, so the step was not taken; its examples are {examples}; lower the learning rate (`schedule.rate`) or look at these examples, then resume from the last checkpoint, or pass over such batches (`trainer.non_finite.policy=skip`)"
    )]
    NotFinite {
        /// `the loss` or `the gradient norm`.
        what: &'static str,
        /// Its value.
        value: f64,
        /// The step.
        step: u64,
        /// Task and number of some of the examples.
        examples: String,
    },
    /// Loss or gradient stands out. The step was taken; the run was to go back.
    #[error(
        "{what} jumped to {value:.4} at step {step}, whose examples are {examples}; lower the learning rate (`schedule.rate`) or look at these examples"
    )]
    Spike {
        /// `the loss` or `the gradient norm`.
        what: &'static str,
        /// Its value.
        value: f64,
        /// Steps done.
        step: u64,
        /// Task and number of some of the examples.
        examples: String,
    },
    /// More went wrong than the run may pass over.
    #[error("{limit}; the last: {last}")]
    Diverged {
        /// The limit, and its key.
        limit: String,
        /// What went wrong last.
        last: Box<Error>,
    },
    /// The run would need more memory than it may take; nothing of it was asked for yet.
    #[error(
        "the run would need {needed_mib:.0} MiB of memory, {set_by} leaves {left_mib:.0} MiB; {instead}"
    )]
    Memory {
        /// What it would need, MiB.
        needed_mib: f64,
        /// What it may take, MiB.
        left_mib: f64,
        /// Who says so.
        set_by: &'static str,
        /// What would fit.
        instead: String,
    },
    /// The run was told to stop; everything is saved.
    #[error("stopped at step {step}; continue with `ext5 train --resume --run-dir {run_dir}`")]
    Stopped {
        /// Steps done.
        step: u64,
        /// Where to resume.
        run_dir: PathBuf,
        /// Whether a person interrupted it, not a scheduler.
        interrupted: bool,
    },
}

/// Result of this crate.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    pub(crate) fn device(action: &'static str, error: &impl std::fmt::Debug) -> Self {
        Self::Device {
            action,
            reason: format!("{error:?}"),
        }
    }

    /// Whether each process of the run has this error, at the same place: nobody waits for this one.
    pub fn is_everywhere(&self) -> bool {
        matches!(
            self,
            Self::Ranks { .. }
                | Self::NotFinite { .. }
                | Self::Spike { .. }
                | Self::Diverged { .. }
                | Self::Stopped { .. }
        )
    }

    /// What sort of error this is, for exit codes.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Data(error) => error.kind(),
            Self::Tasks(error) => error.kind(),
            Self::Eval(error) => error.kind(),
            Self::Model { .. }
            | Self::NotFinite { .. }
            | Self::Spike { .. }
            | Self::Diverged { .. }
            | Self::Checkpoint { .. } => ErrorKind::Data,
            Self::Config { .. } | Self::Ranks { .. } => ErrorKind::Config,
            Self::NoRanks { .. } => ErrorKind::Unavailable,
            Self::Recipe { .. } | Self::RunDirectory { .. } => ErrorKind::Request,
            Self::NoDevice { .. }
            | Self::Unsupported { .. }
            | Self::Device { .. }
            | Self::Memory { .. } => ErrorKind::Device,
            Self::NoModel { .. } | Self::Pickled { .. } => ErrorKind::Missing,
            Self::Stopped {
                interrupted: true, ..
            } => ErrorKind::Interrupted,
            Self::Stopped { .. } => ErrorKind::Stopped,
        }
    }
}
