use std::collections::BTreeMap;
use std::path::Path;

use ext5_data::{ErrorKind, Task, toml_file};
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::metric::metric;
use crate::table::{Table, number};
use crate::{EvaluateOptions, MetricScore, Predictor, Protocol, TaskReport, evaluate_task};

/// A suite as its TOML file says it: tasks that are scored together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SuiteSpec {
    /// Name, as tasks are named.
    pub name: String,
    /// One sentence.
    pub description: String,
    /// The tasks, in the order of reports.
    pub members: Vec<MemberSpec>,
}

/// One task and split of a suite. Members of the same task count as one task in the average.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MemberSpec {
    /// The task.
    pub task: String,
    /// The split.
    #[serde(default = "validation")]
    pub split: String,
    /// What counts in the average: a metric with all its scores (`squad`), or one score (`rouge.rougeLsum`); all scores of the
    /// task where empty.
    #[serde(default)]
    pub metrics: Vec<String>,
    /// Reported, but without weight in the average.
    #[serde(default)]
    pub diagnostic: bool,
}

impl MemberSpec {
    /// The metrics that count in `report`; none means all, as where its reading has metrics of its own for the task. Suites name
    /// metrics of written answers: under another protocol those of them count that need it, else the protocol's own score.
    fn wanted(&self, report: &TaskReport) -> Vec<&str> {
        let own = match report.protocol {
            Protocol::Generate if report.reading.replaces(&self.task) => return Vec::new(),
            Protocol::Generate => return self.metrics.iter().map(String::as_str).collect(),
            Protocol::Rank => "rank_accuracy.accuracy",
            Protocol::Perplexity => "perplexity.nats_per_token",
        };
        let metrics = self.metrics.iter().map(String::as_str);
        let fitting: Vec<&str> = metrics
            .filter(|name| {
                let known = metric(name.split('.').next().unwrap_or(name));
                known.is_ok_and(|metric| metric.needs() == Some(report.protocol))
            })
            .collect();
        if fitting.is_empty() {
            vec![own]
        } else {
            fitting
        }
    }
}

fn validation() -> String {
    "validation".to_owned()
}

impl SuiteSpec {
    /// The suite of a TOML text; `path` names it in errors.
    ///
    /// # Errors
    /// [`Error::Data`] naming file, line and key, [`Error::Suite`] with all its problems.
    pub fn parse(path: &Path, text: &str) -> Result<Self> {
        let suite: Self = toml_file::parse(path, text)?;
        suite.check()?;
        Ok(suite)
    }

    /// The suite of a TOML file.
    ///
    /// # Errors
    /// As [`SuiteSpec::parse`], or the file cannot be read.
    pub fn read(path: &Path) -> Result<Self> {
        let suite: Self = toml_file::read(path)?;
        suite.check()?;
        Ok(suite)
    }

    fn check(&self) -> Result<()> {
        let mut problems = Vec::new();
        if self.members.is_empty() {
            problems.push("it has no members".to_owned());
        }
        for (index, member) in self.members.iter().enumerate() {
            let same =
                |other: &MemberSpec| other.task == member.task && other.split == member.split;
            if self.members.iter().take(index).any(same) {
                problems.push(format!(
                    "`{}` on `{}` is named twice",
                    member.task, member.split
                ));
            }
            for name in &member.metrics {
                let (first, score) = name.split_once('.').unwrap_or((name, ""));
                match metric(first) {
                    Err(error) => problems.push(format!("`{}`: {error}", member.task)),
                    Ok(metric) if !score.is_empty() && !metric.scores.contains(&score) => {
                        let error = Error::unknown("score", score, metric.scores);
                        problems.push(format!("`{}`: {error}", member.task));
                    }
                    Ok(_) => {}
                }
            }
        }
        if problems.is_empty() {
            return Ok(());
        }
        Err(Error::Suite {
            name: self.name.clone(),
            problems,
        })
    }
}

