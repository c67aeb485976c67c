//! Names in what lies on the disk: models, checkpoints, studies, evaluations, archives.
use std::fs;
use std::path::Path;

use ext5_eval::{RecordedEvaluation, check_archive};
use ext5_studies::{Study, collect, shipped};
use ext5_trainer::{Checkpoint, ModelDir};
use serde_json::{Value, json};

use super::catalogued::identity;
use super::{Kit, said};
use crate::row::Failure;
use crate::rows::security::canaries::CONTENT;
use crate::rows::security::zip;

pub(super) fn weight_map(_: &Kit, root: &Path, name: &str) -> Result<String, Failure> {
    let dir = root.join("model");
    fs::write(dir.join("config.json"), "{}")?;
    let index = json!({ "metadata": {}, "weight_map": { "shared.weight": name } });
    fs::write(dir.join("model.safetensors.index.json"), index.to_string())?;
    Ok(opened(&dir))
}

pub(super) fn manifest(_: &Kit, root: &Path, name: &str) -> Result<String, Failure> {
    let dir = root.join("model");
    fs::write(dir.join("config.json"), "{}")?;
    let entry = json!({
        "bytes": CONTENT.len(), "blake3": blake3::hash(CONTENT.as_bytes()).to_hex().as_str(),
    });
    let mut files = serde_json::Map::new();
    files.insert(name.to_owned(), entry);
    let manifest = json!({ "format": 1, "step": 1, "files": files });
    fs::write(dir.join("manifest.json"), manifest.to_string())?;
    let checked = Checkpoint::open(&dir).and_then(|it| it.verify());
    Ok(said(&checked) + &opened(&dir))
}

/// Loads a model and hashes it.
fn opened(dir: &Path) -> String {
    match ModelDir::find(dir) {
        Ok(model) => {
            let parts = model.parameters().map(|_| ());
            let words = model.vocabulary().map(|_| ());
            said(&parts) + &said(&words) + &said(&model.hash())
        }
        Err(error) => error.to_string(),
    }
}

pub(super) fn study_folder(kit: &Kit, root: &Path, name: &str) -> Result<String, Failure> {
    let dir = root.join("study");
    let spec = shipped("ratio", "micro", &[])?;
    let grid = spec.grid(&kit.catalogue)?;
    Study::new(spec, grid, &dir, None, "ext5")?.claim()?;
    let path = dir.join("study.json");
    let mut study: Value = serde_json::from_slice(&fs::read(&path)?)?;
    if let Some(cells) = study["cells"].as_array_mut() {
        for cell in cells {
            cell["folder"] = name.into();
        }
    }
    fs::write(&path, study.to_string())?;
    Ok(said(&collect(&dir)))
}

pub(super) fn report_task(_: &Kit, root: &Path, name: &str) -> Result<String, Failure> {
    recorded(root, name, "test")
}

pub(super) fn report_split(_: &Kit, root: &Path, name: &str) -> Result<String, Failure> {
    recorded(root, "t", name)
}

fn recorded(root: &Path, task: &str, split: &str) -> Result<String, Failure> {
    let dir = root.join("evaluation");
    fs::create_dir_all(dir.join("reports"))?;
    fs::create_dir_all(dir.join("units"))?;
    fs::create_dir_all(dir.join("samples"))?;
    fs::write(dir.join("evaluation.json"), identity().to_string())?;
    let report = json!({
        "task": task, "split": split, "protocol": "generate", "postprocess": "none", "examples": 1,
        "invalid": 0, "scores": [], "notes": [],
    });
    fs::write(dir.join("reports/t.test.json"), report.to_string())?;
    let evaluation = match RecordedEvaluation::read(&dir) {
        Ok(evaluation) => evaluation,
        Err(error) => return Ok(error.to_string()),
    };
    let mut all = String::new();
    for report in &evaluation.reports {
        all += &said(&evaluation.units(&report.task, &report.split).map(|_| ()));
        let samples = evaluation.samples(&report.task, &report.split);
        all += &said(&samples.map(|rows| rows.map(|row| said(&row)).collect::<Vec<_>>()));
    }
    Ok(all)
}

#[expect(clippy::unnecessary_wraps, reason = "stands among those that can fail")]
pub(super) fn archive(_: &Kit, _: &Path, name: &str) -> Result<String, Failure> {
    let archive = zip::stored(&[(name, b"x")]);
    Ok(said(&check_archive("a.zip", &archive, true)))
}
