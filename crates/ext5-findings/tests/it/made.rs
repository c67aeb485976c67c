//! Results made of a grid and a rule for its scores.
use ext5_findings::{Condition, Contrast, Findings, Question, Results, ScoreRecord};
use ext5_objectives::Stream;

/// Standard deviation of a score between seeds, points.
pub(crate) const SPREAD: f64 = 2.0;

pub(crate) fn condition(id: &str, group: &str, x: Option<f64>, replicates: u64) -> Condition {
    Condition {
        id: id.to_owned(),
        label: id.to_owned(),
        group: group.to_owned(),
        parts: Vec::new(),
        x,
        replicates,
    }
}

pub(crate) fn empty(question: Question, conditions: Vec<Condition>) -> Results {
    Results {
        name: "made".to_owned(),
        question,
        scale: "made".to_owned(),
        description: String::new(),
        command: String::new(),
        facts: Vec::new(),
        conditions,
        scores: Vec::new(),
        cells: Vec::new(),
        affinities: Vec::new(),
        probes: Vec::new(),
    }
}

pub(crate) fn score(
    condition: &str,
    replicate: u64,
    task: (&str, &str),
    value: f64,
) -> ScoreRecord {
    ScoreRecord {
        condition: condition.to_owned(),
        replicate,
        task: task.0.to_owned(),
        family: task.1.to_owned(),
        metrics: vec!["accuracy".to_owned()],
        value,
        half_interval: Some(3.0),
        examples: 200,
        majority: Some(50.0),
    }
}

/// Scores of every repetition of every condition on every task of its families, or on all where it has none.
pub(crate) fn filled(
    mut results: Results,
    tasks: &[(&str, &str)],
    value: &mut dyn FnMut(&Condition, u64, &str) -> f64,
) -> Results {
    for condition in &results.conditions {
        for replicate in 0..condition.replicates {
            for task in tasks {
                let parts = &condition.parts;
                if parts.is_empty() || parts.iter().any(|part| part == task.1) {
                    let value = value(condition, replicate, task.0);
                    let scored = score(&condition.id, replicate, *task, value);
                    results.scores.push(scored);
                }
            }
        }
    }
    results
}

/// A score with normal noise between seeds.
pub(crate) fn noisy(stream: &mut Stream, mean: f64) -> f64 {
    mean + SPREAD * stream.normal()
}

/// Luck of a study's seed, of variance 1: the same for all that names the same numbers.
pub(crate) fn luck(place: [u64; 3]) -> f64 {
    Stream::new(&place).normal()
}

/// How many times as much a condition varies as the first: 1, 1, 3, 1, 5 and again.
pub(crate) fn uneven(results: &Results, condition: &Condition) -> f64 {
    let mut conditions = results.conditions.iter();
    let place = conditions.position(|it| it.id == condition.id).unwrap_or(0);
    [1.0, 1.0, 3.0, 1.0, 5.0][place % 5]
}

/// Accuracy over 200 examples of a model whose true accuracy varies between seeds by 3 points.
pub(crate) fn accuracy(stream: &mut Stream, mean: f64) -> f64 {
    let chance = mean / 100.0 + 0.03 * stream.normal();
    let right = (0..200).filter(|_| stream.uniform() < chance).count();
    right as f64 / 2.0
}

/// Whether any tested difference, cell or slope is called significant.
pub(crate) fn any_significant(findings: &Findings) -> bool {
    let cells = findings.matrices.iter().flat_map(|it| &it.cells).flatten();
    let contrasts = findings.contrasts.iter().chain(cells.flatten());
    let trends = findings.curves.iter().filter_map(|it| it.trend);
    contrasts.into_iter().any(Contrast::is_significant)
        || trends
            .into_iter()
            .any(|it| it.p_adjusted.is_some_and(|p| p < 0.05))
}
