//! Studies of a few steps on the micro-world: broken off, failing, shared, in parts.
#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking and says what it measured"
)]
mod grid;
mod parts;

use ext5_data::ErrorKind;
use ext5_findings::{CellState, Results};
use ext5_studies::{Error, Study, StudyOptions};
use ext5_trainer::{Event, Observer, Silent, Stop};
use grid::{HELD_OUT, cells, grid, spec};
use std::fs;
use std::path::Path;

/// A study in `dir` of the cells that all tests have.
fn study(dir: &Path) -> Study {
    Study::new(spec(), grid(cells()), dir, None, "ext5 study run x").unwrap()
}

fn run(study: &Study) -> Results {
    let options = StudyOptions::default();
    study.run(&options, &Stop::default(), &mut Silent).unwrap()
}

/// All but times.
fn timeless(mut results: Results) -> Results {
    for cell in &mut results.cells {
        cell.seconds = None;
    }
    results
}

/// Lines of the study's log with this event: names of cells.
fn logged(dir: &Path, event: &str) -> Vec<String> {
    let text = fs::read_to_string(dir.join("study.jsonl")).unwrap_or_default();
    let lines = text.lines().map(|line| serde_json::from_str(line).unwrap());
    lines
        .filter(|line: &serde_json::Value| line["event"] == event)
        .map(|line| line["cell"].as_str().unwrap().to_owned())
        .collect()
}

/// Asks to stop when so many steps or answers have been seen.
struct Impatient<'a> {
    stop: &'a Stop,
    left: u32,
}

impl Observer for Impatient<'_> {
    fn on(&mut self, event: &Event<'_>) {
        // What goes on after the wish to stop is not counted.
        if self.left > 0 && matches!(event, Event::Step { .. } | Event::Evaluating(_)) {
            self.left -= 1;
            if self.left == 0 {
                self.stop.terminate();
            }
        }
    }
}

#[test]
fn a_study_scores_its_cells_and_keeps_no_weights() {
    let dir = tempfile::tempdir().unwrap();
    let study = study(dir.path());
    assert!(study.collect().unwrap().scores.is_empty());
    let results = run(&study);
    assert_eq!(results.cells.len(), 4);
    for cell in &results.cells {
        assert_eq!(cell.state, CellState::Finished);
        assert!(cell.loss.unwrap() > 0.0 && cell.seconds.unwrap() > 0.0);
        assert_eq!((cell.device.as_str(), cell.seed), ("cpu", 0));
        let run_dir = dir.path().join(&cell.directory);
        assert!(run_dir.join("metrics.jsonl").is_file(), "{cell:?}");
        assert!(!run_dir.join("checkpoints").exists(), "{cell:?}");
    }
    let scores: Vec<(&str, &str)> = results
        .scores
        .iter()
        .map(|it| (it.condition.as_str(), it.task.as_str()))
        .collect();
    let expected = [
        ("early", HELD_OUT),
        ("early_itself", HELD_OUT),
        ("late", HELD_OUT),
        ("late_itself", HELD_OUT),
        ("plain", HELD_OUT),
    ];
    assert_eq!(scores, expected);
    for score in &results.scores {
        assert_eq!(score.examples, 24);
        assert_eq!(score.metrics, ["accuracy"]);
        assert!((0.0..=100.0).contains(&score.value));
        // Of two labels one has at least half of the examples, and 24 of them do not all have the same.
        let majority = score.majority.unwrap();
        assert!((50.0..100.0).contains(&majority), "{score:?}");
        assert_eq!(score.family, "nli");
    }
    assert_eq!(ext5_studies::collect(dir.path()).unwrap(), results);

    // A finished study runs nothing.
    assert_eq!(run(&study), results);
    assert_eq!(logged(dir.path(), "begun").len(), 4);
}

#[test]
fn a_study_broken_off_anywhere_comes_to_the_same() {
    let whole = tempfile::tempdir().unwrap();
    let expected = timeless(run(&study(whole.path())));
    for after in [3, 5, 9] {
        let dir = tempfile::tempdir().unwrap();
        let study = study(dir.path());
        let mut broken_off = 0;
        let results = loop {
            let stop = Stop::default();
            let mut impatient = Impatient {
                stop: &stop,
                left: after,
            };
            match study.run(&StudyOptions::default(), &stop, &mut impatient) {
                Ok(results) => break results,
                Err(error) => {
                    assert!(matches!(error, Error::Stopped { .. }), "{error}");
                    assert_eq!(error.kind(), ErrorKind::Stopped);
                    broken_off += 1;
                    assert!(broken_off < 60, "no end");
                }
            }
        };
        assert!(broken_off > 1, "stopped {broken_off} times");
        assert_eq!(timeless(results), expected, "stopped every {after} events");
        let mut finished = logged(dir.path(), "finished");
        finished.sort();
        finished.dedup();
        assert_eq!(finished.len(), 4);
        assert_eq!(logged(dir.path(), "finished").len(), 4);
    }
}

