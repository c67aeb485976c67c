//! Values of R, from supervised tasks alone to plain text alone.
use super::draft::Draft;
use super::ground::{Ground, Mix};
use ext5_findings::Condition;

pub(super) fn lay(ground: &Ground<'_>, draft: &mut Draft) {
    let mut ratios = ground.spec.grid.ratios.clone();
    // Plain text alone is what the others are compared with.
    ratios.sort_by(|one, other| {
        let infinite = other.is_infinite().cmp(&one.is_infinite());
        infinite.then(one.total_cmp(other))
    });
    for ratio in ratios {
        let word = if ratio.is_infinite() {
            "plain text alone".to_owned()
        } else {
            format!("R = {ratio}")
        };
        let condition = Condition {
            id: format!("r_{ratio}"),
            label: word,
            group: "ratio".to_owned(),
            parts: Vec::new(),
            x: ratio.is_finite().then_some(ratio),
            replicates: ground.repetitions(),
        };
        for (replicate, seed) in ground.seeds() {
            let start = draft.run(ground.pretraining(&Mix::ratio(ratio), None, seed));
            draft.finetune(ground, (&start, seed), (&condition.id, replicate));
        }
        draft.condition(condition);
    }
}
