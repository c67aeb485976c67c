use std::io::BufRead;
use std::path::{Path, PathBuf};

use ext5_data::{door, is_name, storage};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::{Identity, SuiteReport, TaskReport, TaskUnits};

pub(crate) const IDENTITY: &str = "evaluation.json";
pub(crate) const SAMPLES: &str = "samples";
pub(crate) const REPORTS: &str = "reports";
const SUITE: &str = "suite.json";
pub(crate) const UNITS: &str = "units";
/// Largest file of an evaluation that is read whole, bytes: rows of statistics of some ten million examples.
const LARGEST: u64 = 1 << 33;

/// An evaluation on disk, for reading: who answered, the reports of the tasks that are finished, their rows and samples.
#[derive(Clone, Debug)]
pub struct RecordedEvaluation {
    /// Its directory.
    pub path: PathBuf,
    /// Who answered, and how.
    pub identity: Identity,
    /// The reports of the finished tasks, by the names of their files.
    pub reports: Vec<TaskReport>,
}

/// One example with its answer, as a line of `samples/TASK.SPLIT.jsonl`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RecordedSample {
    /// The task.
    pub task: String,
    /// The split.
    pub split: String,
    /// The example's id.
    pub id: String,
    /// What examples are scored together by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// What the model read.
    pub inputs: String,
    /// The right answer as text.
    pub targets: String,
    /// All right answers.
    pub references: Vec<String>,
    /// What the model wrote, or the choice it finds likeliest.
    pub prediction: String,
    /// Each choice with its log-likelihood (`null` is minus infinity) and number of tokens, under the rank protocol.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<(String, Option<f64>, usize)>,
}

impl RecordedEvaluation {
    /// The evaluation in `dir`, finished or not.
    ///
    /// # Errors
    /// [`crate::Error::Data`] where there is none, or where one of its files is damaged.
    pub fn read(dir: &Path) -> Result<Self> {
        let identity = read_json(&dir.join(IDENTITY))?;
        let folder = dir.join(REPORTS);
        let mut reports = Vec::new();
        if storage::local().exists(&folder)? {
            for path in storage::local().list(&folder)? {
                let report: TaskReport = read_json(&path)?;
                // They become the names of the files beside it.
                if let Some(name) = [&report.task, &report.split]
                    .into_iter()
                    .find(|it| !is_name(it))
                {
                    let reason = format!("{name:?} is no name of a task or split");
                    return Err(ext5_data::Error::Damaged { path, reason }.into());
                }
                reports.push(report);
            }
        }
        Ok(Self {
            path: dir.to_owned(),
            identity,
            reports,
        })
    }

    /// The report of the suite, where one was evaluated and is finished.
    ///
    /// # Errors
    /// [`crate::Error::Data`] where it is damaged.
    pub fn suite(&self) -> Result<Option<SuiteReport>> {
        let path = self.path.join(SUITE);
        if storage::local().exists(&path)? {
            return read_json(&path).map(Some);
        }
        Ok(None)
    }

    /// The rows of statistics of a finished task.
    ///
    /// # Errors
    /// [`crate::Error::Data`] where there are none, or where they are damaged.
    pub fn units(&self, task: &str, split: &str) -> Result<TaskUnits> {
        read_json(&file(&self.path, UNITS, task, split, "json"))
    }

    /// The samples of a task in the order of the split, one by one; those of an unfinished task are a beginning.
    ///
    /// # Errors
    /// [`crate::Error::Data`] where there are none; an item, where a line is damaged.
    pub fn samples(
        &self,
        task: &str,
        split: &str,
    ) -> Result<impl Iterator<Item = Result<RecordedSample>> + use<>> {
        let path = file(&self.path, SAMPLES, task, split, "jsonl");
        let lines = door::open_stream(&path)?.lines().enumerate();
        Ok(lines.map(move |(number, line)| {
            let line = line.map_err(|error| damaged(&path, number, &error));
            line.and_then(|line| {
                serde_json::from_str(&line).map_err(|error| damaged(&path, number, &error))
            })
            .map_err(Into::into)
        }))
    }
}

/// The file of one task and split in a folder of an evaluation.
pub(crate) fn file(dir: &Path, folder: &str, task: &str, split: &str, ending: &str) -> PathBuf {
    dir.join(folder).join(format!("{task}.{split}.{ending}"))
}

/// A JSON file as what it should be.
pub(crate) fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T> {
    let bytes = door::read(path, LARGEST)?;
    let parsed = serde_json::from_slice(&bytes);
    Ok(parsed.map_err(|error| ext5_data::Error::Damaged {
        path: path.to_owned(),
        reason: error.to_string(),
    })?)
}

/// A line, counted from 0, that is not what it should be.
pub(crate) fn damaged(path: &Path, line: usize, error: &dyn std::fmt::Display) -> ext5_data::Error {
    ext5_data::Error::Damaged {
        path: path.to_owned(),
        reason: format!("line {}: {error}", line + 1),
    }
}
