//! Several processes on one directory, several studies on the same runs.
use crate::grid::{HELD_OUT, cells, finetune, grid, spec};
use crate::{logged, run, study, timeless};
use ext5_data::{ErrorKind, MemberSpec, MixtureSpec, Rate, Shard};
use ext5_findings::CellState;
use ext5_studies::{Error, Study, StudyCell, StudyOptions};
use ext5_trainer::{Event, Observer, Silent, Stop};
use std::path::PathBuf;

/// Which cells began.
#[derive(Default)]
struct Begun(Vec<String>);

impl Observer for Begun {
    fn on(&mut self, event: &Event<'_>) {
        if let Event::Cell { name, .. } = event {
            self.0.push((*name).to_owned());
        }
    }
}

fn options(index: u64, count: u64) -> StudyOptions {
    StudyOptions {
        shard: Shard::new(index, count).unwrap(),
        ..StudyOptions::default()
    }
}

#[test]
fn shards_at_once_are_one_run_and_do_no_cell_twice() {
    let whole = tempfile::tempdir().unwrap();
    let expected = timeless(run(&study(whole.path())));
    let dir = tempfile::tempdir().unwrap();
    let shard = |index| {
        let study = study(dir.path());
        let mut begun = Begun::default();
        study
            .run(&options(index, 2), &Stop::default(), &mut begun)
            .unwrap();
        begun.0
    };
    let mut begun = std::thread::scope(|scope| {
        let other = scope.spawn(|| shard(1));
        let mut begun = shard(0);
        begun.extend(other.join().unwrap());
        begun
    });
    begun.sort();
    let mut names: Vec<String> = cells().into_iter().map(|cell| cell.name).collect();
    names.sort();
    assert_eq!(begun, names);
    let results = study(dir.path()).collect().unwrap();
    assert_eq!(timeless(results), expected);
}

#[test]
fn a_shard_alone_leaves_the_others_cells_missing() {
    let dir = tempfile::tempdir().unwrap();
    let study = study(dir.path());
    let results = study
        .run(&options(0, 3), &Stop::default(), &mut Silent)
        .unwrap();
    let states: Vec<bool> = results
        .cells
        .iter()
        .map(|it| it.state == CellState::Finished)
        .collect();
    // The leaves are the two fine-tunings and the plain run.
    assert_eq!(states, [true, true, false, false]);
    let pretrain = dir.path().join(&results.cells[0].directory);
    let kept = |step: &str| pretrain.join("checkpoints").join(step).is_dir();
    assert!(kept("step_00000004") && !kept("step_00000002"));
    for index in [1, 2] {
        study
            .run(&options(index, 3), &Stop::default(), &mut Silent)
            .unwrap();
    }
    assert!(!pretrain.join("checkpoints").exists());
    assert_eq!(logged(dir.path(), "begun").len(), 4);
}

#[test]
fn studies_that_share_runs_train_what_they_share_once() {
    let dir = tempfile::tempdir().unwrap();
    let runs = || Some(dir.path().join("runs"));
    let begun = |name: &str, cells| {
        let at = dir.path().join(name);
        let study = Study::new(spec(), grid(cells), &at, runs(), "").unwrap();
        let mut begun = Begun::default();
        let results = study
            .run(&StudyOptions::default(), &Stop::default(), &mut begun)
            .unwrap();
        assert!(
            results
                .cells
                .iter()
                .all(|it| it.state == CellState::Finished)
        );
        begun.0
    };
    assert_eq!(begun("one", cells()).len(), 4);
    let mut others = cells();
    others.truncate(2);
    others.push(finetune(
        "finetune_late",
        "pretrain",
        Some(2),
        "micro_heldout_recall",
    ));
    assert_eq!(begun("two", others), ["finetune_late"]);
}

#[test]
fn a_shared_run_keeps_the_weights_that_another_study_may_start_from() {
    let dir = tempfile::tempdir().unwrap();
    let runs = dir.path().join("runs");
    let mut alone = cells();
    alone.truncate(1);
    for (name, cells) in [("one", alone), ("two", cells())] {
        let at = dir.path().join(name);
        let study = Study::new(spec(), grid(cells), &at, Some(runs.clone()), "").unwrap();
        let results = run(&study);
        for cell in &results.cells {
            let weights = runs.join(&cell.directory).join("checkpoints");
            assert_eq!(weights.exists(), cell.start.is_none(), "{cell:?}");
        }
    }
    assert!(!logged(&dir.path().join("two"), "begun").contains(&"pretrain".to_owned()));
}

#[test]
fn runs_are_found_from_anywhere_and_missed_where_they_are_gone() {
    let dir = tempfile::tempdir().unwrap();
    let typed = PathBuf::from("somewhere/runs");
    let study = Study::new(spec(), grid(cells()), dir.path(), Some(typed.clone()), "").unwrap();
    assert_eq!(study.runs, std::env::current_dir().unwrap().join(typed));

    let (at, runs) = (dir.path().join("study"), dir.path().join("runs"));
    let study = Study::new(spec(), grid(cells()), &at, Some(runs.clone()), "").unwrap();
    study.claim().unwrap();
    assert!(ext5_studies::collect(&at).is_ok());
    std::fs::remove_dir_all(&runs).unwrap();
    let error = ext5_studies::collect(&at).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Missing);
    let name = format!("there is no directory `{}`", runs.display());
    assert!(error.to_string().contains(&name), "{error}");
}

