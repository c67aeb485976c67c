//! Where rows come from: files under the data root, or this program itself.
mod arrow_guard;
mod arrow_ipc;
mod arrow_value;
mod batch_rows;
mod census;
mod columns;
mod csv_file;
mod generated;
mod jsonl;
mod locate;
mod parquet_file;
mod parquet_guard;
mod parquet_pages;
mod rows;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::content::Content;
use crate::suggest::{did_you_mean, name_list};
use crate::{Error, Format, Result, Row, SourceSpec};

pub(crate) use census::Census;
pub(crate) use columns::format_of;
pub(crate) use locate::inside;
pub use rows::{Rows, SourceRow};

/// Rows of one file in order; errors name the file and the row.
type FileRows = Box<dyn Iterator<Item = Result<Row>> + Send>;

/// The rows of a data set: format, columns and splits of a task's `[source]`, under a data root.
#[derive(Clone, Debug)]
pub struct Source {
    spec: SourceSpec,
    root: PathBuf,
    /// The task, for errors; empty where it is of none.
    task: String,
}

impl Source {
    /// A source with its globs relative to `root`. Nothing is opened yet.
    pub fn new(spec: SourceSpec, root: &Path) -> Self {
        Self {
            spec,
            root: root.to_owned(),
            task: String::new(),
        }
    }

    /// The same, with errors that say how to get the data of a task.
    pub(crate) fn of_task(mut self, task: &str) -> Self {
        task.clone_into(&mut self.task);
        self
    }

    /// The rows of one JSONL file, each with the given columns alone, outside any task.
    pub fn jsonl(path: &Path, columns: &[&str]) -> Rows {
        let columns: Vec<String> = columns.iter().map(|&column| column.to_owned()).collect();
        Rows::of_files(Format::Jsonl, vec![path.to_owned()], columns.into())
    }

    /// The rows of one file, each with the given columns alone, outside any task.
    pub fn of_file(format: Format, path: &Path, columns: &[String]) -> Rows {
        Rows::of_files(format, vec![path.to_owned()], columns.to_vec().into())
    }

    /// The names of a file's columns in order; for JSONL, the keys of its first object.
    ///
    /// # Errors
    /// [`Error::Missing`] and [`Error::Damaged`].
    pub fn columns_of(format: Format, path: &Path) -> Result<Vec<String>> {
        columns::names(format, path)
    }

    /// The files of a split, sorted; empty for generated rows.
    ///
    /// # Errors
    /// [`Error::Unknown`] for a split that is not listed, [`Error::Missing`] where a pattern matches no file.
    pub fn files(&self, split: &str) -> Result<Vec<PathBuf>> {
        let patterns = self
            .spec
            .splits
            .get(split)
            .ok_or_else(|| self.unknown_split(split))?;
        if self.spec.format == Format::MicroWorld {
            return Ok(Vec::new());
        }
        locate::files(&self.root, patterns, &self.task)
    }

    /// The rows of a split: its files in order, each with the listed columns alone.
    ///
    /// # Errors
    /// As [`Source::files`]. Items are errors where a file is damaged, lacks a column or has a bad row.
    pub fn rows(&self, split: &str) -> Result<Rows> {
        let files = self.files(split)?;
        if self.spec.format == Format::MicroWorld {
            let table = self.table();
            let path = PathBuf::from(format!("micro_world/{table}/{split}"));
            let rows = generated::rows(&path, table, split, &self.spec.columns)?;
            return Ok(Rows::of_one(path, rows));
        }
        let columns: Arc<[String]> = self.spec.columns.clone().into();
        Ok(Rows::of_files(self.spec.format, files, columns))
    }

    /// How many rows each file of a split has. Of Parquet no more than the footers is read, of other formats everything.
    ///
    /// # Errors
    /// As [`Source::rows`].
    pub(crate) fn census(&self, split: &str) -> Result<Census> {
        if self.spec.format == Format::MicroWorld {
            return Ok(Census::of_generated(self.rows(split)?.count() as u64));
        }
        let columns: Arc<[String]> = self.spec.columns.clone().into();
        let count = |path: PathBuf| {
            let (_, rows) = open(self.spec.format, &path, &columns, u64::MAX)?;
            Ok((path, rows))
        };
        let files = self.files(split)?.into_iter().map(count);
        files.collect::<Result<_>>().map(Census::of_files)
    }

