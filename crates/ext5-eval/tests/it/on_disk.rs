//! Evaluations written into a directory by hand, in the layout that this crate reads.
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use ext5_eval::{
    Identity, Interval, MetricScore, MetricUnits, Protocol, Reading, RecordedEvaluation,
    RecordedSample, TaskReport, TaskUnits,
};

pub(crate) fn identity() -> Identity {
    Identity {
        ext5: "0.1.0".to_owned(),
        what: "suite small".to_owned(),
        model: "runs/a_b".to_owned(),
        model_hash: "c0ffee".to_owned(),
        vocabulary_hash: "beef".to_owned(),
        split: None,
        limit: None,
        reading: "t5".to_owned(),
        protocol: Protocol::Generate,
        decoding: BTreeMap::from([("beams".to_owned(), 1.into())]),
        scoring: BTreeMap::from([("resamples".to_owned(), 1000.into())]),
    }
}

pub(crate) fn score(metric: &str, name: &str, value: Option<f64>) -> MetricScore {
    let interval = value.map(|value| Interval {
        low: value - 2.5,
        mid: value,
        high: value + 1.5,
    });
    MetricScore {
        metric: metric.to_owned(),
        name: name.to_owned(),
        value,
        interval: interval.filter(|_| metric != "bleu"),
        higher_is_better: metric != "edit_distance",
        units: 250,
        signature: format!("metric:{metric}|version:ext5-1|nrefs:1|norm:\"none\", exact"),
    }
}

pub(crate) fn report(task: &str, split: &str, scores: Vec<MetricScore>) -> TaskReport {
    TaskReport {
        task: task.to_owned(),
        split: split.to_owned(),
        protocol: Protocol::Generate,
        reading: Reading::T5,
        postprocess: "label".to_owned(),
        examples: 250,
        invalid: 3,
        scores,
        notes: Vec::new(),
    }
}

pub(crate) fn sample(task: &str, id: &str, prediction: &str, targets: &str) -> RecordedSample {
    RecordedSample {
        task: task.to_owned(),
        split: "test".to_owned(),
        id: id.to_owned(),
        group: None,
        inputs: "q".to_owned(),
        targets: targets.to_owned(),
        references: vec![targets.to_owned()],
        prediction: prediction.to_owned(),
        choices: Vec::new(),
    }
}

/// An evaluation without tasks.
pub(crate) fn begin(dir: &Path, identity: &Identity) {
    for folder in ["samples", "reports", "units"] {
        fs::create_dir_all(dir.join(folder)).unwrap();
    }
    let text = serde_json::to_string(identity).unwrap();
    fs::write(dir.join("evaluation.json"), text).unwrap();
}

/// Adds the samples of a task and split.
pub(crate) fn add_samples(dir: &Path, task: &str, split: &str, samples: &[RecordedSample]) {
    let lines = samples
        .iter()
        .map(|sample| serde_json::to_string(sample).unwrap() + "\n");
    let path = dir.join("samples").join(format!("{task}.{split}.jsonl"));
    fs::write(path, lines.collect::<String>()).unwrap();
}

/// Adds a finished task: its report, and the rows of its metrics.
pub(crate) fn add_rows(dir: &Path, report: &TaskReport, ids: &str, rows: &[(&str, usize, &[f64])]) {
    let metrics = rows.iter().map(|(name, width, values)| {
        let rows = MetricUnits {
            version: ext5_eval::metric(name).unwrap().version,
            width: *width,
            values: values.to_vec(),
        };
        ((*name).to_owned(), rows)
    });
    let units = TaskUnits {
        task: report.task.clone(),
        split: report.split.clone(),
        definition: String::new(),
        ids: ids.to_owned(),
        metrics: metrics.collect(),
    };
    let name = format!("{}.{}.json", report.task, report.split);
    fs::write(
        dir.join("units").join(&name),
        serde_json::to_string(&units).unwrap(),
    )
    .unwrap();
    let text = serde_json::to_string(report).unwrap();
    fs::write(dir.join("reports").join(&name), text).unwrap();
}

pub(crate) fn read(dir: &Path) -> RecordedEvaluation {
    RecordedEvaluation::read(dir).unwrap()
}
