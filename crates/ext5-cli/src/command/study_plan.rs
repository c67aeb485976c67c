use crate::args::{PaceArgs, StudyPlanArgs};
use crate::command::study::described;
use crate::failure::Refused;
use crate::output::Output;
use crate::terminal::Terminal;
use anyhow::Result;
use ext5_data::ErrorKind;
use ext5_studies::{Card, Cost, FamilyPlan, Pace, Study, StudyOptions, StudyPlan, StudyTime};
use ext5_trainer::{ProbeOptions, catalogue};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Characters of a line of names.
const WIDTH: usize = 110;

pub(crate) fn run(args: &StudyPlanArgs, output: &Output, terminal: &mut Terminal) -> Result<()> {
    let study = &args.study;
    let spec = described(study)?;
    let grid = spec.grid(&catalogue(&study.task_dirs)?)?;
    let beside = || PathBuf::from(format!("runs/{}_{}", spec.name, spec.scale));
    let dir = args.dir.clone().unwrap_or_else(beside);
    let pace = pace(&args.pace, &dir)?;
    let options = StudyOptions {
        data_root: study.data_root.clone(),
        task_dirs: study.task_dirs.clone(),
        device: args.device.clone(),
        ..StudyOptions::default()
    };
    let study = Study::new(spec, grid, &dir, args.runs.clone(), "")?;
    let plan = study.plan(&options, &pace, terminal)?;
    terminal.done();
    for warning in &plan.warnings {
        terminal.say(&format!("warning: {warning}"));
    }
    output.print(&plan, || text(&plan))
}

/// How the arguments want time to be found; steps are tried in the study's directory.
fn pace(args: &PaceArgs, dir: &Path) -> Result<Pace> {
    if let Some(name) = &args.gpu {
        if !(args.mfu > 0.0 && args.mfu <= 1.0) {
            let message = format!(
                "`--mfu {}` is no share, expected a number above 0 and at most 1",
                args.mfu
            );
            let kind = ErrorKind::Request;
            return Err(Refused { kind, message }.into());
        }
        return Ok(Pace::Cards {
            card: Card::find(name)?,
            count: args.gpus,
            mfu: args.mfu,
        });
    }
    if args.no_probe {
        return Ok(Pace::Unknown);
    }
    Ok(Pace::Probe {
        dir: dir.to_owned(),
        options: ProbeOptions {
            steps: args.steps_probe,
            limit: Duration::from_secs(args.probe_seconds),
        },
    })
}

/// The plan as people read it.
fn text(it: &StudyPlan) -> String {
    let mut text = format!(
        "{} ({}), {} seeds\n\n{}\n{}",
        it.name,
        it.scale,
        it.seeds,
        runs(it),
        conditions(it),
    );
    if it.remaining.runs < it.whole.runs {
        let done = it.whole.runs - it.remaining.runs;
        text.push_str(&format!(
            "finished: {done} runs; what remains: {}\n",
            amount(&it.remaining)
        ));
    }
    text.push_str(&format!("\n{}", tasks(&it.families)));
    if let Some(largest) = &it.largest {
        let parts = largest.parts.iter();
        let parts: Vec<String> = parts
            .map(|part| format!("{} {:.0}", part.name, part.mib))
            .collect();
        text.push_str(&format!(
            "memory: {:.0} MiB at most for `{}`, {} rows at once (MiB: {})\n",
            largest.memory_mib,
            largest.cell,
            largest.rows,
            parts.join(", ")
        ));
    }
    text.push_str(&format!(
        "disk: {} of checkpoints at the most, one run at a time; {} if no weights were removed; token caches come on top\n",
        gibibytes(it.disk.remaining_mib),
        gibibytes(it.disk.all_mib)
    ));
    text.push_str(&format!(
        "scores: {} of a task at a checkpoint, {}\n",
        thousands(it.whole.scores),
        it.whole.examples.map_or_else(
            || "of whole splits: examples not counted".to_owned(),
            |examples| format!("{} examples answered at most", thousands(examples))
        )
    ));
    text.push_str(&time(it));
    text
}

fn runs(it: &StudyPlan) -> String {
    let mut text = format!(
        "{:<12} {:<14} {:>8} {:>6} {:>9} {:>10} {:>6} {:>12} {:>9} {:>12} {:>10}\n",
        "runs of kind",
        "model",
        "weights",
        "rows",
        "lengths",
        "steps each",
        "runs",
        "steps",
        "tokens",
        "operations",
        "hours"
    );
    for kind in &it.kinds {
        let model: String = kind.model.chars().take(14).collect();
        text.push_str(&format!(
            "{:<12} {model:<14} {:>7.1}M {:>6} {:>9} {:>10} {}\n",
            kind.kind,
            kind.parameters as f64 / 1e6,
            kind.batch_rows,
            format!("{}/{}", kind.inputs_length, kind.targets_length),
            thousands(kind.steps_each),
            row(&kind.cost),
        ));
    }
    text.push_str(&format!("{:<64} {}\n", "all", row(&it.whole)));
    text.push_str("tokens and operations with every row full: the most there can be\n");
    text
}

fn row(cost: &Cost) -> String {
    format!(
        "{:>6} {:>12} {:>9} {:>12} {:>10}",
        thousands(cost.runs),
        thousands(cost.steps),
        large((cost.inputs_tokens + cost.targets_tokens) as f64),
        format!("{:.2e}", cost.flops),
        cost.hours.map_or("?".to_owned(), hours),
    )
}

