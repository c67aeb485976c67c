//! Supervised tasks in pre-training, or in a stage after it, or not at all, in as many steps.
use super::draft::Draft;
use super::ground::{Ground, Mix};
use crate::StudySpec;
use ext5_findings::Condition;

/// Steps on plain text before pre-finetuning takes the rest of `steps`.
pub(crate) fn before_prefinetuning(spec: &StudySpec, steps: u64) -> u64 {
    let share = spec.grid.prefinetune_share.unwrap_or_default();
    steps.saturating_sub((share * steps as f64).round() as u64)
}

pub(super) fn lay(ground: &Ground<'_>, draft: &mut Draft) {
    let steps = ground.pretrain.trainer.steps;
    let before = before_prefinetuning(ground.spec, steps);
    let labels = [
        ("vanilla", "plain text alone".to_owned()),
        (
            "prefinetuning",
            format!(
                "plain text for {before} steps, then tasks for {}",
                steps - before
            ),
        ),
        (
            "multitask",
            format!("text and tasks at R = {}", ground.spec.data.ratio),
        ),
    ];
    for (id, label) in labels {
        draft.condition(Condition {
            id: id.to_owned(),
            label,
            group: "stage".to_owned(),
            parts: Vec::new(),
            x: None,
            replicates: ground.repetitions(),
        });
    }
    for (replicate, seed) in ground.seeds() {
        let text = draft.run(ground.pretraining(&Mix::Text, None, seed));
        draft.finetune(ground, (&text, seed), ("vanilla", replicate));
        // The first steps of both are the same, so they are run once.
        let mut early = text;
        early.step = Some(before);
        let second = draft.run(ground.prefinetuning(steps - before, seed, &early));
        draft.finetune(ground, (&second, seed), ("prefinetuning", replicate));
        let mix = Mix::ratio(ground.spec.data.ratio);
        let mixed = draft.run(ground.pretraining(&mix, None, seed));
        draft.finetune(ground, (&mixed, seed), ("multitask", replicate));
    }
}
