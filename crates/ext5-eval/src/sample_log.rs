use std::collections::VecDeque;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use ext5_data::{door, storage};

use crate::error::{Error, Result};
use crate::protocol::Given;
use crate::recorded::damaged;
use crate::{RecordedSample, Sample, Score};

/// Longest line of a sample, bytes.
const LONGEST: u64 = 1 << 28;

/// The samples of one task on disk: first those there are, as answers that need no model, then new ones at their end.
pub(crate) struct SampleLog {
    path: PathBuf,
    /// What is left of the samples that were there.
    recorded: Option<BufReader<File>>,
    /// Lines whose answers were given out and whose examples have not come yet.
    recalled: VecDeque<Vec<u8>>,
    /// Lines given out.
    lines: usize,
    /// Their bytes.
    length: u64,
    /// Lines that are not on disk yet.
    pending: Vec<u8>,
}

impl SampleLog {
    /// The log at `path`, or the beginning of one.
    ///
    /// # Errors
    /// [`Error::Data`] where it cannot be read.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let there = storage::local().exists(path)?;
        let file = there.then(|| door::open(path)).transpose()?;
        Ok(Self {
            path: path.to_owned(),
            recorded: file.map(BufReader::new),
            recalled: VecDeque::new(),
            lines: 0,
            length: 0,
            pending: Vec::new(),
        })
    }

    /// The answers of the next samples there are, `most` of them. At the last whole line what a killed process has left behind
    /// it is cut off, and from there on [`SampleLog::keep`] adds.
    ///
    /// # Errors
    /// [`Error::Data`] where a line is no sample, or where the log cannot be read or cut.
    pub(crate) fn recall(&mut self, most: usize) -> Result<Vec<Given>> {
        let mut answers = Vec::new();
        while let Some(recorded) = &mut self.recorded
            && answers.len() < most
        {
            let mut line = Vec::new();
            recorded
                .take(LONGEST)
                .read_until(b'\n', &mut line)
                .map_err(|error| damaged(&self.path, self.lines, &error))?;
            if line.last() != Some(&b'\n') {
                storage::local().truncate(&self.path, self.length)?;
                self.recorded = None;
                break;
            }
            let sample: RecordedSample = serde_json::from_slice(&line).map_err(|error| {
                let reason = format!("{error}; start over with `--fresh`");
                damaged(&self.path, self.lines, &reason)
            })?;
            answers.push(given(sample));
            self.lines += 1;
            self.length += line.len() as u64;
            self.recalled.push_back(line);
        }
        Ok(answers)
    }

    /// Takes a sample: one whose answer was recalled must be what is there, any other waits for [`SampleLog::commit`].
    ///
    /// # Errors
    /// [`Error::DataChanged`] where it is not.
    pub(crate) fn keep(&mut self, sample: &Sample<'_>) -> Result<()> {
        let mut line = serde_json::to_vec(sample).unwrap_or_default();
        line.push(b'\n');
        let Some(there) = self.recalled.pop_front() else {
            self.pending.extend(line);
            return Ok(());
        };
        if there == line {
            return Ok(());
        }
        let id = serde_json::from_slice(&there).map(|there: RecordedSample| there.id);
        let reason = match id {
            Ok(id) if id != sample.id => {
                format!("it is of example `{id}`, the data have `{}`", sample.id)
            }
            _ => format!("example `{}` reads otherwise now", sample.id),
        };
        Err(self.changed(self.lines - self.recalled.len(), reason))
    }

    /// Makes what was kept survive a crash.
    ///
    /// # Errors
    /// [`Error::Data`] where it cannot be written.
    pub(crate) fn commit(&mut self) -> Result<()> {
        if !self.pending.is_empty() {
            storage::local().append(&self.path, &self.pending)?;
            storage::local().sync(&self.path)?;
            self.pending.clear();
        }
        Ok(())
    }

    /// Checks, after the last example, that no sample is left.
    ///
    /// # Errors
    /// [`Error::DataChanged`] if one is, and as [`SampleLog::recall`].
    pub(crate) fn end(&mut self) -> Result<()> {
        if self.recall(1)?.is_empty() {
            return Ok(());
        }
        let reason = "the data end before it".to_owned();
        Err(self.changed(self.lines, reason))
    }

    fn changed(&self, number: usize, reason: String) -> Error {
        Error::DataChanged {
            path: self.path.clone(),
            number,
            reason,
        }
    }
}

/// The answer that a sample holds.
fn given(sample: RecordedSample) -> Given {
    let score = |(_, log_likelihood, tokens): (String, Option<f64>, usize)| Score {
        log_likelihood: log_likelihood.unwrap_or(f64::NEG_INFINITY),
        tokens,
    };
    Given {
        text: sample.prediction,
        scores: sample.choices.into_iter().map(score).collect(),
    }
}
