//! Analyses of small studies whose answers are known by hand.
use ext5_findings::{
    Affinity, Answer, CellRecord, CellState, Condition, Question, Results, analyse, analyse_beside,
};

use crate::grids;
use crate::made::{condition, empty, filled};

/// Repetitions of 1 less, the same, 1 more than a mean: a variance of 1.
fn around(mean: f64, replicate: u64) -> f64 {
    mean + replicate as f64 - 1.0
}

/// What two conditions differ by from seed to seed: exact in binary.
const APART: f64 = 0.125;

/// The same where the condition is one that is compared, so that its differences vary by [`APART`] around their mean, and those of
/// seeds, far larger, fall out.
fn blocks(mean: f64, replicate: u64, is_compared: bool) -> f64 {
    let apart = if is_compared { APART } else { 0.0 };
    mean + (8.0 + apart) * (replicate as f64 - 1.0)
}

/// Families a, b, c, each with one task; `b` gains 5 by `a`, and `c` loses 4 by `b`.
fn transfer() -> Results {
    let tasks = [("ta", "a"), ("tb", "b"), ("tc", "c")];
    let mut conditions = Vec::new();
    for parts in [
        &["a"][..],
        &["b"],
        &["c"],
        &["a", "b"],
        &["c", "a"],
        &["b", "c"],
    ] {
        let group = if parts.len() == 2 {
            "pair"
        } else {
            "alone_equal_data"
        };
        conditions.push(Condition {
            parts: parts.iter().map(|it| (*it).to_owned()).collect(),
            ..condition(&parts.join("+"), group, None, 3)
        });
    }
    let value = |it: &Condition, replicate, task: &str| {
        let effect = match (it.id.as_str(), task) {
            ("a+b", "tb") => 5.0,
            ("b+c", "tc") => -4.0,
            _ => 0.0,
        };
        blocks(60.0 + effect, replicate, it.parts.len() == 2)
    };
    filled(empty(Question::Transfer, conditions), &tasks, &mut {
        value
    })
}

#[test]
fn a_matrix_of_three_families() {
    let findings = analyse(&transfer());
    assert_eq!(findings.matrices.len(), 1);
    let matrix = &findings.matrices[0];
    assert_eq!(
        (matrix.name.as_str(), &matrix.families.join(" ")[..]),
        ("equal data", "a b c")
    );
    let of = |row: usize, column: usize| matrix.cells[row][column].as_ref().unwrap();
    assert!(matrix.cells[1][1].is_none());
    assert_eq!(
        (
            of(0, 1).difference,
            of(1, 2).difference,
            of(1, 0).difference
        ),
        (5.0, -4.0, 0.0)
    );
    assert_eq!(
        (
            &of(0, 1).condition[..],
            &of(0, 1).baseline[..],
            &of(0, 1).measure[..]
        ),
        ("a+b", "b", "b")
    );
    // Differences 4.875, 5 and 5.125: error 0.125 / sqrt(3), t(0.975, 2) = 4.302652730.
    let half = 4.302_652_729_911_275 * APART / 3.0_f64.sqrt();
    assert!((of(0, 1).low.unwrap() - (5.0 - half)).abs() < 1e-9);
    assert_eq!(matrix.row_means, [Some(2.5), Some(-2.0), Some(0.0)]);
    assert_eq!(matrix.column_means, [Some(0.0), Some(2.5), Some(-2.0)]);
    assert_eq!((matrix.negative, matrix.negative_significant), ((1, 6), 1));
    // Six cells and three rows are tested together.
    assert!(
        findings
            .method
            .iter()
            .any(|it| it.contains("by Holm: 9 in"))
    );
    assert_eq!(findings.verdicts.len(), 1);
    // One is harmed and one is helped.
    assert_eq!(findings.verdicts[0].answer, Answer::Undecided);
    assert!(
        findings
            .notes
            .iter()
            .any(|it| it.contains("`a` does most for them (+2.5"))
    );
}

