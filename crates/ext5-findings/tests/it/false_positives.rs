//! Where nothing differs, the share of studies that call anything significant is to be at most 5 %.
use ext5_findings::{Condition, Question, analyse};
use ext5_objectives::Stream;

use crate::grids;
use crate::made::{SPREAD, accuracy, any_significant, filled, noisy};

/// What chance adds to 5 % in this many studies, in 99 of 100 cases.
fn most(studies: u64) -> f64 {
    0.05 + 2.33 * (0.05 * 0.95 / studies as f64).sqrt()
}

fn check(question: Question, seeds: u64, studies: u64, noise: fn(&mut Stream, f64) -> f64) {
    let mut wrong = 0;
    for number in 0..studies {
        let mut stream = Stream::new(&[81, question as u64, seeds, number]);
        // Tasks differ in how hard they are, conditions do not; a seed's luck stays with a run's checkpoints.
        let mut value = |it: &Condition, replicate, task: &str| {
            let stays = question == Question::Efficiency;
            let group = u64::from(it.group == "T5");
            let luck = Stream::new(&[82, number, group, replicate]).normal();
            let hard = 40.0 + 5.0 * (task.len() % 7) as f64;
            noise(&mut stream, hard) + if stays { SPREAD * luck } else { 0.0 }
        };
        let results = filled(
            grids::of(question, seeds),
            grids::tasks(question),
            &mut value,
        );
        wrong += u64::from(any_significant(&analyse(&results)));
    }
    let share = wrong as f64 / studies as f64;
    println!(
        "{question:?}, {seeds} seeds: {:.2} % of {studies}",
        100.0 * share
    );
    assert!(share <= most(studies), "{question:?} {seeds}: {share}");
}

#[test]
fn of_transfer() {
    check(Question::Transfer, 3, 600, noisy);
    check(Question::Transfer, 5, 600, noisy);
    check(Question::Transfer, 3, 200, accuracy);
}

#[test]
fn of_lists_of_conditions() {
    for question in [Question::Curation, Question::Stage, Question::Suites] {
        check(question, 3, 2_000, noisy);
        check(question, 3, 1_000, accuracy);
    }
}

#[test]
fn of_curves() {
    for question in [Question::Scaling, Question::Ratio, Question::Efficiency] {
        check(question, 3, 1_500, noisy);
        check(question, 3, 300, accuracy);
    }
}
