//! A killed evaluation goes on where it stood, and comes to the same bytes as an unbroken one.
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use ext5_data::{ErrorKind, Task};
use ext5_eval::{
    Bootstrap, Error, EvaluateOptions, EvaluationDir, Identity, Predictor, Protocol,
    RecordedEvaluation, Result, Score, TaskReport, evaluate_task,
};
use tempfile::TempDir;

use crate::scripted::{Failure, SENTIMENT, task};

/// Answers by a rule, counts the questions, and dies where it is told to.
#[derive(Default)]
pub(crate) struct Mortal {
    pub(crate) asked: usize,
    pub(crate) dies_after: Option<usize>,
    pub(crate) pause: Duration,
}

impl Mortal {
    fn count(&mut self, questions: usize) -> Result<(), Failure> {
        self.asked += questions;
        std::thread::sleep(self.pause);
        match self.dies_after {
            Some(most) if self.asked > most => Err("killed".into()),
            _ => Ok(()),
        }
    }
}

impl Predictor for Mortal {
    fn generate(&mut self, inputs: &[&str], _: usize) -> Result<Vec<String>, Failure> {
        self.count(inputs.len())?;
        let answer = |text: &&str| match text.len() % 5 {
            0 => "good",
            1 => "neither\u{2028}\n\"",
            _ => "bad",
        };
        Ok(inputs.iter().map(|text| answer(text).to_owned()).collect())
    }

    fn score(&mut self, pairs: &[(&str, &str)]) -> Result<Vec<Score>, Failure> {
        self.count(pairs.len())?;
        let score = |(inputs, choice): &(&str, &str)| Score {
            log_likelihood: match inputs.len() % 7 {
                0 if *choice == "bad" => f64::NEG_INFINITY,
                rest => -((rest + choice.len()) as f64) / 3.0,
            },
            tokens: choice.len(),
        };
        Ok(pairs.iter().map(score).collect())
    }
}

fn rows(count: usize) -> Vec<String> {
    let text = |row: usize| format!("{}é {row}", "word ".repeat(row * 7 % 11));
    (0..count)
        .map(|row| format!(r#"{{"text": "{}", "label": {}}}"#, text(row), row % 2))
        .collect()
}

pub(crate) fn sentiment(folder: &TempDir, count: usize) -> Task {
    let rows = rows(count);
    let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    task(folder, "sentiment", SENTIMENT, &rows)
}

pub(crate) fn identity(protocol: Protocol) -> Identity {
    Identity {
        ext5: "0".to_owned(),
        what: "task sentiment".to_owned(),
        model: "scripted".to_owned(),
        model_hash: "ab".to_owned(),
        vocabulary_hash: "cd".to_owned(),
        split: Some("validation".to_owned()),
        limit: None,
        reading: "t5".to_owned(),
        protocol,
        decoding: BTreeMap::new(),
        scoring: BTreeMap::new(),
    }
}

fn evaluate(
    task: &Task,
    dir: &Path,
    protocol: Protocol,
    batch: usize,
    model: &mut dyn Predictor,
) -> Result<TaskReport> {
    let dir = EvaluationDir::open(dir, &identity(protocol))?;
    let mut options = EvaluateOptions {
        batch,
        protocol,
        bootstrap: Bootstrap {
            resamples: 20,
            seed: 1,
        },
        dir: Some(&dir),
        ..EvaluateOptions::default()
    };
    evaluate_task(task, "validation", None, model, &mut options)
}

/// Every file below a directory but its lock.
fn files(dir: &Path) -> BTreeMap<PathBuf, String> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path).into_iter().map(|(below, text)| {
                let name = PathBuf::from(path.file_name().unwrap());
                (name.join(below), text)
            }));
        } else if !path.ends_with("lock") {
            let name = PathBuf::from(path.file_name().unwrap());
            found.insert(name, fs::read_to_string(&path).unwrap());
        }
    }
    found
}

const SAMPLES: &str = "samples/sentiment.validation.jsonl";
const REPORT: &str = "reports/sentiment.validation.json";

