//! Model cards: a README with the scores as `model-index`, as the Hugging Face Hub reads it.
use std::collections::BTreeMap;

use ext5_data::{Family, TaskSpec};

use crate::output::markdown;
use crate::table::title;
use crate::{MetricScore, Outcome, TaskReport};

/// The data set behind a task, as the Hub knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CardDataset {
    /// The kind of task, one of the Hub's.
    pub task_type: &'static str,
    /// The data set's id on the Hub, or the task's name.
    pub id: String,
    /// Its configuration.
    pub config: Option<String>,
    /// Commit, tag or branch.
    pub revision: Option<String>,
    /// Splits that it calls otherwise: ours to its.
    pub splits: BTreeMap<String, String>,
}

impl CardDataset {
    /// The data set that a task file names.
    pub fn of(spec: &TaskSpec) -> Self {
        let hub = spec.source.hub.as_ref();
        Self {
            task_type: task_type(spec.family),
            id: hub.map_or_else(|| spec.name.clone(), |hub| hub.id.clone()),
            config: hub.and_then(|hub| hub.config.clone()),
            revision: hub.and_then(|hub| hub.revision.clone()),
            splits: hub.map_or_else(BTreeMap::new, |hub| hub.splits.clone()),
        }
    }
}

/// What a model card is made of.
#[derive(Clone, Copy, Debug)]
pub struct Card<'a> {
    /// The model's name.
    pub name: &'a str,
    /// What its evaluation found.
    pub outcome: Outcome<'a>,
    /// The data sets by task.
    pub datasets: &'a BTreeMap<String, CardDataset>,
    /// How it was trained: what and its value, in order; empty where that is not known.
    pub training: &'a [(String, String)],
    /// Its licence as the Hub abbreviates it; the card asks for one where absent.
    pub licence: Option<&'a str>,
}