#[test]
fn a_study_that_costs_too_much_can_be_changed_where_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let mut dear = spec();
    dear.seeds = vec![0, 1];
    dear.budget.disk_gib = Some(1e-9);
    let study = Study::new(dear, grid(cells()), dir.path(), None, "").unwrap();
    let error = study.run(&StudyOptions::default(), &Stop::default(), &mut Silent);
    let error = error.unwrap_err();
    assert!(matches!(error, Error::OverBudget { .. }), "{error}");
    assert!(!dir.path().join("study.json").exists());
    let mut cells = cells();
    cells.truncate(1);
    let study = Study::new(spec(), grid(cells), dir.path(), None, "").unwrap();
    assert_eq!(run(&study).cells.len(), 1);
}

#[test]
fn a_generated_mixture_with_other_members_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let study = |definition: &str| {
        let mut cells = cells();
        cells.truncate(1);
        cells[0].config.data.mixture = "drawn".to_owned();
        let mut grid = grid(cells);
        grid.mixtures.push(MixtureSpec {
            name: "drawn".to_owned(),
            members: vec![MemberSpec {
                name: HELD_OUT.to_owned(),
                rate: Some(Rate::Fixed { value: 1.0 }),
            }],
            ..MixtureSpec::default()
        });
        grid.definitions
            .insert("drawn".to_owned(), definition.to_owned());
        Study::new(spec(), grid, dir.path(), None, "").unwrap()
    };
    run(&study("one"));
    let error = study("two").run(&StudyOptions::default(), &Stop::default(), &mut Silent);
    let error = error.unwrap_err().to_string();
    let expected = "the cell `pretrain` with other `the files of drawn`";
    assert!(error.contains(expected), "{error}");
}

#[test]
fn a_start_whose_weights_are_gone_is_trained_again() {
    let dir = tempfile::tempdir().unwrap();
    let first = study(dir.path());
    let expected = timeless(run(&first));
    let lost = &expected.cells[1];
    assert_eq!(lost.name, "finetune_early");
    std::fs::remove_dir_all(dir.path().join(&lost.directory)).unwrap();
    let results = study(dir.path()).collect().unwrap();
    assert_eq!(results.cells[1].state, CellState::Missing);
    assert_eq!(timeless(run(&first)), expected);
    let begun = logged(dir.path(), "begun");
    assert_eq!(begun[4..], ["pretrain", "finetune_early"]);
}

/// Three levels: a pre-training, a run after it, and one after that.
fn chain() -> Vec<StudyCell> {
    let mut chain = cells();
    chain.truncate(1);
    let mut second = finetune("second", "pretrain", Some(2), HELD_OUT);
    second.scorings = Vec::new();
    chain.extend([second, finetune("finetune_late", "second", None, HELD_OUT)]);
    chain
}

#[test]
fn a_chain_whose_weights_are_gone_is_trained_again_from_its_beginning() {
    let dir = tempfile::tempdir().unwrap();
    let study = Study::new(spec(), grid(chain()), dir.path(), None, "").unwrap();
    let expected = timeless(run(&study));
    let lost = &expected.cells[2];
    std::fs::remove_dir_all(dir.path().join(&lost.directory)).unwrap();
    assert_eq!(timeless(run(&study)), expected);
    let begun = logged(dir.path(), "begun");
    assert_eq!(begun[3..], ["pretrain", "second", "finetune_late"]);
    for cell in &expected.cells {
        let run_dir = dir.path().join(&cell.directory);
        assert!(!run_dir.join("checkpoints").exists(), "{cell:?}");
    }
}

#[test]
fn a_start_that_cannot_be_made_again_fails_what_starts_from_it() {
    let dir = tempfile::tempdir().unwrap();
    let study = Study::new(spec(), grid(chain()), dir.path(), None, "").unwrap();
    let expected = timeless(run(&study));
    let [_, second, third] = &expected.cells[..] else {
        panic!("{expected:?}");
    };
    std::fs::remove_dir_all(dir.path().join(&third.directory)).unwrap();
    // As an attempt leaves it that ended with an error.
    let failed = dir.path().join(&second.directory).join("failed.json");
    std::fs::write(&failed, r#"{"reason": "no room", "code": 1}"#).unwrap();
    let options = StudyOptions::default();
    let error = study.run(&options, &Stop::default(), &mut Silent);
    let error = error.unwrap_err().to_string();
    assert!(
        error.contains("1 of 3 cells failed: `second`: no room"),
        "{error}"
    );
    assert_eq!(logged(dir.path(), "begun").len(), 3);
    let options = StudyOptions {
        retry: true,
        ..StudyOptions::default()
    };
    let results = study.run(&options, &Stop::default(), &mut Silent).unwrap();
    assert_eq!(timeless(results), expected);
}

#[test]
fn what_is_waited_for_can_be_stopped() {
    let dir = tempfile::tempdir().unwrap();
    let study = study(dir.path());
    study.claim().unwrap();
    let pretrain = study.collect().unwrap().cells[0].directory.clone();
    let scores = dir.path().join(pretrain).join("scores");
    std::fs::create_dir_all(&scores).unwrap();
    let _held = ext5_data::storage::lock(&scores).unwrap();
    let stop = Stop::default();
    let mut waiting = Waiting { stop: &stop };
    let error = study.run(&StudyOptions::default(), &stop, &mut waiting);
    let error = error.unwrap_err();
    assert!(matches!(error, Error::Stopped { .. }), "{error}");
}

/// Asks to stop as soon as something is waited for.
struct Waiting<'a> {
    stop: &'a Stop,
}

impl Observer for Waiting<'_> {
    fn on(&mut self, event: &Event<'_>) {
        if matches!(event, Event::Note(note) if note.starts_with("waiting: ")) {
            self.stop.terminate();
        }
    }
}
