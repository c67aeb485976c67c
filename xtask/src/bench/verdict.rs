//! The targets and whether they are reached.
use serde_json::{Value, json};

use super::plan::{Contestant, Work};
use super::record::{Line, Record, median};

/// One target.
pub(super) struct Row {
    pub(super) what: String,
    pub(super) against: &'static str,
    /// The target as people read it.
    pub(super) target: String,
    /// What was found, of either side; nothing where it was not.
    pub(super) found: Option<Found>,
    /// What is said where nothing was found.
    pub(super) reason: String,
}

/// Ours and theirs, and what the target bounds.
pub(super) struct Found {
    pub(super) ours: f64,
    pub(super) theirs: f64,
    pub(super) ratio: f64,
    pub(super) reached: bool,
}

impl Row {
    /// `reached`, `missed`, or why neither: `not available` where a program is not made for it, else `not measured`.
    pub(super) fn verdict(&self) -> String {
        match &self.found {
            Some(found) if found.reached => "reached".to_owned(),
            Some(_) => "missed".to_owned(),
            None => self.reason.clone(),
        }
    }

    pub(super) fn json(&self) -> Value {
        let found = self.found.as_ref();
        json!({
            "what": self.what, "against": self.against, "target": self.target,
            "ours": found.map(|it| it.ours), "theirs": found.map(|it| it.theirs), "ratio": found.map(|it| it.ratio),
            "verdict": self.verdict(),
        })
    }
}

/// Every target, judged by what was recorded.
pub(super) fn rows(record: &Record) -> Vec<Row> {
    use Contestant::{Compiled, CompiledBf16, Eager, Ours, OursBf16};
    let mut works: Vec<Work> = Vec::new();
    for (work, _) in record.jobs() {
        if !works.contains(&work) {
            works.push(work);
        }
    }
    let mut rows = Vec::new();
    for work in works.iter().filter(|work| !work.is_heavy()) {
        rows.push(speed(record, work, (Ours, Eager), 1.3));
        rows.push(speed(record, work, (Ours, Compiled), 1.2));
        rows.push(speed(record, work, (OursBf16, CompiledBf16), 1.0));
    }
    if let Some(first) = works.first() {
        rows.push(start(record, first, Eager, 5.0));
        rows.push(start(record, first, Compiled, 30.0));
        rows.push(ceiling(record, first));
        rows.push(memory(record, first));
    }
    rows.extend(
        works
            .iter()
            .filter(|work| work.is_heavy())
            .map(|work| memory(record, work)),
    );
    let elsewhere = |what: &str, against, target: &str| Row {
        what: what.to_owned(),
        against,
        target: target.to_owned(),
        found: None,
        reason: "not measured: this command measures one process on the CPU".to_owned(),
    };
    let gpu = "step of T5.1.1-base, bf16, 128 x 512/114, on a GPU";
    rows.push(elsewhere(
        gpu,
        "transformers compiled, same card",
        "1.0 times as fast, MFU 35 %",
    ));
    rows.push(elsewhere(
        "exchange of two ranks, share of a step of T5.1.1-small",
        "one rank",
        "10 % at most",
    ));
    rows
}

/// Seconds a step: `least` times as fast.
fn speed(
    record: &Record,
    work: &Work,
    (ours, theirs): (Contestant, Contestant),
    least: f64,
) -> Row {
    let step = |of| median(&record.steps(work, of));
    let found = step(ours).zip(step(theirs)).map(|(ours, theirs)| Found {
        ours,
        theirs,
        ratio: theirs / ours,
        reached: theirs / ours >= least,
    });
    Row {
        what: format!(
            "seconds a step, {}{}",
            work.name(),
            if ours == Contestant::OursBf16 {
                ", bf16"
            } else {
                ""
            }
        ),
        against: theirs.word(),
        target: format!("{least:.1} times as fast"),
        found,
        reason: reason(record, work, &[ours, theirs]),
    }
}

/// Seconds from the start of the process to the end of its first step: a `share`th. What was compiled in an earlier turn does
/// not count as compiling, so the peer's slowest start is taken.
fn start(record: &Record, work: &Work, theirs: Contestant, share: f64) -> Row {
    let slowest = record
        .lines(work, theirs)
        .filter_map(|line| line.get("first_step_s")?.as_f64())
        .max_by(f64::total_cmp);
    let ours = record.field(work, Contestant::Ours, "first_step_s");
    let found = ours.zip(slowest).map(|(ours, theirs)| Found {
        ours,
        theirs,
        ratio: theirs / ours,
        reached: theirs / ours >= share,
    });
    Row {
        what: format!("seconds to the first finished step, {}", work.name()),
        against: theirs.word(),
        target: format!("1/{share:.0} at most"),
        found,
        reason: reason(record, work, &[Contestant::Ours, theirs]),
    }
}

