use crate::args::TaskCommand;
use crate::command::catalogue;
use crate::failure::Refused;
use crate::output::Output;
use anyhow::Result;
use ext5_data::{ErrorKind, TaskSpec};
use serde_json::{Value, json};

pub(crate) fn run(command: TaskCommand, output: &Output) -> Result<()> {
    match command {
        TaskCommand::List(args) => list(&args.overrides, output),
        TaskCommand::Show(args) => show(
            &args.name,
            &args.split,
            args.limit,
            &args.catalogue.overrides,
            output,
        ),
        TaskCommand::Check(args) => check(args.name.as_deref(), &args.catalogue.overrides, output),
    }
}

fn list(overrides: &[String], output: &Output) -> Result<()> {
    let (catalogue, data) = catalogue::open(overrides)?;
    let mut rows = Vec::new();
    for spec in catalogue.tasks() {
        let task = catalogue.open(&spec.name, &data.root)?;
        let present: Vec<String> = task
            .splits()
            .into_iter()
            .filter(|split| task.source().files(split).is_ok())
            .collect();
        rows.push(json!({
            "name": spec.name,
            "family": spec.family,
            "exmix": spec.exmix.as_ref().map(|exmix| exmix.provenance),
            "splits": task.splits(),
            "present": present,
            "description": spec.description,
        }));
    }
    output.print(&json!({ "tasks": rows }), || {
        rows.iter().map(|row| line(row) + "\n").collect::<String>()
    })
}

fn line(row: &Value) -> String {
    let text = |key: &str| row[key].as_str().unwrap_or_default().to_owned();
    let here = match row["present"].as_array().map(Vec::len) {
        Some(0) | None => "absent",
        Some(_) => "present",
    };
    let (name, family, description) = (text("name"), text("family"), text("description"));
    format!("{name:<36} {family:<22} {here:<8} {description}")
}

fn show(name: &str, split: &str, limit: u64, overrides: &[String], output: &Output) -> Result<()> {
    let (catalogue, data) = catalogue::open(overrides)?;
    let task = catalogue.open(name, &data.root)?;
    let mut examples = Vec::new();
    let mut reason = None;
    if task.is_self_supervised() {
        match task.documents(split, Some(limit)) {
            Ok(documents) => {
                for document in documents {
                    examples.push(json!({ "text": document? }));
                }
            }
            Err(error) => reason = Some(error),
        }
    } else {
        match task.examples(split, Some(limit)) {
            Ok(rows) => {
                for example in rows {
                    let example = example?;
                    examples.push(json!({
                        "id": example.id,
                        "inputs": example.inputs,
                        "targets": example.targets,
                        "references": example.references,
                    }));
                }
            }
            Err(error) => reason = Some(error),
        }
    }
    let absent = match reason {
        Some(error) if error.kind() == ErrorKind::Missing => Some(error.to_string()),
        Some(error) => return Err(error.into()),
        None => None,
    };
    let spec = task.spec();
    let value = json!({ "task": spec, "split": split, "examples": examples, "absent": absent });
    output.print(&value, || describe(spec, &examples, absent.as_deref()))
}

fn describe(spec: &TaskSpec, examples: &[Value], absent: Option<&str>) -> String {
    let quoted = |value: Value| value.as_str().unwrap_or_default().to_owned();
    let exmix = spec
        .exmix
        .as_ref()
        .map_or("not said whether in ExMix".to_owned(), |exmix| {
            format!("ExMix {} ({})", quoted(json!(exmix.provenance)), exmix.note)
        });
    let mut text = format!(
        "{}: {}\nfamily {}, {exmix}\nlicence {}; {}\n",
        spec.name,
        spec.description,
        quoted(json!(spec.family)),
        spec.licence,
        spec.citation,
    );
    if let Some(reason) = absent {
        text.push_str(&format!("absent: {reason}\n"));
    }
    for example in examples {
        text.push('\n');
        for (key, value) in example.as_object().into_iter().flatten() {
            let value = value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned);
            text.push_str(&format!("{key}: {value}\n"));
        }
    }
    text
}

fn check(name: Option<&str>, overrides: &[String], output: &Output) -> Result<()> {
    let (catalogue, _) = catalogue::open(overrides)?;
    let faults = match name {
        Some(name) => catalogue.check_task(name)?,
        None => catalogue.check_all(),
    };
    if !faults.is_empty() {
        let lines: Vec<String> = faults.iter().map(ToString::to_string).collect();
        return Err(Refused {
            kind: ErrorKind::Config,
            message: lines.join("\n"),
        }
        .into());
    }
    let count = if name.is_some() {
        1
    } else {
        catalogue.tasks().count()
    };
    output.print(&json!({ "checked": count }), || {
        format!("{count} tasks are in order")
    })
}
