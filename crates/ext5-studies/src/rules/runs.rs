use super::Problems;
use crate::{RunSpec, StudySpec};
use ext5_findings::Question;
use ext5_trainer::{RunConfig, recipe};

/// Keys of a run that the grid sets.
const OF_THE_GRID: &[&str] = &["data.mixture", "data.ratio", "trainer.seed", "init.from"];

/// The recipes of a study as far as they can be read.
pub(super) struct Runs {
    pub(super) pretrain: Option<RunConfig>,
    pub(super) finetune: Option<RunConfig>,
}

pub(super) fn check(spec: &StudySpec, problems: &mut Problems) -> Runs {
    let pretrain = read("pretrain", &spec.pretrain, problems);
    let finetune = spec.finetune.as_ref();
    let finetune = finetune.and_then(|run| read("finetune", run, problems));
    let name = spec.question.name();
    match (spec.question, &spec.finetune) {
        (Question::TaskAffinity, Some(_)) => problems.push(format!(
            "`finetune`: `{name}` fine-tunes nothing, take the section out"
        )),
        (Question::TaskAffinity, None) | (_, Some(_)) => {}
        (_, None) => problems.push(format!(
            "`finetune` is missing: `{name}` needs `[finetune]` with `recipe = \"...\"`"
        )),
    }
    Runs { pretrain, finetune }
}

fn read(section: &str, run: &RunSpec, problems: &mut Problems) -> Option<RunConfig> {
    for assignment in &run.set {
        let key = assignment.split('=').next().unwrap_or_default().trim();
        if OF_THE_GRID.contains(&key) {
            problems.push(format!(
                "`{section}.set`: `{key}` is set by the study, take it out"
            ));
        }
    }
    let checked = recipe(&run.recipe, &run.set).and_then(|config| {
        config.validate()?;
        Ok(config)
    });
    match checked {
        Ok(config) => Some(config),
        Err(error) => {
            problems.push(format!("`{section}`: {error}"));
            None
        }
    }
}
