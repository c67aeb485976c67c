use std::path::{Path, PathBuf};

use ext5_data::storage::{self, DirLock};
use ext5_data::{ErrorKind, Task};
use serde::Serialize;
use serde_json::Value;

use crate::error::{Error, Result};
use crate::recorded::{IDENTITY, REPORTS, SAMPLES, UNITS, file, read_json};
use crate::sample_log::SampleLog;
use crate::task_units::definition;
use crate::{Identity, Outcome, SuiteReport, TaskReport, TaskUnits};

/// What an evaluation writes into its directory, and what [`EvaluationDir::fresh`] removes.
const OWN: &[&str] = &[
    SAMPLES,
    REPORTS,
    UNITS,
    "suite.json",
    "tasks.json",
    "results.json",
    "results.md",
    "results.csv",
    "results.tex",
];

/// A directory in which an evaluation keeps what it has done, held by this process alone: killed at any moment, it goes on at
/// the task and the example at which it stood.
///
/// Each window of samples is on disk before the next is asked for. A finished task has a report and is not evaluated again; the
/// samples of the task that was running go through its metrics again, without the model.
#[derive(Debug)]
pub struct EvaluationDir {
    path: PathBuf,
    identity: Identity,
    _lock: DirLock,
}

impl EvaluationDir {
    /// Opens `dir` to begin the evaluation `identity` there, or to go on with it.
    ///
    /// # Errors
    /// [`Error::OtherEvaluation`] where another evaluation lies there, [`Error::Data`] where another process is at work there,
    /// where other files lie there, or results without the file that says whose they are, or where it cannot be written.
    pub fn open(dir: &Path, identity: &Identity) -> Result<Self> {
        let opened = Self::hold(dir, identity)?;
        let path = dir.join(IDENTITY);
        if !storage::local().exists(&path)? {
            opened.check_unbegun()?;
            return opened.begin();
        }
        let recorded: Identity = read_json(&path)?;
        if let Some((key, there, here)) = recorded.difference(identity) {
            return Err(opened.other(key, &there, &here));
        }
        Ok(opened)
    }

    /// Opens `dir` to begin the evaluation `identity` there, and removes what an earlier one has left.
    ///
    /// # Errors
    /// [`Error::Data`], as [`EvaluationDir::open`].
    pub fn fresh(dir: &Path, identity: &Identity) -> Result<Self> {
        let opened = Self::hold(dir, identity)?;
        for name in OWN {
            storage::local().remove(&dir.join(name))?;
        }
        opened.begin()
    }

    /// Takes the directory, unless it serves another purpose.
    fn hold(dir: &Path, identity: &Identity) -> Result<Self> {
        let storage = storage::local();
        storage.create_dir(dir)?;
        let mine = |path: &PathBuf| {
            let name = path.file_name().and_then(|name| name.to_str());
            name.is_some_and(|name| name == "lock" || OWN.contains(&name))
        };
        if !storage.exists(&dir.join(IDENTITY))? && !storage.list(dir)?.iter().all(mine) {
            let reason = format!(
                "`{}` is not empty and holds no evaluation, choose another directory",
                dir.display()
            );
            let kind = ErrorKind::Request;
            return Err(ext5_data::Error::Refused { kind, reason }.into());
        }
        Ok(Self {
            path: dir.to_owned(),
            identity: identity.clone(),
            _lock: storage::lock(dir)?,
        })
    }

    /// Refuses results of which nothing says who gave them.
    fn check_unbegun(&self) -> Result<()> {
        for folder in [SAMPLES, UNITS, REPORTS] {
            let folder = self.path.join(folder);
            let storage = storage::local();
            if storage.exists(&folder)? && !storage.list(&folder)?.is_empty() {
                let reason = format!(
                    "`{}` holds results and no `{IDENTITY}` that says whose they are; choose another directory, or start over \
                     with `--fresh`",
                    self.path.display()
                );
                let kind = ErrorKind::Request;
                return Err(ext5_data::Error::Refused { kind, reason }.into());
            }
        }
        Ok(())
    }

