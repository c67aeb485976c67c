//! The micro-world: a small made-up country that generates its own text and tasks.
//!
//! People, towns and things stand in fixed relations, drawn once from a fixed seed. Plain documents
//! (table `text`) state all of them. The other tables are supervised tasks of all eight families;
//! those named `heldout_*` are for fine-tuning alone. Three relations (birthplace, instrument, pet)
//! are stated by plain text only, and `heldout_recall` asks for them about other people in training
//! than in validation and test: there only plain text knows the answer.
mod classification;
mod closed_book;
mod commonsense;
mod dialogue;
mod draw;
mod nli;
mod reading_comprehension;
mod relation;
mod semantic_parsing;
mod story;
mod summarization;
mod table;
mod text;
mod words;
mod world;

#[cfg(test)]
mod tests;

use draw::Split;
use table::{TABLES, Table};

use crate::{Error, Result, Row, did_you_mean};

/// Version of the world: other rows, another version.
pub const VERSION: &str = "1";

/// The splits of every table.
pub const SPLITS: [&str; 3] = ["train", "validation", "test"];

/// The names of all tables, sorted.
pub fn tables() -> impl Iterator<Item = &'static str> {
    TABLES.iter().map(|table| table.name)
}

/// The columns of a table, in order. `label` is a class index, every other column is text.
///
/// # Errors
/// [`Error::Unknown`] with the nearest table.
pub fn columns(table: &str) -> Result<&'static [&'static str]> {
    find(table).map(|table| table.columns)
}

/// The rows of one split of a table, in an order that never changes: the same rows on every call.
///
/// # Errors
/// [`Error::Unknown`] with the nearest table or split.
pub fn rows(table: &str, split: &str) -> Result<Box<dyn Iterator<Item = Row> + Send>> {
    let table = find(table)?;
    let split = match split {
        "train" => Split::Train,
        "validation" => Split::Validation,
        "test" => Split::Test,
        _ => return Err(unknown("split of the micro-world", split, SPLITS)),
    };
    Ok(Box::new(table.rows(split)))
}

fn find(name: &str) -> Result<&'static Table> {
    TABLES
        .iter()
        .find(|table| table.name == name)
        .ok_or_else(|| unknown("table of the micro-world", name, tables()))
}

fn unknown(what: &'static str, name: &str, names: impl IntoIterator<Item = &'static str>) -> Error {
    Error::Unknown {
        what,
        name: name.to_owned(),
        hint: did_you_mean(name, names),
    }
}
