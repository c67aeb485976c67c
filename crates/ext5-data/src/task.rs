mod check;
mod stream;

use std::path::Path;
use std::sync::Arc;

use crate::content::{Content, ContentMemory};
use crate::program::{Program, Rendered};
use crate::skip::Skipping;
use crate::source::hash_text;
use crate::template::Fault;
use crate::{Error, Result, Row, Source, SourceRow, TaskSpec};

use stream::Stream;

/// Name of a split: `train`, `validation`, `test`.
pub type SplitName = String;

/// Raised when filters or the order of a program change what text a row becomes: caches of tokens then start anew.
const TEXT_VERSION: &str = "1";

/// One example of a supervised task, as text.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Example {
    /// Unique in its split: what the task's `id` gives, else the number of the row (`row/element` where rows explode).
    pub id: String,
    /// What examples are scored together by, for example the question of `MultiRC`.
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

/// A task bound to a data root: rows in, text out. Cheap to clone, shared between threads.
#[derive(Clone, Debug)]
pub struct Task {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    spec: TaskSpec,
    source: Source,
    program: Program,
}

impl Task {
    /// Compiles the task. No data is opened yet; an empty `data_root` serves tasks that need none.
    ///
    /// # Errors
    /// [`Error::Invalid`] with all problems of the spec and its templates.
    pub fn from_spec(spec: TaskSpec, data_root: &Path) -> Result<Self> {
        let mut problems = spec.structural_problems();
        match Program::compile(&spec) {
            Ok(program) if problems.is_empty() => {
                let source = Source::new(spec.source.clone(), data_root).of_task(&spec.name);
                Ok(Self {
                    inner: Arc::new(Inner {
                        spec,
                        source,
                        program,
                    }),
                })
            }
            compiled => {
                problems.extend(compiled.err().unwrap_or_default());
                Err(Error::Invalid {
                    what: "task",
                    name: spec.name,
                    problems,
                })
            }
        }
    }

    /// The task as its file says it.
    pub fn spec(&self) -> &TaskSpec {
        &self.inner.spec
    }

    /// The task's name.
    pub fn name(&self) -> &str {
        &self.inner.spec.name
    }

    /// Names of the splits, sorted.
    pub fn splits(&self) -> Vec<SplitName> {
        self.inner.spec.source.splits.keys().cloned().collect()
    }

    /// Where the rows come from.
    pub fn source(&self) -> &Source {
        &self.inner.source
    }

    /// Whether the task yields documents in place of examples.
    pub fn is_self_supervised(&self) -> bool {
        self.inner.spec.text.is_some()
    }

