//! Whatever is missing or wrong in results: no panic, and no number that is none.
use ext5_findings::{
    Affinity, CellRecord, CellState, Condition, Findings, Question, Results, analyse,
    analyse_beside,
};
use ext5_objectives::Stream;

use crate::grids;
use crate::made::{empty, filled, noisy};

const QUESTIONS: [Question; 8] = [
    Question::Transfer,
    Question::Curation,
    Question::Scaling,
    Question::Ratio,
    Question::Stage,
    Question::Efficiency,
    Question::Suites,
    Question::TaskAffinity,
];

/// JSON has no word for what is no number: it would be written as null, and not read again.
fn checked(results: &Results) -> Findings {
    let findings = analyse(results);
    let text = serde_json::to_string(&findings).unwrap();
    assert_eq!(serde_json::from_str::<Findings>(&text).unwrap(), findings);
    for word in ["NaN", "inf"] {
        assert!(!text.contains(&format!(" {word} ")), "{text}");
    }
    assert_eq!(analyse(results), findings);
    findings
}

fn constant(question: Question, seeds: u64, value: f64) -> Results {
    let tasks = grids::tasks(question);
    filled(grids::of(question, seeds), tasks, &mut |_, _, _| value)
}

#[test]
fn nothing_at_all() {
    for question in QUESTIONS {
        let findings = checked(&empty(question, Vec::new()));
        assert!(findings.means.is_empty() && findings.contrasts.is_empty());
        let findings = checked(&grids::of(question, 3));
        assert!(findings.means.is_empty() && findings.learning.is_none());
        assert_eq!(
            findings.incomplete.len(),
            grids::of(question, 3).conditions.len()
        );
        checked(&grids::of(question, u64::MAX));
        checked(&grids::of(question, 0));
    }
}

#[test]
fn constant_scores_have_no_test() {
    for question in QUESTIONS {
        let findings = checked(&constant(question, 3, 61.0));
        assert!(
            findings
                .contrasts
                .iter()
                .all(|it| it.p_value.is_none() && it.low.is_none())
        );
        assert!(
            findings
                .means
                .iter()
                .all(|it| it.low.is_none() && it.count == 3)
        );
        assert!(findings.learning.is_none_or(|it| it.not_learned.is_empty()));
    }
}

#[test]
fn one_repetition_has_no_interval() {
    for question in QUESTIONS {
        let mut stream = Stream::new(&[5]);
        let mut value = |_: &Condition, _, _: &str| noisy(&mut stream, 60.0);
        let results = filled(grids::of(question, 1), grids::tasks(question), &mut value);
        let findings = checked(&results);
        assert!(
            findings
                .means
                .iter()
                .all(|it| it.low.is_none() && it.high.is_none())
        );
        assert!(findings.contrasts.iter().all(|it| it.p_adjusted.is_none()));
        assert!(findings.learning.is_none_or(|it| it.learned.is_empty()));
    }
}

/// Scores left out, doubled, of other conditions, and no numbers.
#[test]
fn any_results() {
    for number in 0..400 {
        let mut stream = Stream::new(&[6, number]);
        let question = QUESTIONS[stream.below(8) as usize];
        let seeds = 1 + stream.below(3);
        let wrong = [f64::NAN, f64::INFINITY, -1e300, 1e300, 0.0, 100.0];
        let mut value = |_: &Condition, _, _: &str| match stream.below(40) {
            place @ 0..6 => wrong[place as usize],
            _ => (10.0 * stream.uniform()).round() * 10.0,
        };
        let mut results = filled(
            grids::of(question, seeds),
            grids::tasks(question),
            &mut value,
        );
        let share = stream.uniform() * 0.1;
        results.scores.retain(|_| stream.uniform() > share);
        for score in &mut results.scores {
            match stream.below(30) {
                0 => score.condition = "nobody".to_owned(),
                1 => score.replicate = u64::MAX,
                2 => score.half_interval = Some(f64::NAN),
                3 => score.majority = None,
                4 => score.majority = Some(f64::INFINITY),
                5 => score.family = score.task.clone(),
                _ => {}
            }
        }
        for condition in &mut results.conditions {
            match stream.below(30) {
                0 => condition.x = Some(f64::NAN),
                1 => condition.x = None,
                2 => condition.replicates = 0,
                3 => condition.group = "another".to_owned(),
                4 => condition.parts.clear(),
                _ => {}
            }
        }
        results.cells = cells(&mut stream);
        results.affinities = affinities(&mut stream);
        checked(&results);
        let transfer = constant(Question::Transfer, 2, 50.0);
        analyse_beside(&results, Some(&transfer));
    }
}

/// Runs that failed and wait for one another, also in a circle.
fn cells(stream: &mut Stream) -> Vec<CellRecord> {
    let names = ["a", "b", "c", "d"];
    let states = [
        CellState::Finished,
        CellState::Missing,
        CellState::Failed {
            reason: "no room".to_owned(),
        },
    ];
    let cell = |name: &&str| CellRecord {
        name: (*name).to_owned(),
        hash: String::new(),
        directory: String::new(),
        conditions: vec!["T5".to_owned(), "r2".to_owned(), "vanilla".to_owned()],
        state: states[stream.below(3) as usize].clone(),
        steps: 1,
        seed: 1,
        mixture: String::new(),
        start: Some(names[stream.below(4) as usize].to_owned()),
        absent: Vec::new(),
        loss: None,
        device: String::new(),
        version: String::new(),
        seconds: None,
    };
    names.iter().map(cell).collect()
}

fn affinities(stream: &mut Stream) -> Vec<Affinity> {
    let mut affinity = || {
        let mut family = || grids::FAMILIES[stream.below(8) as usize].1.to_owned();
        let (first, second) = (family(), family());
        let cosine = match stream.below(9) {
            0 => f64::NAN,
            1 => 5.0,
            _ => 2.0 * stream.uniform() - 1.0,
        };
        Affinity {
            first,
            second,
            step: stream.below(3),
            replicate: stream.below(2),
            cosine,
            layers: cosine,
        }
    };
    (0..60).map(|_| affinity()).collect()
}