#[test]
fn a_failed_cell_is_reported_and_tried_again_on_request_alone() {
    let dir = tempfile::tempdir().unwrap();
    let tasks = dir.path().join("mine");
    grid::write_task(&tasks);
    let mut cells = cells();
    cells.push(grid::finetune("of_mine", "pretrain", None, "mine"));
    let mut dependent = grid::finetune("after_mine", "of_mine", None, HELD_OUT);
    dependent.scorings = Vec::new();
    cells.push(dependent);
    let at = dir.path().join("study");
    let study = Study::new(spec(), grid(cells), &at, None, "").unwrap();
    let mut options = StudyOptions {
        task_dirs: vec![tasks],
        data_root: Some(dir.path().to_owned()),
        ..StudyOptions::default()
    };
    for _ in 0..2 {
        let error = study.run(&options, &Stop::default(), &mut Silent);
        let error = error.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Missing);
        let message = error.to_string();
        assert!(
            message.starts_with("1 of 6 cells failed: `of_mine`: ")
                && message.contains("`--retry`"),
            "{message}"
        );
    }
    assert_eq!(logged(&at, "failed"), ["of_mine"]);
    assert_eq!(logged(&at, "finished").len(), 4);
    let results = study.collect().unwrap();
    let state = |results: &Results, name: &str| {
        let mut cells = results.cells.iter();
        cells.find(|it| it.name == name).unwrap().state.clone()
    };
    assert!(matches!(
        state(&results, "of_mine"),
        CellState::Failed { .. }
    ));
    assert_eq!(state(&results, "after_mine"), CellState::Missing);

    grid::write_rows(dir.path());
    options.retry = true;
    let results = study.run(&options, &Stop::default(), &mut Silent).unwrap();
    assert!(
        results
            .cells
            .iter()
            .all(|it| it.state == CellState::Finished)
    );
    assert_eq!(logged(&at, "finished").len(), 6);
}

#[test]
fn tasks_without_data_are_named_in_the_results() {
    let dir = tempfile::tempdir().unwrap();
    let tasks = dir.path().join("mine");
    grid::write_task(&tasks);
    let both = format!(
        "name = \"both\"\ndescription = \"x\"\n[[members]]\nname = \"mine\"\nrate = 1.0\n[[members]]\nname = \"{HELD_OUT}\"\nrate = 1.0\n"
    );
    fs::write(tasks.join("both.toml"), both).unwrap();
    let mut cells = cells();
    cells.truncate(1);
    let mut tuned = grid::finetune("finetune_late", "pretrain", None, HELD_OUT);
    tuned.config.data.mixture = "both".to_owned();
    cells.push(tuned);
    let at = dir.path().join("study");
    let study = Study::new(spec(), grid(cells), &at, None, "").unwrap();
    let options = StudyOptions {
        task_dirs: vec![tasks],
        data_root: Some(dir.path().to_owned()),
        ..StudyOptions::default()
    };
    let results = study.run(&options, &Stop::default(), &mut Silent).unwrap();
    assert!(results.cells[0].absent.is_empty());
    assert_eq!(results.cells[1].absent, ["mine"]);
    let fact = (
        "not trained on, their data are not here".to_owned(),
        "mine".to_owned(),
    );
    assert_eq!(results.facts.last(), Some(&fact));
}

#[test]
fn a_changed_study_is_refused_before_anything_runs() {
    let dir = tempfile::tempdir().unwrap();
    run(&study(dir.path()));
    let refused = |study: Result<Study, Error>| {
        let mut stop = Impatient {
            stop: &Stop::default(),
            left: 1,
        };
        let options = StudyOptions::default();
        let error = study.unwrap().run(&options, &Stop::default(), &mut stop);
        assert_eq!(stop.left, 1, "it ran");
        let error = error.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Request);
        error.to_string()
    };
    let mut other = spec();
    other.seeds = vec![0, 1];
    other.data.ratio = 3.0;
    let message = refused(Study::new(other, grid(cells()), dir.path(), None, ""));
    assert!(
        message.contains("a study with other `data.ratio`, `seeds`; choose another directory"),
        "{message}"
    );
    // The same file, but a program whose recipes have changed.
    let mut changed = cells();
    changed[0].config.trainer.z_loss = 0.5;
    let message = refused(Study::new(spec(), grid(changed), dir.path(), None, ""));
    assert!(
        message.contains("the cell `pretrain` with other `trainer.z_loss`"),
        "{message}"
    );
    // A run that was gone on with by hand.
    let results = study(dir.path()).collect().unwrap();
    let path = dir
        .path()
        .join(&results.cells[1].directory)
        .join("run.toml");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("batch_rows = 4", "batch_rows = 8")).unwrap();
    let message = refused(Ok(study(dir.path())));
    assert!(
        message.contains("the cell `finetune_early` with other `trainer.batch_rows`"),
        "{message}"
    );
}

#[test]
fn a_grid_that_contradicts_itself_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let refused = |cells| {
        let study = Study::new(spec(), grid(cells), dir.path(), None, "");
        let error = study.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        error.to_string()
    };
    let mut turned = cells();
    turned.reverse();
    assert!(refused(turned).contains("`pretrain`, which does not come before it"));
    let mut twice = cells();
    twice.push(twice[0].clone());
    assert!(refused(twice).contains("two cells have the name `pretrain`"));
    let mut nowhere = cells();
    nowhere[1].scorings[0].condition = "elsewhere".to_owned();
    assert!(refused(nowhere).contains("`elsewhere`, which is no condition"));
}
