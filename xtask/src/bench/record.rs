//! Every line that a program gave.
use serde_json::{Value, json};

use super::plan::{Contestant, Job, Work};

/// All runs, in the order they were made.
#[derive(Default)]
pub(super) struct Record {
    runs: Vec<Run>,
}

/// One process.
pub(super) struct Run {
    pub(super) work: Work,
    pub(super) contestant: Contestant,
    round: u32,
    pub(super) line: Line,
}

/// What a process said.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Line {
    /// Its JSON line.
    Measured(Value),
    /// Why its program is not made for such work.
    NotAvailable(String),
    /// Why there is no line.
    Failed(String),
}

impl Line {
    /// A program's JSON line, which may say that the program is not made for such work.
    pub(super) fn new(line: Value) -> Self {
        match line.get("not_available").and_then(Value::as_str) {
            Some(reason) => Self::NotAvailable(reason.to_owned()),
            None => Self::Measured(line),
        }
    }
}

impl Record {
    pub(super) fn add(&mut self, job: &Job, round: u32, line: Line) {
        self.runs.push(Run {
            work: job.work,
            contestant: job.contestant,
            round,
            line,
        });
    }

    /// Everything that was run, each once, in order.
    pub(super) fn jobs(&self) -> Vec<(Work, Contestant)> {
        let mut jobs = Vec::new();
        for run in &self.runs {
            let job = (run.work, run.contestant);
            if !jobs.contains(&job) {
                jobs.push(job);
            }
        }
        jobs
    }

    /// The lines of one program on one piece of work.
    pub(super) fn lines(
        &self,
        work: &Work,
        contestant: Contestant,
    ) -> impl Iterator<Item = &Value> {
        self.of(*work, contestant)
            .filter_map(|run| match &run.line {
                Line::Measured(line) => Some(line),
                _ => None,
            })
    }

    fn of(&self, work: Work, contestant: Contestant) -> impl Iterator<Item = &Run> {
        let is_it = move |run: &&Run| run.work == work && run.contestant == contestant;
        self.runs.iter().filter(is_it)
    }

    /// Runs that went wrong.
    pub(super) fn failures(&self) -> impl Iterator<Item = &Run> {
        let failed = |run: &&Run| matches!(run.line, Line::Failed(_));
        self.runs.iter().filter(failed)
    }

    /// What a program said in place of a measurement on a piece of work, if it ever did.
    pub(super) fn refusal(&self, work: &Work, contestant: Contestant) -> Option<&Line> {
        self.of(*work, contestant)
            .map(|run| &run.line)
            .find(|line| !matches!(line, Line::Measured(_)))
    }

    /// Seconds of all timed steps of all turns, sorted.
    pub(super) fn steps(&self, work: &Work, contestant: Contestant) -> Vec<f64> {
        let mut steps: Vec<f64> = self
            .lines(work, contestant)
            .filter_map(|line| line.get("steps_s")?.as_array())
            .flatten()
            .filter_map(Value::as_f64)
            .collect();
        steps.sort_by(f64::total_cmp);
        steps
    }

    /// Median of a field over the turns.
    pub(super) fn field(&self, work: &Work, contestant: Contestant, name: &str) -> Option<f64> {
        let mut values: Vec<f64> = self
            .lines(work, contestant)
            .filter_map(|line| line.get(name)?.as_f64())
            .collect();
        values.sort_by(f64::total_cmp);
        median(&values)
    }

    /// The lines as they came, each with what it was.
    pub(super) fn json(&self) -> Value {
        let run = |run: &Run| {
            let mut line = match &run.line {
                Line::Measured(line) => line.clone(),
                Line::NotAvailable(reason) => json!({ "not_available": reason }),
                Line::Failed(reason) => json!({ "failed": reason }),
            };
            line["work"] = run.work.name().into();
            line["program"] = run.contestant.word().into();
            line["round"] = run.round.into();
            line
        };
        self.runs.iter().map(run).collect()
    }
}

/// The middle of sorted numbers, or the mean of the two in the middle.
pub(super) fn median(sorted: &[f64]) -> Option<f64> {
    let middle = sorted.get(sorted.len() / 2)?;
    if sorted.len().is_multiple_of(2) {
        Some(f64::midpoint(
            sorted.get(sorted.len() / 2 - 1).copied()?,
            *middle,
        ))
    } else {
        Some(*middle)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A program that refuses by design must not make the whole command fail.
    #[test]
    fn a_refusal_is_no_failure() {
        let mut record = Record::default();
        let jobs = crate::bench::plan::jobs(true);
        record.add(&jobs[0], 0, Line::new(json!({ "step_s": 1.0 })));
        record.add(
            &jobs[1],
            0,
            Line::new(json!({ "not_available": "no bf16" })),
        );
        assert_eq!(record.failures().count(), 0);
        let refusal = record.refusal(&jobs[1].work, jobs[1].contestant);
        assert_eq!(refusal, Some(&Line::NotAvailable("no bf16".to_owned())));
        assert_eq!(record.json()[1]["not_available"], "no bf16");
        record.add(&jobs[2], 0, Line::Failed("no memory".to_owned()));
        assert_eq!(record.failures().count(), 1);
    }

    #[test]
    fn medians() {
        assert_eq!(median(&[]), None);
        assert_eq!(median(&[3.0]), Some(3.0));
        assert_eq!(median(&[1.0, 2.0, 4.0, 8.0]), Some(3.0));
    }
}
