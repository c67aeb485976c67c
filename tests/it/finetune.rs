use crate::micro::{config, metrics, run, weights};
use ext5_trainer::{EvaluationPlan, ModelDir, ModelOptions, Silent};

/// Pre-train, fine-tune from the run directory, evaluate: the vocabulary travels with the model.
#[test]
fn a_finetuned_model_answers() {
    let dir = tempfile::tempdir().unwrap();
    let (start, tuned) = (dir.path().join("start"), dir.path().join("tuned"));
    run(&config(&[]), &start, false).unwrap();
    let from = format!("init.from={:?}", start.to_str().unwrap());
    let settings = [
        from.as_str(),
        "data.mixture=micro_reading",
        "data.packing=false",
    ];
    let report = run(&config(&settings), &tuned, false).unwrap();
    assert_eq!(report.steps, 8);

    let options = ModelOptions::default();
    let mut predictor = options.predictor(&ModelDir::find(&tuned).unwrap()).unwrap();
    let plan = EvaluationPlan {
        split: "validation".to_owned(),
        limit: Some(10),
        ..EvaluationPlan::default()
    };
    let mut seen = 0;
    let mut on_sample = |_: &ext5_eval::Sample<'_>| {
        seen += 1;
        Ok(())
    };
    let reports = plan
        .tasks(
            "micro_reading",
            &mut predictor,
            None,
            &mut Silent,
            &mut on_sample,
        )
        .unwrap();
    assert_eq!(seen, 10);
    let (task, report) = &reports[0];
    assert_eq!(task, "micro_reading");
    assert_eq!(report.as_ref().unwrap().examples, 10);
}

/// A fine-tuning that is cut goes on as if it never was, though what it started from is gone.
#[test]
fn a_finetuning_goes_on_without_what_it_started_from() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    let (start, whole, cut) = (at("start"), at("whole"), at("cut"));
    run(&config(&["trainer.steps=2"]), &start, false).unwrap();
    let from = format!("init.from={:?}", start.to_str().unwrap());
    let settings = [from.as_str(), "data.mixture=micro_reading"];
    run(&config(&settings), &whole, false).unwrap();
    let first = [settings[0], settings[1], "trainer.steps=3"];
    run(&config(&first), &cut, false).unwrap();
    std::fs::remove_dir_all(&start).unwrap();
    run(&config(&settings), &cut, true).unwrap();
    assert_eq!(metrics(&cut), metrics(&whole));
    assert!(weights(&cut, 8) == weights(&whole, 8));
}

/// A smaller embedding than the vocabulary is refused before a step is taken.
#[test]
fn a_model_and_a_vocabulary_that_do_not_fit_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let start = dir.path().join("start");
    run(&config(&["trainer.steps=1"]), &start, false).unwrap();
    let options = ModelOptions {
        vocabulary: Some("bytes:100000".to_owned()),
        ..ModelOptions::default()
    };
    let error = options
        .predictor(&ModelDir::find(&start).unwrap())
        .err()
        .unwrap();
    assert_eq!(error.kind(), ext5_data::ErrorKind::Config);
    assert!(error.to_string().contains("embeddings"), "{error}");
}
