//! One pre-training, on all families at once, whose gradients are compared on the way.
use super::draft::Draft;
use super::ground::{Ground, Mix};
use crate::cell::{AffinityProbe, Scoring, Subject};
use ext5_findings::Condition;

const RUN: &str = "run";

pub(super) fn lay(ground: &Ground<'_>, draft: &mut Draft) {
    let families = ground.families();
    draft.condition(Condition {
        id: RUN.to_owned(),
        label: "the run that is measured".to_owned(),
        group: RUN.to_owned(),
        parts: families.iter().map(|it| it.0.name().to_owned()).collect(),
        x: None,
        replicates: ground.repetitions(),
    });
    let mut steps = ground.spec.grid.steps.clone();
    steps.sort_unstable();
    for (replicate, seed) in ground.seeds() {
        let mut cell = ground.pretraining(&Mix::ratio(ground.spec.data.ratio), None, seed);
        for task in families.iter().flat_map(|it| &it.1) {
            cell.scorings.push(Scoring {
                condition: RUN.to_owned(),
                replicate,
                ..ground.scoring(Subject::Tasks(task.clone()))
            });
        }
        let mixtures = families.iter().map(|it| {
            let name = it.0.name().to_owned();
            (name, ground.family_mixture(it.0))
        });
        cell.affinity = Some(AffinityProbe {
            steps: steps.clone(),
            families: mixtures.collect(),
            batches: ground.spec.grid.batches,
            replicate,
        });
        draft.run(cell);
    }
}
