use serde_json::{Map, Value, json};

use super::Outcome;
use crate::{MetricScore, Protocol, TaskReport};

/// Metrics of shares and correlations, which that harness has as fractions; all others keep their scale (BLEU, ROUGE, distances).
const FRACTIONS: &[&str] = &[
    "accuracy",
    "auc",
    "break_exact_match",
    "coqa_f1",
    "exact_match",
    "f1",
    "lm_eval_exact_match",
    "lm_eval_record_em",
    "lm_eval_record_f1",
    "local_recall",
    "macro_f1",
    "matthews_corrcoef",
    "mean_3class_f1",
    "meteor",
    "meteor_wordnet",
    "micro_f1",
    "multirc_em",
    "multirc_f1a",
    "pearson_corrcoef",
    "rank_accuracy",
    "rank_binary",
    "rank_macro_f1",
    "record",
    "slot_f1",
    "span_f1",
    "spearman_corrcoef",
    "squad",
    "token_accuracy",
    "trivia_qa",
    "weighted_f1",
];
/// Half a 95 % interval in standard errors.
const HALF: f64 = 1.959_963_984_540_054;

pub(super) fn render(outcome: &Outcome<'_>) -> Value {
    // Tasks have the version of the program that carries them.
    let version = json!(outcome.identity.ext5);
    let mut all = Layout::default();
    for report in outcome.reports {
        all.add(report, &task_key(outcome.reports, report), &version);
    }
    if let Some(suite) = outcome.suite {
        let mut members: Vec<String> = Vec::new();
        for report in suite.members.iter().filter_map(|it| it.report.as_ref()) {
            members.push(task_key(outcome.reports, report));
        }
        let group = json!({
            "alias": suite.suite, "name": suite.suite, "average,none": suite.average,
            "average_stderr,none": "N/A", "sample_len": suite.counted,
        });
        all.groups.insert(suite.suite.clone(), group.clone());
        all.results.insert(suite.suite.clone(), group);
        let better = json!({ "average": true });
        all.higher_is_better.insert(suite.suite.clone(), better);
        all.versions.insert(suite.suite.clone(), version.clone());
        all.subtasks.insert(suite.suite.clone(), members.into());
    }
    let identity = outcome.identity;
    let settings = |map| serde_json::to_value(map).unwrap_or_default();
    let config = json!({
        "model": "ext5",
        "model_args": format!("path={}", identity.model),
        "model_sha": identity.model_hash,
        "limit": identity.limit,
        "bootstrap_iters": identity.scoring.get("resamples"),
        "gen_kwargs": settings(&identity.decoding),
    });
    json!({
        "results": all.results,
        "groups": all.groups,
        "group_subtasks": all.subtasks,
        "configs": all.configs,
        "versions": all.versions,
        "n-shot": all.shots,
        "higher_is_better": all.higher_is_better,
        "n-samples": all.samples,
        "config": config,
        "model_source": "ext5",
        "model_name": identity.model,
        "ext5": {
            "identity": identity,
            "stderr": "half of the 95 % bootstrap interval divided by 1.96",
            "scale": all.scale,
            "signatures": all.signatures,
            "notes": all.notes,
            "average": "of scores times 100, as T5 has it",
        },
    })
}

/// The parts of the file, each by the task's name.
#[derive(Default)]
struct Layout {
    results: Map<String, Value>,
    groups: Map<String, Value>,
    subtasks: Map<String, Value>,
    configs: Map<String, Value>,
    versions: Map<String, Value>,
    shots: Map<String, Value>,
    higher_is_better: Map<String, Value>,
    samples: Map<String, Value>,
    scale: Map<String, Value>,
    signatures: Map<String, Value>,
    notes: Map<String, Value>,
}

