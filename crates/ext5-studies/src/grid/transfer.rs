//! Each family alone and each pair of families, from one pre-trained start.
use super::draft::Draft;
use super::ground::{Ground, Mix, keep};
use crate::cell::{Cell, Scoring, Start, Subject};
use ext5_data::Family;
use ext5_findings::Condition;

const EQUAL_DATA: &str = "alone_equal_data";
const EQUAL_COMPUTE: &str = "alone_equal_compute";
const PAIR: &str = "pair";

/// A family, the tasks of it that are scored.
type Part = (Family, Vec<String>);

pub(super) fn lay(ground: &Ground<'_>, draft: &mut Draft) {
    let families = ground.families();
    let pairs: Vec<[&Part; 2]> = pairs(&families);
    conditions(ground, &families, &pairs, draft);
    let first = ground.spec.seeds.first().copied().unwrap_or_default();
    let start = draft.run(ground.pretraining(&Mix::Text, None, first));
    for seed in ground.seeds() {
        for part in &families {
            draft.run(alone(ground, part, seed, &start));
        }
        for pair in &pairs {
            draft.run(together(ground, *pair, seed, &start));
        }
    }
}

fn pairs(families: &[Part]) -> Vec<[&Part; 2]> {
    let firsts = families.iter().enumerate();
    firsts
        .flat_map(|(place, one)| {
            families
                .iter()
                .skip(place + 1)
                .map(move |other| [one, other])
        })
        .collect()
}

fn conditions(ground: &Ground<'_>, families: &[Part], pairs: &[[&Part; 2]], draft: &mut Draft) {
    let mut condition = |id: String, label: String, group: &str, parts: &[&Part]| {
        let parts = parts.iter().map(|part| part.0.name().to_owned()).collect();
        draft.condition(Condition {
            id,
            label,
            group: group.to_owned(),
            parts,
            x: None,
            replicates: ground.repetitions(),
        });
    };
    for (group, word) in [(EQUAL_DATA, "equal data"), (EQUAL_COMPUTE, "equal compute")] {
        for part in families {
            let label = format!("{} alone, {word}", part.0.name());
            condition(alone_id(part.0, group), label, group, &[part]);
        }
    }
    for [one, other] in pairs {
        let label = format!("{} and {}", one.0.name(), other.0.name());
        condition(pair_id(one.0, other.0), label, PAIR, &[one, other]);
    }
}

fn alone_id(family: Family, group: &str) -> String {
    format!("{}:{group}", family.name())
}

fn pair_id(one: Family, other: Family) -> String {
    format!("{}+{}", one.name(), other.name())
}

/// A family alone, for as many steps as a pair: half-way it has seen as many of its examples as a pair gives it.
fn alone(ground: &Ground<'_>, part: &Part, (replicate, seed): (u64, u64), start: &Start) -> Cell {
    let (family, tasks) = part;
    let mut cell = ground.finetuning(&ground.family_mixture(*family), seed, start);
    let half = cell.config.trainer.steps / 2;
    keep(&mut cell.config.trainer, &[half]);
    for (group, step) in [(EQUAL_DATA, Some(half)), (EQUAL_COMPUTE, None)] {
        let condition = alone_id(*family, group);
        cell.scorings
            .extend(scorings(ground, tasks, &condition, replicate, step));
    }
    cell
}

/// Two families, as many examples of the one as of the other.
fn together(
    ground: &Ground<'_>,
    [one, other]: [&Part; 2],
    (replicate, seed): (u64, u64),
    start: &Start,
) -> Cell {
    let mixture = format!("{}_and_{}", ground.family_mixture(one.0), other.0.name());
    let mut cell = ground.finetuning(&mixture, seed, start);
    let condition = pair_id(one.0, other.0);
    for (_, tasks) in [one, other] {
        cell.scorings
            .extend(scorings(ground, tasks, &condition, replicate, None));
    }
    cell
}

fn scorings(
    ground: &Ground<'_>,
    tasks: &[String],
    condition: &str,
    replicate: u64,
    step: Option<u64>,
) -> Vec<Scoring> {
    let scoring = |task: &String| Scoring {
        condition: condition.to_owned(),
        replicate,
        step,
        ..ground.scoring(Subject::Tasks(task.clone()))
    };
    tasks.iter().map(scoring).collect()
}
