//! Training speed and memory, ours beside transformers', in turns on the same work, and the verdict on each target.
mod machine;
mod page;
mod plan;
mod program;
mod record;
mod verdict;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result};
use clap::Args;
use serde_json::{Value, json};

use plan::{Contestant, Job, jobs};
use program::Programs;
use record::{Line, Record};

/// Where pages of measurements lie.
const FOLDER: &str = "docs/benchmarks";

/// What to measure.
#[derive(Args)]
pub(crate) struct Options {
    /// Run transformers beside ours and write `docs/benchmarks/training-<hardware>.md` and `.json`.
    #[arg(long)]
    peers: bool,
    /// Print the record as JSON instead of tables.
    #[arg(long)]
    json: bool,
    /// Turns: each has every program once, those that compile in two turns at most.
    #[arg(long, default_value_t = 3, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// The Python that has torch and transformers.
    #[arg(long, default_value = "python3", value_name = "PROGRAM")]
    python: PathBuf,
    /// Only the work whose name contains this; writes nothing.
    #[arg(long, value_name = "TEXT")]
    only: Option<String>,
    /// A tiny model, one turn: whether everything runs, not how fast; writes nothing.
    #[arg(long)]
    quick: bool,
}

/// Measures, judges, prints and, with peers, writes; answers whether every program finished or refused by design.
pub(crate) fn run(root: &Path, options: &Options) -> Result<bool> {
    let rounds = if options.quick { 1 } else { options.rounds };
    let programs = Programs::build(root, &options.python)?;
    let start = Instant::now();
    let mut record = Record::default();
    for round in 0..rounds {
        for job in jobs(options.quick) {
            let wanted = options
                .only
                .as_ref()
                .is_none_or(|only| job.name().contains(only));
            let peer = job.contestant.is_peer();
            if wanted && (options.peers || !peer) && round < job.turns(rounds) {
                measure(&programs, &job, round, rounds, &mut record)?;
            }
        }
    }
    programs.forget_compiled();
    let rows = verdict::rows(&record);
    let facts = json!({
        "machine": machine::facts(), "rounds": rounds, "minutes": (start.elapsed().as_secs_f64() / 6.0).round() / 10.0,
        "peers": options.peers,
    });
    let whole = options.peers && !options.quick && options.only.is_none();
    if whole {
        write(root, &facts, &rows, &record)?;
    }
    if options.json {
        println!("{}", page::json(&facts, &rows, &record));
    } else {
        println!("{}", page::tables(&rows, &record));
    }
    Ok(record.failures().next().is_none())
}

/// One process, its line noted.
fn measure(
    programs: &Programs,
    job: &Job,
    round: u32,
    rounds: u32,
    record: &mut Record,
) -> Result<()> {
    let arguments = job.arguments(job.turns(rounds));
    let line = if job.contestant == Contestant::CompiledBf16 && !machine::has_bf16() {
        // torch then makes each product number by number: a step takes it most of a minute.
        Line::NotAvailable("this processor has no bf16 products".to_owned())
    } else {
        programs.line(job.contestant, &arguments)?
    };
    let told = match &line {
        Line::Measured(line) => line
            .get("step_s")
            .or_else(|| line.get("gflops"))
            .and_then(Value::as_f64)
            .map_or_else(String::new, |number| format!("{number:.3}")),
        Line::NotAvailable(reason) => format!("not available: {reason}"),
        Line::Failed(reason) => format!("FAILED: {reason}"),
    };
    tell(&format!("round {}: {}: {told}", round + 1, job.name()));
    record.add(job, round, line);
    Ok(())
}

/// Progress goes beside the result.
#[expect(clippy::print_stderr, reason = "stdout is the record's")]
fn tell(line: &str) {
    eprintln!("{line}");
}

/// Writes the page and the record; what a person wrote at the page's end stays.
fn write(root: &Path, facts: &Value, rows: &[verdict::Row], record: &Record) -> Result<()> {
    let folder = root.join(FOLDER);
    let name = machine::page_name();
    let path = folder.join(format!("{name}.md"));
    let before = fs::read_to_string(&path).unwrap_or_default();
    let text = page::page(facts, rows, record, &name, page::kept(&before));
    fs::create_dir_all(&folder).with_context(|| format!("cannot create `{FOLDER}`"))?;
    fs::write(&path, text).with_context(|| format!("cannot write `{}`", path.display()))?;
    let path = folder.join(format!("{name}.json"));
    let text = format!("{:#}\n", page::json(facts, rows, record));
    fs::write(&path, text).with_context(|| format!("cannot write `{}`", path.display()))
}
