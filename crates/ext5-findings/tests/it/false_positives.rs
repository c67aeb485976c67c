//! Where nothing differs, the share of studies that call anything significant is to be at most 5 %.
use ext5_findings::{Condition, Question, Results, analyse};
use ext5_objectives::Stream;

use crate::grids;
use crate::made::{SPREAD, accuracy, any_significant, filled, luck, noisy, uneven};

/// 5 %, and what chance adds to it in this many studies.
const MOST: f64 = 0.055;
const STUDIES: u64 = 10_000;
/// Those of 120 tests, which take longer.
const OF_MATRICES: u64 = 2_000;
/// Those of curves, which have many measures.
const OF_CURVES: u64 = 4_000;

/// How the scores of a study vary around their mean.
#[derive(Clone, Copy, Debug)]
enum Noise {
    Normal,
    /// Normal, with standard deviations of 1, 1, 3, 1 and 5 times as much.
    Unequal,
    /// Accuracies over 200 examples.
    Accuracy,
}

/// Tasks differ in how hard they are, conditions do not. A seed's luck is that of all conditions, and of checkpoints of one run
/// there is more that stays.
fn study(question: Question, (seeds, draws): (u64, u64), noise: Noise, number: u64) -> Results {
    let mut stream = Stream::new(&[81, question as u64, seeds, number]);
    let grid = grids::drawn(question, seeds, draws);
    let known = grid.clone();
    let mut value = |it: &Condition, replicate: u64, task: &str| {
        let seed = replicate / (it.replicates / seeds);
        let hard = 40.0 + 5.0 * (task.len() % 7) as f64;
        let own = match question {
            Question::Efficiency => luck([83 + 100 * u64::from(it.group == "T5"), number, seed]),
            _ => 0.0,
        };
        let mean = hard + SPREAD * (luck([82, number, seed]) + own);
        match noise {
            Noise::Normal => noisy(&mut stream, mean),
            Noise::Accuracy => accuracy(&mut stream, mean),
            Noise::Unequal => mean + uneven(&known, it) * SPREAD * stream.normal(),
        }
    };
    filled(grid, grids::tasks(question), &mut value)
}

fn check(question: Question, repetitions: (u64, u64), noise: Noise, studies: u64) {
    let wrong = (0..studies).filter(|number| {
        let results = study(question, repetitions, noise, *number);
        any_significant(&analyse(&results))
    });
    let share = wrong.count() as f64 / studies as f64;
    println!(
        "{question:?}, {repetitions:?} seeds and draws, {noise:?}: {:.2} % of {studies}",
        100.0 * share
    );
    assert!(
        share <= MOST,
        "{question:?} {repetitions:?} {noise:?}: {share}"
    );
}

#[test]
fn of_transfer() {
    check(Question::Transfer, (3, 1), Noise::Normal, OF_MATRICES);
    check(Question::Transfer, (3, 1), Noise::Unequal, OF_MATRICES);
    check(Question::Transfer, (5, 1), Noise::Unequal, OF_MATRICES);
    check(Question::Transfer, (3, 1), Noise::Accuracy, 1_000);
}

#[test]
fn of_lists_of_conditions() {
    for question in [Question::Curation, Question::Stage, Question::Suites] {
        for noise in [Noise::Normal, Noise::Unequal, Noise::Accuracy] {
            check(question, (3, 1), noise, STUDIES);
        }
    }
    check(Question::Curation, (3, 3), Noise::Unequal, STUDIES);
}

#[test]
fn of_curves() {
    for question in [Question::Scaling, Question::Ratio, Question::Efficiency] {
        check(question, (3, 1), Noise::Normal, OF_CURVES);
        check(question, (3, 1), Noise::Unequal, OF_CURVES);
        check(question, (3, 1), Noise::Accuracy, 1_000);
    }
    check(Question::Scaling, (3, 2), Noise::Unequal, OF_CURVES);
}
