use std::path::Path;

use ext5_data::storage;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::suite::mean;
use crate::table::{Table, number};
use crate::{MemberReport, SuiteReport};

/// The scores of several checkpoints of one run on one suite, read in three ways that papers mix up: of the one checkpoint that is
/// best on average, of the best checkpoint of each task, of the last checkpoint.
///
/// The best of each task is what T5 reports for fine-tuning (`metric_group_max` of its evaluation) and is optimistic: every
/// task chooses on the data that it is scored on. Of equals the earliest checkpoint is taken, as there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Columns {
    /// The suite.
    pub suite: String,
    /// The checkpoints in the order of training.
    pub checkpoints: Vec<String>,
    /// The average at each checkpoint.
    pub averages: Vec<Option<f64>>,
    /// The one checkpoint for all tasks: the best average among those with most tasks counted.
    pub one_checkpoint: Option<String>,
    /// The last checkpoint.
    pub last_checkpoint: String,
    /// The tasks in the order of the suite.
    pub tasks: Vec<ColumnsTask>,
    /// Mean over the tasks that are not diagnostic; of `one` and `last` the suite's own average.
    pub average: ThreeScores,
    /// Whether tasks that belong to the average have no score.
    pub partial: bool,
    /// What a reader of the scores must know.
    pub notes: Vec<String>,
}

/// One task in [`Columns`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ColumnsTask {
    /// The task.
    pub task: String,
    /// Whether it has no weight in the average.
    pub diagnostic: bool,
    /// Its score at each checkpoint: the mean over its splits of the mean over the scores that count.
    pub scores: Vec<Option<f64>>,
    /// The three readings.
    #[serde(flatten)]
    pub three: ThreeScores,
    /// The checkpoint of its best score.
    pub best_checkpoint: Option<String>,
}

/// A score read in three ways.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ThreeScores {
    /// Of the one checkpoint for all tasks.
    pub one: Option<f64>,
    /// Of the best checkpoint for this task.
    pub best: Option<f64>,
    /// Of the last checkpoint.
    pub last: Option<f64>,
}

impl Columns {
    /// The columns of reports of one suite, by the names of their checkpoints in the order of training.
    ///
    /// # Errors
    /// [`Error::Incomparable`] without a checkpoint, or where the reports are not of the same suite and tasks.
    pub fn new(reports: &[(String, SuiteReport)]) -> Result<Self> {
        let incomparable = |reason: String| Err(Error::Incomparable { reason });
        let Some(((_, first), (last_checkpoint, last))) = reports.first().zip(reports.last())
        else {
            return incomparable("there is no checkpoint".to_owned());
        };
        for (name, report) in reports {
            if members(report).ne(members(first)) || report.suite != first.suite {
                return incomparable(format!(
                    "checkpoint `{name}` was not scored on the tasks of the first"
                ));
            }
        }
        let names: Vec<String> = reports.iter().map(|(name, _)| name.clone()).collect();
        let averages: Vec<Option<f64>> = reports.iter().map(|(_, report)| report.average).collect();
        let mut notes = vec![
            "`best` chooses each task's checkpoint on the data it is scored on: optimistic"
                .to_owned(),
        ];
        let rises = direction(reports, |member| !member.member.diagnostic);
        if rises.is_none() {
            notes.push(
                "a higher score is not a better one everywhere, so no average tells one checkpoint"
                    .to_owned(),
            );
        }
        let most = reports.iter().map(|(_, report)| report.counted).max();
        let whole = reports.iter().map(|(_, report)| {
            let counts = Some(report.counted) == most;
            report.average.filter(|_| counts)
        });
        let one = rises.and_then(|rises| best(whole, rises));
        let tasks = tasks(reports, one, &names);
        let bests: Option<Vec<f64>> = tasks
            .iter()
            .filter(|task| !task.diagnostic && task.scores.iter().any(Option::is_some))
            .map(|task| task.three.best)
            .collect();
        Ok(Self {
            suite: first.suite.clone(),
            one_checkpoint: one.and_then(|one| names.get(one).cloned()),
            last_checkpoint: last_checkpoint.clone(),
            average: ThreeScores {
                one: one.and_then(|one| averages.get(one).copied().flatten()),
                best: rises.and_then(|_| mean(&bests?)),
                last: last.average,
            },
            partial: reports.iter().any(|(_, report)| report.partial),
            checkpoints: names,
            averages,
            tasks,
            notes,
        })
    }