/// What became of a member.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "status", content = "reason")]
pub enum MemberStatus {
    /// It has a score.
    Scored,
    /// Its task or its data are not there; the reason.
    Absent(String),
    /// A score that counts is not defined, for example a correlation with a constant answer.
    Undefined,
}

/// One member of a suite with its scores.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MemberReport {
    /// The member.
    #[serde(flatten)]
    pub member: MemberSpec,
    /// What became of it.
    #[serde(flatten)]
    pub status: MemberStatus,
    /// Mean of the scores that count.
    pub score: Option<f64>,
    /// All its scores.
    pub report: Option<TaskReport>,
}

/// The scores of a suite.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SuiteReport {
    /// The suite.
    pub suite: String,
    /// Its description.
    pub description: String,
    /// Mean over tasks of the mean over a task's scores that count; over the tasks present if `partial`.
    pub average: Option<f64>,
    /// Whether tasks that belong to the average have no score.
    pub partial: bool,
    /// Tasks in the average.
    pub counted: usize,
    /// Tasks that belong to the average.
    pub expected: usize,
    /// The members in the order of the suite.
    pub members: Vec<MemberReport>,
}

impl SuiteReport {
    /// The report of a suite from what became of each member: its scores, or why it is absent.
    ///
    /// # Errors
    /// [`Error::Unknown`] if a member counts a score that its report does not have, [`Error::Lengths`] if there is not one
    /// outcome for each member.
    pub fn new(spec: &SuiteSpec, outcomes: Vec<Result<TaskReport, String>>) -> Result<Self> {
        if outcomes.len() != spec.members.len() {
            return Err(Error::Lengths {
                predictions: outcomes.len(),
                targets: spec.members.len(),
            });
        }
        let mut members = Vec::with_capacity(outcomes.len());
        for (member, outcome) in spec.members.iter().zip(outcomes) {
            members.push(MemberReport::new(member, outcome)?);
        }
        let mut tasks: BTreeMap<&str, Vec<Option<f64>>> = BTreeMap::new();
        for member in members.iter().filter(|member| !member.member.diagnostic) {
            tasks
                .entry(&member.member.task)
                .or_default()
                .push(member.score);
        }
        let means: Vec<f64> = tasks
            .values()
            .filter_map(|scores| mean(&scores.iter().copied().collect::<Option<Vec<f64>>>()?))
            .collect();
        let (counted, expected) = (means.len(), tasks.len());
        Ok(Self {
            suite: spec.name.clone(),
            description: spec.description.clone(),
            average: mean(&means),
            partial: counted < expected,
            counted,
            expected,
            members,
        })
    }

    /// A table aligned by spaces, the average in its last row.
    pub fn to_text(&self) -> String {
        self.table().text()
    }

    /// The same in Markdown.
    pub fn to_markdown(&self) -> String {
        self.table().markdown()
    }

    fn table(&self) -> Table {
        let mut table = Table::new(&[&self.suite, "split", "examples", "scores", "mean"]);
        for member in &self.members {
            let report = member.report.as_ref();
            let scores = match &member.status {
                MemberStatus::Absent(_) => "absent".to_owned(),
                _ => member.counted(),
            };
            let mark = if member.member.diagnostic {
                " (diagnostic)"
            } else {
                ""
            };
            table.push(vec![
                format!("{}{mark}", member.member.task),
                member.member.split.clone(),
                report.map_or("-".to_owned(), |report| report.examples.to_string()),
                scores,
                number(member.score),
            ]);
        }
        let name = if self.partial {
            "average (partial)"
        } else {
            "average"
        };
        let tasks = format!("{} of {} tasks", self.counted, self.expected);
        table.push(vec![
            name.to_owned(),
            String::new(),
            String::new(),
            tasks,
            number(self.average),
        ]);
        table
    }
}