fn conditions(it: &StudyPlan) -> String {
    let mut text = format!(
        "{:<44} {:>6} {:>12} {:>9} {:>12} {:>10} {:>8}\n",
        "condition: the runs scored for it",
        "runs",
        "steps",
        "tokens",
        "operations",
        "hours",
        "scores"
    );
    for condition in &it.conditions {
        let label: String = condition.label.chars().take(44).collect();
        text.push_str(&format!(
            "{label:<44} {} {:>8}\n",
            row(&condition.cost),
            thousands(condition.cost.scores)
        ));
    }
    text
}

fn amount(cost: &Cost) -> String {
    let time = cost
        .hours
        .map_or(String::new(), |it| format!(", {} h", hours(it)));
    format!(
        "{} runs, {} steps, {:.2e} operations{time}",
        thousands(cost.runs),
        thousands(cost.steps),
        cost.flops
    )
}

fn tasks(families: &[FamilyPlan]) -> String {
    let all: usize = families.iter().map(|family| family.tasks.len()).sum();
    let mut text = format!(
        "{all} supervised tasks; published examples, `-` where not known; * no data here\n"
    );
    for family in families {
        text.push_str(&format!(
            "{}: {} tasks, {} examples\n",
            family.family,
            family.tasks.len(),
            thousands(family.examples())
        ));
        let names = family.tasks.iter().map(|task| {
            let size = task.examples.map_or("-".to_owned(), thousands);
            let mark = if task.absent.is_some() { "*" } else { "" };
            format!("{}{mark} {size}", task.task)
        });
        text.push_str(&wrapped(names));
    }
    text
}

/// Names in lines, each set in by two.
fn wrapped(names: impl Iterator<Item = String>) -> String {
    let (mut text, mut line) = (String::new(), String::new());
    for name in names {
        if !line.is_empty() && line.len() + name.len() + 4 > WIDTH {
            text.push_str(&format!("  {line},\n"));
            line.clear();
        }
        if !line.is_empty() {
            line.push_str(", ");
        }
        line.push_str(&name);
    }
    format!("{text}  {line}\n")
}

fn time(it: &StudyPlan) -> String {
    match &it.time {
        StudyTime::Unknown { next } => format!("time: not known: {next}\n"),
        StudyTime::Probe => format!(
            "time: {} h of training on this machine by steps that were tried; validations, checkpoints and scores come on top\n",
            it.remaining.hours.map_or("?".to_owned(), hours)
        ),
        StudyTime::Card {
            card,
            cards,
            mfu,
            hours: spread,
            rows_that_fit,
        } => {
            let fits = it.largest.as_ref().map_or(String::new(), |largest| {
                if largest.memory_mib <= card.memory_mib() {
                    format!("; the largest run fits its {} GB", card.memory_gb)
                } else {
                    format!(
                        "; of the largest run {rows_that_fit} rows at once fit its {} GB",
                        card.memory_gb
                    )
                }
            });
            format!(
                "time: {} card hours on {} ({}): {} TFLOP/s dense {}, of which {:.0}% are assumed (`--mfu`){fits}\n      {} h with {cards} of them, each with runs of its own; the longest chain of runs takes {} h\n      training with every row full; validations, checkpoints and scores come on top\n",
                it.remaining.hours.map_or("?".to_owned(), hours),
                card.name,
                card.sheet,
                card.tflops,
                card.precision,
                100.0 * mfu,
                hours(*spread),
                it.chain_hours.map_or("?".to_owned(), hours),
            )
        }
    }
}

fn hours(hours: f64) -> String {
    match hours {
        hours if hours >= 100.0 => thousands(hours.round() as u64),
        hours if hours >= 1.0 => format!("{hours:.1}"),
        hours => format!("{hours:.3}"),
    }
}

fn gibibytes(mib: f64) -> String {
    if mib < 1024.0 {
        format!("{mib:.1} MiB")
    } else {
        format!("{:.1} GiB", mib / 1024.0)
    }
}

/// 1.5M, 2.3B, 4.0T.
fn large(count: f64) -> String {
    const UNITS: [(f64, &str); 4] = [(1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k")];
    let unit = UNITS.iter().find(|(size, _)| count >= *size);
    unit.map_or_else(
        || format!("{count:.0}"),
        |(size, name)| format!("{:.1}{name}", count / size),
    )
}

fn thousands(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_for_people() {
        let cases = [
            (0, "0"),
            (999, "999"),
            (1000, "1,000"),
            (12_345_678, "12,345,678"),
        ];
        for (count, text) in cases {
            assert_eq!(thousands(count), text);
        }
        assert_eq!(
            [large(950.0), large(1.5e6), large(4.0e12)],
            ["950", "1.5M", "4.0T"]
        );
        assert_eq!(
            [hours(0.25), hours(2.0), hours(12_345.6)],
            ["0.250", "2.0", "12,346"]
        );
    }

    #[test]
    fn names_are_broken_into_lines() {
        let names = (0..40).map(|number| format!("a_task_{number}"));
        let text = wrapped(names);
        assert!(text.lines().all(|line| line.len() <= WIDTH + 2), "{text}");
        assert_eq!(text.matches("a_task_").count(), 40);
    }
}
