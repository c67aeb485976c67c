//! Two evaluations on disk, compared.
use std::path::Path;

use ext5_data::ErrorKind;
use ext5_eval::{
    Bootstrap, CompareOptions, Error, Protocol, Reading, RunComparison, Verdict, compare,
};

use crate::on_disk::{add_rows, add_samples, begin, identity, read, report, sample};

const OPTIONS: CompareOptions = CompareOptions {
    bootstrap: Bootstrap {
        resamples: 2000,
        seed: 1,
    },
    alpha: 0.05,
};

/// Rows of a metric that is a mean: one number for each example, and the number of examples.
fn rows(values: impl IntoIterator<Item = f64>) -> Vec<f64> {
    values.into_iter().flat_map(|value| [value, 1.0]).collect()
}

fn run(one: &Path, other: &Path) -> Result<RunComparison, Error> {
    compare(&read(one), &read(other), OPTIONS, &mut |_, _| {})
}

#[test]
fn a_clear_difference_is_found_and_the_better_one_named() {
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let [task, worse] = ["rte", "edits"].map(|name| report(name, "validation", Vec::new()));
    for (dir, right, only) in [(one.path(), 3, "copa"), (other.path(), 2, "wic")] {
        begin(dir, &identity());
        // Of 240 answers two thirds are right here, half there.
        let accuracy = rows((0..240).map(|unit| f64::from(u8::from(unit % right > 0))));
        let exact = rows((0..240).map(|unit| f64::from(u8::from(unit % 4 > 0))));
        let all: [(&str, usize, &[f64]); 2] =
            [("accuracy", 2, &accuracy), ("exact_match", 2, &exact)];
        add_rows(dir, &task, "ids", &all);
        add_rows(dir, &worse, "ids", &[("accuracy", 2, &accuracy)]);
        add_rows(dir, &report(only, "test", Vec::new()), "ids", &[]);
    }
    let found = run(one.path(), other.path()).unwrap();
    let names: Vec<_> = found
        .scores
        .iter()
        .map(|it| format!("{}.{}", it.task, it.score))
        .collect();
    assert_eq!(names, ["edits.accuracy", "rte.accuracy", "rte.exact_match"]);
    let [_, accuracy, exact] = found.scores.as_slice() else {
        panic!("three scores")
    };
    assert!((accuracy.difference - (50.0 - 200.0 / 3.0)).abs() < 1e-9);
    assert_eq!(accuracy.verdict, Verdict::First);
    assert!(accuracy.holm < 0.01 && accuracy.holm >= accuracy.p_randomisation);
    assert!(accuracy.benjamini_hochberg <= accuracy.holm);
    let interval = accuracy.interval.unwrap();
    assert!(interval.low < accuracy.difference && accuracy.difference < interval.high);
    assert_eq!(
        (exact.verdict, exact.p_randomisation),
        (Verdict::Undecided, 1.0)
    );
    let left_out: Vec<_> = found.left_out.iter().map(|it| it.what.as_str()).collect();
    assert_eq!(left_out, ["copa (test)", "wic (test)"]);
    assert!(found.to_text().contains("A is better"));
    assert!(
        found
            .to_markdown()
            .contains("- left out: wic (test): only the second has it")
    );
}

#[test]
fn resamples_that_are_not_in_a_test_are_said() {
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let task = report("stsb", "validation", Vec::new());
    // An exchange of one of the two answers leaves constants, which correlate with nothing: half of all exchanges.
    for (dir, answers) in [(one.path(), [0.0, 1.0]), (other.path(), [1.0, 0.0])] {
        begin(dir, &identity());
        let values = [answers[0], 0.0, answers[1], 1.0];
        add_rows(dir, &task, "ids", &[("pearson_corrcoef", 2, &values)]);
    }
    let found = run(one.path(), other.path()).unwrap();
    let drawn = found.scores[0].resamples;
    assert!((800..1200).contains(&drawn), "{drawn}");
    let least = 1.0 / (drawn as f64 + 1.0);
    let wanted = format!(": {drawn}, so that p is at least {least:.2e}\n");
    let text = found.to_text();
    assert!(text.contains("\nfewer resamples: stsb (validation)") && text.contains(&wanted));
}

