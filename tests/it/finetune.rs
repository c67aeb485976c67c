use crate::micro::{config, run};
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
