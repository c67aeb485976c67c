use crate::args::TrainArgs;
use crate::command::config;
use crate::failure::Refused;
use crate::output::Output;
use crate::signals;
use crate::terminal::Terminal;
use anyhow::{Context, Result};
use ext5_data::ErrorKind;
use ext5_trainer::{saved_config, train};
use std::path::PathBuf;

pub(crate) fn run(args: &TrainArgs, output: &Output, terminal: &mut Terminal) -> Result<()> {
    let (config, run_dir) = if args.resume {
        let run_dir = args.run_dir.clone().ok_or_else(|| Refused {
            kind: ErrorKind::Request,
            message: "`--resume` needs the directory of the run: `--run-dir DIR`".to_owned(),
        })?;
        (
            saved_config(&run_dir, &args.config.places.overrides())?,
            run_dir,
        )
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
        (config, args.run_dir.clone().unwrap_or_else(run_dir))
    };
    let stop = signals::watch().context("cannot watch for signals")?;
    let report = train(&config, &run_dir, args.resume, &stop, terminal)?;
    output.print(&report, || {
        let mut text = format!(
            "{} steps done, loss {:.4}; model: {}\n",
            report.steps,
            report.loss,
            report.checkpoint.display()
        );
        let speed = &report.speed;
        text.push_str(&format!(
            "{:.0} tokens/s, {:.3} s a step, {:.1}% of the time waited for data{}\n",
            speed.tokens_per_s,
            speed.seconds_per_step,
            100.0 * speed.waited_share,
            speed
                .mfu
                .map_or_else(String::new, |share| format!(", {:.0}% MFU", 100.0 * share)),
        ));
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
