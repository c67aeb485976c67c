//! Plain text alone, families chosen by hand or from a transfer matrix, as many tasks drawn at random, all tasks.
use super::draft::Draft;
use super::ground::{Ground, Mix};
use super::subsets::{beside_text, drawn};
use super::transfer_report::better_half;
use crate::{Error, Result};
use ext5_data::MemberSpec;
use ext5_findings::Condition;

const BEST_EFFORT: &str = "best_effort";

pub(super) fn lay(ground: &Ground<'_>, draft: &mut Draft) -> Result<()> {
    let families = chosen(ground)?;
    let members = ground.supervised.members.iter();
    let chosen: Vec<&MemberSpec> = members
        .filter(|member| {
            let task = ground.catalogue.task(&member.name);
            task.is_ok_and(|task| families.iter().any(|name| name == task.family.name()))
        })
        .collect();
    let (count, all) = (chosen.len(), ground.supervised.members.len());
    if count == 0 || count == all {
        let problem = format!(
            "`grid.best_effort`: the chosen families have {count} of {all} tasks, expected some, not all"
        );
        return Err(Error::study(ground.spec, vec![problem]));
    }
    let draws = ground.spec.grid.subsets;
    let seeds = ground.repetitions();
    let best = format!("best effort, {count} tasks");
    let random = format!("random, {count} tasks");
    let everything = format!("all {all} tasks");
    for (id, label, parts, replicates) in [
        ("vanilla", "plain text alone", Vec::new(), seeds),
        (BEST_EFFORT, best.as_str(), families.clone(), seeds),
        ("random", random.as_str(), Vec::new(), seeds * draws),
        ("all", everything.as_str(), Vec::new(), seeds),
    ] {
        draft.condition(Condition {
            id: id.to_owned(),
            label: label.to_owned(),
            group: "mixture".to_owned(),
            parts,
            x: None,
            replicates,
        });
    }
    let described = format!("the tasks of the families {}", families.join(", "));
    let best = beside_text(ground, BEST_EFFORT.to_owned(), &described, &chosen);
    draft.mixture(best);
    for (replicate, seed) in ground.seeds() {
        let mut arms = vec![
            ("vanilla", replicate, Mix::Text),
            (BEST_EFFORT, replicate, Mix::Of(BEST_EFFORT.to_owned())),
        ];
        for draw in 0..draws {
            let subset = drawn(ground, count, seed, draw);
            arms.push((
                "random",
                replicate * draws + draw,
                Mix::Of(subset.name.clone()),
            ));
            draft.mixture(subset);
        }
        arms.push(("all", replicate, Mix::ratio(ground.spec.data.ratio)));
        for (condition, replicate, mix) in arms {
            let start = draft.run(ground.pretraining(&mix, None, seed));
            draft.finetune(ground, (&start, seed), (condition, replicate));
        }
    }
    Ok(())
}

/// Names of the families of the best effort.
fn chosen(ground: &Ground<'_>) -> Result<Vec<String>> {
    match &ground.spec.grid.transfer {
        Some(folder) => better_half(folder),
        None => Ok(ground.spec.grid.best_effort.clone()),
    }
}
