//! T5 and `ExT5`, fine-tuned once for each suite.
use super::draft::Draft;
use super::ground::{Ground, Mix};
use crate::cell::{Scoring, Subject};
use ext5_findings::Condition;

pub(super) fn lay(ground: &Ground<'_>, draft: &mut Draft) {
    let arms = [
        ("T5", Mix::Text),
        ("ExT5", Mix::ratio(ground.spec.data.ratio)),
    ];
    for run in &ground.spec.score.suites {
        for (model, mix) in &arms {
            let condition = Condition {
                id: format!("{model}:{}", run.suite),
                label: format!("{model} on {}", run.suite),
                group: (*model).to_owned(),
                parts: vec![run.suite.clone()],
                x: None,
                replicates: ground.repetitions(),
            };
            for (replicate, seed) in ground.seeds() {
                let start = draft.run(ground.pretraining(mix, None, seed));
                let mut cell = ground.finetuning(&run.mixture, seed, &start);
                cell.scorings.push(Scoring {
                    condition: condition.id.clone(),
                    replicate,
                    ..ground.scoring(Subject::Suite(run.suite.clone()))
                });
                draft.run(cell);
            }
            draft.condition(condition);
        }
    }
}
