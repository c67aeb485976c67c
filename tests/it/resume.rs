use crate::micro::{config, metrics, run, weights};
use ext5_trainer::{ProbeOptions, Silent, plan_run};
use std::fs;
use std::time::Duration;

/// A run that is cut after each of its checkpoints equals the one that never was, with dropout too.
#[test]
fn a_run_cut_anywhere_equals_the_whole_one() {
    let dir = tempfile::tempdir().unwrap();
    for optimizer in ["{kind=\"adafactor\"}", "{kind=\"adamw\"}"] {
        let optimizer = format!("optimizer={optimizer}");
        let settings = [
            optimizer.as_str(),
            "model.dropout_rate=0.1",
            "trainer.clip_norm=1.0",
        ];
        let whole_dir = dir.path().join(format!("whole{}", optimizer.len()));
        run(&config(&settings), &whole_dir, false).unwrap();
        for cut in [1, 3, 6] {
            let cut_dir = dir.path().join(format!("cut{}_{cut}", optimizer.len()));
            let steps = format!("trainer.steps={cut}");
            let mut first = settings.to_vec();
            first.push(&steps);
            run(&config(&first), &cut_dir, false).unwrap();
            run(&config(&settings), &cut_dir, true).unwrap();
            assert_eq!(metrics(&cut_dir), metrics(&whole_dir), "cut at {cut}");
            assert!(
                weights(&cut_dir, 8) == weights(&whole_dir, 8),
                "cut at {cut}"
            );
        }
    }
}

/// Validation takes nothing from training: the log without its lines is that of a run without it.
#[test]
fn validation_leaves_training_as_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let (plain, validated) = (dir.path().join("plain"), dir.path().join("validated"));
    let settings = ["model.dropout_rate=0.1"];
    run(&config(&settings), &plain, false).unwrap();
    let validation = [
        settings[0],
        "validation.every=3",
        "validation.limit=6",
        "validation.loss=[\"micro_text\", \"micro_reading\"]",
        "validation.metrics=[\"micro_reading\"]",
    ];
    run(&config(&validation), &validated, false).unwrap();
    let text = metrics(&validated);
    let (train, scores): (Vec<&str>, Vec<&str>) = text
        .lines()
        .partition(|line| line.contains("\"kind\":\"train\""));
    assert_eq!(train, metrics(&plain).lines().collect::<Vec<_>>());
    assert_eq!(
        scores.len(),
        3 * 3,
        "three tasks' lines at steps 3, 6 and 8: {scores:?}"
    );
}

/// A run that is done can be resumed and planned again: nothing of it changes.
#[test]
fn a_finished_run_stays_as_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let run_dir = dir.path().join("run");
    let settings = config(&[]);
    assert!(run(&settings, &run_dir, false).unwrap().loss.is_some());
    let kept = |name: &str| fs::read(run_dir.join(name)).unwrap();
    let before = ["metrics.jsonl", "speed.json", "ledger.json"].map(kept);

    let again = run(&settings, &run_dir, true).unwrap();
    assert_eq!((again.steps, again.loss), (8, None));
    let probe = ProbeOptions {
        steps: 2,
        limit: Duration::from_mins(1),
    };
    plan_run(&settings, &run_dir, Some(probe), &mut Silent).unwrap();
    assert!(before == ["metrics.jsonl", "speed.json", "ledger.json"].map(kept));
}

#[test]
fn a_run_goes_on_with_the_model_it_began_with() {
    let dir = tempfile::tempdir().unwrap();
    run(&config(&["trainer.steps=2"]), dir.path(), false).unwrap();
    let error = run(&config(&["model.preset=\"mini\""]), dir.path(), true).unwrap_err();
    let message = error.to_string();
    assert!(
        message.contains("`tiny`") && message.contains("`mini`"),
        "{message}"
    );
}

/// A loss is a sum over tokens: how many rows go through the model at once is nothing to it but rounding.
#[test]
fn validation_takes_as_many_rows_at_once_as_a_step() {
    let dir = tempfile::tempdir().unwrap();
    let losses = [0, 1].map(|rows| {
        let rows = format!("trainer.micro_batch_rows={rows}");
        let settings = [
            &rows,
            "trainer.steps=1",
            "validation.every=1",
            "validation.limit=6",
        ];
        let run_dir = dir.path().join(&rows);
        run(&config(&settings), &run_dir, false).unwrap();
        let text = metrics(&run_dir);
        let lines = text
            .lines()
            .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
        lines
            .filter(|line| line["kind"] != "train")
            .map(|line| line["validation_loss"].as_f64().unwrap())
            .collect::<Vec<_>>()
    });
    assert!(!losses[0].is_empty());
    for (whole, single) in losses[0].iter().zip(&losses[1]) {
        assert!((whole / single - 1.0).abs() < 1e-5, "{whole} {single}");
    }
}
