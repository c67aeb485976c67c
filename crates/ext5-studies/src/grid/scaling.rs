//! More and more supervised tasks, drawn at random, at several sizes of a batch.
use super::draft::Draft;
use super::ground::{Ground, Mix};
use super::subsets::drawn;
use ext5_findings::Condition;

pub(super) fn lay(ground: &Ground<'_>, draft: &mut Draft) {
    let all = ground.supervised.members.len();
    let mut counts = ground.spec.grid.counts.clone();
    counts.sort_unstable();
    for &rows in &ground.spec.grid.batch_rows {
        for &count in &counts {
            // Of nothing and of everything there is one choice.
            let is_drawn = count > 0 && count < all;
            let draws = if is_drawn {
                ground.spec.grid.subsets
            } else {
                1
            };
            let condition = Condition {
                id: format!("tasks_{count}:batch_{rows}"),
                label: format!("{count} tasks, batches of {rows}"),
                group: format!("batch {rows}"),
                parts: Vec::new(),
                x: Some(count as f64),
                replicates: ground.repetitions() * draws,
            };
            for (replicate, seed) in ground.seeds() {
                for draw in 0..draws {
                    let mix = match count {
                        0 => Mix::Text,
                        count if count == all => Mix::ratio(ground.spec.data.ratio),
                        count => {
                            let subset = drawn(ground, count, seed, draw);
                            let name = subset.name.clone();
                            draft.mixture(subset);
                            Mix::Of(name)
                        }
                    };
                    let start = draft.run(ground.pretraining(&mix, Some(rows), seed));
                    let place = (condition.id.as_str(), replicate * draws + draw);
                    draft.finetune(ground, (&start, seed), place);
                }
            }
            draft.condition(condition);
        }
    }
}