#[test]
fn other_examples_and_no_common_task_are_refused_by_name() {
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let [same, mine, theirs] = ["rte", "cb", "copa"].map(|name| report(name, "test", Vec::new()));
    for (dir, ids, own) in [(one.path(), "aa", &mine), (other.path(), "bb", &theirs)] {
        begin(dir, &identity());
        add_rows(dir, own, "ids", &[]);
        let samples = ["0", "1", ids].map(|id| sample("rte", id, "x", "y"));
        add_samples(dir, "rte", "test", &samples);
    }
    let error = run(one.path(), other.path()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Request);
    assert!(
        error
            .to_string()
            .contains("no task and split was finished in both")
    );
    for (dir, ids) in [(one.path(), "aa"), (other.path(), "bb")] {
        add_rows(dir, &same, ids, &[("accuracy", 2, &[1.0, 1.0])]);
    }
    let error = run(one.path(), other.path()).unwrap_err().to_string();
    let wanted = "task `rte`, split `test`: example 3 is `aa` in the first, `bb` in the second";
    assert!(error.ends_with(wanted), "{error}");
    add_samples(other.path(), "rte", "test", &[sample("rte", "0", "x", "y")]);
    let error = run(one.path(), other.path()).unwrap_err().to_string();
    assert!(
        error.ends_with("the first has 3 examples, the second 1"),
        "{error}"
    );
}

#[test]
fn tasks_scored_in_another_way_are_refused_by_name() {
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let same = report("rte", "test", Vec::new());
    let rows: [(&str, usize, &[f64]); 1] = [("accuracy", 2, &[1.0, 1.0])];
    begin(one.path(), &identity());
    begin(other.path(), &identity());
    add_rows(one.path(), &same, "ids", &rows);
    add_rows(other.path(), &same, "ids", &rows);
    assert!(run(one.path(), other.path()).is_ok());
    let [mut ranked, mut read, mut stripped] = [same.clone(), same.clone(), same.clone()];
    ranked.protocol = Protocol::Rank;
    read.reading = Reading::LmEval;
    stripped.postprocess = "none".to_owned();
    let refused = || {
        let error = run(one.path(), other.path()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Request);
        error.to_string()
    };
    for (report, what) in [
        (
            ranked,
            "the protocol is `generate` in the first, `rank` in the second",
        ),
        (
            read,
            "the reading is `t5` in the first, `lm-eval` in the second",
        ),
        (
            stripped,
            "the post-processing is `label` in the first, `none` in the second",
        ),
    ] {
        add_rows(other.path(), &report, "ids", &rows);
        let message = refused();
        assert!(
            message.ends_with(&format!("task `rte`, split `test`: {what}")),
            "{message}"
        );
    }
    add_rows(other.path(), &same, "ids", &rows);
    let units = other.path().join("units/rte.test.json");
    let text = std::fs::read_to_string(&units).unwrap();
    let changed = text.replacen(r#""definition":"""#, r#""definition":"ab""#, 1);
    std::fs::write(&units, changed).unwrap();
    assert!(refused().ends_with("the file of task `rte` is another in each"));
}

#[test]
fn longer_answers_are_other_ones_and_no_better() {
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let task = report("rte", "test", Vec::new());
    for (dir, words) in [(one.path(), 3.0), (other.path(), 5.0)] {
        begin(dir, &identity());
        let lengths: Vec<f64> = (0..40)
            .flat_map(|unit| [words + f64::from(unit % 2); 2])
            .collect();
        add_rows(dir, &task, "ids", &[("text_length", 2, &lengths)]);
    }
    let found = run(one.path(), other.path()).unwrap();
    let mut means = found.scores.iter();
    let mean = means.find(|it| it.score == "mean_pred_length").unwrap();
    assert_eq!((mean.difference, mean.verdict), (2.0, Verdict::Different));
    assert!(found.to_text().contains("they differ"));
    assert!(!found.to_text().contains("is better"));
}

#[test]
fn scores_that_are_no_numbers_are_left_out() {
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let task = report("rte", "test", Vec::new());
    for (dir, last) in [(one.path(), 0.0), (other.path(), f64::NAN)] {
        begin(dir, &identity());
        let accuracy = rows((0..240).map(|unit| if unit < 239 { 1.0 } else { last }));
        add_rows(dir, &task, "ids", &[("accuracy", 2, &accuracy)]);
    }
    let found = run(one.path(), other.path()).unwrap();
    assert!(found.scores.is_empty(), "{:?}", found.scores);
    assert_eq!(found.left_out[0].what, "rte (test) accuracy.accuracy");
    assert_eq!(
        found.left_out[0].reason,
        "it is not a finite number in both"
    );
}

#[test]
fn a_directory_without_an_evaluation_is_missing() {
    let dir = tempfile::tempdir().unwrap();
    let error = ext5_eval::RecordedEvaluation::read(dir.path()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Missing);
}
