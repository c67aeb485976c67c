use super::Problems;
use crate::StudySpec;
use ext5_tasks::Catalogue;
use std::collections::BTreeSet;

/// The three names of `data` and what they must have to do with one another.
pub(super) fn check(spec: &StudySpec, catalogue: &Catalogue, problems: &mut Problems) {
    let data = &spec.data;
    match catalogue.task(&data.text) {
        Err(error) => problems.push(format!("`data.text`: {error}")),
        Ok(task) if task.text.is_none() => problems.push(format!(
            "`data.text`: `{}` is a supervised task, expected one of plain text",
            data.text
        )),
        Ok(_) => {}
    }
    if !(data.ratio >= 0.0 && data.ratio.is_finite()) {
        problems.push(format!(
            "`data.ratio` is {}, expected a finite number of at least 0",
            data.ratio
        ));
    }
    let supervised = supervised(spec, catalogue, problems);
    match catalogue.tasks_of(&data.mixture) {
        Err(error) => problems.push(format!("`data.mixture`: {error}")),
        Ok(tasks) => {
            let there: BTreeSet<&str> = tasks.iter().map(|task| task.name.as_str()).collect();
            let wanted: BTreeSet<&str> = supervised
                .iter()
                .copied()
                .chain([data.text.as_str()])
                .collect();
            for lacking in wanted.difference(&there).take(1) {
                problems.push(format!(
                    "`data.mixture`: `{}` lacks `{lacking}`",
                    data.mixture
                ));
            }
            for further in there.difference(&wanted).take(1) {
                problems.push(format!(
                    "`data.mixture`: `{}` has `{further}`, which is neither `data.text` nor in `data.supervised`",
                    data.mixture
                ));
            }
        }
    }
}

/// Names of the supervised tasks.
fn supervised<'a>(
    spec: &StudySpec,
    catalogue: &'a Catalogue,
    problems: &mut Problems,
) -> Vec<&'a str> {
    let name = &spec.data.supervised;
    let mixture = match catalogue.mixture(name) {
        Ok(mixture) => mixture,
        Err(error) => {
            problems.push(format!("`data.supervised`: {error}"));
            return Vec::new();
        }
    };
    for member in &mixture.members {
        match catalogue.task(&member.name) {
            Ok(task) if task.text.is_none() => {}
            Ok(_) => problems.push(format!(
                "`data.supervised`: `{name}` has the plain text `{}`, expected supervised tasks alone",
                member.name
            )),
            Err(_) => problems.push(format!(
                "`data.supervised`: the member `{}` of `{name}` is no task, expected tasks alone",
                member.name
            )),
        }
    }
    let members = mixture.members.iter();
    members.map(|member| member.name.as_str()).collect()
}
