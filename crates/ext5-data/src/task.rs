use std::path::Path;

use crate::{Result, Row, TaskSpec};

/// Name of a split: `train`, `validation`, `test`.
pub type SplitName = String;

/// One example of a supervised task, as text.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Example {
    /// Unique in its split: what the task's `id` gives, else the number of the row (`row/element` where rows explode).
    pub id: String,
    /// What examples are scored together by, for example the question of MultiRC.
    pub group: Option<String>,
    /// What the encoder reads.
    pub inputs: String,
    /// What the decoder is to write.
    pub targets: String,
    /// All right answers, never empty.
    pub references: Vec<String>,
    /// The answers to rank; empty where the task has none.
    pub choices: Vec<String>,
    /// Further values that post-processing and metrics need.
    pub fields: Row,
    /// Number of the row in its split, from 0.
    pub row: u64,
}

/// A task bound to a data root: rows in, text out.
#[derive(Clone, Debug)]
pub struct Task {
    spec: TaskSpec,
}

impl Task {
    /// Compiles the task. No data is opened yet.
    ///
    /// # Errors
    /// [`crate::Error::Invalid`] with all problems of the spec and its templates.
    pub fn from_spec(spec: TaskSpec, _data_root: &Path) -> Result<Self> {
        Ok(Self { spec })
    }

    /// The task as its file says it.
    pub fn spec(&self) -> &TaskSpec {
        &self.spec
    }

    /// The task's name.
    pub fn name(&self) -> &str {
        &self.spec.name
    }

    /// Names of the splits, sorted.
    pub fn splits(&self) -> Vec<SplitName> {
        self.spec.source.splits.keys().cloned().collect()
    }

    /// Whether the task yields documents in place of examples.
    pub fn is_self_supervised(&self) -> bool {
        self.spec.text.is_some()
    }

    /// The examples of a split in the order of its rows, the first `limit` of them.
    ///
    /// # Errors
    /// [`crate::Error::Unknown`] for a split it does not have, [`crate::Error::Missing`] where its data are absent. Each item may be
    /// an error naming file, row and column.
    pub fn examples(
        &self,
        _split: &str,
        _limit: Option<u64>,
    ) -> Result<Box<dyn Iterator<Item = Result<Example>> + Send>> {
        Ok(Box::new(std::iter::empty()))
    }

    /// The documents of a split of a self-supervised task, the first `limit` of them.
    ///
    /// # Errors
    /// As [`Task::examples`].
    pub fn documents(
        &self,
        _split: &str,
        _limit: Option<u64>,
    ) -> Result<Box<dyn Iterator<Item = Result<String>> + Send>> {
        Ok(Box::new(std::iter::empty()))
    }

    /// Hash of all that decides the examples of a split: the task's text and the content of its files; lower-case hexadecimal.
    ///
    /// # Errors
    /// [`crate::Error::Missing`] where the data are absent.
    pub fn fingerprint(&self, _split: &str) -> Result<String> {
        Ok(String::new())
    }
}