    /// Writes `columns.json` and `columns.md` into `dir`.
    ///
    /// # Errors
    /// [`Error::Data`] where one cannot be written.
    pub fn write(&self, dir: &Path) -> Result<()> {
        let json = serde_json::to_string_pretty(self).unwrap_or_default() + "\n";
        let storage = storage::local();
        storage.create_dir(dir)?;
        storage.write(&dir.join("columns.json"), json.as_bytes())?;
        storage.write(&dir.join("columns.md"), self.to_markdown().as_bytes())?;
        Ok(())
    }

    /// A table aligned by spaces, the average in its last row, then the notes.
    pub fn to_text(&self) -> String {
        format!("{}{}", self.table().text(), self.lines(""))
    }

    /// The same in Markdown.
    pub fn to_markdown(&self) -> String {
        format!("{}\n{}", self.table().markdown(), self.lines("- "))
    }

    fn lines(&self, bullet: &str) -> String {
        let notes = self.notes.iter();
        notes
            .map(|note| format!("{bullet}note: {note}\n"))
            .collect()
    }

    fn table(&self) -> Table {
        let one = self.one_checkpoint.as_deref().unwrap_or("-");
        let (one, last) = (
            format!("one ({one})"),
            format!("last ({})", self.last_checkpoint),
        );
        let mut table = Table::new(&[&self.suite, &one, "best", "of checkpoint", &last]);
        for task in &self.tasks {
            let mark = if task.diagnostic { " (diagnostic)" } else { "" };
            table.push(vec![
                format!("{}{mark}", task.task),
                number(task.three.one),
                number(task.three.best),
                task.best_checkpoint.clone().unwrap_or("-".to_owned()),
                number(task.three.last),
            ]);
        }
        let name = if self.partial {
            "average (partial)"
        } else {
            "average"
        };
        table.push(vec![
            name.to_owned(),
            number(self.average.one),
            number(self.average.best),
            String::new(),
            number(self.average.last),
        ]);
        table
    }
}

fn members(report: &SuiteReport) -> impl Iterator<Item = (&str, &str)> {
    let members = report.members.iter();
    members.map(|it| (it.member.task.as_str(), it.member.split.as_str()))
}

/// Each task of the suite with its three scores.
fn tasks(
    reports: &[(String, SuiteReport)],
    one: Option<usize>,
    names: &[String],
) -> Vec<ColumnsTask> {
    let mut tasks: Vec<ColumnsTask> = Vec::new();
    let all = reports
        .first()
        .map_or(&[][..], |(_, report)| &report.members);
    for MemberReport { member, .. } in all {
        let same = |it: &MemberReport| {
            it.member.task == member.task && it.member.diagnostic == member.diagnostic
        };
        if tasks
            .iter()
            .any(|it| it.task == member.task && it.diagnostic == member.diagnostic)
        {
            continue;
        }
        let scores: Vec<Option<f64>> = reports
            .iter()
            .map(|(_, report)| {
                let members = report.members.iter().filter(|it| same(it));
                mean(&members.map(|it| it.score).collect::<Option<Vec<f64>>>()?)
            })
            .collect();
        let rises = direction(reports, same);
        let chosen = rises.and_then(|rises| best(scores.iter().copied(), rises));
        let at = |index: Option<usize>| scores.get(index?).copied().flatten();
        tasks.push(ColumnsTask {
            task: member.task.clone(),
            diagnostic: member.diagnostic,
            three: ThreeScores {
                one: at(one),
                best: at(chosen),
                last: scores.last().copied().flatten(),
            },
            best_checkpoint: chosen.and_then(|chosen| names.get(chosen).cloned()),
            scores,
        });
    }
    tasks
}

/// Index of the best score, the earliest of equals.
fn best(scores: impl Iterator<Item = Option<f64>>, rises: bool) -> Option<usize> {
    let mut best: Option<(usize, f64)> = None;
    for (index, score) in scores.enumerate() {
        let Some(score) = score else { continue };
        let better = |(_, other): (usize, f64)| if rises { score > other } else { score < other };
        if best.is_none_or(better) {
            best = Some((index, score));
        }
    }
    best.map(|(index, _)| index)
}

/// Whether a higher score is a better one in all that counts of the chosen members; `None` where they do not agree.
fn direction(
    reports: &[(String, SuiteReport)],
    chosen: impl Fn(&MemberReport) -> bool,
) -> Option<bool> {
    let members = reports.iter().flat_map(|(_, report)| &report.members);
    let mut directions = members
        .filter(|it| chosen(it))
        .flat_map(MemberReport::counting)
        .map(|score| score.higher_is_better);
    let first = directions.next().unwrap_or(true);
    directions.all(|other| other == first).then_some(first)
}