    /// The rows of a split from number `first` on, which keep their numbers.
    ///
    /// # Errors
    /// As [`Source::rows`].
    pub(crate) fn rows_from(&self, split: &str, census: &Census, first: u64) -> Result<Rows> {
        if self.spec.format == Format::MicroWorld {
            return Ok(self.rows(split)?.pass_over(first));
        }
        let columns: Arc<[String]> = self.spec.columns.clone().into();
        let (files, skip) = census.files_from(first);
        Ok(Rows::of_files(self.spec.format, files, columns).starting_at(first, skip))
    }

    /// Hash of the names (relative to the data root), sizes and content of a split's files, in lower-case hexadecimal.
    /// Generated rows hash the generator's version.
    ///
    /// # Errors
    /// As [`Source::files`], and where a file cannot be read.
    pub fn fingerprint(&self, split: &str) -> Result<String> {
        self.fingerprint_by(split, &Content::of_file)
    }

    /// The same, with the content of files told by `content`, which may remember it.
    pub(crate) fn fingerprint_by(
        &self,
        split: &str,
        content: &dyn Fn(&Path) -> Result<Content>,
    ) -> Result<String> {
        let mut hasher = blake3::Hasher::new();
        for path in self.files(split)? {
            let name = path.strip_prefix(&self.root).unwrap_or(&path);
            let content = content(&path)?;
            hash_text(&mut hasher, &name.to_string_lossy().replace('\\', "/"));
            hasher.update(&content.bytes.to_le_bytes());
            hasher.update(content.blake3.as_bytes());
        }
        if self.spec.format == Format::MicroWorld {
            hash_text(&mut hasher, &generated::version());
            hash_text(&mut hasher, self.table());
            hash_text(&mut hasher, split);
        }
        Ok(hasher.finalize().to_hex().to_string())
    }

    fn table(&self) -> &str {
        self.spec.table.as_deref().unwrap_or_default()
    }

    fn unknown_split(&self, split: &str) -> Error {
        let names = || self.spec.splits.keys().map(String::as_str);
        let hint = match did_you_mean(split, names()) {
            hint if hint.is_empty() => format!(", there are {}", name_list(names())),
            hint => hint,
        };
        Error::Unknown {
            what: "split",
            name: split.to_owned(),
            hint,
        }
    }
}

/// Adds a text with its length, so that no two sequences of texts hash alike.
pub(crate) fn hash_text(hasher: &mut blake3::Hasher, text: &str) {
    hasher.update(&(text.len() as u64).to_le_bytes());
    hasher.update(text.as_bytes());
}

/// The rows of a file behind its first `skip`, and how many were passed over: fewer where the file has no more.
fn open(
    format: Format,
    path: &Path,
    columns: &Arc<[String]>,
    skip: u64,
) -> Result<(FileRows, u64)> {
    match format {
        Format::Parquet => parquet_file::open(path, columns, skip),
        Format::Arrow => arrow_ipc::open(path, columns, skip),
        Format::Jsonl => jsonl::open(path, columns, skip),
        Format::Csv => csv_file::open(path, columns, skip),
        Format::MicroWorld => Ok((Box::new(std::iter::empty()), 0)),
    }
}

/// Places of `columns` among the columns `present` in a file.
fn column_places(path: &Path, columns: &[String], present: &[&str]) -> Result<Vec<usize>> {
    columns
        .iter()
        .map(|column| {
            present
                .iter()
                .position(|name| name == column)
                .ok_or_else(|| no_column(path, column, present))
        })
        .collect()
}

fn no_column(path: &Path, column: &str, present: &[&str]) -> Error {
    Error::Column {
        path: path.to_owned(),
        column: column.to_owned(),
        present: name_list(present.iter().copied()),
        hint: did_you_mean(column, present.iter().copied()),
    }
}
