//! Sizes of grids, counted by hand.
use super::grid;
use ext5_studies::{Grid, Subject};
use std::collections::BTreeMap;

/// Cells by the first word of their names.
fn stages(grid: &Grid) -> BTreeMap<&str, usize> {
    let mut stages = BTreeMap::new();
    for cell in &grid.cells {
        *stages
            .entry(cell.name.split('_').next().unwrap())
            .or_default() += 1;
    }
    stages
}

#[test]
fn transfer_has_one_start_and_36_runs_a_seed() {
    let grid = grid("transfer", "micro", &[]);
    assert_eq!(stages(&grid), [("finetune", 108), ("pretrain", 1)].into());
    assert_eq!(grid.cells.len(), 109);
    let mut groups = BTreeMap::new();
    for condition in &grid.conditions {
        *groups.entry(condition.group.as_str()).or_default() += 1;
        assert_eq!(condition.replicates, 3);
        assert_eq!(
            condition.parts.len(),
            if condition.group == "pair" { 2 } else { 1 }
        );
    }
    let expected = [
        ("alone_equal_compute", 8),
        ("alone_equal_data", 8),
        ("pair", 28),
    ];
    assert_eq!(groups, expected.into());
}

#[test]
fn a_family_alone_is_scored_half_way_and_at_the_end() {
    let grid = grid("transfer", "micro", &[]);
    let start = "pretrain_text_s0";
    let find = |name: String| grid.cells.iter().find(|cell| cell.name == name).unwrap();
    let alone = find(format!("finetune_micro_exmix_nli_s1_from_{start}"));
    // Two tasks, each for equal data and for equal compute, of 100 steps.
    let scored: Vec<_> = alone
        .scorings
        .iter()
        .map(|it| (it.condition.as_str(), it.replicate, it.step))
        .collect();
    let half = ("nli:alone_equal_data", 1, Some(50));
    let whole = ("nli:alone_equal_compute", 1, None);
    assert_eq!(scored, [half, half, whole, whole]);
    assert_eq!(alone.config.trainer.steps, 100);
    assert_eq!(alone.config.trainer.checkpoint_every, 50);
    let pair = find(format!(
        "finetune_micro_exmix_dialogue_and_nli_s1_from_{start}"
    ));
    assert_eq!(pair.config.trainer.steps, 100);
    let tasks: Vec<_> = pair.scorings.iter().map(|it| &it.subject).collect();
    let task = |name: &str| Subject::Tasks(name.to_owned());
    assert_eq!(
        tasks,
        [
            &task("micro_booking"),
            &task("micro_reply"),
            &task("micro_nli_facts"),
            &task("micro_nli_negation")
        ]
    );
}

/// Sixteen tasks of `exmix_local`'s eight families have no validation split; no mean may lack them without a word.
#[test]
fn tasks_that_cannot_be_scored_are_named() {
    let unscored = |overrides: &[&str]| {
        let facts = grid("transfer", "local", overrides).facts;
        let mut found = facts
            .into_iter()
            .filter(|(key, _)| key.contains("not scored"));
        found.next().map(|(_, names)| names)
    };
    let names = unscored(&[]).unwrap();
    assert_eq!(names.split(", ").count(), 16, "{names}");
    assert!(
        names.contains("`ag_news`") && !names.contains("`gsm8k`"),
        "{names}"
    );
    let nli = ["grid.families=[\"nli\", \"commonsense\"]"];
    assert_eq!(unscored(&nli).as_deref(), Some("`story_cloze`"));
}

#[test]
fn families_can_be_chosen() {
    // Three families: three alone and three pairs, two seeds, one start.
    let overrides = [
        "grid.families=[\"nli\", \"dialogue\", \"commonsense\"]",
        "seeds=[4, 9]",
    ];
    let grid = grid("transfer", "micro", &overrides);
    assert_eq!(grid.cells.len(), 2 * (3 + 3) + 1);
    assert_eq!(grid.cells[0].name, "pretrain_text_s4");
    let pairs: Vec<_> = grid
        .conditions
        .iter()
        .filter(|it| it.group == "pair")
        .collect();
    let ids: Vec<&str> = pairs.iter().map(|it| it.id.as_str()).collect();
    assert_eq!(
        ids,
        ["dialogue+nli", "dialogue+commonsense", "nli+commonsense"]
    );
}

#[test]
fn curation_draws_as_many_tasks_as_it_chooses() {
    let grid = grid("curation", "micro", &[]);
    // Text alone, best effort, two draws, all: five pre-trainings a seed, two held-out tasks each.
    assert_eq!(stages(&grid), [("finetune", 30), ("pretrain", 15)].into());
    let replicates: Vec<_> = grid
        .conditions
        .iter()
        .map(|it| (it.id.as_str(), it.replicates))
        .collect();
    assert_eq!(
        replicates,
        [
            ("vanilla", 3),
            ("best_effort", 3),
            ("random", 6),
            ("all", 3)
        ]
    );
    // Families of 2 (nli), 2 (commonsense), 3 (classification), 2 (closed book); text beside them.
    assert_eq!(grid.mixtures.len(), 1 + 6);
    assert!(
        grid.mixtures
            .iter()
            .all(|mixture| mixture.members.len() == 1 + 9)
    );
}

