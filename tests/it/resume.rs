use crate::micro::{config, metrics, run, weights};

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
