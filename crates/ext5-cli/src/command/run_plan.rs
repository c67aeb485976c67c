use crate::args::RunPlanArgs;
use crate::command::config;
use crate::output::Output;
use crate::terminal::Terminal;
use anyhow::Result;
use ext5_trainer::{Probe, ProbeOptions, RunPlan, plan_run};
use std::path::Path;
use std::time::Duration;

pub(crate) fn run(args: &RunPlanArgs, output: &Output, terminal: &mut Terminal) -> Result<()> {
    let config = config::load(&args.config)?;
    let options = (!args.no_probe).then(|| ProbeOptions {
        steps: args.steps_probe,
        limit: Duration::from_secs(args.probe_seconds),
    });
    let plan = plan_run(&config, Path::new("runs/plan"), options, terminal)?;
    terminal.done();
    for warning in &plan.warnings {
        terminal.say(&format!("warning: {warning}"));
    }
    output.print(&plan, || text(&plan))
}

fn text(it: &RunPlan) -> String {
    let batch = &it.micro_batch;
    let of = if it.probe.is_some() {
        "the largest of the probe"
    } else {
        "all rows full"
    };
    let mut text = format!(
        "{}: {:.1} M parameters; micro-batches of {} rows, {} inputs and {} targets tokens ({of})\nmemory:\n",
        it.model,
        it.parameters as f64 / 1e6,
        batch.rows,
        batch.inputs_tokens,
        batch.targets_tokens,
    );
    for part in &it.memory {
        text.push_str(&format!(
            "  {:<12} {:>9.1} MiB  {}\n",
            part.name, part.mib, part.how
        ));
    }
    text.push_str(&format!("  {:<12} {:>9.1} MiB\n", "a step", it.memory_mib));
    text.push_str(&format!(
        "  {:<12} {:>9.1} MiB  more while one is written: the weights' file and the optimizer's state, twice\n",
        "checkpoint", it.checkpoint_memory_mib
    ));
    if let Some(left) = it.memory_available_mib {
        text.push_str(&format!("  {:<12} {left:>9.1} MiB\n", "the machine"));
    }
    let room = it
        .disk_free_mib
        .map_or_else(String::new, |mib| format!(", {mib:.0} MiB are free"));
    text.push_str(&format!(
        "disk: {} checkpoints of {:.1} MiB at once, {:.1} MiB{room}\n",
        it.checkpoints, it.checkpoint_mib, it.disk_mib
    ));
    match &it.probe {
        Some(probe) => text.push_str(&measured(probe, it)),
        None => text.push_str("time: not known without a probe; leave out `--no-probe`\n"),
    }
    text
}

fn measured(probe: &Probe, it: &RunPlan) -> String {
    let speed = &probe.speed;
    let mfu = speed
        .mfu
        .map_or_else(String::new, |share| format!(", {:.0}% MFU", 100.0 * share));
    let peak = speed.peak_rss_mib.map_or_else(String::new, |mib| {
        let share = it.memory_available_mib.map_or_else(String::new, |_| {
            let share = mib / it.memory_mib;
            format!(", {share:.2} of what was counted for a step")
        });
        format!("memory of the processor measured: {mib:.1} MiB at most{share}\n")
    });
    format!(
        "{peak}time: {:.3} s a step over {} steps, {:.0} tokens/s{mfu}, {:.1}% of it waiting for data\n{} steps take {}, validations and checkpoints come on top\n",
        speed.seconds_per_step,
        speed.steps,
        speed.tokens_per_s,
        100.0 * speed.waited_share,
        it.steps,
        duration(it.run_seconds.unwrap_or_default()),
    )
}

/// Seconds as people say them, in the two largest units.
fn duration(seconds: f64) -> String {
    let whole = seconds.round() as u64;
    let (days, hours, minutes) = (whole / 86_400, whole / 3600 % 24, whole / 60 % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds:.1} s"),
        (0, 0, minutes) => format!("{minutes} min {} s", whole % 60),
        (0, hours, minutes) => format!("{hours} h {minutes} min"),
        (days, hours, _) => format!("{days} d {hours} h"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_two_units() {
        let cases = [
            (0.25, "0.2 s"),
            (61.0, "1 min 1 s"),
            (3600.0 * 5.5, "5 h 30 min"),
            (86_400.0 * 3.0 + 7200.0, "3 d 2 h"),
        ];
        for (seconds, text) in cases {
            assert_eq!(duration(seconds), text);
        }
    }
}