impl Card<'_> {
    /// The card: YAML between two lines of `---`, then Markdown. Scores that are not defined stand in the text alone.
    pub fn render(&self) -> String {
        let outcome = &self.outcome;
        let identity = outcome.identity;
        let mut text = format!("---\n{}---\n\n# {}\n\n", self.front_matter(), self.name);
        text.push_str("A T5 encoder-decoder: text in, text out.\n\n## Training\n\n");
        for (what, value) in self.training {
            text.push_str(&format!("- {what}: {}\n", value.replace('\n', " ")));
        }
        if self.training.is_empty() {
            text.push_str("How it was trained is not recorded beside it.\n");
        }
        text.push_str(&format!(
            "\n## Evaluation\n\nMade with ext5 {}: {}, reading `{}`{}. Shares and correlations are times 100. Weights and \
             configuration have the hash `{}`, the vocabulary `{}`.\n\n",
            identity.ext5,
            identity.what,
            identity.reading,
            identity.limit.map_or(String::new(), |limit| format!(", the first {limit} rows of each task")),
            identity.model_hash,
            identity.vocabulary_hash,
        ));
        if let Some(suite) = outcome.suite {
            text.push_str(&format!(
                "{}\n\n{}\n",
                suite.description,
                suite.to_markdown()
            ));
        }
        text.push_str(&markdown::scores(outcome));
        for report in outcome.reports {
            for note in &report.notes {
                text.push_str(&format!(
                    "\nNote on {} ({}): {note}\n",
                    report.task, report.split
                ));
            }
        }
        text.push_str("\nSignatures, which say all that decides a score:\n\n");
        for signature in markdown::signatures(outcome) {
            text.push_str(&format!("- `{signature}`\n"));
        }
        let licence = self.licence.map_or_else(
            || {
                "Not stated. Whoever publishes the model must name one here and as `license` above."
                    .to_owned()
            },
            |licence| format!("{licence}."),
        );
        text + &format!("\n## Licence\n\n{licence}\n")
    }

    fn front_matter(&self) -> String {
        let mut yaml = String::new();
        if let Some(licence) = self.licence {
            yaml.push_str(&format!("license: {}\n", quoted(licence)));
        }
        yaml.push_str(
            "library_name: ext5\npipeline_tag: text2text-generation\ntags:\n- t5\n- ext5\n",
        );
        let results: String = self
            .outcome
            .reports
            .iter()
            .map(|it| self.result(it))
            .collect();
        if !results.is_empty() {
            yaml.push_str(&format!(
                "model-index:\n- name: {}\n  results:\n{results}",
                quoted(self.name)
            ));
        }
        yaml
    }

    /// One task and split with its scores.
    fn result(&self, report: &TaskReport) -> String {
        let scores: Vec<_> = report
            .scores
            .iter()
            .filter(|it| it.value.is_some())
            .collect();
        if scores.is_empty() {
            return String::new();
        }
        let dataset = self.datasets.get(&report.task);
        let id = dataset.map_or(report.task.as_str(), |it| &it.id);
        let own = dataset.and_then(|it| it.splits.get(&report.split));
        let mut lines = vec![
            "  - task:".to_owned(),
            format!(
                "      type: {}",
                dataset.map_or("text2text-generation", |it| it.task_type)
            ),
            format!("      name: {}", quoted(&report.task)),
            "    dataset:".to_owned(),
            format!("      type: {}", quoted(id)),
            format!("      name: {}", quoted(&report.task)),
        ];
        let fields = [
            ("config", dataset.and_then(|it| it.config.as_ref())),
            ("split", Some(own.unwrap_or(&report.split))),
            ("revision", dataset.and_then(|it| it.revision.as_ref())),
        ];
        for (name, value) in fields {
            lines.extend(value.map(|value| format!("      {name}: {}", quoted(value))));
        }
        lines.push("    metrics:".to_owned());
        for score in scores {
            let value = score.value.unwrap_or_default();
            lines.push(format!("    - type: {}", quoted(metric_type(score))));
            lines.push(format!("      value: {value}"));
            lines.push(format!(
                "      name: {}",
                quoted(&title(&score.metric, &score.name))
            ));
            lines.push("      args:".to_owned());
            lines.push(format!("        signature: {}", quoted(&score.signature)));
        }
        lines.join("\n") + "\n"
    }
}

/// The Hub's word for a kind of task.
const fn task_type(family: Family) -> &'static str {
    match family {
        Family::Summarization => "summarization",
        Family::Nli | Family::Classification => "text-classification",
        Family::ClosedBookQa | Family::ReadingComprehension => "question-answering",
        Family::Commonsense => "multiple-choice",
        _ => "text2text-generation",
    }
}

/// The Hub's word for a metric, or our own.
fn metric_type(score: &MetricScore) -> &str {
    match (score.metric.as_str(), score.name.as_str()) {
        ("bleu" | "bleu_13a", _) => "sacrebleu",
        ("matthews_corrcoef", _) => "matthews_correlation",
        ("pearson_corrcoef", _) => "pearsonr",
        ("spearman_corrcoef", _) => "spearmanr",
        ("mean_3class_f1" | "macro_f1", _) | (_, "f1" | "f1a") => "f1",
        (_, "em") => "exact_match",
        ("rank_accuracy", _) => "accuracy",
        (_, name) => name,
    }
}

/// A YAML string in double quotes: JSON's escapes, and those for characters that YAML does not take as they are.
fn quoted(text: &str) -> String {
    let json = serde_json::Value::from(text).to_string();
    let mut out = String::with_capacity(json.len());
    for letter in json.chars() {
        match letter {
            '\u{7f}'..='\u{9f}'
            | '\u{2028}'
            | '\u{2029}'
            | '\u{feff}'
            | '\u{fffe}'
            | '\u{ffff}' => {
                out.push_str(&format!("\\u{:04x}", u32::from(letter)));
            }
            letter => out.push(letter),
        }
    }
    out
}
