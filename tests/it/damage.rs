use crate::micro::{config, metrics, run};
use ext5_data::ErrorKind;
use ext5_trainer::ModelDir;
use std::fs;

/// A damaged newest checkpoint is passed over; the run goes on from the one before and ends as if nothing had been.
#[test]
fn a_damaged_checkpoint_costs_its_steps_only() {
    let dir = tempfile::tempdir().unwrap();
    let (whole, damaged) = (dir.path().join("whole"), dir.path().join("damaged"));
    run(&config(&[]), &whole, false).unwrap();
    run(&config(&["trainer.steps=6"]), &damaged, false).unwrap();
    let weights = damaged.join("checkpoints/step_00000006/model.safetensors");
    let mut bytes = fs::read(&weights).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&weights, bytes).unwrap();

    let found = ModelDir::find(&damaged).unwrap();
    assert!(found.path().ends_with("step_00000004"));
    assert_eq!(found.skipped().len(), 1);
    let reason = found.skipped()[0].to_string();
    assert!(
        reason.contains("step_00000006") && reason.contains("model.safetensors"),
        "{reason}"
    );

    run(&config(&[]), &damaged, true).unwrap();
    assert_eq!(metrics(&damaged), metrics(&whole));
}

/// What an interrupted save left is not taken for a checkpoint, and is cleared away at the next start.
#[test]
fn an_unfinished_checkpoint_is_not_one() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("run");
    run(&config(&["trainer.steps=2"]), &path, false).unwrap();
    let unfinished = path.join("checkpoints/.tmp-1-step_00000003");
    fs::create_dir(&unfinished).unwrap();
    fs::write(unfinished.join("model.safetensors"), b"half").unwrap();
    assert!(
        ModelDir::find(&path)
            .unwrap()
            .path()
            .ends_with("step_00000002")
    );
    run(&config(&["trainer.steps=4"]), &path, true).unwrap();
    assert!(!unfinished.exists());
}

/// A checkpoint over other data is refused: its cursor would mean something else.
#[test]
fn other_data_are_refused_on_resume() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("run");
    run(&config(&["trainer.steps=2"]), &path, false).unwrap();
    let error = run(&config(&["data.max_examples=100"]), &path, true)
        .err()
        .unwrap();
    assert_eq!(error.kind(), ErrorKind::Request);
    assert!(
        error.to_string().contains("200 examples, now 100"),
        "{error}"
    );
}

/// A learning rate that destroys the model is caught before the weights are, with the tasks named.
#[test]
fn a_loss_that_is_no_number_stops_the_run() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("run");
    let settings = [
        "schedule={kind=\"constant\", rate=1e30}",
        "trainer.checkpoint_every=1",
    ];
    let error = run(&config(&settings), &path, false).err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Data);
    assert!(error.to_string().contains("`micro_"), "{error}");
}