/// Share of what the step's products reach alone.
fn ceiling(record: &Record, work: &Work) -> Row {
    const LEAST: f64 = 0.85;
    let products = record.field(work, Contestant::OursProducts, "gflops");
    let flop = record.field(work, Contestant::Ours, "gflop_per_step");
    let step = median(&record.steps(work, Contestant::Ours));
    let ours = flop.zip(step).map(|(flop, step)| flop / step);
    let found = ours.zip(products).map(|(ours, theirs)| Found {
        ours,
        theirs,
        ratio: ours / theirs,
        reached: ours / theirs >= LEAST,
    });
    Row {
        what: format!("GFLOP/s of the step, {}", work.name()),
        against: "its products of weights alone",
        target: "85 % at least".to_owned(),
        found,
        reason: reason(record, work, &[Contestant::Ours, Contestant::OursProducts]),
    }
}

/// Peak memory: half at most; recomputing activations where that is less.
fn memory(record: &Record, work: &Work) -> Row {
    let peak = |of| record.field(work, of, "peak_rss_mib");
    let ours = [Contestant::Ours, Contestant::OursRecomputing];
    let least = ours
        .iter()
        .filter_map(|&of| peak(of))
        .min_by(f64::total_cmp);
    let found = least
        .zip(peak(Contestant::Eager))
        .map(|(ours, theirs)| Found {
            ours,
            theirs,
            ratio: ours / theirs,
            reached: ours / theirs <= 0.5,
        });
    Row {
        what: format!("peak memory in MiB, {}", work.name()),
        against: Contestant::Eager.word(),
        target: "1/2 at most".to_owned(),
        found,
        reason: reason(record, work, &[Contestant::Ours, Contestant::Eager]),
    }
}

fn reason(record: &Record, work: &Work, who: &[Contestant]) -> String {
    let said = |&of: &Contestant| match record.refusal(work, of)? {
        Line::NotAvailable(reason) => Some(format!("not available: {}: {reason}", of.word())),
        Line::Failed(reason) => Some(format!("not measured: {}: {reason}", of.word())),
        Line::Measured(_) => None,
    };
    let refused = who.iter().find_map(said);
    refused.unwrap_or_else(|| "not measured: not run".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::plan::jobs;

    /// The first piece of work, with what each program said.
    fn rows_of(lines: &[(Contestant, Line)]) -> Vec<Row> {
        let mut record = Record::default();
        for job in jobs(false) {
            if job.work == jobs(false)[0].work {
                for (_, line) in lines.iter().filter(|(of, _)| *of == job.contestant) {
                    record.add(&job, 0, line.clone());
                }
            }
        }
        rows(&record)
    }

    fn line(step: f64, first: f64, memory: f64) -> Line {
        Line::new(json!({
            "steps_s": [step, step, step], "first_step_s": first, "peak_rss_mib": memory, "gflop_per_step": 850.0,
        }))
    }

    #[test]
    fn each_target_is_judged_by_its_own_rule() {
        let rows = rows_of(&[
            (
                Contestant::OursProducts,
                Line::new(json!({ "gflops": 200.0 })),
            ),
            (Contestant::Ours, line(5.0, 5.5, 2600.0)),
            (Contestant::OursRecomputing, line(6.0, 6.5, 2400.0)),
            (Contestant::Eager, line(7.0, 20.0, 5000.0)),
            // Compiled before: only the first start is cold.
            (Contestant::Compiled, line(5.9, 180.0, 4000.0)),
            (Contestant::Compiled, line(5.9, 30.0, 4000.0)),
            (
                Contestant::OursBf16,
                Line::NotAvailable("no bf16".to_owned()),
            ),
        ]);
        let verdicts: Vec<String> = rows.iter().map(Row::verdict).collect();
        let elsewhere = "not measured: this command measures one process on the CPU";
        assert_eq!(
            verdicts,
            [
                "reached", // 1.4 times eager
                "missed",  // 1.18 times compiled
                "not available: ext5 bf16: no bf16",
                "missed",  // a 3.6th of eager's start
                "reached", // a 32nd of compiled's
                "reached", // 170 of 200 GFLOP/s
                "reached", // 2400 of 5000 MiB
                elsewhere,
                elsewhere,
            ]
        );
    }

    #[test]
    fn without_peers_nothing_is_claimed() {
        let rows = rows_of(&[(Contestant::Ours, line(5.0, 5.5, 2600.0))]);
        assert!(
            rows.iter()
                .all(|row| row.verdict().starts_with("not measured"))
        );
    }
}