#[test]
fn broken_runs_of_any_batch_come_to_the_bytes_of_an_unbroken_one() {
    for protocol in [Protocol::Generate, Protocol::Rank, Protocol::Perplexity] {
        let folder = TempDir::new().unwrap();
        let task = sentiment(&folder, 150);
        let whole = folder.path().join("whole");
        let mut model = Mortal::default();
        let report = evaluate(&task, &whole, protocol, 8, &mut model).unwrap();
        let (wanted, questions) = (files(&whole), model.asked);
        assert_eq!(wanted.len(), 4, "{:?}", wanted.keys());
        let each = if protocol == Protocol::Rank { 2 } else { 1 };
        for batch in [1, 8, 64] {
            let dir = folder.path().join(format!("batch_{batch}"));
            // It dies again and again, a little later each time.
            let (mut asked, mut runs) = (0, 0);
            loop {
                let mut model = Mortal {
                    dies_after: Some(each * 16 * batch.min(9) + 5),
                    ..Mortal::default()
                };
                let ended = evaluate(&task, &dir, protocol, batch, &mut model);
                (asked, runs) = (asked + model.asked, runs + 1);
                match ended {
                    Ok(ended) => {
                        assert_eq!(ended, report);
                        break;
                    }
                    Err(error) => assert_eq!(error.kind(), ErrorKind::Other, "{error}"),
                }
                // Windows of 64 x 16 are answered whole or not at all: one run must live to the end.
                if batch == 64 {
                    evaluate(&task, &dir, protocol, batch, &mut Mortal::default()).unwrap();
                }
            }
            assert!(runs > 1 && asked >= questions, "{batch}: {runs} {asked}");
            assert!(files(&dir) == wanted, "batch {batch}");
        }
    }
}

#[test]
fn samples_cut_at_any_line_or_inside_it_are_made_whole_again() {
    for protocol in [Protocol::Generate, Protocol::Rank] {
        let folder = TempDir::new().unwrap();
        let task = sentiment(&folder, 40);
        let dir = folder.path().join("dir");
        let mut model = Mortal::default();
        evaluate(&task, &dir, protocol, 1, &mut model).unwrap();
        let (wanted, questions) = (files(&dir), model.asked);
        let samples = fs::read(dir.join(SAMPLES)).unwrap();
        let ends: Vec<usize> = (0..samples.len())
            .filter(|place| samples[*place] == b'\n')
            .map(|place| place + 1)
            .collect();
        for (line, end) in ends.iter().enumerate() {
            let start = if line == 0 { 0 } else { ends[line - 1] };
            for cut in [start, start + 1, start + (end - start) / 2, end - 1] {
                fs::write(dir.join(SAMPLES), &samples[..cut]).unwrap();
                fs::remove_file(dir.join(REPORT)).unwrap();
                let mut model = Mortal::default();
                evaluate(&task, &dir, protocol, 1, &mut model).unwrap();
                assert!(files(&dir) == wanted, "cut at {cut}");
                let each = questions / 40;
                assert_eq!(model.asked, questions - line * each, "cut at {cut}");
            }
        }
        // All samples and no report: killed between the two.
        fs::remove_file(dir.join(REPORT)).unwrap();
        let mut model = Mortal::default();
        evaluate(&task, &dir, protocol, 1, &mut model).unwrap();
        assert!(files(&dir) == wanted && model.asked == 0);
        // A finished task is read.
        let (mut resumed, mut on_progress) = (Vec::new(), |_: ext5_eval::Progress<'_>| {});
        let opened = EvaluationDir::open(&dir, &identity(protocol)).unwrap();
        let mut options = EvaluateOptions {
            protocol,
            dir: Some(&opened),
            on_progress: Some(&mut on_progress),
            ..EvaluateOptions::default()
        };
        resumed.push(evaluate_task(&task, "validation", None, &mut model, &mut options).unwrap());
        assert_eq!((model.asked, resumed[0].examples), (0, 40));
    }
}

#[test]
fn progress_tells_how_much_there_is_and_what_was_there() {
    let folder = TempDir::new().unwrap();
    let task = sentiment(&folder, 40);
    let dir = folder.path().join("dir");
    let mut dies = Mortal {
        dies_after: Some(35),
        ..Mortal::default()
    };
    evaluate(&task, &dir, Protocol::Generate, 1, &mut dies).unwrap_err();
    let mut seen = Vec::new();
    let mut on_progress = |it: ext5_eval::Progress<'_>| {
        seen.push((it.done, it.total, it.resumed, it.cached));
    };
    let opened = EvaluationDir::open(&dir, &identity(Protocol::Generate)).unwrap();
    let mut options = EvaluateOptions {
        batch: 1,
        dir: Some(&opened),
        on_progress: Some(&mut on_progress),
        ..EvaluateOptions::default()
    };
    evaluate_task(
        &task,
        "validation",
        None,
        &mut Mortal::default(),
        &mut options,
    )
    .unwrap();
    let total = Some(40);
    assert_eq!(
        seen,
        [
            (0, total, 0, 0),
            (16, total, 16, 0),
            (32, total, 32, 0),
            (40, total, 32, 0)
        ]
    );
}

