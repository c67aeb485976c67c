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
        around(60.0 + effect, replicate)
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
    // Variance 1, pooled over the three runs scored on b: 6 degrees, error sqrt(2/3), t(0.975, 6) = 2.446911851.
    let half = 2.446_911_851_144_969 * (2.0_f64 / 3.0).sqrt();
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
    assert_eq!(findings.verdicts[0].answer, Answer::Reproduced);
    assert!(
        findings
            .notes
            .iter()
            .any(|it| it.contains("`a` does most for them (+2.5"))
    );
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
    let mut value = |_: &Condition, replicate, task: &str| around(hard(task), replicate);
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
    let results = filled(grids::of(Question::Suites, 3), &grids::TASKS, &mut value);
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
}

#[test]
fn steps_that_are_saved() {
    let mut value = |it: &Condition, replicate, _: &str| {
        let gain = if it.group == "ExT5" { 6.0 } else { 0.0 };
        around(50.0 + it.x.unwrap().log2() + gain, replicate)
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

#[test]
fn without_bound_comes_last_and_the_best_is_named() {
    let mut value = |it: &Condition, replicate, _: &str| {
        around(if it.id == "r2" { 70.0 } else { 60.0 }, replicate)
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
    assert_eq!(findings.matrices[1].name, "equal data");
    assert_eq!(findings.matrices[1].negative_significant, 0);
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
