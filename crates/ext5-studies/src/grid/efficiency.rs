//! T5 and `ExT5` after growing numbers of pre-training steps.
use super::draft::Draft;
use super::ground::{Ground, Mix};
use ext5_findings::Condition;

pub(super) fn lay(ground: &Ground<'_>, draft: &mut Draft) {
    let mut steps = ground.spec.grid.steps.clone();
    steps.sort_unstable();
    for (model, mix) in [
        ("T5", Mix::Text),
        ("ExT5", Mix::ratio(ground.spec.data.ratio)),
    ] {
        for &step in &steps {
            let condition = Condition {
                id: format!("{model}:step_{step}"),
                label: format!("{model} after {step} steps"),
                group: model.to_owned(),
                parts: Vec::new(),
                x: Some(step as f64),
                replicates: ground.repetitions(),
            };
            for (replicate, seed) in ground.seeds() {
                let mut start = draft.run(ground.pretraining(&mix, None, seed));
                start.step = (step < ground.pretrain.trainer.steps).then_some(step);
                draft.finetune(ground, (&start, seed), (&condition.id, replicate));
            }
            draft.condition(condition);
        }
    }
}
