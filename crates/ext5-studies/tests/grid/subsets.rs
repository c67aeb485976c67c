//! Tasks drawn at random.
use super::grid;
use ext5_data::{MixtureSpec, Rate};
use std::collections::{BTreeMap, BTreeSet};

fn tasks(mixture: &MixtureSpec) -> Vec<&str> {
    let members = mixture.members.iter().map(|it| it.name.as_str());
    members.filter(|name| *name != "micro_text").collect()
}

#[test]
fn subsets_have_their_size_no_task_twice_and_differ() {
    let overrides = [
        "grid.counts=[0, 5, 8, 17]",
        "grid.subsets=3",
        "seeds=[0, 1, 2, 3]",
        "grid.batch_rows=[16]",
    ];
    let grid = grid("scaling", "micro", &overrides);
    assert_eq!(grid.mixtures.len(), 2 * 3 * 4);
    let mut seen = BTreeSet::new();
    for mixture in &grid.mixtures {
        let drawn = tasks(mixture);
        let count: usize = mixture.name.split('_').nth(1).unwrap().parse().unwrap();
        let different: BTreeSet<&str> = drawn.iter().copied().collect();
        assert_eq!(
            (drawn.len(), different.len()),
            (count, count),
            "{mixture:?}"
        );
        assert_eq!(mixture.members[0].name, "micro_text");
        assert_eq!(mixture.members[0].rate, Some(Rate::Fixed { value: 1.0 }));
        assert!(seen.insert(different), "{} is drawn twice", mixture.name);
    }
}

#[test]
fn every_task_is_drawn_as_often_as_another() {
    let seeds: Vec<String> = (0..300).map(|seed| seed.to_string()).collect();
    let seeds = format!("seeds=[{}]", seeds.join(","));
    let overrides = ["grid.counts=[4]", "grid.batch_rows=[16]", seeds.as_str()];
    let grid = grid("scaling", "micro", &overrides);
    let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
    for task in grid.mixtures.iter().flat_map(tasks) {
        *counts.entry(task).or_default() += 1;
    }
    // 300 draws of 4 out of 17: 70.6 each, standard deviation 7.3.
    assert_eq!(counts.len(), 17);
    assert!(
        counts.values().all(|count| (42..=100).contains(count)),
        "{counts:?}"
    );
}

#[test]
fn supervised_tasks_keep_the_rates_of_their_mixture() {
    let grid = grid("curation", "micro", &[]);
    for mixture in &grid.mixtures {
        let capped = Rate::Proportional {
            cap: Some(300_000.0),
            temperature: 1.0,
            scale: 1.0,
        };
        assert_eq!(mixture.rate, capped);
        assert!(
            mixture.members[1..]
                .iter()
                .all(|member| member.rate.is_none())
        );
    }
    let subset = grid
        .cells
        .iter()
        .find(|it| it.name.starts_with("pretrain_subset"))
        .unwrap();
    assert_eq!(subset.config.data.ratio, Some(2.0));
}
