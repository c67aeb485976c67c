//! Names in task, mixture, suite and study files.
use std::error::Error;
use std::fs;
use std::path::Path;

use ext5_data::{
    CacheRequest, ErrorKind, PrepareOptions, Task, TaskSpec, load_vocabulary, prepare, storage,
};
use ext5_eval::{
    EvaluateOptions, EvaluationDir, Identity, Predictor, Protocol, RecordedEvaluation, Score,
    evaluate_task,
};
use ext5_studies::{Study, StudySpec, shipped};
use ext5_tasks::Catalogue;
use serde_json::json;

use super::{Kit, quoted, said};
use crate::row::Failure;

const ROW: &str = "{\"a\":\"plain\"}\n";

/// A task file: its name, its split, the file of the split, the template of its inputs.
fn task_text(name: &str, split: &str, file: &str, inputs: &str) -> String {
    format!(
        "name = {}\nfamily = \"nli\"\ndescription = \"made up\"\ninputs = {}\ntargets = \"{{{{ a }}}}\"\n\
         metrics = [\"exact_match\"]\npostprocess = \"none\"\n[source]\nformat = \"jsonl\"\ncolumns = [\"a\"]\n\
         [source.splits]\n{} = [{}]\n",
        quoted(name),
        quoted(inputs),
        quoted(split),
        quoted(file)
    )
}

pub(super) fn task(_: &Kit, root: &Path, name: &str) -> Result<String, Failure> {
    work(root, &task_text(name, "train", "t.jsonl", "{{ a }}"))
}

pub(super) fn split(_: &Kit, root: &Path, name: &str) -> Result<String, Failure> {
    work(root, &task_text("t", name, "t.jsonl", "{{ a }}"))
}

pub(super) fn file(_: &Kit, root: &Path, name: &str) -> Result<String, Failure> {
    work(root, &task_text("t", "train", name, "{{ a }}"))
}

pub(super) fn include(_: &Kit, root: &Path, name: &str) -> Result<String, Failure> {
    let name = quoted(name);
    let mut all = String::new();
    for form in ["include", "import", "extends"] {
        let rest = if form == "import" { " as x" } else { "" };
        let inputs = format!("{{% {form} {name}{rest} %}}{{{{ a }}}}");
        all += &work(root, &task_text("t", "train", "t.jsonl", &inputs))?;
    }
    Ok(all)
}

/// Reads the rows of every task of a file, caches and evaluates them.
fn work(root: &Path, text: &str) -> Result<String, Failure> {
    fs::write(root.join("data/t.jsonl"), ROW)?;
    fs::write(root.join("tasks/t.toml"), text)?;
    let catalogue = match Catalogue::empty().with_dir(&root.join("tasks")) {
        Ok(catalogue) => catalogue,
        Err(error) => return Ok(error.to_string()),
    };
    let mut all = String::new();
    for spec in catalogue.tasks() {
        match catalogue.open(&spec.name, &root.join("data")) {
            Ok(task) => all += &work_on(root, &task)?,
            Err(error) => all += &error.to_string(),
        }
    }
    Ok(all)
}

fn work_on(root: &Path, task: &Task) -> Result<String, Failure> {
    let vocabulary = load_vocabulary("bytes")?;
    let mut all = String::new();
    for split in task.splits() {
        let examples = task.examples(&split, None);
        all += &said(&examples.map(|rows| rows.map(|row| said(&row)).collect::<Vec<_>>()));
        let request = CacheRequest {
            task: task.clone(),
            split: split.clone(),
            chunk: None,
        };
        let options = PrepareOptions::default();
        let cache = root.join("cache");
        let name = task.name();
        let made = prepare(
            &cache,
            name,
            &[request],
            vocabulary.as_ref(),
            options,
            &mut |_, _| Ok(()),
        );
        all += &said(&made);
        all += &evaluated(root, task, &split)?;
    }
    Ok(all)
}

fn evaluated(root: &Path, task: &Task, split: &str) -> Result<String, Failure> {
    let identity: Identity = serde_json::from_value(identity())?;
    let out = root.join("evaluation");
    let dir = EvaluationDir::fresh(&out, &identity)?;
    let mut options = EvaluateOptions {
        dir: Some(&dir),
        ..EvaluateOptions::default()
    };
    let report = evaluate_task(task, split, None, &mut Echo, &mut options);
    let again = RecordedEvaluation::read(&out).map(|it| {
        let samples = it.samples(task.name(), split);
        said(&samples.map(|rows| rows.map(|row| said(&row)).collect::<Vec<_>>()))
    });
    Ok(said(&report.map(|report| report.examples)) + &said(&again))
}

