//! What the names of a grid stand for, as hashes: a task file that changes makes other runs of all that read it.
use crate::cell::{Cell, Subject};
use ext5_data::{MixtureSpec, TaskSpec};
use ext5_tasks::Catalogue;
use ext5_trainer::{RunConfig, VocabularyConfig};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// A hash for each task, mixture and suite that a grid names, of its file and of those it leads to.
pub(crate) fn definitions(
    catalogue: &Catalogue,
    generated: &[MixtureSpec],
    cells: &[Cell],
) -> BTreeMap<String, String> {
    let place = Place {
        catalogue,
        generated,
    };
    let mut found = BTreeMap::new();
    for cell in cells {
        for name in names(&cell.config) {
            if !found.contains_key(name) {
                found.insert(name.to_owned(), place.hash(name));
            }
        }
        for scoring in &cell.scorings {
            let key = subject(&scoring.subject);
            found.entry(key).or_insert_with(|| match &scoring.subject {
                Subject::Tasks(name) => place.hash(name),
                Subject::Suite(name) => place.suite_hash(name),
            });
        }
    }
    found
}

/// The names of tasks and mixtures in a run's configuration, each once.
pub(crate) fn names(config: &RunConfig) -> BTreeSet<&str> {
    let validation = &config.validation;
    let validated = validation.loss.iter().chain(&validation.metrics);
    let mut names: BTreeSet<&str> = validated.map(String::as_str).collect();
    names.insert(&config.data.mixture);
    if let VocabularyConfig::Trained { mixture, .. } = &config.data.vocabulary {
        names.insert(mixture);
    }
    names
}

/// The key of what is scored: a suite may have the name of a mixture.
pub(crate) fn subject(subject: &Subject) -> String {
    match subject {
        Subject::Tasks(name) => name.clone(),
        Subject::Suite(name) => format!("suite {name}"),
    }
}

/// Where names are looked up.
struct Place<'a> {
    catalogue: &'a Catalogue,
    generated: &'a [MixtureSpec],
}

impl Place<'_> {
    fn hash(&self, name: &str) -> String {
        self.hash_of(String::new(), vec![name.to_owned()])
    }

    fn suite_hash(&self, name: &str) -> String {
        let Ok(suite) = self.catalogue.suite(name) else {
            return hash("");
        };
        let tasks = suite.members.iter().map(|member| member.task.clone());
        self.hash_of(text(&suite.members), tasks.collect())
    }

    /// Of `start` and of every file that the names in `open` lead to, in the order of their names. What a name leads to that nobody
    /// knows is said by whoever opens it.
    fn hash_of(&self, start: String, mut open: Vec<String>) -> String {
        let mut files = BTreeMap::new();
        while let Some(name) = open.pop() {
            if files.contains_key(&name) {
                continue;
            }
            let generated = self.generated.iter().find(|it| it.name == name);
            let mixture = generated.or_else(|| self.catalogue.mixture(&name).ok());
            let file = match (self.catalogue.task(&name), mixture) {
                (Ok(task), _) => text(&deciding(task)),
                (Err(_), Some(mixture)) => {
                    open.extend(mixture.members.iter().map(|member| member.name.clone()));
                    text(&(&mixture.rate, &mixture.members))
                }
                (Err(_), None) => String::new(),
            };
            files.insert(name, file);
        }
        hash(&(start + &text(&files)))
    }
}

/// A task without what only people read.
fn deciding(task: &TaskSpec) -> TaskSpec {
    TaskSpec {
        description: String::new(),
        licence: String::new(),
        citation: String::new(),
        exmix: None,
        examples: Vec::new(),
        ..task.clone()
    }
}

fn text(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

fn hash(text: &str) -> String {
    blake3::hash(text.as_bytes()).to_hex().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ext5_data::{MemberSpec, Rate};

    /// Hash of a name where `my_recall`, a copy of a task of the micro-world, has been changed.
    fn changed(name: &str, change: impl FnOnce(&mut TaskSpec)) -> String {
        let built_in = Catalogue::built_in().unwrap();
        let mut task = built_in.task("micro_heldout_recall").unwrap().clone();
        task.name = "my_recall".to_owned();
        change(&mut task);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tasks");
        std::fs::create_dir(&path).unwrap();
        let path = path.join("my_recall.toml");
        std::fs::write(path, toml::to_string(&task).unwrap()).unwrap();
        let catalogue = built_in.with_dir(folder.path()).unwrap();
        let generated = [MixtureSpec {
            name: "mine".to_owned(),
            members: vec![MemberSpec {
                name: "my_recall".to_owned(),
                rate: None,
            }],
            ..MixtureSpec::default()
        }];
        let place = Place {
            catalogue: &catalogue,
            generated: &generated,
        };
        place.hash(name)
    }

    #[test]
    fn what_a_task_does_decides_and_what_is_said_of_it_does_not() {
        for name in ["my_recall", "mine"] {
            let plain = changed(name, |_| {});
            assert_eq!(changed(name, |task| task.description += " indeed"), plain);
            assert_eq!(changed(name, |task| task.examples.clear()), plain);
            assert_ne!(changed(name, |task| task.metrics.clear()), plain);
            let louder = |task: &mut TaskSpec| task.inputs = Some("loud".to_owned());
            assert_ne!(changed(name, louder), plain);
        }
        let other = changed("micro_heldout_reading", |task| task.inputs = None);
        assert_eq!(other, changed("micro_heldout_reading", |_| {}));
    }

    #[test]
    fn a_rate_decides() {
        let of = |rate| {
            let catalogue = Catalogue::built_in().unwrap();
            let generated = [MixtureSpec {
                name: "mine".to_owned(),
                rate,
                ..MixtureSpec::default()
            }];
            let place = Place {
                catalogue: &catalogue,
                generated: &generated,
            };
            place.hash("mine")
        };
        assert_ne!(of(Rate::default()), of(Rate::Equal));
    }
}
