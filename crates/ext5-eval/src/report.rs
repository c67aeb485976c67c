use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::table::{Table, number};
use crate::{MetricScore, Protocol, Reading};

/// The scores of one task on one split.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TaskReport {
    /// The task.
    pub task: String,
    /// The split.
    pub split: String,
    /// How answers were got.
    pub protocol: Protocol,
    /// Whose rules made scores of the answers.
    #[serde(default)]
    pub reading: Reading,
    /// Name of the post-processing; several, separated by commas, where metrics differ in it.
    pub postprocess: String,
    /// Number of examples.
    pub examples: u64,
    /// Answers that post-processing could not read as a label or a number; they are scored as wrong.
    pub invalid: u64,
    /// The scores, in the order of the task's metrics.
    pub scores: Vec<MetricScore>,
    /// What a reader of the scores must know.
    pub notes: Vec<String>,
}

impl TaskReport {
    /// The scores that `name` means: all of a metric (`squad`), or one (`squad.f1`).
    ///
    /// # Errors
    /// [`Error::Unknown`] with the nearest name.
    pub fn select(&self, name: &str) -> Result<Vec<&MetricScore>> {
        let full = |score: &MetricScore| format!("{}.{}", score.metric, score.name);
        let selected: Vec<&MetricScore> = self
            .scores
            .iter()
            .filter(|score| score.metric == name || full(score) == name)
            .collect();
        if selected.is_empty() {
            let names: Vec<String> = self.scores.iter().map(full).collect();
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            return Err(Error::unknown("score", name, &names));
        }
        Ok(selected)
    }

    /// A table aligned by spaces, then the notes and signatures.
    pub fn to_text(&self) -> String {
        let signatures = self.lines("");
        format!("{}{signatures}", self.table().text())
    }

    /// The same in Markdown.
    pub fn to_markdown(&self) -> String {
        let signatures = self.lines("- ");
        format!("{}\n{signatures}", self.table().markdown())
    }

    fn lines(&self, bullet: &str) -> String {
        let mut lines: Vec<String> = self
            .notes
            .iter()
            .map(|note| format!("{bullet}note: {note}\n"))
            .collect();
        let mut signatures: Vec<&str> = self
            .scores
            .iter()
            .map(|score| score.signature.as_str())
            .collect();
        signatures.dedup();
        lines.extend(
            signatures
                .iter()
                .map(|signature| format!("{bullet}{signature}\n")),
        );
        lines.concat()
    }

    fn table(&self) -> Table {
        let title = format!("{} ({})", self.task, self.split);
        let mut table = Table::new(&[&title, "score", "95 % low", "high", "units"]);
        for score in &self.scores {
            table.push(vec![
                format!("{}.{}", score.metric, score.name),
                number(score.value),
                number(score.interval.map(|interval| interval.low)),
                number(score.interval.map(|interval| interval.high)),
                score.units.to_string(),
            ]);
        }
        table
    }
}
