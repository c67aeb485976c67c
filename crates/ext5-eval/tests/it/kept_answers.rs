//! Answers that are kept between evaluations.
use std::fs;
use std::path::{Path, PathBuf};

use ext5_eval::{
    CachedPredictor, Error, EvaluateOptions, EvaluationDir, Predictor, Protocol, ResponseCache,
    Score, evaluate_task,
};
use tempfile::TempDir;

use crate::resume::{Mortal, identity, sentiment};
use crate::scripted::Failure;

/// Says its input backwards, and counts.
struct Mirror {
    asked: Vec<String>,
}

impl Predictor for Mirror {
    fn generate(&mut self, inputs: &[&str], most: usize) -> Result<Vec<String>, Failure> {
        self.asked.extend(inputs.iter().map(|it| (*it).to_owned()));
        let answer = |text: &&str| text.chars().rev().take(most).collect();
        Ok(inputs.iter().map(answer).collect())
    }

    fn score(&mut self, pairs: &[(&str, &str)]) -> Result<Vec<Score>, Failure> {
        self.asked.extend(pairs.iter().map(|it| it.1.to_owned()));
        let score = |pair: &(&str, &str)| Score {
            log_likelihood: match pair.1 {
                "never" => f64::NEG_INFINITY,
                choice => -(choice.len() as f64) / 7.0 * std::f64::consts::PI,
            },
            tokens: pair.1.len(),
        };
        Ok(pairs.iter().map(score).collect())
    }
}

fn open(dir: &Path, identity: &str) -> CachedPredictor<Mirror> {
    let mirror = Mirror { asked: Vec::new() };
    CachedPredictor::with_identity(mirror, dir, identity.to_owned()).unwrap()
}

fn answers_of(dir: &Path) -> PathBuf {
    let mut own = fs::read_dir(dir).unwrap();
    own.next().unwrap().unwrap().path().join("answers")
}

const INPUTS: [&str; 5] = [
    "abc",
    "",
    "line\nbreak \u{2028}",
    "日本語 👩‍👩‍👧 e\u{301}",
    "\u{0}\"\\",
];

#[test]
fn hits_are_the_same_bytes_and_ask_nobody() {
    let dir = TempDir::new().unwrap();
    let mut fresh = Mirror { asked: Vec::new() };
    let wanted = fresh.generate(&INPUTS, 9).unwrap();
    let pairs: Vec<(&str, &str)> = INPUTS.iter().map(|text| ("in", *text)).collect();
    let scores = fresh.score(&pairs).unwrap();
    for round in 0..2_u64 {
        let mut cached = open(dir.path(), "m1 greedy");
        assert_eq!(cached.generate(&INPUTS[..2], 9).unwrap(), wanted[..2]);
        assert_eq!(cached.generate(&INPUTS, 9).unwrap(), wanted);
        assert_eq!(cached.score(&pairs).unwrap(), scores);
        assert_eq!(cached.cached(), if round == 0 { 2 } else { 12 });
    }
    // Another length, another model, another kind of question: none of them is answered from there.
    let mut cached = open(dir.path(), "m1 greedy");
    assert_eq!(cached.generate(&["abc"], 2).unwrap(), ["cb"]);
    assert_eq!(open(dir.path(), "m2 greedy").cached(), 0);
    cached.score(&[("abc", ""), ("", "abc")]).unwrap();
    assert_eq!(cached.cached(), 0);
    // What JSON cannot write is asked again.
    for _ in 0..2 {
        let never = cached.score(&[("in", "never")]).unwrap();
        assert!(never[0].log_likelihood == f64::NEG_INFINITY);
    }
    assert_eq!(cached.cached(), 0);
}

#[test]
fn a_torn_tail_is_cut_and_a_damaged_line_is_not_there() {
    let dir = TempDir::new().unwrap();
    open(dir.path(), "m")
        .generate(&["one", "two", "three"], 9)
        .unwrap();
    let path = answers_of(dir.path());
    let whole = fs::read(&path).unwrap();
    for cut in 0..whole.len() {
        fs::write(&path, &whole[..cut]).unwrap();
        let mut cached = open(dir.path(), "m");
        let wanted = ["eno", "owt", "eerht"];
        assert_eq!(
            cached.generate(&["one", "two", "three"], 9).unwrap(),
            wanted
        );
        let lines = whole[..cut].split(|byte| *byte == b'\n').count() - 1;
        assert_eq!(cached.cached(), lines as u64, "cut at {cut}");
        assert!(fs::read(&path).unwrap() == whole, "cut at {cut}");
    }
    for place in 0..whole.len() {
        let mut damaged = whole.clone();
        damaged[place] ^= 4;
        fs::write(&path, &damaged).unwrap();
        let mut cached = open(dir.path(), "m");
        let wanted = ["eno", "owt", "eerht"];
        assert_eq!(
            cached.generate(&["one", "two", "three"], 9).unwrap(),
            wanted
        );
    }
}

#[test]
fn processes_may_share_a_cache() {
    let dir = TempDir::new().unwrap();
    let inputs: Vec<String> = (0..300)
        .map(|number| format!("question {number}"))
        .collect();
    std::thread::scope(|scope| {
        for worker in 0..4 {
            let (inputs, dir) = (&inputs, dir.path());
            scope.spawn(move || {
                let mut cached = open(dir, "m");
                for place in 0..inputs.len() {
                    let input = &inputs[(place + worker * 75) % inputs.len()];
                    cached.generate(&[input], 99).unwrap();
                }
            });
        }
    });
    let cache = ResponseCache::open(dir.path(), "m").unwrap();
    assert_eq!(cache.len(), inputs.len());
    let text = fs::read_to_string(answers_of(dir.path())).unwrap();
    assert_eq!(text.lines().count(), inputs.len(), "nothing is kept twice");
    let mut cached = open(dir.path(), "m");
    let inputs: Vec<&str> = inputs.iter().map(String::as_str).collect();
    cached.generate(&inputs, 99).unwrap();
    assert_eq!(cached.cached(), 300);
}

#[test]
fn an_evaluation_from_the_cache_is_the_same() {
    let folder = TempDir::new().unwrap();
    let task = sentiment(&folder, 60);
    let run = |name: &str| {
        let dir = EvaluationDir::open(&folder.path().join(name), &identity(Protocol::Rank));
        let dir = dir.unwrap();
        let mut model = Mortal::default();
        let cache = folder.path().join("cache");
        let mut cached =
            CachedPredictor::with_identity(&mut model, &cache, "m".to_owned()).unwrap();
        let mut most = 0;
        let mut on_progress = |it: ext5_eval::Progress<'_>| most = it.cached;
        let mut options = EvaluateOptions {
            protocol: Protocol::Rank,
            dir: Some(&dir),
            on_progress: Some(&mut on_progress),
            ..EvaluateOptions::default()
        };
        let report = evaluate_task(&task, "validation", None, &mut cached, &mut options).unwrap();
        (report, model.asked, most)
    };
    let (first, asked, cached) = run("first");
    assert_eq!((asked, cached), (120, 0));
    let (second, asked, cached) = run("second");
    assert!(first == second);
    // Only the likelihoods of minus infinity are asked for again.
    assert!(
        asked < 20 && asked as u64 + cached == 120,
        "{asked} {cached}"
    );
}

#[test]
fn a_predictor_that_does_not_say_what_it_is_has_no_cache() {
    let dir = TempDir::new().unwrap();
    let refused = CachedPredictor::open(Mortal::default(), dir.path()).err();
    assert!(matches!(refused, Some(Error::NotCacheable)));
}