impl MemberReport {
    fn new(member: &MemberSpec, outcome: Result<TaskReport, String>) -> Result<Self> {
        let member = member.clone();
        let report = match outcome {
            Ok(report) => report,
            Err(reason) => {
                return Ok(Self {
                    member,
                    status: MemberStatus::Absent(reason),
                    score: None,
                    report: None,
                });
            }
        };
        let mut values = Vec::new();
        let metrics = member.wanted(&report);
        if metrics.is_empty() {
            values.extend(report.scores.iter().map(|score| score.value));
        }
        for name in metrics {
            values.extend(report.select(name)?.iter().map(|score| score.value));
        }
        let score = values
            .into_iter()
            .collect::<Option<Vec<f64>>>()
            .and_then(|values| mean(&values));
        Ok(Self {
            member,
            status: score.map_or(MemberStatus::Undefined, |_| MemberStatus::Scored),
            score,
            report: Some(report),
        })
    }

    /// The scores that count.
    pub fn counting(&self) -> impl Iterator<Item = &MetricScore> {
        let report = self.report.as_ref();
        let wanted = report.map_or(Vec::new(), |report| self.member.wanted(report));
        let scores = report.into_iter().flat_map(|report| &report.scores);
        scores.filter(move |score| {
            let full = format!("{}.{}", score.metric, score.name);
            wanted.is_empty()
                || wanted
                    .iter()
                    .any(|wanted| *wanted == score.metric || *wanted == full)
        })
    }

    /// The same as text: `f1 88.00 em 51.20`.
    fn counted(&self) -> String {
        let scores: Vec<String> = self
            .counting()
            .map(|score| format!("{} {}", score.name, number(score.value)))
            .collect();
        scores.join(" ")
    }
}

/// `None` of nothing.
pub(crate) fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// Evaluates the members of a suite one after the other. `find` gives a task by its name; a member whose task or data are
/// missing, or that the protocol cannot ask, is reported as absent. `on_report` is called after each member, so that what is done can be kept.
///
/// # Errors
/// Of [`evaluate_task`], `find` and `on_report`, except where they mean that something is missing.
pub fn evaluate_suite(
    spec: &SuiteSpec,
    limit: Option<u64>,
    find: &mut dyn FnMut(&str) -> Result<Task>,
    predictor: &mut dyn Predictor,
    options: &mut EvaluateOptions<'_>,
    on_report: &mut dyn FnMut(&TaskReport) -> Result<()>,
) -> Result<SuiteReport> {
    let mut outcomes = Vec::with_capacity(spec.members.len());
    for member in &spec.members {
        let found = find(&member.task).and_then(|task| {
            let choices = has_choices(&task, &member.split, options.protocol)?;
            Ok((task, choices))
        });
        let evaluated = match found {
            Ok((_, false)) => {
                let reason = "its examples have no choices, for the rank protocol".to_owned();
                outcomes.push(Err(reason));
                continue;
            }
            Ok((task, true)) => evaluate_task(&task, &member.split, limit, predictor, options),
            Err(error) => Err(error),
        };
        outcomes.push(match evaluated {
            Ok(report) => {
                on_report(&report)?;
                Ok(report)
            }
            Err(error) if error.kind() == ErrorKind::Missing => Err(reason(&error)),
            Err(error) => return Err(error),
        });
    }
    let report = SuiteReport::new(spec, outcomes)?;
    if let Some(dir) = options.dir {
        let members = report.members.iter();
        let reports: Vec<TaskReport> = members.filter_map(|it| it.report.clone()).collect();
        dir.conclude(&reports, Some(&report))?;
    }
    Ok(report)
}

/// Whether there is something to rank, or no need of it: whether the first example of the split, where it has any, has choices.
fn has_choices(task: &Task, split: &str, protocol: Protocol) -> Result<bool> {
    if protocol != Protocol::Rank || task.is_self_supervised() {
        return Ok(true);
    }
    let first = task.examples(split, Some(1))?.next().transpose()?;
    Ok(first.is_none_or(|example| !example.choices.is_empty()))
}

/// The message of an error at the end of its chain of sources.
fn reason(error: &Error) -> String {
    match error {
        Error::Task { source, .. } => reason(source),
        other => other.to_string(),
    }
}
