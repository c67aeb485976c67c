//! The grid of each question, as studies lay it, with four tasks of two families where families are not what is asked.
use ext5_findings::{Condition, Question, Results};

use crate::made::{condition, empty};

pub(crate) const TASKS: [(&str, &str); 4] = [
    ("rte", "nli"),
    ("cb", "nli"),
    ("boolq", "reading_comprehension"),
    ("multirc", "reading_comprehension"),
];

pub(crate) const FAMILIES: [(&str, &str); 8] = [
    ("task_sum", "summarization"),
    ("task_dlg", "dialogue"),
    ("task_nli", "nli"),
    ("task_cls", "classification"),
    ("task_sem", "semantic_parsing"),
    ("task_cmns", "commonsense"),
    ("task_cbqa", "closed_book_qa"),
    ("task_rc", "reading_comprehension"),
];

pub(crate) fn of(question: Question, seeds: u64) -> Results {
    let conditions = match question {
        Question::Transfer => transfer(seeds),
        Question::Curation => ["vanilla", "best_effort", "random", "all"]
            .map(|it| condition(it, it, None, seeds))
            .to_vec(),
        Question::Scaling => [16, 128]
            .into_iter()
            .flat_map(|rows| batch(rows, seeds))
            .collect(),
        Question::Ratio => ratio(seeds),
        Question::Stage => ["vanilla", "prefinetuned", "multitask"]
            .map(|it| condition(it, it, None, seeds))
            .to_vec(),
        Question::Efficiency => ["T5", "ExT5"]
            .into_iter()
            .flat_map(|it| steps(it, seeds))
            .collect(),
        Question::Suites => ["T5", "ExT5"]
            .map(|it| condition(it, it, None, seeds))
            .to_vec(),
        Question::TaskAffinity => Vec::new(),
    };
    empty(question, conditions)
}

/// The same with several random subsets a seed, where subsets are drawn.
pub(crate) fn drawn(question: Question, seeds: u64, draws: u64) -> Results {
    let mut results = of(question, seeds);
    for it in &mut results.conditions {
        let between = it.x.is_some_and(|count| count > 0.0 && count < 107.0);
        if it.id == "random" || (question == Question::Scaling && between) {
            it.replicates = seeds * draws;
        }
    }
    results
}

/// The tasks that a question's grid is scored on.
pub(crate) fn tasks(question: Question) -> &'static [(&'static str, &'static str)] {
    if question == Question::Transfer {
        &FAMILIES
    } else {
        &TASKS
    }
}

fn transfer(seeds: u64) -> Vec<Condition> {
    let mut conditions = Vec::new();
    for (place, (_, family)) in FAMILIES.iter().enumerate() {
        for group in ["alone_equal_data", "alone_equal_compute"] {
            conditions.push(Condition {
                parts: vec![(*family).to_owned()],
                ..condition(&format!("{family}@{group}"), group, None, seeds)
            });
        }
        for (_, other) in FAMILIES.iter().skip(place + 1) {
            conditions.push(Condition {
                parts: vec![(*family).to_owned(), (*other).to_owned()],
                ..condition(&format!("{family}+{other}"), "pair", None, seeds)
            });
        }
    }
    conditions
}

fn batch(rows: u64, seeds: u64) -> Vec<Condition> {
    let group = format!("batch {rows}");
    [0.0, 30.0, 55.0, 80.0, 107.0]
        .map(|count| condition(&format!("n{count}_b{rows}"), &group, Some(count), seeds))
        .to_vec()
}

fn ratio(seeds: u64) -> Vec<Condition> {
    let mut conditions = [0.0, 1.0, 2.0, 4.0]
        .map(|ratio| condition(&format!("r{ratio}"), "ratio", Some(ratio), seeds))
        .to_vec();
    conditions.push(condition("rinf", "ratio", None, seeds));
    conditions
}

fn steps(model: &str, seeds: u64) -> Vec<Condition> {
    [100.0, 200.0, 400.0, 800.0]
        .map(|steps| condition(&format!("{model}_{steps}"), model, Some(steps), seeds))
        .to_vec()
}
