//! What things are called, and how numbers are written.
use std::collections::BTreeMap;

use ext5_report::{decimal, signed};

use crate::{Answer, Findings, Question, Results};

/// The question of a study.
pub(super) fn question(question: Question) -> &'static str {
    match question {
        Question::Transfer => "Which families of tasks help which?",
        Question::Curation => "Does choosing the tasks pay?",
        Question::Scaling => "What do more tasks bring?",
        Question::Ratio => "How much plain text beside the tasks?",
        Question::Stage => "Supervised tasks in pre-training, or after it?",
        Question::Efficiency => "How many steps of pre-training are enough?",
        Question::Suites => "How do T5 and ExT5 compare, suite by suite?",
        Question::TaskAffinity => "Do gradients of one run foretell who helps whom?",
    }
}

/// Name and unit of the lower axis of a study's curves.
pub(super) fn lower_axis(question: Question) -> (&'static str, &'static str) {
    match question {
        Question::Scaling => ("supervised tasks in pre-training", "number"),
        Question::Ratio => ("R", "examples of plain text for each supervised one"),
        Question::Efficiency => ("pre-training", "steps"),
        _ => ("place in the grid", ""),
    }
}

/// What is beyond the right end of the lower axis.
pub(super) fn without_bound(question: Question) -> &'static str {
    match question {
        Question::Ratio => "R = ∞, plain text alone",
        _ => "without a place on the axis",
    }
}

/// What is averaged, for people.
pub(super) fn measure(name: &str) -> String {
    match name {
        "all" => "mean of all tasks".to_owned(),
        name => name.to_owned(),
    }
}

/// The verdict in a word or two.
pub(super) fn answer(answer: Answer) -> &'static str {
    match answer {
        Answer::Reproduced => "Reproduced",
        Answer::NotReproduced => "Not reproduced",
        Answer::Undecided => "Undecided",
    }
}

/// The measures of these names, each once: `all` first, the others as they come.
pub(super) fn measures<'a>(names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut all: Vec<&str> = Vec::new();
    for name in names {
        if !all.contains(&name) {
            all.push(name);
        }
    }
    all.sort_by_key(|name| *name != "all");
    all
}

/// Both ends, where both are known.
pub(super) fn ends(low: Option<f64>, high: Option<f64>) -> Option<(f64, f64)> {
    let both = low.zip(high);
    both.filter(|(low, high)| low.is_finite() && high.is_finite())
}

/// `+0.40 to +2.10`, or that there is no interval.
pub(super) fn interval(low: Option<f64>, high: Option<f64>, digits: usize) -> String {
    match ends(low, high) {
        None => "no interval".to_owned(),
        Some((low, high)) => {
            format!("95 % {} to {}", signed(low, digits), signed(high, digits))
        }
    }
}

/// Three places, `< 0.001` for less, `–` for none.
pub(super) fn p_value(value: Option<f64>) -> String {
    match value {
        None => "–".to_owned(),
        Some(value) if value < 0.001 => "< 0.001".to_owned(),
        Some(value) => decimal(value, 3),
    }
}

/// What one more on the lower axis is.
pub(super) fn one_more(question: Question) -> &'static str {
    match question {
        Question::Scaling => "task",
        Question::Efficiency => "step",
        _ => "unit",
    }
}

/// Why nothing has an interval, from the numbers of repetitions.
pub(super) fn no_intervals(mut counts: impl Iterator<Item = u64>) -> &'static str {
    if counts.all(|count| count == 1) {
        "One repetition each: there are no intervals."
    } else {
        "There are no intervals: the repetitions do not vary, or are all of one seed."
    }
}

/// The most frequent answer's score in a measure, where all conditions share it.
pub(super) fn majority(findings: &Findings, measure: &str) -> Option<f64> {
    let means = findings.means.iter().filter(|it| it.measure == measure);
    let known: Option<Vec<f64>> = means.map(|it| it.majority).collect();
    let known = known?;
    let first = *known.first()?;
    known
        .iter()
        .all(|it| (it - first).abs() < 1e-9)
        .then_some(first)
}

/// How many of what: `1 cell`, `3 cells`.
pub(super) fn counted(number: usize, what: &str) -> String {
    let ending = if number == 1 { "" } else { "s" };
    format!("{} {what}{ending}", ext5_report::count(number as u64))
}

/// What a person reads in place of the ids of conditions, and the colours of their groups.
pub(super) struct Names<'a> {
    labels: BTreeMap<&'a str, (&'a str, usize)>,
    /// Groups in the grid's order; a group's place is its colour.
    pub(super) groups: Vec<&'a str>,
}

impl<'a> Names<'a> {
    pub(super) fn of(results: &'a Results) -> Self {
        let mut groups: Vec<&str> = Vec::new();
        let mut labels = BTreeMap::new();
        for condition in &results.conditions {
            let known = groups.iter().position(|group| *group == condition.group);
            let colour = known.unwrap_or_else(|| {
                groups.push(&condition.group);
                groups.len() - 1
            });
            let label = if condition.label.is_empty() {
                &condition.id
            } else {
                &condition.label
            };
            labels.insert(condition.id.as_str(), (label.as_str(), colour));
        }
        Self { labels, groups }
    }

    /// The label of a condition, or its id where the grid does not have it.
    pub(super) fn label<'b>(&self, id: &'b str) -> &'b str
    where
        'a: 'b,
    {
        self.labels.get(id).map_or(id, |(label, _)| label)
    }

    pub(super) fn colour(&self, id: &str) -> usize {
        self.labels.get(id).map_or(0, |(_, colour)| *colour)
    }
}
