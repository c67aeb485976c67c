use crate::args::{TaskCommand, TaskListArgs, TaskNewArgs};
use crate::command::{catalogue, inspect};
use crate::failure::Refused;
use crate::output::Output;
use crate::terminal::Terminal;
use anyhow::Result;
use ext5_data::{ErrorKind, TaskSpec, did_you_mean, storage};
use ext5_tasks::{Catalogue, scaffold};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::Path;

pub(crate) fn run(command: TaskCommand, output: &Output, terminal: &mut Terminal) -> Result<()> {
    match command {
        TaskCommand::List(args) => list(&args, output),
        TaskCommand::Show(args) if args.packed => inspect::packed(&args, output, terminal),
        TaskCommand::Show(args) => show(
            &args.name,
            &args.split,
            args.limit,
            &args.config.places.overrides(),
            output,
        ),
        TaskCommand::Stats(args) => inspect::stats(&args, output, terminal),
        TaskCommand::Check(args) => check(args.name.as_deref(), &args.places.overrides(), output),
        TaskCommand::New(args) => new(&args, output),
        TaskCommand::Reference => {
            let catalogue = Catalogue::built_in()?;
            let page = catalogue.reference();
            output.print(&json!({ "markdown": page }), || page.clone())
        }
    }
}

fn list(args: &TaskListArgs, output: &Output) -> Result<()> {
    let (catalogue, data) = catalogue::open(&args.places.overrides())?;
    let wanted = match (&args.mixture, &args.suite) {
        (Some(mixture), _) => Some(catalogue::names_of(
            &catalogue,
            &catalogue.mixture(mixture)?.name,
        )?),
        (None, Some(suite)) => {
            let members = &catalogue.suite(suite)?.members;
            Some(members.iter().map(|it| it.task.clone()).collect())
        }
        (None, None) => None,
    };
    if let Some(family) = &args.family {
        let known: BTreeSet<&str> = catalogue.tasks().map(|it| it.family.name()).collect();
        if !known.contains(family.as_str()) {
            let near = did_you_mean(family, known.iter().copied());
            let all: Vec<&str> = known.into_iter().collect();
            let message = format!(
                "unknown family `{family}`{near}; there are {}",
                all.join(", ")
            );
            let kind = ErrorKind::Request;
            return Err(Refused { kind, message }.into());
        }
    }
    let is_wanted = |spec: &&TaskSpec| {
        let family = args.family.as_deref();
        wanted
            .as_ref()
            .is_none_or(|names: &BTreeSet<String>| names.contains(&spec.name))
            && family.is_none_or(|family| family == spec.family.name())
    };
    let mut rows = Vec::new();
    for spec in catalogue.tasks().filter(is_wanted) {
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
            "row": spec.exmix.as_ref().and_then(|exmix| exmix.row.as_ref()),
            "train_examples": spec.source.train_examples,
            "splits": task.splits(),
            "present": present,
            "description": spec.description,
        }));
    }
    let counts = counts(&rows);
    output.print(
        &json!({ "tasks": rows, "count": rows.len(), "provenance": counts }),
        || {
            let lines: String = rows.iter().map(|row| line(row) + "\n").collect();
            let said: Vec<String> = counts
                .as_object()
                .into_iter()
                .flatten()
                .map(|(key, n)| format!("{n} {key}"))
                .collect();
            format!("{lines}{} tasks: {}", rows.len(), said.join(", "))
        },
    )
}

/// How many rows have which provenance.
fn counts(rows: &[Value]) -> Value {
    let mut counts = serde_json::Map::new();
    for provenance in ["verified", "recalled", "substitute", "outside"] {
        let count = rows.iter().filter(|row| row["exmix"] == provenance).count();
        counts.insert(provenance.to_owned(), count.into());
    }
    Value::Object(counts)
}

fn new(args: &TaskNewArgs, output: &Output) -> Result<()> {
    let text = scaffold(&args.name, &args.file)?;
    let Some(path) = &args.output else {
        return output.print(&json!({ "text": text }), || text.clone());
    };
    if storage::local().exists(path)? {
        return Err(Refused {
            kind: ErrorKind::Locked,
            message: format!(
                "`{}` is there already, choose another file with `--output`",
                path.display()
            ),
        }
        .into());
    }
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    storage::local().create_dir(folder.unwrap_or(Path::new(".")))?;
    storage::local().write(path, text.as_bytes())?;
    let folder = folder.unwrap_or(Path::new(".")).display().to_string();
    let next = [
        format!("edit `{}`", path.display()),
        format!("ext5 task check {} --task-dir {folder}", args.name),
        format!(
            "ext5 data add {} --split train {} --data-root data --task-dir {folder}",
            args.name,
            args.file.display()
        ),
    ];
    output.print(&json!({ "file": path, "next": next }), || {
        format!(
            "written: {}\nnext: {}",
            path.display(),
            next.join("\n      ")
        )
    })
}

fn line(row: &Value) -> String {
    let text = |key: &str| row[key].as_str().unwrap_or_default().to_owned();
    let here = match row["present"].as_array().map(Vec::len) {
        Some(0) | None => "absent",
        Some(_) => "present",
    };
    let (name, family, description) = (text("name"), text("family"), text("description"));
    let exmix = text("exmix");
    format!("{name:<36} {family:<22} {here:<8} {exmix:<11} {description}")
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
    let value = json!({ "task": spec, "file": catalogue.path(name), "split": split, "examples": examples, "absent": absent });
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
    if name.is_some() {
        return output.print(&json!({ "checked": 1 }), || "1 task is in order".to_owned());
    }
    let count = catalogue.tasks().count();
    let exmix = catalogue.provenance_counts();
    let value = json!({
        "checked": count,
        "mixtures": catalogue.mixtures().count(),
        "suites": catalogue.suites().count(),
        "exmix": { "tasks": exmix.total(), "provenance": exmix },
    });
    output.print(&value, || {
        format!(
            "{count} tasks, {} mixtures and {} suites are in order\n{} tasks of ExMix: {} verified, {} recalled, {} substitute",
            catalogue.mixtures().count(),
            catalogue.suites().count(),
            exmix.total(),
            exmix.verified,
            exmix.recalled,
            exmix.substitute
        )
    })
}
