use super::{Problems, once};
use crate::StudySpec;
use crate::grid::{families, scorable};
use ext5_findings::Question;
use ext5_tasks::Catalogue;

/// What is scored exists and can be.
pub(super) fn check(spec: &StudySpec, catalogue: &Catalogue, problems: &mut Problems) {
    let score = &spec.score;
    if score.limit == Some(0) {
        problems.push("`score.limit` is 0: nothing would be scored".to_owned());
    }
    once("score.tasks", &score.tasks, problems);
    let names: Vec<&str> = score.suites.iter().map(|run| run.suite.as_str()).collect();
    once("score.suites", &names, problems);
    let name = spec.question.name();
    let (tasks, suites) = (!score.tasks.is_empty(), !score.suites.is_empty());
    match spec.question {
        Question::Transfer | Question::TaskAffinity if suites => problems.push(format!(
            "`score.suites`: `{name}` scores the tasks of families, take it out"
        )),
        Question::Transfer | Question::TaskAffinity => of_families(spec, catalogue, problems),
        Question::Suites if tasks || !suites => {
            problems.push(format!("`score`: `{name}` needs `suites`, and no `tasks`"));
        }
        _ if tasks == suites => {
            problems.push("`score` needs either `tasks` or `suites`".to_owned());
        }
        _ => {}
    }
    for task in &score.tasks {
        scored_task(spec, catalogue, task, problems);
    }
    for run in &score.suites {
        if let Err(error) = catalogue.suite(&run.suite) {
            problems.push(format!("`score.suites`: {error}"));
        }
        if let Err(error) = catalogue.tasks_of(&run.mixture) {
            problems.push(format!("`score.suites`: {error}"));
        }
    }
}

/// A task or mixture that is fine-tuned on and scored.
fn scored_task(spec: &StudySpec, catalogue: &Catalogue, name: &str, problems: &mut Problems) {
    let tasks = match catalogue.tasks_of(name) {
        Ok(tasks) => tasks,
        Err(error) => {
            problems.push(format!("`score.tasks`: {error}"));
            return;
        }
    };
    let split = &spec.score.split;
    for task in tasks {
        if task.metrics.is_empty() {
            problems.push(format!("`score.tasks`: `{}` has no metric", task.name));
        }
        if !task.source.splits.contains_key(split) {
            let splits: Vec<&str> = task.source.splits.keys().map(String::as_str).collect();
            problems.push(format!(
                "`score.split`: `{}` has no split `{split}`, it has `{}`",
                task.name,
                splits.join("`, `")
            ));
        }
    }
}

/// Each family has a task that is scored; each task that is named is of a family.
fn of_families(spec: &StudySpec, catalogue: &Catalogue, problems: &mut Problems) {
    let families = families(spec, catalogue);
    let mut counted: Vec<String> = Vec::new();
    for family in families {
        let tasks = scorable(spec, catalogue, family);
        if tasks.is_empty() {
            problems.push(format!(
                "`score`: no task of the family `{}` is scored on the split `{}`",
                family.name(),
                spec.score.split
            ));
        }
        counted.extend(tasks);
    }
    for task in &spec.score.tasks {
        if catalogue.task(task).is_ok() && !counted.contains(task) {
            problems.push(format!(
                "`score.tasks`: `{task}` is of no family of the study in `{}`",
                spec.data.supervised
            ));
        }
    }
}
