//! Two models on the same examples: in which scores they differ by more than chance.
use std::collections::BTreeSet;

use serde::Serialize;

use crate::bootstrap::Finish;
use crate::error::{Error, Result};
use crate::significance::{approximate_randomisation, benjamini_hochberg, holm, paired_bootstrap};
use crate::table::{Table, number, title};
use crate::{Bootstrap, Interval, RecordedEvaluation, TaskUnits, metric};

/// How two evaluations are compared.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CompareOptions {
    /// Resamples of each test, and their seed.
    pub bootstrap: Bootstrap,
    /// Chance of calling any difference real that is none, over all scores together.
    pub alpha: f64,
}

impl Default for CompareOptions {
    /// 10,000 resamples, as `sacrebleu` for approximate randomisation; 5 %.
    fn default() -> Self {
        Self {
            bootstrap: Bootstrap {
                resamples: 10_000,
                seed: 0,
            },
            alpha: 0.05,
        }
    }
}

/// What the tests of one score say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The first is better, by more than chance.
    First,
    /// The second is better, by more than chance.
    Second,
    /// They differ by more than chance, in a score of which no value is better than another.
    Different,
    /// The difference may be chance.
    Undecided,
}

/// One score of two evaluations.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ComparedScore {
    /// The task.
    pub task: String,
    /// The split.
    pub split: String,
    /// The metric.
    pub metric: String,
    /// The score, one of the metric's.
    pub score: String,
    /// Whether a higher value is a better one; says nothing where [`crate::Metric::is_directed`] does not hold.
    pub higher_is_better: bool,
    /// Number of examples, or of groups where the metric scores groups.
    pub units: usize,
    /// Its value of the first evaluation.
    pub first: f64,
    /// Its value of the second.
    pub second: f64,
    /// Second minus first.
    pub difference: f64,
    /// 95 % interval of the difference, by the paired bootstrap.
    pub interval: Option<Interval>,
    /// Resamples of the test by randomisation: fewer than asked where one is dear or leaves the score undefined. Its p-value is
    /// never below 1 / (resamples + 1).
    pub resamples: usize,
    /// Two-sided, by approximate randomisation: what the corrections and the verdict are of.
    pub p_randomisation: f64,
    /// Two-sided, by the paired bootstrap.
    pub p_bootstrap: f64,
    /// By the paired bootstrap as `sacrebleu` counts.
    pub p_sacrebleu: Option<f64>,
    /// The first p-value, adjusted by Holm over all scores compared.
    pub holm: f64,
    /// The same, adjusted by Benjamini and Hochberg.
    pub benjamini_hochberg: f64,
    /// Whether the value adjusted by Holm is below `alpha`, and for whom.
    pub verdict: Verdict,
}

/// A score or task that is not compared, with the reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LeftOut {
    /// `task (split)`, with the score where only that is left out.
    pub what: String,
    /// Why.
    pub reason: String,
}

/// Two evaluations, score by score.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RunComparison {
    /// Directory of the first.
    pub first: String,
    /// Directory of the second.
    pub second: String,
    /// Chance of any wrong verdict.
    pub alpha: f64,
    /// Resamples asked for.
    pub resamples: usize,
    /// Seed of the resamples.
    pub seed: u64,
    /// The scores, task by task.
    pub scores: Vec<ComparedScore>,
    /// What is not compared.
    pub left_out: Vec<LeftOut>,
}

/// Compares two evaluations on all tasks that both finished. `on_task` is told each task and split before it is tested.
///
/// # Errors
/// [`Error::Incomparable`] if they have no task in common, or were made over other examples, by another file of a task, protocol,
/// reading or post-processing, or by other versions of a metric, saying which; [`Error::Data`] where their files cannot be read.
pub fn compare(
    first: &RecordedEvaluation,
    second: &RecordedEvaluation,
    options: CompareOptions,
    on_task: &mut dyn FnMut(&str, &str),
) -> Result<RunComparison> {
    let [mine, theirs] = [first, second].map(finished);
    let mut comparison = RunComparison {
        first: first.path.display().to_string(),
        second: second.path.display().to_string(),
        alpha: options.alpha,
        resamples: options.bootstrap.resamples,
        seed: options.bootstrap.seed,
        scores: Vec::new(),
        left_out: Vec::new(),
    };
    for (task, split) in mine.symmetric_difference(&theirs) {
        let one = if mine.contains(&(*task, *split)) {
            "first"
        } else {
            "second"
        };
        comparison.leave_out(
            format!("{task} ({split})"),
            format!("only the {one} has it"),
        );
    }
    let shared: Vec<_> = mine.intersection(&theirs).collect();
    if shared.is_empty() {
        let reason = "no task and split was finished in both".to_owned();
        return Err(Error::Incomparable { reason });
    }
    for (task, split) in shared {
        on_task(task, split);
        if let Some(reason) = scored_otherwise([first, second], task, split) {
            return Err(Error::Incomparable { reason });
        }
        let units = [first.units(task, split)?, second.units(task, split)?];
        if units[0].definition != units[1].definition {
            let reason = format!("the file of task `{task}` is another in each");
            return Err(Error::Incomparable { reason });
        }
        if units[0].ids != units[1].ids {
            let reason = other_examples([first, second], task, split)?;
            return Err(Error::Incomparable { reason });
        }
        comparison.add(&units, options)?;
    }
    comparison.decide();
    Ok(comparison)
}

