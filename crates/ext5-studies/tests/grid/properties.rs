//! What holds of every grid.
use super::study;
use ext5_data::MixtureSpec;
use ext5_studies::{Grid, STUDIES, StudyCell, StudySpec, scales};
use ext5_tasks::Catalogue;
use std::collections::{BTreeMap, BTreeSet};

/// All shipped studies with their grids.
fn all() -> Vec<(String, Grid)> {
    let catalogue = Catalogue::built_in().unwrap();
    let grid = |(name, scale, _): &(&str, &str, &str)| {
        let spec = study(name, scale, &[]);
        assert_eq!((spec.question.name(), spec.scale.as_str()), (*name, *scale));
        assert!(spec.description.len() > 20, "{name} {scale}");
        (format!("{name} {scale}"), spec.grid(&catalogue).unwrap())
    };
    STUDIES.iter().map(grid).collect()
}

/// Whether a run still has the checkpoint of a step when it has ended.
fn keeps(cell: &StudyCell, step: Option<u64>) -> bool {
    let trainer = &cell.config.trainer;
    let Some(step) = step else { return true };
    let every = trainer.checkpoint_every;
    let written = trainer.steps.div_ceil(every.max(1));
    step < trainer.steps
        && every > 0
        && step.is_multiple_of(every)
        && written <= trainer.keep as u64
}

#[test]
fn every_question_is_shipped_at_every_scale() {
    assert_eq!(scales(), ["micro", "local", "paper"]);
    let shipped: BTreeSet<(&str, &str)> = STUDIES.iter().map(|it| (it.0, it.1)).collect();
    assert_eq!(shipped.len(), 8 * 3);
}

#[test]
fn every_cell_can_run_after_those_before_it() {
    for (study, grid) in all() {
        let mut before: BTreeMap<&str, &StudyCell> = BTreeMap::new();
        for cell in &grid.cells {
            cell.config.validate().unwrap();
            if let Some(start) = &cell.start {
                let from = before.get(start.cell.as_str()).unwrap();
                assert!(
                    keeps(from, start.step),
                    "{study}: {} of {start:?}",
                    cell.name
                );
            }
            for scoring in &cell.scorings {
                assert!(keeps(cell, scoring.step), "{study}: {}", cell.name);
            }
            if let Some(probe) = &cell.affinity {
                let last = cell.config.trainer.steps;
                assert!(
                    probe
                        .steps
                        .iter()
                        .all(|&step| step == last || keeps(cell, Some(step)))
                );
            }
            assert!(
                before.insert(&cell.name, cell).is_none(),
                "{study}: {} twice",
                cell.name
            );
        }
    }
}

#[test]
fn every_score_counts_once_and_every_repetition_has_one() {
    for (study, grid) in all() {
        let mut wanted = BTreeSet::new();
        for condition in &grid.conditions {
            for replicate in 0..condition.replicates {
                let is_new = wanted.insert((condition.id.clone(), replicate));
                assert!(is_new, "{study}: {} twice", condition.id);
            }
        }
        let mut scored = BTreeSet::new();
        let mut seen = BTreeSet::new();
        for scoring in grid.cells.iter().flat_map(|cell| &cell.scorings) {
            let place = (scoring.condition.clone(), scoring.replicate);
            let subject = format!("{:?}", scoring.subject);
            assert!(
                seen.insert((place.clone(), subject)),
                "{study}: {scoring:?} twice"
            );
            scored.insert(place);
        }
        assert_eq!(scored, wanted, "{study}");
    }
}

#[test]
fn every_mixture_is_in_the_catalogue_or_made() {
    for (study, grid) in all() {
        let folder = tempfile::tempdir().unwrap();
        let mixtures = folder.path().join("mixtures");
        std::fs::create_dir(&mixtures).unwrap();
        for mixture in &grid.mixtures {
            let text = toml::to_string(mixture).unwrap();
            std::fs::write(mixtures.join(format!("{}.toml", mixture.name)), text).unwrap();
        }
        let catalogue = Catalogue::built_in().unwrap();
        let catalogue = catalogue.with_dir(folder.path()).unwrap();
        let names: BTreeSet<&str> = grid
            .cells
            .iter()
            .map(|it| it.config.data.mixture.as_str())
            .collect();
        for name in names {
            let tasks = catalogue.tasks_of(name).unwrap();
            assert!(!tasks.is_empty(), "{study}: {name}");
        }
    }
}

#[test]
fn a_grid_is_a_function_of_file_and_catalogue() {
    let catalogue = Catalogue::built_in().unwrap();
    for ((study, grid), (name, scale, text)) in all().into_iter().zip(STUDIES) {
        let path = format!("{name}_{scale}.toml");
        let spec = StudySpec::parse(path.as_ref(), text, &[]).unwrap();
        assert_eq!(spec.grid(&catalogue).unwrap(), grid, "{study}");
        let json = serde_json::to_string(&spec).unwrap();
        assert_eq!(
            serde_json::from_str::<StudySpec>(&json).unwrap(),
            spec,
            "{study}"
        );
        let written = toml::to_string(&spec).unwrap();
        let read = StudySpec::parse(path.as_ref(), &written, &[]).unwrap();
        assert_eq!(read, spec, "{study}");
        let json = serde_json::to_string(&grid).unwrap();
        assert_eq!(
            serde_json::from_str::<Grid>(&json).unwrap(),
            grid,
            "{study}"
        );
    }
}

#[test]
fn studies_of_a_scale_share_runs_by_name_and_content() {
    let sharing = [
        "ratio",
        "stage",
        "efficiency",
        "suites",
        "curation",
        "scaling",
        "task-affinity",
        "transfer",
    ];
    for scale in scales() {
        let mut known: BTreeMap<String, StudyCell> = BTreeMap::new();
        let mut shared = 0;
        for name in sharing {
            for mut cell in super::grid(name, scale, &[]).cells {
                cell.scorings.clear();
                cell.affinity = None;
                match known.get(&cell.name) {
                    Some(other) => {
                        assert_eq!(&cell, other, "{scale}: {name}");
                        shared += 1;
                    }
                    None => drop(known.insert(cell.name.clone(), cell)),
                }
            }
        }
        // At least the text and the mixed pre-training of the first seed, in stage, efficiency and suites.
        assert!(shared >= 6, "{scale}: {shared}");
    }
}

#[test]
fn the_largest_mixture_of_scaling_is_all_of_it() {
    let catalogue = Catalogue::built_in().unwrap();
    for scale in scales() {
        let spec = study("scaling", scale, &[]);
        let MixtureSpec { members, .. } = catalogue.mixture(&spec.data.supervised).unwrap();
        assert_eq!(
            spec.grid.counts.iter().max(),
            Some(&members.len()),
            "{scale}"
        );
    }
}