/// What is said of harm where the first cells of a matrix of 7 families (21 runs, 42 cells) are below, the next ones above.
fn harm(below: usize, above: usize) -> Answer {
    let names = ["a", "b", "c", "d", "e", "f", "g"];
    let tasks: Vec<(String, &str)> = names.iter().map(|it| (format!("t{it}"), *it)).collect();
    let tasks: Vec<(&str, &str)> = tasks.iter().map(|it| (it.0.as_str(), it.1)).collect();
    let (mut conditions, mut effects) = (Vec::new(), Vec::new());
    let parts = |parts: &[&str], group: &str| Condition {
        parts: parts.iter().map(|it| (*it).to_owned()).collect(),
        ..condition(&parts.join("+"), group, None, 3)
    };
    for (place, first) in names.iter().enumerate() {
        conditions.push(parts(&[first], "alone_equal_data"));
        for second in names.iter().skip(place + 1) {
            conditions.push(parts(&[first, second], "pair"));
            effects
                .extend([first, second].map(|it| (format!("{first}+{second}"), format!("t{it}"))));
        }
    }
    let mut value = |it: &Condition, replicate, task: &str| {
        let place = effects
            .iter()
            .position(|known| (&*known.0, &*known.1) == (&*it.id, task));
        let effect = match place {
            Some(place) if place < below => -50.0,
            Some(place) if place < below + above => 50.0,
            _ => 0.0,
        };
        // Small enough to be beyond chance among some fifty tests.
        let apart = if it.parts.len() == 2 {
            APART / 4.0
        } else {
            0.0
        };
        60.0 + effect + (8.0 + apart) * (replicate as f64 - 1.0)
    };
    let results = filled(empty(Question::Transfer, conditions), &tasks, &mut value);
    analyse(&results).verdicts[0].answer
}

#[test]
fn one_cell_does_not_say_that_families_often_harm() {
    assert_eq!(harm(1, 20), Answer::Undecided);
    assert_eq!(harm(1, 0), Answer::Undecided);
    assert_eq!(harm(13, 0), Answer::Undecided);
    assert_eq!(harm(14, 13), Answer::Reproduced);
    assert_eq!(harm(14, 14), Answer::Undecided);
    assert_eq!(harm(0, 21), Answer::Undecided);
    assert_eq!(harm(0, 22), Answer::NotReproduced);
}

#[test]
fn a_failed_cell_takes_its_condition_out() {
    let mut results = transfer();
    results
        .scores
        .retain(|it| (it.condition.as_str(), it.replicate, it.task.as_str()) != ("a+b", 1, "tb"));
    let cell = |name: &str, start: Option<&str>, state| CellRecord {
        name: name.to_owned(),
        hash: String::new(),
        directory: String::new(),
        conditions: start.map(|_| "a+b".to_owned()).into_iter().collect(),
        state,
        steps: 1,
        seed: 1,
        mixture: String::new(),
        start: start.map(str::to_owned),
        absent: Vec::new(),
        loss: None,
        device: String::new(),
        version: String::new(),
        seconds: None,
    };
    let failed = CellState::Failed {
        reason: "loss is no number".to_owned(),
    };
    results.cells = vec![
        cell("pretrain", None, failed),
        cell("pair_s1", Some("pretrain"), CellState::Missing),
        cell("pair_s0", Some("elsewhere"), CellState::Finished),
    ];
    let findings = analyse(&results);
    assert_eq!(
        findings.incomplete,
        [
            "`a+b` has no mean and is in no comparison: repetition 2 lacks `tb` (the run `pretrain` failed: loss is no number)"
        ]
    );
    assert!(findings.means.iter().all(|it| it.condition != "a+b"));
    assert!(
        findings.matrices[0].cells[0][1].is_none() && findings.matrices[0].cells[1][0].is_none()
    );
    assert_eq!(findings.matrices[0].negative, (1, 4));
}

#[test]
fn means_over_tasks_and_families() {
    let hard = |task: &str| match task {
        "rte" => 60.0,
        "cb" => 70.0,
        "boolq" => 80.0,
        _ => 90.0,
    };
    let mut value =
        |it: &Condition, replicate, task: &str| blocks(hard(task), replicate, it.id == "ExT5");
    let results = filled(grids::of(Question::Suites, 3), &grids::TASKS, &mut value);
    let findings = analyse(&results);
    let of = |measure: &str| {
        findings
            .means
            .iter()
            .find(|it| it.measure == measure)
            .unwrap()
    };
    assert_eq!(
        (of("all").mean, of("nli").mean, of("rte").mean),
        (75.0, 65.0, 60.0)
    );
    // Four tasks with half intervals of 3: sqrt(4 * 9) / 4.
    assert_eq!(
        (of("all").over_examples, of("all").majority),
        (Some(1.5), Some(50.0))
    );
    assert_eq!(findings.means[0].measure, "all");
    let tested = findings
        .contrasts
        .iter()
        .filter(|it| it.p_adjusted.is_some());
    assert_eq!((tested.count(), findings.contrasts.len()), (5, 7));
}

