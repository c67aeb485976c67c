//! What people write: run configurations, tasks, templates, mixtures.
use std::path::Path;

use ext5_data::door;
use ext5_tasks::{Catalogue, Fault};
use ext5_trainer::{RunConfig, recipe};

use super::{Format, Made, Outcome, refusal};
use crate::row::Failure;
use crate::rows::input::told::Refused;

pub(super) const FORMATS: &[Format] = &[
    Format {
        name: "run.toml",
        text: true,
        make: run,
    },
    Format {
        name: "task.toml",
        text: true,
        make: task,
    },
    Format {
        name: "template",
        text: true,
        make: template,
    },
    Format {
        name: "mixture.toml",
        text: true,
        make: mixture,
    },
];

/// Largest run configuration, in bytes.
const LIMIT: u64 = 1 << 20;

/// A task with everything that a task file may have; `inputs` is its template, as TOML writes it.
pub(in crate::rows::input) fn task_text(name: &str, inputs: &str) -> String {
    format!(
        r#"name = "{name}"
family = "nli"
description = "Say whether a hypothesis follows."
labels = ["yes", "no"]
inputs = {inputs}
targets = "{{{{ label | label_name(labels) }}}}"
where = "label >= 0"
references = "[label | label_name(labels)]"
fields = {{ label = "label" }}
postprocess = "label"
metrics = ["accuracy"]
explode = {{ list = "parts", as = "part", splits = ["train"], keep_empty = true }}

[[let]]
name = "short"
template = "{{% for word in part | split(' ') %}}{{{{ word[:3] }}}} {{% endfor %}}"

[source]
format = "jsonl"
columns = ["premise", "parts", "label"]

[source.splits]
train = ["nli/train.jsonl"]

[[examples]]
row = '{{"premise": "The ferry sank.", "parts": ["A ferry sank."], "label": 0}}'
expected = [{{ inputs = "p: The ferry sank. s: A fer san ", targets = "yes" }}]
"#
    )
}

/// The template of that task.
pub(super) const INPUTS: &str = "p: {{ premise }} s: {{ short }}";

/// Reads all files of a folder and checks them, as `ext5 task check` does.
pub(super) fn check(folder: &Path) -> Outcome {
    let catalogue = Catalogue::empty().with_dir(folder);
    let catalogue = catalogue.map_err(|error| Refused::of(&error))?;
    let faults: Vec<String> = catalogue.check_all().iter().map(Fault::to_string).collect();
    match faults.first() {
        None => Ok(()),
        Some(first) => Err(Refused {
            text: first.clone(),
            at_row: false,
        }),
    }
}

fn run(dir: &Path, _times: usize) -> Result<Made, Failure> {
    let overrides = ["trainer.batch_rows=4", "data.ratio=2.0"].map(str::to_owned);
    let text = recipe("micro_ext5", &overrides)?.to_toml()?;
    Ok(Made::file(
        dir.join("run.toml"),
        text.into_bytes(),
        read_run,
    ))
}

/// Reads a run's configuration.
pub(super) fn read_run(path: &Path) -> Outcome {
    let text = door::read_text(path, LIMIT).map_err(|error| Refused::of(&error))?;
    let config = RunConfig::parse(path, &text, &[]);
    if let Ok(config) = &config {
        // What it refuses is a configuration, which overrides may have made: it names keys, no file.
        let _ = config.validate();
    }
    refusal(config)
}

fn task(dir: &Path, _times: usize) -> Result<Made, Failure> {
    let folder = dir.join("mine");
    std::fs::create_dir_all(&folder)?;
    let text = task_text("mine", &format!("\"{INPUTS}\""));
    let place = folder.clone();
    Ok(Made::file(
        folder.join("mine.toml"),
        text.into_bytes(),
        move |_| check(&place),
    ))
}

fn template(dir: &Path, _times: usize) -> Result<Made, Failure> {
    let made = task(dir, 1)?;
    let file = |damaged: &[u8]| {
        let text = String::from_utf8_lossy(damaged);
        // A string of JSON is one of TOML but for this character.
        let inputs = serde_json::Value::from(text)
            .to_string()
            .replace('\u{7f}', "\\u007f");
        task_text("mine", &inputs).into_bytes()
    };
    Ok(Made {
        sample: INPUTS.as_bytes().to_vec(),
        file: Box::new(file),
        ..made
    })
}

fn mixture(dir: &Path, _times: usize) -> Result<Made, Failure> {
    let folder = dir.join("mine");
    for below in ["tasks", "mixtures"] {
        std::fs::create_dir_all(folder.join(below))?;
    }
    for name in ["one", "two"] {
        let text = task_text(name, &format!("\"{INPUTS}\""));
        std::fs::write(folder.join(format!("tasks/{name}.toml")), text)?;
    }
    std::fs::write(
        folder.join("mixtures/inner.toml"),
        "name = \"inner\"\nmembers = [\"two\"]\n",
    )?;
    let text = r#"name = "mine"
description = "Two tasks."
rate = { kind = "proportional", cap = 1000 }
families = true

[[members]]
name = "one"
rate = 2.5

[[members]]
name = "inner"
rate = { kind = "fixed", value = 1 }
"#;
    let place = folder.clone();
    Ok(Made::file(
        folder.join("mixtures/mine.toml"),
        text.into(),
        move |_| check(&place),
    ))
}
