//! What an evaluation found, as files that people and other programs read.
mod csv;
mod latex;
mod lm_eval;
pub(crate) mod markdown;

use std::path::Path;

use ext5_data::storage;
use serde_json::Value;

use crate::error::Result;
use crate::{Identity, SuiteReport, TaskReport};

/// An evaluation to be written down.
#[derive(Clone, Copy, Debug)]
pub struct Outcome<'a> {
    /// Who answered, and how.
    pub identity: &'a Identity,
    /// The reports of the tasks, in the order of tables.
    pub reports: &'a [TaskReport],
    /// The report of the suite, where one was evaluated.
    pub suite: Option<&'a SuiteReport>,
}

impl Outcome<'_> {
    /// The layout of `results.json` of lm-evaluation-harness 0.4, which its `make_table` reads: shares as fractions, not times
    /// 100, where that harness has them so. What it has no place for is under the key `ext5`.
    pub fn lm_eval(&self) -> Value {
        lm_eval::render(self)
    }

    /// A Markdown page with all scores, notes and signatures.
    pub fn markdown(&self) -> String {
        markdown::render(self)
    }

    /// One line a score, after a line with the names of the columns.
    pub fn csv(&self) -> String {
        csv::render(self)
    }

    /// A LaTeX table in the style of `booktabs`.
    pub fn latex(&self) -> String {
        latex::render(self)
    }

    /// Writes `results.json`, `results.md`, `results.csv` and `results.tex` into `dir`.
    ///
    /// # Errors
    /// [`crate::Error::Data`] where one cannot be written.
    pub fn write(&self, dir: &Path) -> Result<()> {
        let json = format!("{:#}\n", self.lm_eval());
        let files = [
            ("results.json", json),
            ("results.md", self.markdown()),
            ("results.csv", self.csv()),
            ("results.tex", self.latex()),
        ];
        for (name, text) in files {
            storage::local().write(&dir.join(name), text.as_bytes())?;
        }
        Ok(())
    }
}