fn refusal(result: Result<TaskReport>) -> (ErrorKind, String) {
    let error = result.unwrap_err();
    let inner = match &error {
        Error::Task { source, .. } => source.to_string(),
        other => other.to_string(),
    };
    (error.kind(), inner)
}

#[test]
fn data_that_changed_in_between_are_refused() {
    let folder = TempDir::new().unwrap();
    let dir = folder.path().join("dir");
    let begin = || {
        let _ = fs::remove_dir_all(&dir);
        let mut dies = Mortal {
            dies_after: Some(20),
            ..Mortal::default()
        };
        let task = sentiment(&folder, 40);
        evaluate(&task, &dir, Protocol::Generate, 1, &mut dies).unwrap_err();
    };
    let again = |rows: &[&str]| {
        let task = task(&folder, "sentiment", SENTIMENT, rows);
        let mut model = Mortal::default();
        refusal(evaluate(&task, &dir, Protocol::Generate, 1, &mut model))
    };
    let all = rows(40);
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    let mut changed = all.clone();
    changed[3] = r#"{"text": "other", "label": 1}"#;
    begin();
    let (kind, message) = again(&changed);
    let samples = dir.join(SAMPLES);
    let of = samples.display();
    assert_eq!(kind, ErrorKind::Data);
    assert_eq!(
        message,
        format!(
            "sample 4 of `{of}` does not fit the data: example `3` reads otherwise now; start over with `--fresh` or in another \
             directory"
        )
    );
    let (_, message) = again(&all[..10]);
    assert!(
        message.contains("sample 11 of") && message.contains("the data end before it"),
        "{message}"
    );
    begin();
    let text = fs::read_to_string(&samples).unwrap();
    fs::write(&samples, text.replacen(r#""id":"2""#, r#""id":"x""#, 1)).unwrap();
    let (_, message) = again(&all);
    assert!(
        message.contains("sample 3 of `") && message.contains("of example `x`, the data have `2`"),
        "{message}"
    );
    begin();
    fs::write(&samples, text.replacen(r#"{"task""#, r#"{"tusk""#, 1)).unwrap();
    let (kind, message) = again(&all);
    assert!(
        kind == ErrorKind::Data && message.contains("line 1: missing field `task`"),
        "{message}"
    );
}

#[test]
fn another_evaluation_is_never_mixed_in() {
    let folder = TempDir::new().unwrap();
    let task = sentiment(&folder, 40);
    let dir = folder.path().join("dir");
    let mut model = Mortal::default();
    evaluate(&task, &dir, Protocol::Generate, 8, &mut model).unwrap();
    let (kind, message) = refusal(evaluate(&task, &dir, Protocol::Rank, 8, &mut model));
    assert_eq!(kind, ErrorKind::Request);
    assert_eq!(
        message,
        format!(
            "`{}` holds another evaluation: `protocol` is \"generate\" there and \"rank\" here; choose another directory, or \
             start over with `--fresh`",
            dir.display()
        )
    );
    // The task's file changed: its report is not taken for the new one's.
    let head = SENTIMENT.replace(r#""accuracy", "#, "");
    let rows = rows(40);
    let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    let other = crate::scripted::task(&folder, "sentiment", &head, &rows);
    let (kind, message) = refusal(evaluate(&other, &dir, Protocol::Generate, 8, &mut model));
    assert!(
        kind == ErrorKind::Request && message.contains("`the file of task sentiment` is \""),
        "{message}"
    );
    let held = EvaluationDir::fresh(&dir, &identity(Protocol::Rank)).unwrap();
    assert_eq!(files(&dir).len(), 1);
    let locked = EvaluationDir::open(&dir, &identity(Protocol::Rank)).unwrap_err();
    assert_eq!(locked.kind(), ErrorKind::Locked);
    drop(held);
    // A directory with other files stays as it is.
    let foreign = folder.path().join("foreign");
    fs::create_dir(&foreign).unwrap();
    fs::write(foreign.join("thesis.tex"), "").unwrap();
    for open in [EvaluationDir::open, EvaluationDir::fresh] {
        let error = open(&foreign, &identity(Protocol::Rank)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Request);
        assert_eq!(fs::read_dir(&foreign).unwrap().count(), 1);
    }
}

#[test]
fn samples_of_another_file_of_the_task_are_refused() {
    let folder = TempDir::new().unwrap();
    let dir = folder.path().join("dir");
    let mut dies = Mortal {
        dies_after: Some(20),
        ..Mortal::default()
    };
    let task = sentiment(&folder, 40);
    evaluate(&task, &dir, Protocol::Generate, 1, &mut dies).unwrap_err();
    // Questions and right answers are as they were.
    let head = SENTIMENT.replace(r#""accuracy", "#, "");
    let rows = rows(40);
    let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    let other = crate::scripted::task(&folder, "sentiment", &head, &rows);
    let mut model = Mortal::default();
    let (kind, message) = refusal(evaluate(&other, &dir, Protocol::Generate, 1, &mut model));
    assert!(
        kind == ErrorKind::Request && message.contains("`the file of task sentiment` is \""),
        "{message}"
    );
    assert_eq!(model.asked, 0);
    let task = sentiment(&folder, 40);
    evaluate(&task, &dir, Protocol::Generate, 1, &mut model).unwrap();
}

#[test]
fn results_of_nobody_are_not_adopted() {
    let folder = TempDir::new().unwrap();
    let task = sentiment(&folder, 40);
    let dir = folder.path().join("dir");
    let mut model = Mortal::default();
    evaluate(&task, &dir, Protocol::Generate, 8, &mut model).unwrap();
    fs::remove_file(dir.join("evaluation.json")).unwrap();
    let before = files(&dir);
    let error = EvaluationDir::open(&dir, &identity(Protocol::Generate)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Request);
    assert_eq!(
        error.to_string(),
        format!(
            "`{}` holds results and no `evaluation.json` that says whose they are; choose another directory, or start over \
             with `--fresh`",
            dir.display()
        )
    );
    assert!(files(&dir) == before);
    let fresh = EvaluationDir::fresh(&dir, &identity(Protocol::Generate)).unwrap();
    assert_eq!(files(fresh.path()).len(), 1);
}

#[test]
fn what_lies_there_can_be_read_and_compared() {
    let folder = TempDir::new().unwrap();
    let task = sentiment(&folder, 40);
    let dir = folder.path().join("dir");
    let mut model = Mortal::default();
    let report = evaluate(&task, &dir, Protocol::Generate, 8, &mut model).unwrap();
    let recorded = RecordedEvaluation::read(&dir).unwrap();
    assert_eq!(recorded.identity, identity(Protocol::Generate));
    assert_eq!(recorded.reports, std::slice::from_ref(&report));
    let units = recorded.units("sentiment", "validation").unwrap();
    for metric in ["accuracy", "f1"] {
        let value = report.select(metric).unwrap()[0].value;
        assert_eq!(units.units(metric).unwrap().scores(), [value]);
    }
    assert!(units.units("accurcy").is_err());
    let samples = recorded.samples("sentiment", "validation").unwrap();
    let ids: Vec<String> = samples.map(|sample| sample.unwrap().id).collect();
    let wanted: Vec<String> = (0..40).map(|id| id.to_string()).collect();
    assert_eq!(ids, wanted);
}

/// The directory of [`killed_processes_resume`], where this process is the one that is killed.
const VICTIM: &str = "EXT5_TEST_EVALUATION";

#[test]
fn victim() {
    let Some(dir) = std::env::var_os(VICTIM) else {
        return;
    };
    let folder = TempDir::new().unwrap();
    let task = sentiment(&folder, 400);
    let mut model = Mortal {
        pause: Duration::from_millis(1),
        ..Mortal::default()
    };
    evaluate(&task, Path::new(&dir), Protocol::Generate, 1, &mut model).unwrap();
}

#[test]
fn killed_processes_resume() {
    let folder = TempDir::new().unwrap();
    let (whole, dir) = (folder.path().join("whole"), folder.path().join("dir"));
    let task = sentiment(&folder, 400);
    evaluate(
        &task,
        &whole,
        Protocol::Generate,
        64,
        &mut Mortal::default(),
    )
    .unwrap();
    let size = || fs::metadata(dir.join(SAMPLES)).map_or(0, |facts| facts.len());
    let (mut kills, deadline) = (0, Instant::now() + Duration::from_mins(1));
    loop {
        assert!(Instant::now() < deadline, "{kills} kills");
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["resume::victim", "--exact"])
            .env(VICTIM, &dir)
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let before = size();
        // Killed when it has come a little further, at whatever it is doing then.
        while size() < before + 3000 && child.try_wait().unwrap().is_none() {
            std::thread::sleep(Duration::from_micros(300));
        }
        child.kill().unwrap();
        if child.wait().unwrap().success() {
            break;
        }
        kills += 1;
    }
    assert!(kills > 3, "{kills}");
    assert!(files(&dir) == files(&whole));
}