#[test]
fn models_that_know_only_the_most_frequent_answer_have_not_learned() {
    let mut value = |it: &Condition, replicate, _: &str| match it.id.as_str() {
        "T5" => around(51.0, replicate),
        _ => around(58.0, replicate),
    };
    let mut results = filled(grids::of(Question::Suites, 3), &grids::TASKS, &mut value);
    let learning = analyse(&results).learning.unwrap();
    // 1 +- 2.48 against 8 +- 2.48 points above 50.
    assert_eq!(
        (learning.learned, learning.not_learned),
        (vec!["ExT5".to_owned()], vec!["T5".to_owned()])
    );
    assert!(
        learning
            .because
            .starts_with("Some models have learned something: 1 of 2")
    );
    // Without an interval over examples nobody can tell.
    results.scores.last_mut().unwrap().half_interval = None;
    let last = results.scores.last().unwrap().condition.clone();
    let learning = analyse(&results).learning.unwrap();
    assert!(learning.learned.is_empty() && learning.not_learned.contains(&last));
}

#[test]
fn steps_that_are_saved() {
    let mut value = |it: &Condition, replicate, _: &str| {
        let is_compared = it.group == "ExT5";
        let gain = if is_compared { 6.0 } else { 0.0 };
        blocks(50.0 + it.x.unwrap().log2() + gain, replicate, is_compared)
    };
    let results = filled(
        grids::of(Question::Efficiency, 3),
        &grids::TASKS,
        &mut value,
    );
    let findings = analyse(&results);
    // T5 ends with log2(800) = 9.64 above 50; ExT5 has log2(100) + 6 = 12.64 at once.
    assert_eq!(
        findings.notes,
        [
            "T5 ends with 59.6 points after 800 steps; ExT5 has 62.6 after 100, the first measured step at which its mean is as high."
        ]
    );
    let answers: Vec<Answer> = findings.verdicts.iter().map(|it| it.answer).collect();
    assert_eq!(answers, [Answer::Reproduced, Answer::Reproduced]);
    let curve = findings
        .curves
        .iter()
        .find(|it| it.name == "ExT5" && it.measure == "all")
        .unwrap();
    let places: Vec<Option<f64>> = curve.points.iter().map(|it| it.x).collect();
    assert_eq!(places, [100.0, 200.0, 400.0, 800.0].map(Some));
}

/// Scores of a study without those of one condition.
fn without(mut results: Results, id: &str) -> Results {
    results.scores.retain(|it| it.condition != id);
    results
}

#[test]
fn steps_that_were_not_measured_are_not_passed_over() {
    let mut value = |it: &Condition, replicate, _: &str| {
        let is_compared = it.group == "ExT5";
        let gain = if is_compared { 6.0 } else { 0.0 };
        blocks(60.0 + gain, replicate, is_compared)
    };
    let grid = grids::of(Question::Efficiency, 3);
    let results = filled(grid, &grids::TASKS, &mut value);
    let whole = analyse(&results);
    assert_eq!(whole.verdicts[1].answer, Answer::Reproduced);
    assert_eq!(whole.notes.len(), 1);
    let findings = analyse(&without(results.clone(), "ExT5_400"));
    assert_eq!(findings.verdicts[1].answer, Answer::Undecided);
    assert!(findings.verdicts[1].because.starts_with(
        "above beyond chance at 3, below at 0 of 4 numbers of steps, of which 3 are measured"
    ));
    // What the baseline ends with is not known: its last checkpoint has no score.
    assert!(analyse(&without(results, "T5_800")).notes.is_empty());
}

