//! Every format that the product reads: a valid file, and how the product reads it.
mod by_name;
mod cache;
mod defects;
mod lines;
mod model;
mod spiece;
mod tables;
mod toml_files;
mod vocabulary;

use std::path::{Path, PathBuf};

use super::told::Refused;
use crate::row::Failure;

pub(super) use by_name::{model_files, reader_of};
pub(super) use spiece::model as spiece_model;
pub(super) use toml_files::task_text;
pub(super) use vocabulary::trained;

/// A format that the product reads.
pub(super) struct Format {
    /// Its name, a word.
    pub(super) name: &'static str,
    /// Whether it is text.
    pub(super) text: bool,
    /// Makes a valid file with all that belongs to it in an empty directory: a small one, or one of so many times its rows, weights
    /// or pieces.
    pub(super) make: fn(&Path, usize) -> Result<Made, Failure>,
}

/// How a reader ends.
pub(in crate::rows::input) type Outcome = Result<(), Refused>;

/// Puts a content into its file.
pub(super) type Around = Box<dyn Fn(&[u8]) -> Vec<u8>>;

/// A valid file, and its reader.
pub(super) struct Made {
    /// What is damaged.
    pub(super) sample: Vec<u8>,
    /// The content of the file with the damage in it.
    pub(super) file: Around,
    /// Where it is written.
    pub(super) path: PathBuf,
    /// What an error must name: the file, or the directory that is read as one thing.
    pub(super) subject: PathBuf,
    /// Reads it as the product does.
    pub(super) read: Box<dyn Fn() -> Outcome>,
}

impl Made {
    /// A file that is damaged as it is and named in errors.
    fn file(path: PathBuf, sample: Vec<u8>, read: impl Fn(&Path) -> Outcome + 'static) -> Self {
        let (subject, at) = (path.clone(), path.clone());
        Self {
            sample,
            file: Box::new(<[u8]>::to_vec),
            path,
            subject,
            read: Box::new(move || read(&at)),
        }
    }

    /// The same, read as a part of the directory `subject`, which is what errors name.
    fn part_of(self, subject: &Path) -> Self {
        let subject = subject.to_owned();
        Self { subject, ..self }
    }
}

/// All formats.
const FORMATS: &[&[Format]] = &[
    tables::FORMATS,
    lines::FORMATS,
    model::FORMATS,
    vocabulary::FORMATS,
    toml_files::FORMATS,
    cache::FORMATS,
];

/// All formats, or the defect of that name alone.
pub(super) fn of(defect: Option<&str>) -> Vec<&'static Format> {
    match defect {
        Some(name) => find(name).into_iter().collect(),
        None => FORMATS.iter().copied().flatten().collect(),
    }
}

/// The format or defect of that name.
pub(super) fn find(name: &str) -> Option<&'static Format> {
    let all = FORMATS.iter().copied().flatten();
    all.chain(defects::FORMATS)
        .find(|format| format.name == name)
}

/// The answer of a reader that gives nothing else.
fn refusal<T, E: std::error::Error + 'static>(result: Result<T, E>) -> Outcome {
    result.map(drop).map_err(|error| Refused::of(&error))
}