/// Who evaluates.
pub(super) fn identity() -> serde_json::Value {
    json!({
        "ext5": "0", "what": "task t", "model": "m", "model_hash": "aa", "vocabulary_hash": "bb",
        "split": null, "limit": null, "reading": "t5", "protocol": Protocol::Generate,
        "decoding": {}, "scoring": {},
    })
}

/// Answers with the question.
struct Echo;

impl Predictor for Echo {
    fn generate(
        &mut self,
        inputs: &[&str],
        _: usize,
    ) -> Result<Vec<String>, Box<dyn Error + Send + Sync>> {
        Ok(inputs.iter().map(|&text| text.to_owned()).collect())
    }

    fn score(&mut self, _: &[(&str, &str)]) -> Result<Vec<Score>, Box<dyn Error + Send + Sync>> {
        Ok(Vec::new())
    }
}

/// A mixture of that name, prepared, and fine-tuned on in a study.
pub(super) fn mixture(kit: &Kit, root: &Path, name: &str) -> Result<String, Failure> {
    let text = format!("name = {}\nmembers = [\"micro_reading\"]\n", quoted(name));
    fs::create_dir_all(root.join("tasks/mixtures"))?;
    fs::write(root.join("tasks/mixtures/m.toml"), text)?;
    let with = kit.catalogue.clone().with_dir(&root.join("tasks"));
    let catalogue = match with {
        Ok(catalogue) => catalogue,
        Err(error) => return Ok(error.to_string()),
    };
    let mut spec = shipped("ratio", "micro", &[])?;
    spec.score.tasks = vec![name.to_owned()];
    claimed(&catalogue, spec, &root.join("study"))
}

pub(super) fn suite(kit: &Kit, root: &Path, name: &str) -> Result<String, Failure> {
    let text = format!(
        "name = {}\ndescription = \"d\"\nmembers = [{{ task = \"micro_reading\", split = \"test\", metrics = [\"accuracy\"] }}]\n",
        quoted(name)
    );
    fs::create_dir_all(root.join("tasks/suites"))?;
    fs::write(root.join("tasks/suites/s.toml"), text)?;
    let with = kit.catalogue.clone().with_dir(&root.join("tasks"));
    Ok(match with {
        Ok(catalogue) => said(&catalogue.suite(name).map(|it| it.name.clone())),
        Err(error) => error.to_string(),
    })
}

/// A study of that name and scale, laid where the program lays it.
pub(super) fn study(kit: &Kit, root: &Path, name: &str) -> Result<String, Failure> {
    let mut all = String::new();
    for key in ["name", "scale"] {
        let mut spec = shipped("ratio", "micro", &[])?;
        match key {
            "name" => name.clone_into(&mut spec.name),
            _ => name.clone_into(&mut spec.scale),
        }
        let dir = root.join(format!("runs/{}_{}", spec.name, spec.scale));
        all += &claimed(&kit.catalogue, spec, &dir)?;
    }
    Ok(all)
}

/// Takes a directory for a study, and makes those of its runs.
fn claimed(catalogue: &Catalogue, spec: StudySpec, dir: &Path) -> Result<String, Failure> {
    let study = spec
        .grid(catalogue)
        .and_then(|grid| Study::new(spec, grid, dir, None, "ext5"));
    let study = match study.and_then(|study| study.claim().map(|()| study)) {
        Ok(study) => study,
        // A name that the file system cannot take is refused by it.
        Err(error) if error.kind() != ErrorKind::Other => return Ok(error.to_string()),
        Err(error) => return Err(error.into()),
    };
    for cell in &study.grid.cells {
        // Every run begins with this.
        let _ = storage::local().create_dir(&study.runs.join(&cell.name));
    }
    Ok(String::new())
}

/// A task that is read from the Hub's data set, as `source` says.
pub(super) fn hub_task(file: &str, hub: &str) -> Result<TaskSpec, ext5_data::Error> {
    let text = task_text("t", "train", file, "{{ a }}");
    let text = text.replace("[source.splits]", &format!("hub = {hub}\n[source.splits]"));
    TaskSpec::parse(Path::new("t.toml"), &text)
}