#[test]
fn scaling_draws_between_nothing_and_everything() {
    let grid = grid("scaling", "micro", &[]);
    // Four counts, two sizes of a batch, three seeds, one draw each; two held-out tasks.
    assert_eq!(stages(&grid), [("finetune", 48), ("pretrain", 24)].into());
    let axis: Vec<_> = grid
        .conditions
        .iter()
        .map(|it| (it.group.as_str(), it.x))
        .collect();
    let of = |group| [0.0, 4.0, 9.0, 17.0].map(|x| (group, Some(x)));
    assert_eq!(axis, [of("batch 8"), of("batch 16")].concat());
    // The same draws at both sizes.
    assert_eq!(grid.mixtures.len(), 2 * 3);
    let rows = |name: &str| {
        grid.cells
            .iter()
            .find(|it| it.name == name)
            .unwrap()
            .config
            .trainer
            .batch_rows
    };
    assert_eq!(rows("pretrain_subset_4_s0_k0_r2_s0"), 16);
    assert_eq!(rows("pretrain_subset_4_s0_k0_r2_b8_s0"), 8);
    assert_eq!(
        (rows("pretrain_r2_s2"), rows("pretrain_text_b8_s2")),
        (16, 8)
    );
}

#[test]
fn more_draws_are_more_repetitions_between_the_ends() {
    let grid = grid(
        "scaling",
        "micro",
        &["grid.subsets=3", "seeds=[0, 1]", "grid.batch_rows=[16]"],
    );
    let replicates: Vec<u64> = grid.conditions.iter().map(|it| it.replicates).collect();
    assert_eq!(replicates, [2, 6, 6, 2]);
    assert_eq!(stages(&grid), [("finetune", 32), ("pretrain", 16)].into());
}

#[test]
fn ratio_compares_with_plain_text_alone() {
    let grid = grid("ratio", "micro", &[]);
    assert_eq!(stages(&grid), [("finetune", 30), ("pretrain", 15)].into());
    let axis: Vec<_> = grid
        .conditions
        .iter()
        .map(|it| (it.id.as_str(), it.x))
        .collect();
    let finite = |id, x| (id, Some(x));
    let rest = [
        finite("r_0", 0.0),
        finite("r_1", 1.0),
        finite("r_2", 2.0),
        finite("r_4", 4.0),
    ];
    assert_eq!(axis, [&[("r_inf", None)][..], &rest].concat());
    let ratios: Vec<_> = grid
        .cells
        .iter()
        .filter(|it| it.start.is_none())
        .map(|it| it.config.data.ratio)
        .collect();
    assert_eq!(ratios.iter().filter(|it| it.is_none()).count(), 3);
    assert_eq!(ratios.iter().filter(|it| **it == Some(4.0)).count(), 3);
}

#[test]
fn stages_take_the_same_steps_in_all() {
    let grid = grid("stage", "micro", &[]);
    let expected = [("finetune", 30), ("prefinetune", 5), ("pretrain", 10)];
    assert_eq!(stages(&grid), expected.into());
    let second = grid
        .cells
        .iter()
        .find(|it| it.name.starts_with("prefinetune"))
        .unwrap();
    let start = second.start.as_ref().unwrap();
    assert_eq!(
        (start.cell.as_str(), start.step),
        ("pretrain_text_s0", Some(750))
    );
    assert_eq!(second.config.trainer.steps, 250);
    assert_eq!(
        (
            second.config.data.mixture.as_str(),
            second.config.data.ratio
        ),
        ("micro_exmix", None)
    );
}

#[test]
fn efficiency_keeps_the_checkpoints_it_starts_from() {
    let grid = grid("efficiency", "micro", &["grid.steps=[300, 600, 1000]"]);
    // Two pre-trainings a seed; three checkpoints of each, two held-out tasks.
    assert_eq!(stages(&grid), [("finetune", 36), ("pretrain", 6)].into());
    let trainer = &grid.cells[0].config.trainer;
    // 300, 600, 900, 1000.
    assert_eq!((trainer.checkpoint_every, trainer.keep), (300, 4));
    let of_last = "finetune_micro_heldout_reading_s0_from_pretrain_text_s0";
    assert!(grid.cells.iter().any(|cell| cell.name == of_last));
    assert!(
        grid.cells
            .iter()
            .any(|cell| cell.name == format!("{of_last}_at_300"))
    );
}

#[test]
fn suites_and_affinity_are_small() {
    let suites = grid("suites", "micro", &[]);
    assert_eq!(stages(&suites), [("finetune", 10), ("pretrain", 10)].into());
    let ids: Vec<&str> = suites.conditions.iter().map(|it| it.id.as_str()).collect();
    assert_eq!(ids, ["T5:micro_heldout", "ExT5:micro_heldout"]);
    let paper = grid("suites", "paper", &[]);
    // Two pre-trainings, each fine-tuned for five suites.
    assert_eq!(stages(&paper), [("finetune", 10), ("pretrain", 2)].into());
    let affinity = grid("task-affinity", "micro", &[]);
    assert_eq!(stages(&affinity), [("pretrain", 3)].into());
    let probe = affinity.cells[1].affinity.as_ref().unwrap();
    assert_eq!(
        (probe.families.len(), probe.batches, probe.replicate),
        (8, 8, 1)
    );
    assert_eq!(probe.steps, [250, 500, 1000]);
    let last = (
        "reading_comprehension".to_owned(),
        "micro_exmix_reading_comprehension".to_owned(),
    );
    assert_eq!(probe.families[7], last);
}
