use crate::{Result, StudySpec, Subject};
use ext5_data::{Family, TaskSpec};
use ext5_tasks::Catalogue;
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::Path;

/// A family of the supervised mixture, with its tasks.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FamilyPlan {
    /// The family.
    pub family: String,
    /// Its tasks, sorted by name.
    pub tasks: Vec<TaskPlan>,
}

/// A task of the supervised mixture.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TaskPlan {
    /// The task.
    pub task: String,
    /// Examples of its training split as published, where its file says so.
    pub examples: Option<u64>,
    /// Why its data cannot be read here; none where they can.
    pub absent: Option<String>,
}

impl FamilyPlan {
    /// Published examples of the tasks whose number is known.
    pub fn examples(&self) -> u64 {
        self.tasks.iter().filter_map(|task| task.examples).sum()
    }
}

/// The tasks of a study's supervised mixture, family by family; of the families that its grid names, where it names some.
pub(crate) fn families(
    spec: &StudySpec,
    catalogue: &Catalogue,
    (root, split): (&Path, &str),
) -> Result<Vec<FamilyPlan>> {
    let wanted = |family: Family| {
        let named = &spec.grid.families;
        named.is_empty() || named.iter().any(|name| name == family.name())
    };
    let mut families: BTreeMap<Family, Vec<TaskPlan>> = BTreeMap::new();
    for task in catalogue.tasks_of(&spec.data.supervised)? {
        if wanted(task.family) {
            let tasks = families.entry(task.family).or_default();
            tasks.push(TaskPlan {
                task: task.name.clone(),
                examples: task.source.train_examples,
                absent: absence(catalogue, task, root, split),
            });
        }
    }
    let families = families.into_iter().map(|(family, tasks)| FamilyPlan {
        family: family.name().to_owned(),
        tasks,
    });
    Ok(families.collect())
}

fn absence(catalogue: &Catalogue, task: &TaskSpec, root: &Path, split: &str) -> Option<String> {
    if !task.source.splits.contains_key(split) {
        return Some(format!("it has no split `{split}`"));
    }
    let opened = catalogue.open(&task.name, root);
    let files = opened.map(|task| task.source().files(split).map(drop));
    match files {
        Ok(Ok(())) => None,
        Ok(Err(error)) => Some(error.to_string()),
        Err(error) => Some(error.to_string()),
    }
}

/// Tasks that a subject has.
pub(crate) fn tasks_of(catalogue: &Catalogue, subject: &Subject) -> Result<u64> {
    let count = match subject {
        Subject::Tasks(name) => catalogue.tasks_of(name)?.len(),
        Subject::Suite(name) => catalogue.suite(name)?.members.len(),
    };
    Ok(count as u64)
}
