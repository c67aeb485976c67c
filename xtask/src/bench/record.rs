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
    /// Its JSON line, or why there is none.
    pub(super) line: Result<Value, String>,
}

impl Record {
    pub(super) fn add(&mut self, job: &Job, round: u32, line: Result<Value, String>) {
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
            .filter_map(|run| run.line.as_ref().ok())
    }

    fn of(&self, work: Work, contestant: Contestant) -> impl Iterator<Item = &Run> {
        let is_it = move |run: &&Run| run.work == work && run.contestant == contestant;
        self.runs.iter().filter(is_it)
    }

    /// Runs that gave no line.
    pub(super) fn failures(&self) -> impl Iterator<Item = &Run> {
        self.runs.iter().filter(|run| run.line.is_err())
    }

    /// Why a program gave no line on a piece of work, if it gave none.
    pub(super) fn reason(&self, work: &Work, contestant: Contestant) -> Option<&str> {
        self.of(*work, contestant)
            .find_map(|run| run.line.as_ref().err())
            .map(String::as_str)
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
                Ok(line) => line.clone(),
                Err(reason) => json!({ "failed": reason }),
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

    #[test]
    fn medians() {
        assert_eq!(median(&[]), None);
        assert_eq!(median(&[3.0]), Some(3.0));
        assert_eq!(median(&[1.0, 2.0, 4.0, 8.0]), Some(3.0));
    }
}
