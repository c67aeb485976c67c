use std::str::FromStr;

use ext5_data::TaskSpec;
use serde::{Deserialize, Serialize};

use crate::error::Error;

/// Whose rules turn answers into scores where evaluation harnesses differ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reading {
    /// T5's: the post-processing and the metrics of the task's file.
    #[default]
    T5,
    /// Those of lm-evaluation-harness 0.4.13 in its T5-style `SuperGLUE` tasks (`super_glue/*/t5-prompt.yaml`); other tasks are
    /// read as T5 reads them, and the report says so.
    LmEval,
}

/// What an evaluation does with the answers to a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scoring {
    /// Names of metric and post-processing, in the order of reports.
    pub measures: Vec<(String, String)>,
    /// What differs from T5's reading.
    pub notes: Vec<String>,
}

/// How lm-evaluation-harness scores a task: metrics with their post-processing, and what that changes.
struct Rule {
    task: &'static str,
    measures: &'static [(&'static str, &'static str)],
    note: &'static str,
}

const CLASS_NAME: &str = "the class name counts whatever its case and ASCII punctuation, where T5 wants it character by character";

const LM_EVAL: &[Rule] = &[
    Rule {
        task: "super_glue_boolq",
        measures: &[("lm_eval_exact_match", "none")],
        note: CLASS_NAME,
    },
    Rule {
        task: "super_glue_cb",
        measures: &[
            ("mean_3class_f1", "lm_eval_label"),
            ("lm_eval_exact_match", "none"),
        ],
        note: "in the F1 an answer that names no class counts as the first class, where T5 counts it as none; in the exact match \
               the class name counts whatever its case and ASCII punctuation",
    },
    Rule {
        task: "super_glue_copa",
        measures: &[("lm_eval_exact_match", "none")],
        note: CLASS_NAME,
    },
    Rule {
        task: "super_glue_multirc",
        measures: &[("multirc_f1a", "label"), ("multirc_em", "label")],
        note: "nothing differs in the scoring of MultiRC",
    },
    Rule {
        task: "super_glue_record",
        measures: &[
            ("lm_eval_record_em", "record"),
            ("lm_eval_record_f1", "record"),
        ],
        note: "the exact match averages over one row for each right answer, so that queries with more answers weigh more, where \
               T5 counts each query once",
    },
    Rule {
        task: "super_glue_rte",
        measures: &[("lm_eval_exact_match", "none")],
        note: CLASS_NAME,
    },
    Rule {
        task: "super_glue_wic",
        measures: &[("lm_eval_exact_match", "none")],
        note: CLASS_NAME,
    },
    Rule {
        task: "super_glue_wsc",
        measures: &[("accuracy", "lm_eval_wsc")],
        note: "an empty answer counts as naming another noun phrase, which is right for half of the examples, where T5 always \
               counts it as wrong",
    },
];

impl Reading {
    /// Both, T5's first.
    pub const ALL: [Self; 2] = [Self::T5, Self::LmEval];

    /// Name on the command line and in files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::T5 => "t5",
            Self::LmEval => "lm-eval",
        }
    }

    /// Whether this reading scores the task of that name by other metrics than its file names.
    pub fn replaces(self, task: &str) -> bool {
        self.rule(task).is_some()
    }

    /// Metrics and post-processing of a task under this reading.
    pub fn scoring(self, spec: &TaskSpec) -> Scoring {
        let own = |text: &str| text.to_owned();
        if let Some(rule) = self.rule(&spec.name) {
            let measures = rule.measures.iter();
            return Scoring {
                measures: measures
                    .map(|(metric, post)| (own(metric), own(post)))
                    .collect(),
                notes: vec![format!("read as lm-evaluation-harness: {}", rule.note)],
            };
        }
        let postprocess = spec.postprocess.as_deref().unwrap_or("none");
        let metrics = spec.metrics.iter();
        Scoring {
            measures: metrics
                .map(|metric| (metric.clone(), own(postprocess)))
                .collect(),
            notes: match self {
                Self::T5 => Vec::new(),
                Self::LmEval => vec![own(
                    "lm-evaluation-harness has no T5-style form of this task, so that it is read as T5 reads it",
                )],
            },
        }
    }

    fn rule(self, task: &str) -> Option<&'static Rule> {
        match self {
            Self::T5 => None,
            Self::LmEval => LM_EVAL.iter().find(|rule| rule.task == task),
        }
    }
}

impl FromStr for Reading {
    type Err = Error;

    /// The reading of that name.
    ///
    /// # Errors
    /// [`Error::Unknown`] with the nearest name.
    fn from_str(name: &str) -> Result<Self, Error> {
        let mut readings = Self::ALL.into_iter();
        readings
            .find(|reading| reading.name() == name)
            .ok_or_else(|| Error::unknown("reading", name, &Self::ALL.map(Self::name)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{metric, postprocessor};

    #[test]
    fn every_rule_names_what_there_is() {
        for rule in LM_EVAL {
            for (name, postprocess) in rule.measures {
                let postprocessor = postprocessor(postprocess).unwrap();
                postprocessor.check(metric(name).unwrap()).unwrap();
            }
        }
    }

    #[test]
    fn names_are_read_and_the_nearest_is_suggested() {
        for reading in Reading::ALL {
            assert_eq!(reading.name().parse::<Reading>().unwrap(), reading);
            let written = serde_json::to_value(reading).unwrap();
            assert_eq!(written, reading.name());
        }
        let message = "lm-evall".parse::<Reading>().unwrap_err().to_string();
        assert_eq!(
            message,
            "unknown reading `lm-evall`, did you mean `lm-eval`?"
        );
    }
}
