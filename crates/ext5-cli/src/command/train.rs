use crate::args::TrainArgs;
use crate::command::config;
use crate::failure::{self, Refused, Said};
use crate::output::Output;
use crate::signals;
use crate::terminal::Terminal;
use anyhow::{Context, Result};
use ext5_data::ErrorKind;
use ext5_trainer::{
    Error, Observer, Ranks, RunConfig, Silent, TrainReport, join, saved_config, train_among,
};
use std::path::PathBuf;
use std::time::Duration;

pub(crate) fn run(args: &TrainArgs, output: &Output, terminal: &mut Terminal) -> Result<()> {
    let ranks = join()?;
    let mut silent = Silent;
    let observer: &mut dyn Observer = if ranks.leads() { terminal } else { &mut silent };
    match trained(args, ranks.as_ref(), observer) {
        Ok(_) if !ranks.leads() => {
            ranks.leave();
            Ok(())
        }
        Ok(report) => {
            ranks.leave();
            say(&report, output)
        }
        Err(error) if ranks.size() == 1 => {
            ranks.leave();
            Err(error)
        }
        Err(error) => Err(end(error, ranks.as_ref(), output)),
    }
}

/// Ends a run of several processes: an error that all have is said by the first, another by the process that has it.
fn end(error: anyhow::Error, ranks: &dyn Ranks, output: &Output) -> anyhow::Error {
    let kind = failure::kind(&error);
    let everywhere = error
        .downcast_ref::<Error>()
        .is_some_and(Error::is_everywhere);
    if ranks.leads() {
        failure::report(&error, output.json);
    } else if !everywhere {
        // What hinders all, such as a file that is missing, the first says for all and ends them.
        std::thread::sleep(Duration::from_secs(1));
        let rank = ranks.rank();
        failure::report(&error.context(format!("process {rank}")), false);
    }
    if everywhere {
        ranks.leave();
    } else {
        ranks.abort(kind.exit_code());
    }
    Said { kind }.into()
}

fn trained(
    args: &TrainArgs,
    ranks: &dyn Ranks,
    observer: &mut dyn Observer,
) -> Result<TrainReport> {
    // First, so that a signal never finds a run that does not know what to do with it.
    let stop = signals::watch().context("cannot watch for signals")?;
    let (config, run_dir) = described(args)?;
    let report = train_among(ranks, &config, &run_dir, args.resume, &stop, observer)?;
    Ok(report)
}

/// The run that the arguments describe, and its directory.
fn described(args: &TrainArgs) -> Result<(RunConfig, PathBuf)> {
    if args.resume {
        let run_dir = args.run_dir.clone().ok_or_else(|| Refused {
            kind: ErrorKind::Request,
            message: "`--resume` needs the directory of the run: `--run-dir DIR`".to_owned(),
        })?;
        let config = saved_config(&run_dir, &args.config.places.overrides())?;
        Ok((config, run_dir))
    } else {
        let config = config::load(&args.config)?;
        let file = args
            .config
            .config
            .as_ref()
            .and_then(|path| path.file_stem());
        let name = args
            .config
            .recipe
            .clone()
            .or(file.map(|name| name.to_string_lossy().into()));
        let run_dir = || PathBuf::from("runs").join(name.unwrap_or_else(|| "run".to_owned()));
        Ok((config, args.run_dir.clone().unwrap_or_else(run_dir)))
    }
}

fn say(report: &TrainReport, output: &Output) -> Result<()> {
    output.print(report, || {
        let loss = report.loss.map_or_else(
            || ", none of them now".to_owned(),
            |loss| format!(", loss {loss:.4}"),
        );
        let mut text = format!(
            "{} steps done{loss}; model: {}\n",
            report.steps,
            report.checkpoint.display()
        );
        let speed = &report.speed;
        if speed.steps > 0 {
            text.push_str(&format!(
                "{:.0} tokens/s, {:.3} s a step, {:.1}% of the time waited for data{}\n",
                speed.tokens_per_s,
                speed.seconds_per_step,
                100.0 * speed.waited_share,
                speed
                    .mfu
                    .map_or_else(String::new, |share| format!(", {:.0}% MFU", 100.0 * share)),
            ));
        }
        text.push_str(&ledger(&report.tasks));
        text
    })
}

/// The totals per task as lines.
fn ledger(tasks: &serde_json::Value) -> String {
    let mut text = format!(
        "{:<36} {:>9} {:>8} {:>12} {:>9}\n",
        "task", "examples", "epochs", "targets", "loss"
    );
    for (name, task) in tasks.as_object().into_iter().flatten() {
        let number = |key: &str| task[key].as_f64().unwrap_or(f64::NAN);
        text.push_str(&format!(
            "{name:<36} {:>9} {:>8.3} {:>12} {:>9.4}\n",
            number("examples"),
            number("epochs"),
            number("targets_tokens"),
            number("loss")
        ));
    }
    text
}
