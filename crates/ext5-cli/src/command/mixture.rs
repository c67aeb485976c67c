use crate::args::{ConfigArgs, MixtureCommand};
use crate::command::{catalogue, config};
use crate::output::Output;
use crate::terminal::Terminal;
use anyhow::Result;
use ext5_data::{Plan, plan};
use ext5_trainer::{Session, feeds, loader_config};
use serde_json::json;
use std::path::Path;

pub(crate) fn run(command: MixtureCommand, output: &Output, terminal: &mut Terminal) -> Result<()> {
    match command {
        MixtureCommand::List(args) => list(&args.overrides, output),
        MixtureCommand::Plan(args) => plan_run(&args, output, terminal),
    }
}

fn list(overrides: &[String], output: &Output) -> Result<()> {
    let (catalogue, _) = catalogue::open(overrides)?;
    let mut rows = Vec::new();
    for mixture in catalogue.mixtures() {
        let members: Vec<&str> = mixture
            .members
            .iter()
            .map(|member| member.name.as_str())
            .collect();
        let tasks = catalogue.tasks_of(&mixture.name)?.len();
        rows.push(json!({
            "name": mixture.name,
            "description": mixture.description,
            "tasks": tasks,
            "members": members,
        }));
    }
    output.print(&json!({ "mixtures": rows }), || {
        let line = |row: &serde_json::Value| {
            let text = |key: &str| row[key].as_str().unwrap_or_default().to_owned();
            format!(
                "{:<40} {:>4} tasks  {}\n",
                text("name"),
                row["tasks"],
                text("description")
            )
        };
        rows.iter().map(line).collect::<String>()
    })
}

fn plan_run(args: &ConfigArgs, output: &Output, terminal: &mut Terminal) -> Result<()> {
    let config = config::load(args)?;
    config.validate()?;
    let session = Session::open(&config, Path::new("runs/plan"), terminal)?;
    let place = (session.vocabulary.as_ref(), session.cache.as_path());
    let data = &config.data;
    let found = feeds(
        data,
        &data.mixture,
        &data.split,
        &session.catalogue,
        place,
        terminal,
    )?;
    let plan = plan(&found.feeds, config.trainer.steps, &loader_config(&config))?;
    let value = json!({ "plan": plan, "shares": found.shares, "absent": found.absent });
    output.print(&value, || text(&plan, &found.absent))
}

fn text(plan: &Plan, absent: &[(String, String)]) -> String {
    let percent = |share: f64| format!("{:.2}%", 100.0 * share);
    let mut text = format!(
        "{} steps of {} rows, {:.2} examples a row, {:.0} examples; encoder rows {} full, decoder rows {}\n{:<36} {:>9} {:>9} {:>9} {:>9} {:>8} {:>7} {:>7}\n",
        plan.steps,
        plan.rows,
        plan.examples_per_row,
        plan.examples,
        percent(plan.inputs_filled),
        percent(plan.targets_filled),
        "task",
        "examples",
        "draws",
        "inputs",
        "targets",
        "epochs",
        "cut in",
        "cut out",
    );
    for task in &plan.tasks {
        text.push_str(&format!(
            "{:<36} {:>9} {:>9} {:>9} {:>9} {:>8.3} {:>7} {:>7}\n",
            task.task,
            task.examples,
            percent(task.share_of_examples),
            percent(task.share_of_inputs_tokens),
            percent(task.share_of_targets_tokens),
            task.epochs,
            percent(task.inputs_truncated),
            percent(task.targets_truncated),
        ));
    }
    for (task, reason) in absent {
        text.push_str(&format!("absent: {task}: {reason}\n"));
    }
    text
}