    /// The examples of a split in the order of its rows, the first `limit` of them. The iterator ends after an error.
    ///
    /// # Errors
    /// [`Error::Unknown`] for a split it does not have, [`Error::Missing`] where its data are absent, [`Error::Refused`] for a
    /// self-supervised task. Each item may be an error naming file, row and column.
    pub fn examples(
        &self,
        split: &str,
        limit: Option<u64>,
    ) -> Result<impl Iterator<Item = Result<Example>> + Send + 'static> {
        self.expect_documents(false)?;
        let split = split.to_owned();
        let rows = self.inner.source.rows(&split)?;
        let task = self.clone();
        Ok(Stream::new(rows, limit, move |row: &SourceRow| {
            task.rendered(&split, row).map(Rendered::into_examples)
        }))
    }

    /// The documents of a split of a self-supervised task in the order of its rows, the first `limit` of them.
    ///
    /// # Errors
    /// As [`Task::examples`], [`Error::Refused`] for a supervised task.
    pub fn documents(
        &self,
        split: &str,
        limit: Option<u64>,
    ) -> Result<impl Iterator<Item = Result<String>> + Send + 'static> {
        self.expect_documents(true)?;
        let split = split.to_owned();
        let rows = self.inner.source.rows(&split)?;
        let task = self.clone();
        Ok(Stream::new(rows, limit, move |row: &SourceRow| {
            task.rendered(&split, row).map(Rendered::into_documents)
        }))
    }

    /// Number of the row, inputs and targets of the examples of some rows of a split, the first `limit` of them; where bad rows
    /// are counted, they are left out.
    pub(crate) fn pairs(
        &self,
        split: &str,
        rows: impl Iterator<Item = Result<SourceRow>> + Send + 'static,
        limit: Option<u64>,
        skipping: Option<Skipping>,
    ) -> Result<impl Iterator<Item = Result<(u64, String, String)>> + Send + 'static> {
        self.expect_documents(false)?;
        let (task, split) = (self.clone(), split.to_owned());
        Ok(Stream::new(rows, limit, move |row: &SourceRow| {
            let examples = task.rendered(&split, row)?.into_examples().into_iter();
            let pair = |example: Example| (example.row, example.inputs, example.targets);
            Ok(examples.map(pair).collect())
        })
        .skipping(skipping))
    }

    /// Number of the row and text of the documents of some rows of a split, as [`Task::pairs`].
    pub(crate) fn numbered_documents(
        &self,
        split: &str,
        rows: impl Iterator<Item = Result<SourceRow>> + Send + 'static,
        limit: Option<u64>,
        skipping: Option<Skipping>,
    ) -> Result<impl Iterator<Item = Result<(u64, String)>> + Send + 'static> {
        self.expect_documents(true)?;
        let (task, split) = (self.clone(), split.to_owned());
        Ok(Stream::new(rows, limit, move |row: &SourceRow| {
            let documents = task.rendered(&split, row)?.into_documents().into_iter();
            Ok(documents.map(|document| (row.row, document)).collect())
        })
        .skipping(skipping))
    }

    /// The examples that one row of `split` becomes: none where `where` leaves it out, several where it explodes.
    ///
    /// # Errors
    /// [`Error::Row`] naming the part of the task and the columns it reads.
    pub fn render(&self, split: &str, row: &Row) -> Result<Vec<Example>> {
        let rendered = self.inner.program.run(split, 0, row);
        rendered
            .map(Rendered::into_examples)
            .map_err(|fault| self.located(fault, Path::new(self.name()), 0))
    }

    /// What one row of [`Source::rows`] becomes, with the ids that [`Task::examples`] gives; the documents of a self-supervised
    /// task are inputs without targets. Threads may share the rows of a split by it.
    ///
    /// # Errors
    /// [`Error::Row`] naming file, row and column.
    pub fn read_row(&self, split: &str, row: &SourceRow) -> Result<Vec<Example>> {
        let documents = match self.rendered(split, row)? {
            Rendered::Examples(examples) => return Ok(examples),
            Rendered::Documents(documents) => documents,
        };
        let several = self.inner.spec.explode.is_some();
        let example = |(index, inputs): (usize, String)| Example {
            id: if several {
                format!("{}/{index}", row.row)
            } else {
                row.row.to_string()
            },
            inputs,
            row: row.row,
            ..Example::default()
        };
        Ok(documents.into_iter().enumerate().map(example).collect())
    }

    /// Hash of all that decides the examples of a split: the parts of the task file that make text, and the content of the
    /// files; lower-case hexadecimal. Descriptions, metrics and the task's own examples do not count.
    ///
    /// # Errors
    /// [`Error::Missing`] where the data are absent.
    pub fn fingerprint(&self, split: &str) -> Result<String> {
        self.fingerprint_by(split, &Content::of_file)
    }

    /// As [`Task::fingerprint`], but files whose content is remembered below `cache_root` are not read again as long as their
    /// size, times and inode stay what they were; [`crate::TokenCache::open_or_build`] finds its caches by it.
    ///
    /// # Errors
    /// As [`Task::fingerprint`].
    pub fn fingerprint_remembered(&self, split: &str, cache_root: &Path) -> Result<String> {
        let memory = ContentMemory::below(cache_root);
        self.fingerprint_by(split, &|path| memory.content(path))
    }

    /// The same, with the content of files told by `content`, which may remember it.
    fn fingerprint_by(
        &self,
        split: &str,
        content: &dyn Fn(&Path) -> Result<Content>,
    ) -> Result<String> {
        let spec = &self.inner.spec;
        let decisive = serde_json::json!([
            spec.name,
            spec.filter,
            spec.labels,
            spec.inputs,
            spec.targets,
            spec.text,
            spec.references,
            spec.choices,
            spec.id,
            spec.group,
            spec.fields,
            spec.explode,
            spec.lets,
            spec.objective,
            spec.source.format,
            spec.source.table,
            spec.source.columns,
        ]);
        let mut hasher = blake3::Hasher::new();
        hash_text(&mut hasher, TEXT_VERSION);
        hash_text(&mut hasher, &decisive.to_string());
        hash_text(&mut hasher, split);
        hash_text(
            &mut hasher,
            &self.inner.source.fingerprint_by(split, content)?,
        );
        Ok(hasher.finalize().to_hex().to_string())
    }

    /// Runs the task file's own `[[examples]]`.
    ///
    /// Every text that is not as expected is one problem; empty where all hold.
    pub fn check_examples(&self) -> Vec<String> {
        check::problems(&self.inner.spec, &self.inner.program)
    }

    fn rendered(&self, split: &str, row: &SourceRow) -> Result<Rendered> {
        let rendered = self.inner.program.run(split, row.row, &row.values);
        rendered.map_err(|fault| self.located(fault, &row.path, row.row_in_file))
    }

    fn located(&self, fault: Fault, path: &Path, row: u64) -> Error {
        let Fault {
            place,
            reason,
            in_task,
        } = fault;
        if in_task {
            let problems = vec![format!("{place}: {reason}")];
            return Error::Invalid {
                what: "task",
                name: self.name().to_owned(),
                problems,
            };
        }
        Error::Row {
            path: path.to_owned(),
            row,
            place,
            reason,
        }
    }

    fn expect_documents(&self, documents: bool) -> Result<()> {
        if self.is_self_supervised() == documents {
            return Ok(());
        }
        let name = self.name();
        let reason = if documents {
            format!("task `{name}` has examples, no documents: it is supervised")
        } else {
            format!("task `{name}` has documents, no examples: it is self-supervised")
        };
        Err(Error::Refused {
            kind: crate::ErrorKind::Request,
            reason,
        })
    }
}
