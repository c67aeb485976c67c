use std::collections::BTreeSet;

use crate::program::Program;
use crate::source::inside;
use crate::{Family, Format, TaskSpec};

/// Keys that stand at the top of a task file: after `[source.splits]` TOML would read them as splits.
const TOP_LEVEL: &[&str] = &[
    "where",
    "labels",
    "inputs",
    "targets",
    "text",
    "references",
    "choices",
    "id",
    "group",
    "fields",
    "postprocess",
    "metrics",
    "max_inputs",
    "max_targets",
    "explode",
];

impl TaskSpec {
    /// Everything that is wrong with the task, its templates included; empty where nothing is.
    pub fn validate(&self) -> Vec<String> {
        let mut problems = self.structural_problems();
        problems.extend(Program::compile(self).err().unwrap_or_default());
        problems
    }

    /// Problems that need no template compiled.
    pub(crate) fn structural_problems(&self) -> Vec<String> {
        let mut problems = Problems::default();
        self.check_names(&mut problems);
        self.check_source(&mut problems);
        self.check_kind(&mut problems);
        self.check_examples(&mut problems);
        problems.0
    }

    fn check_names(&self, problems: &mut Problems) {
        problems.unless(is_name(&self.name), || {
            format!(
                "`name` is `{}`, expected word characters, dots and colons",
                self.name
            )
        });
        problems.unless(!self.description.trim().is_empty(), || {
            "`description` is empty".to_owned()
        });
        problems.repeated("labels", self.labels.iter().map(String::as_str));
        problems.repeated(
            "source.columns",
            self.source.columns.iter().map(String::as_str),
        );
        problems.repeated("metrics", self.metrics.iter().map(String::as_str));
        let defined = self.lets.iter().map(|definition| definition.name.as_str());
        let exploded = self.explode.iter().map(|explode| explode.name.as_str());
        problems.repeated("let", defined.clone().chain(exploded.clone()));
        for name in defined.chain(exploded) {
            problems.unless(is_identifier(name), || {
                format!("`{name}` cannot be a name in templates, expected letters, digits and `_`")
            });
            let column = self.source.columns.iter().any(|column| column == name);
            let fixed = name == "labels" || name == "split";
            problems.unless(!column && !fixed, || {
                format!("`{name}` is defined anew, choose a name that no column has")
            });
        }
        for (key, length) in [
            ("max_inputs", self.max_inputs),
            ("max_targets", self.max_targets),
        ] {
            problems.unless(length != Some(0), || {
                format!("`{key}` is 0, expected at least 1")
            });
        }
    }

    fn check_source(&self, problems: &mut Problems) {
        let source = &self.source;
        let generated = source.format == Format::MicroWorld;
        problems.unless(!source.columns.is_empty(), || {
            "`source.columns` is empty".to_owned()
        });
        problems.unless(!source.splits.is_empty(), || {
            "`source.splits` is empty".to_owned()
        });
        problems.unless(source.table.is_some() || !generated, || {
            "`source.table` is missing, expected a table of the micro-world".to_owned()
        });
        problems.unless(source.table.is_none() || generated, || {
            "`source.table` is only for the format `micro_world`".to_owned()
        });
        for (split, patterns) in &source.splits {
            problems.unless(!TOP_LEVEL.contains(&split.as_str()), || {
                format!("`{split}` stands below `[source.splits]`, put it before the first table")
            });
            problems.unless(is_name(split), || {
                format!("`{split}` cannot be the name of a split")
            });
            problems.unless(generated || !patterns.is_empty(), || {
                format!("`source.splits.{split}` lists no file")
            });
            for outside in patterns.iter().filter_map(|it| inside(it).err()) {
                problems.unless(false, || format!("`source.splits.{split}`: {outside}"));
            }
        }
        for split in self.explode.iter().flat_map(|explode| &explode.splits) {
            problems.unless(source.splits.contains_key(split), || {
                format!("`explode.splits` names `{split}`, which `source.splits` does not have")
            });
        }
    }

    fn check_kind(&self, problems: &mut Problems) {
        let documents = self.text.is_some();
        let self_supervised = self.family == Family::SelfSupervised;
        problems.unless(self_supervised || !documents, || {
            let family = self.family.name();
            format!("`text` needs the family `self_supervised`, got `{family}`")
        });
        problems.unless(documents || !self_supervised, || {
            "the family `self_supervised` needs `text`".to_owned()
        });
        problems.unless(documents || self.objective.is_none(), || {
            "`objective` is only for tasks with `text`".to_owned()
        });
        if let Some(objective) = &self.objective {
            problems.unless(
                objective.noise_density > 0.0 && objective.noise_density < 1.0,
                || {
                    let density = objective.noise_density;
                    format!(
                        "`objective.noise_density` is {density}, expected more than 0, less than 1"
                    )
                },
            );
            let length = objective.mean_noise_span_length;
            problems.unless(length >= 1.0 && length.is_finite(), || {
                format!("`objective.mean_noise_span_length` is {length}, expected at least 1")
            });
        }
    }

    fn check_examples(&self, problems: &mut Problems) {
        for (number, example) in self.examples.iter().enumerate() {
            let pair = (example.inputs.is_some(), example.targets.is_some());
            let forms = [
                pair == (true, true),
                example.text.is_some(),
                example.expected.is_some(),
            ];
            let one = forms.iter().filter(|form| **form).count() == 1 && pair.0 == pair.1;
            problems.unless(one, || {
                format!(
                    "`examples` {number} needs `inputs` and `targets`, or `expected`, or `text`"
                )
            });
        }
    }
}

#[derive(Default)]
struct Problems(Vec<String>);

impl Problems {
    fn unless(&mut self, holds: bool, problem: impl FnOnce() -> String) {
        if !holds {
            self.0.push(problem());
        }
    }

    fn repeated<'a>(&mut self, key: &str, names: impl Iterator<Item = &'a str>) {
        let mut seen = BTreeSet::new();
        for name in names {
            self.unless(seen.insert(name), || {
                format!("`{key}` names `{name}` twice")
            });
        }
    }
}

/// Longest name of a task, a split, a mixture or a suite, bytes: parts of file names are made of several.
const LONGEST_NAME: usize = 100;

/// Whether a name may become part of a file name: word characters, dots, colons, as seqio allows for tasks and mixtures; no dot
/// in front, at most 100 bytes.
pub fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= LONGEST_NAME
        && !name.starts_with('.')
        && name
            .chars()
            .all(|character| character.is_alphanumeric() || "_.:".contains(character))
}

fn is_identifier(name: &str) -> bool {
    let word = |character: char| character.is_ascii_alphanumeric() || character == '_';
    name.chars().all(word) && name.starts_with(|first: char| !first.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_leads_nowhere() {
        for name in ["super_glue_rte", "v1.0:a", "été"] {
            assert!(is_name(name), "{name}");
        }
        let long = "a".repeat(LONGEST_NAME + 1);
        for name in [
            "",
            ".",
            "..",
            ".a",
            "a/b",
            "a\\b",
            "a\0",
            "a b",
            "．．／a",
            &long,
        ] {
            assert!(!is_name(name), "{name:?}");
        }
    }
}