    fn begin(self) -> Result<Self> {
        for folder in [SAMPLES, UNITS, REPORTS] {
            storage::local().create_dir(&self.path.join(folder))?;
        }
        self.write(IDENTITY, &self.identity)?;
        Ok(self)
    }

    fn other(&self, key: String, there: &Value, here: &Value) -> Error {
        Error::OtherEvaluation {
            path: self.path.clone(),
            key,
            recorded: there.to_string(),
            wanted: here.to_string(),
        }
    }

    /// The directory.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes a result beside the others, as indented JSON: `suite.json`, `tasks.json`.
    ///
    /// # Errors
    /// [`Error::Data`] where it cannot be written.
    pub fn write(&self, name: &str, value: &impl Serialize) -> Result<()> {
        self.write_json(&self.path.join(name), value)
    }

    /// Who answers, and how.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Writes what the whole evaluation came to: `suite.json` for a suite, and the tables and files of [`Outcome::write`].
    ///
    /// # Errors
    /// [`Error::Data`] where one cannot be written.
    pub fn conclude(&self, reports: &[TaskReport], suite: Option<&SuiteReport>) -> Result<()> {
        if let Some(suite) = suite {
            self.write("suite.json", suite)?;
        }
        let outcome = Outcome {
            identity: &self.identity,
            reports,
            suite,
        };
        outcome.write(&self.path)
    }

    /// The report of a task, if it is finished.
    ///
    /// # Errors
    /// [`Error::OtherEvaluation`] if the task's file has changed since, [`Error::Data`] where a file is damaged.
    pub(crate) fn finished(&self, task: &Task, split: &str) -> Result<Option<TaskReport>> {
        let path = self.file(REPORTS, task, split);
        if !storage::local().exists(&path)? {
            return Ok(None);
        }
        self.check_definition(task, split)?;
        read_json(&path).map(Some)
    }

    /// Refuses what was done by another file of the task.
    fn check_definition(&self, task: &Task, split: &str) -> Result<()> {
        let units: TaskUnits = read_json(&self.file(UNITS, task, split))?;
        let (there, here) = (units.definition, definition(task));
        if there == here {
            return Ok(());
        }
        let key = format!("the file of task {}", task.name());
        Err(self.other(key, &Value::from(there), &Value::from(here)))
    }

    /// The samples of a task, to read what is there and to add to it. Before the first, its units without rows say of which file
    /// of the task they are.
    ///
    /// # Errors
    /// As [`EvaluationDir::finished`].
    pub(crate) fn samples(&self, task: &Task, split: &str) -> Result<SampleLog> {
        let units = self.file(UNITS, task, split);
        if storage::local().exists(&units)? {
            self.check_definition(task, split)?;
        } else {
            let none = TaskUnits::new(task, split, &blake3::Hasher::new(), std::iter::empty());
            self.write_json(&units, &none)?;
        }
        SampleLog::open(&file(&self.path, SAMPLES, task.name(), split, "jsonl"))
    }

    /// Keeps what a task came to; the report last, for with it the task is finished.
    pub(crate) fn finish(&self, task: &Task, units: &TaskUnits, report: &TaskReport) -> Result<()> {
        let split = &report.split;
        self.write_json(&self.file(UNITS, task, split), units)?;
        self.write_json(&self.file(REPORTS, task, split), report)
    }

    fn file(&self, folder: &str, task: &Task, split: &str) -> PathBuf {
        file(&self.path, folder, task.name(), split, "json")
    }

    #[expect(clippy::unused_self, reason = "only who holds the lock may write")]
    fn write_json(&self, path: &Path, value: &impl Serialize) -> Result<()> {
        Ok(storage::local().write_with(path, &mut |file| {
            serde_json::to_writer_pretty(&mut *file, value)?;
            file.write_all(b"\n")
        })?)
    }
}