impl Layout {
    fn add(&mut self, report: &TaskReport, key: &str, version: &Value) {
        let mut results = Map::new();
        results.insert("alias".to_owned(), key.into());
        results.insert("name".to_owned(), key.into());
        results.insert("sample_len".to_owned(), report.examples.into());
        let (mut better, mut scale, mut signatures) = (Map::new(), Map::new(), Map::new());
        for score in &report.scores {
            let name = score_key(report, score);
            let factor = factor(score);
            let scaled = |value: f64| json!(value * factor);
            let error = score.interval.map(|it| (it.high - it.low) / (2.0 * HALF));
            let error = error.map_or(json!("N/A"), scaled);
            // A correlation with a constant has no value; that harness writes NaN, which is not JSON.
            let value = score.value.map_or(json!("NaN"), scaled);
            results.insert(format!("{name},none"), value);
            results.insert(format!("{name}_stderr,none"), error);
            better.insert(name.clone(), score.higher_is_better.into());
            scale.insert(name.clone(), json!(factor));
            signatures.insert(name, score.signature.clone().into());
        }
        let kind = match report.protocol {
            Protocol::Generate => "generate_until",
            Protocol::Rank => "multiple_choice",
            Protocol::Perplexity => "loglikelihood",
        };
        let config = json!({
            "task": report.task, "split": report.split, "output_type": kind, "num_fewshot": 0,
            "postprocess": report.postprocess, "metadata": { "version": version },
        });
        self.configs.insert(key.to_owned(), config);
        self.results.insert(key.to_owned(), results.into());
        self.subtasks.insert(key.to_owned(), json!([]));
        self.versions.insert(key.to_owned(), version.clone());
        self.shots.insert(key.to_owned(), 0.into());
        self.higher_is_better.insert(key.to_owned(), better.into());
        let count = json!({ "original": report.examples, "effective": report.examples });
        self.samples.insert(key.to_owned(), count);
        self.scale.insert(key.to_owned(), scale.into());
        self.signatures.insert(key.to_owned(), signatures.into());
        if !report.notes.is_empty() {
            let notes = report.notes.clone();
            self.notes.insert(key.to_owned(), notes.into());
        }
    }
}

/// The task; with its split where it was scored on several.
fn task_key(reports: &[TaskReport], report: &TaskReport) -> String {
    let same = reports.iter().filter(|other| other.task == report.task);
    if same.count() > 1 {
        format!("{}:{}", report.task, report.split)
    } else {
        report.task.clone()
    }
}

/// The name of a score in that harness where it has one; else our own, with its metric where two have the same.
fn score_key(report: &TaskReport, score: &MetricScore) -> String {
    let same = report.scores.iter().filter(|it| it.name == score.name);
    if same.count() > 1 {
        return format!("{}.{}", score.metric, score.name);
    }
    match score.name.as_str() {
        "accuracy" => "acc".to_owned(),
        "accuracy_per_character" => "acc_norm".to_owned(),
        "accuracy_per_byte" => "acc_bytes".to_owned(),
        "matthews_corrcoef" => "mcc".to_owned(),
        other => other.to_owned(),
    }
}

/// What a score is multiplied by.
fn factor(score: &MetricScore) -> f64 {
    if FRACTIONS.contains(&score.metric.as_str()) {
        0.01
    } else {
        1.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::METRICS;

    /// The metrics that are no shares, or that their own packages give times 100.
    const AS_THEY_ARE: &[&str] = &[
        "bleu",
        "bleu_13a",
        "bleu_char",
        "bleu_none",
        "bleu_zh",
        "chrf",
        "chrf++",
        "cider",
        "diversity",
        "edit_distance",
        "edit_distance_normalised",
        "nist",
        "nist_merged",
        "perplexity",
        "rouge",
        "rouge_mean",
        "rouge_stemmed",
        "rouge_stemmed_mean",
        "sari",
        "ter",
        "text_length",
        "wer",
    ];

    #[test]
    fn every_metric_has_its_scale() {
        for metric in METRICS {
            let lists = [FRACTIONS, AS_THEY_ARE].map(|list| list.contains(&metric.name));
            assert!(lists[0] != lists[1], "{}", metric.name);
        }
        assert!(FRACTIONS.is_sorted());
    }
}