#[test]
fn batches_are_compared_where_both_are_complete() {
    // Both gain 1 a task up to 80 tasks; with all of them the larger falls.
    let mut value = |it: &Condition, replicate, _: &str| {
        let is_compared = it.group == "batch 128";
        let mean = match it.x.unwrap() {
            x if x > 100.0 && is_compared => 0.0,
            x => x,
        };
        blocks(mean, replicate, is_compared)
    };
    let grid = grids::of(Question::Scaling, 3);
    let results = filled(grid, &grids::TASKS, &mut value);
    let rise = |results: &Results| {
        let findings = analyse(results);
        let mut contrasts = findings.contrasts.iter();
        let rise = contrasts.find(|it| it.measure.starts_with("rise")).unwrap();
        rise.difference
    };
    assert!(rise(&results) < -10.0);
    let small = without(results.clone(), "n107_b16");
    assert!(rise(&small).abs() < 1e-9, "{}", rise(&small));
    let large = without(results, "n107_b128");
    assert!(rise(&large).abs() < 1e-9, "{}", rise(&large));
}

#[test]
fn without_bound_comes_last_and_the_best_is_named() {
    let mut value = |it: &Condition, replicate, _: &str| {
        let is_compared = it.id == "r2";
        let mean = if is_compared { 70.0 } else { 60.0 };
        blocks(mean, replicate, is_compared)
    };
    let findings = analyse(&filled(
        grids::of(Question::Ratio, 3),
        &grids::TASKS,
        &mut value,
    ));
    assert_eq!(findings.curves[0].points.last().unwrap().x, None);
    assert_eq!(
        findings.notes,
        ["The best is r2 with 70.0 points on average over all tasks."]
    );
    // Four against plain text, and three others against R = 2; each for all, two families and four tasks.
    assert_eq!(findings.contrasts.len(), 7 * 7);
    assert_eq!(findings.verdicts[2].answer, Answer::Reproduced);
}

#[test]
fn cosines_foretell_a_matrix() {
    // Cosines in the order of the gains: a-b highest, b-c lowest.
    let mut results = empty(Question::TaskAffinity, Vec::new());
    for (first, second, cosine) in [("a", "b", 0.5), ("c", "a", 0.1), ("b", "c", -0.3)] {
        for (step, replicate, shift) in [(1, 0, 0.1), (2, 0, -0.1), (1, 1, 0.02), (2, 1, 0.02)] {
            results.affinities.push(Affinity {
                first: first.to_owned(),
                second: second.to_owned(),
                step,
                replicate,
                cosine: cosine + shift,
                layers: cosine,
            });
        }
    }
    let findings = analyse_beside(&results, Some(&transfer()));
    let cosines = &findings.matrices[0];
    // Repetitions 0.5 and 0.52.
    assert!((cosines.cells[0][1].as_ref().unwrap().difference - 0.51).abs() < 1e-9);
    assert_eq!(cosines.cells[0][1].as_ref().unwrap().p_adjusted, None);
    assert_eq!(cosines.negative, (1, 3));
    let rank = findings.rank.unwrap();
    // Ranks 5.5 3.5 5.5 1.5 3.5 1.5 against 6 3.5 3.5 1 3.5 3.5 of gains 5 0 0 -4 0 0.
    let expected = rank_by_hand(
        &[5.5, 3.5, 5.5, 1.5, 3.5, 1.5],
        &[6.0, 3.5, 3.5, 1.0, 3.5, 3.5],
    );
    assert!((rank.spearman - expected).abs() < 1e-12 && rank.pairs == 6);
    let names: Vec<&str> = findings.matrices.iter().map(|it| &*it.name).collect();
    assert_eq!(
        names,
        [
            "gradient cosine",
            "gradient cosine, layers alone",
            "equal data"
        ]
    );
    let layers = findings.matrices[1].cells[0][1].as_ref().unwrap();
    assert!((layers.difference - 0.5).abs() < 1e-9);
    assert_eq!(findings.matrices[2].negative_significant, 0);
    // A step that one repetition lacks: its mean would be of another stretch of the run.
    results.affinities.pop();
    let cosines = &analyse(&results).matrices[0];
    assert!(cosines.cells[1][2].is_none() && cosines.cells[0][1].is_some());
    assert!(analyse(&results).rank.is_none());
}

/// Pearson's correlation of ranks around 3.5.
fn rank_by_hand(left: &[f64], right: &[f64]) -> f64 {
    let sum = |left: &[f64], right: &[f64]| -> f64 {
        let both = left.iter().zip(right);
        both.map(|(x, y)| (x - 3.5) * (y - 3.5)).sum()
    };
    sum(left, right) / (sum(left, left) * sum(right, right)).sqrt()
}
