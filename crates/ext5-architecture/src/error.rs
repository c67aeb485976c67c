/// What can be wrong with a configuration or a set of weights.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The configuration is not JSON, or a key has the wrong type.
    #[error("cannot read the model's configuration: {0}; expected a T5 `config.json`")]
    ConfigSyntax(#[source] serde_json::Error),
    /// A key of the configuration has a value the model cannot have.
    #[error("the model's configuration has `{key}` = `{value}`, expected {expected}")]
    ConfigValue {
        /// Key of `config.json`.
        key: &'static str,
        /// What was found.
        value: String,
        /// What is allowed.
        expected: &'static str,
    },
    /// No preset has this name.
    #[error("there is no model preset `{name}`; the presets are {known}")]
    UnknownPreset {
        /// The name asked for.
        name: String,
        /// All names.
        known: String,
    },
    /// A file of weights is not safetensors.
    #[error("`{file}` is not a safetensors file or is damaged: {reason}; fetch or save it again")]
    Safetensors {
        /// Name of the file.
        file: String,
        /// The parser's words.
        reason: String,
    },
    /// A file of torch's is not a dictionary of tensors and nothing else. Such files are programs: what is not known to be harmless
    /// is refused, and nothing of them is run.
    #[error("`{file}` is refused: {reason}")]
    Torch {
        /// Name of the file.
        file: String,
        /// What is refused.
        reason: String,
    },
    /// The index of sharded weights cannot be read.
    #[error(
        "cannot read the index of weights `model.safetensors.index.json`: {0}; fetch or save it again"
    )]
    Index(#[source] serde_json::Error),
    /// A parameter of the model is in none of the files.
    #[error(
        "the weights lack `{name}` {shape:?}; the configuration asks for it, so the two do not belong together"
    )]
    MissingWeight {
        /// Hugging Face name.
        name: String,
        /// Its expected shape.
        shape: Vec<usize>,
    },
    /// A parameter has another shape than the configuration gives it.
    #[error(
        "the weight `{name}` has shape {found:?}, expected {expected:?} from the configuration"
    )]
    WeightShape {
        /// Hugging Face name.
        name: String,
        /// Shape in the file.
        found: Vec<usize>,
        /// Shape by the configuration.
        expected: Vec<usize>,
    },
    /// A parameter is stored in a number format the model cannot read.
    #[error("the weight `{name}` is stored as {dtype}, expected F32, F16 or BF16")]
    WeightType {
        /// Hugging Face name.
        name: String,
        /// Its format.
        dtype: String,
    },
    /// A file holds weights that this model has no place for.
    #[error("the weights hold {count} tensors the model has no place for, the first is `{first}`")]
    UnexpectedWeights {
        /// How many.
        count: usize,
        /// The first by name.
        first: String,
    },
    /// The device failed while a tensor was read or written.
    #[error("the device failed: {0}")]
    Device(String),
}

/// Result of this crate.
pub type Result<T> = std::result::Result<T, Error>;