/// Tasks and splits that an evaluation finished.
fn finished(evaluation: &RecordedEvaluation) -> BTreeSet<(&str, &str)> {
    let reports = evaluation.reports.iter();
    reports
        .map(|it| (it.task.as_str(), it.split.as_str()))
        .collect()
}

/// How two evaluations part in the way that they scored a task.
fn scored_otherwise(runs: [&RecordedEvaluation; 2], task: &str, split: &str) -> Option<String> {
    let ways = runs.map(|run| {
        let mut reports = run.reports.iter();
        let report = reports.find(|it| it.task == task && it.split == split)?;
        Some([
            ("protocol", report.protocol.name()),
            ("reading", report.reading.name()),
            ("post-processing", report.postprocess.as_str()),
        ])
    });
    let [Some(mine), Some(theirs)] = ways else {
        return None;
    };
    let mut pairs = mine.into_iter().zip(theirs);
    let ((what, one), (_, other)) = pairs.find(|(one, other)| one != other)?;
    Some(format!(
        "task `{task}`, split `{split}`: the {what} is `{one}` in the first, `{other}` in the second"
    ))
}

/// Where two evaluations part in the examples of a task.
fn other_examples(runs: [&RecordedEvaluation; 2], task: &str, split: &str) -> Result<String> {
    let mut ids = Vec::new();
    for run in runs {
        let samples = run.samples(task, split)?;
        let read = samples.map(|sample| sample.map(|sample| sample.id));
        ids.push(read.collect::<Result<Vec<String>>>()?);
    }
    let [mine, theirs] = ids.as_slice() else {
        return Ok(String::new());
    };
    let place = format!("task `{task}`, split `{split}`");
    if let Some(row) = mine
        .iter()
        .zip(theirs)
        .position(|(one, other)| one != other)
    {
        let [one, other] = [mine, theirs].map(|ids| ids.get(row).cloned().unwrap_or_default());
        return Ok(format!(
            "{place}: example {} is `{one}` in the first, `{other}` in the second",
            row + 1
        ));
    }
    let (mine, theirs) = (mine.len(), theirs.len());
    Ok(format!(
        "{place}: the first has {mine} examples, the second {theirs}"
    ))
}

impl RunComparison {
    fn leave_out(&mut self, what: String, reason: String) {
        self.left_out.push(LeftOut { what, reason });
    }

    /// The scores of one task, not yet adjusted.
    fn add(&mut self, units: &[TaskUnits; 2], options: CompareOptions) -> Result<()> {
        let [mine, theirs] = units;
        let place = format!("{} ({})", mine.task, mine.split);
        for name in mine.metrics.keys() {
            if !theirs.metrics.contains_key(name) {
                let reason = "only the first was scored by it".to_owned();
                self.leave_out(format!("{place} {name}"), reason);
                continue;
            }
            let empty =
                |rows: &TaskUnits| rows.metrics.get(name).is_none_or(|it| it.values.is_empty());
            if empty(mine) || empty(theirs) {
                let reason = "no example has a right answer".to_owned();
                self.leave_out(format!("{place} {name}"), reason);
                continue;
            }
            let metric = metric(name)?;
            if let Finish::Whole(_) = metric.finish {
                let reason = "it is a property of the whole corpus".to_owned();
                self.leave_out(format!("{place} {name}"), reason);
                continue;
            }
            let [first, second] = [mine.units(name)?, theirs.units(name)?];
            let (ours, others) = (first.scores(), second.scores());
            for (place_of, score) in metric.scores.iter().enumerate() {
                let values = [&ours, &others].map(|scores| scores.get(place_of).copied().flatten());
                let values = values.map(|value| value.filter(|value| value.is_finite()));
                let [Some(left), Some(right)] = values else {
                    let reason = "it is not a finite number in both".to_owned();
                    self.leave_out(format!("{place} {name}.{score}"), reason);
                    continue;
                };
                let bootstrap = paired_bootstrap(&first, &second, place_of, options.bootstrap)?;
                let exchange =
                    approximate_randomisation(&first, &second, place_of, options.bootstrap)?;
                self.scores.push(ComparedScore {
                    task: mine.task.clone(),
                    split: mine.split.clone(),
                    metric: name.clone(),
                    score: (*score).to_owned(),
                    higher_is_better: metric.higher_is_better,
                    units: first.len(),
                    first: left,
                    second: right,
                    difference: right - left,
                    interval: bootstrap.interval,
                    resamples: exchange.resamples,
                    p_randomisation: exchange.p_value,
                    p_bootstrap: bootstrap.p_value,
                    p_sacrebleu: bootstrap.p_sacrebleu,
                    holm: 1.0,
                    benjamini_hochberg: 1.0,
                    verdict: Verdict::Undecided,
                });
            }
        }
        for name in theirs.metrics.keys() {
            if !mine.metrics.contains_key(name) {
                let reason = "only the second was scored by it".to_owned();
                self.leave_out(format!("{place} {name}"), reason);
            }
        }
        Ok(())
    }

