//! Two evaluations on disk, compared.
use std::path::Path;

use ext5_data::ErrorKind;
use ext5_eval::{Bootstrap, CompareOptions, Error, RunComparison, Verdict, compare};

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
fn a_directory_without_an_evaluation_is_missing() {
    let dir = tempfile::tempdir().unwrap();
    let error = ext5_eval::RecordedEvaluation::read(dir.path()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Missing);
}