    /// Adjusts the p-values over all scores, and decides.
    fn decide(&mut self) {
        let p_values: Vec<f64> = self.scores.iter().map(|it| it.p_randomisation).collect();
        let adjusted = holm(&p_values)
            .into_iter()
            .zip(benjamini_hochberg(&p_values));
        for (score, (holm, benjamini_hochberg)) in self.scores.iter_mut().zip(adjusted) {
            (score.holm, score.benjamini_hochberg) = (holm, benjamini_hochberg);
            score.verdict = if holm >= self.alpha {
                Verdict::Undecided
            } else if metric(&score.metric).is_ok_and(|metric| !metric.is_directed()) {
                Verdict::Different
            } else if (score.difference > 0.0) == score.higher_is_better {
                Verdict::Second
            } else {
                Verdict::First
            };
        }
    }

    /// A table aligned by spaces, then what it means and what is left out.
    pub fn to_text(&self) -> String {
        format!("{}\n{}", self.table().text(), self.lines(""))
    }

    /// The same in Markdown.
    pub fn to_markdown(&self) -> String {
        format!("{}\n{}", self.table().markdown(), self.lines("- "))
    }

    fn table(&self) -> Table {
        let mut table = Table::new(&[
            "score", "A", "B", "B - A", "95 % low", "high", "p rand.", "p boot.", "Holm", "BH",
            "verdict",
        ]);
        for score in &self.scores {
            let name = format!(
                "{} ({}) {}",
                score.task,
                score.split,
                title(&score.metric, &score.score)
            );
            let verdict = match score.verdict {
                Verdict::First => "A is better",
                Verdict::Second => "B is better",
                Verdict::Different => "they differ",
                Verdict::Undecided => "undecided",
            };
            let chance = |p_value: f64| format!("{p_value:.4}");
            table.push(vec![
                name,
                number(Some(score.first)),
                number(Some(score.second)),
                number(Some(score.difference)),
                number(score.interval.map(|it| it.low)),
                number(score.interval.map(|it| it.high)),
                chance(score.p_randomisation),
                chance(score.p_bootstrap),
                chance(score.holm),
                chance(score.benjamini_hochberg),
                verdict.to_owned(),
            ]);
        }
        table
    }

    fn lines(&self, bullet: &str) -> String {
        let mut lines = vec![
            format!("A: {}", self.first),
            format!("B: {}", self.second),
            format!(
                "p-values are two-sided, by approximate randomisation and paired bootstrap with {} resamples (seed {}); \
                 Holm and BH (Benjamini-Hochberg) adjust the first over all {} scores; a verdict needs Holm below {}",
                self.resamples,
                self.seed,
                self.scores.len(),
                self.alpha
            ),
        ];
        let short = self
            .scores
            .iter()
            .filter(|it| it.resamples < self.resamples);
        lines.extend(short.map(|it| {
            format!(
                "fewer resamples: {} ({}) {}: {}, so that p is at least {:.2e}",
                it.task,
                it.split,
                title(&it.metric, &it.score),
                it.resamples,
                1.0 / (it.resamples as f64 + 1.0)
            )
        }));
        let left_out = self.left_out.iter();
        lines.extend(left_out.map(|it| format!("left out: {}: {}", it.what, it.reason)));
        lines
            .iter()
            .map(|line| format!("{bullet}{line}\n"))
            .collect()
    }
}
