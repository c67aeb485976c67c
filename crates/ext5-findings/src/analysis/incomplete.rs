use std::collections::BTreeSet;

use super::study::Study;
use super::words;
use crate::{CellRecord, CellState, Condition, Question};

/// Tasks that are named of a repetition that lacks several.
const NAMED: usize = 3;

/// A sentence for each condition that has no mean: what it lacks, and which cells are to blame.
pub(super) fn of(study: &Study<'_>) -> Vec<String> {
    let conditions = study.results.conditions.iter();
    let incomplete = conditions.filter(|condition| match study.results.question {
        Question::TaskAffinity => {
            let is_scored = !study.tasks(condition).is_empty();
            without_cosines(study, condition).is_some()
                || is_scored && !study.is_complete(condition)
        }
        _ => !study.is_complete(condition),
    });
    incomplete.map(|it| sentence(study, it)).collect()
}

fn sentence(study: &Study<'_>, condition: &Condition) -> String {
    let lacks = lacks(study, condition);
    let cells = study.results.cells.iter();
    let cells = cells.filter(|cell| cell.conditions.contains(&condition.id));
    let mut blamed: Vec<String> = cells.filter_map(|cell| blame(study, cell)).collect();
    blamed.dedup();
    let blamed = if blamed.is_empty() {
        String::new()
    } else {
        format!(" ({})", blamed.join("; "))
    };
    format!(
        "`{}` has no mean and is in no comparison: {lacks}{blamed}",
        condition.id
    )
}

/// The first repetition whose gradients are not compared at every step.
fn without_cosines(study: &Study<'_>, condition: &Condition) -> Option<u64> {
    let affinities = &study.results.affinities;
    let steps: BTreeSet<u64> = affinities.iter().map(|it| it.step).collect();
    (0..condition.replicates).find(|replicate| {
        let own = affinities.iter().filter(|it| it.replicate == *replicate);
        let own: BTreeSet<u64> = own.map(|it| it.step).collect();
        own.is_empty() || own != steps
    })
}

fn lacks(study: &Study<'_>, condition: &Condition) -> String {
    if condition.replicates == 0 {
        return "it has no repetitions".to_owned();
    }
    if study.results.question == Question::TaskAffinity
        && let Some(first) = without_cosines(study, condition)
    {
        return format!(
            "repetition {} has no cosines, or not of every step",
            first + 1
        );
    }
    let missing = study.missing(condition);
    let total = study.tasks(condition).len();
    if missing.is_empty() {
        return "none of its tasks has a score".to_owned();
    }
    let repetitions = missing.chunk_by(|left, right| left.0 == right.0);
    let sentences: Vec<String> = repetitions
        .filter_map(|lacking| {
            let (replicate, _) = lacking.first()?;
            let named = lacking.iter().take(NAMED);
            let mut named: Vec<String> = named.map(|(_, task)| format!("`{task}`")).collect();
            if lacking.len() > NAMED {
                named.push(format!("{} more", lacking.len() - NAMED));
            }
            Some(if lacking.len() == total {
                format!("repetition {} has no score", replicate + 1)
            } else {
                format!("repetition {} lacks {}", replicate + 1, words::list(&named))
            })
        })
        .collect();
    sentences.join(", ")
}

/// What became of a cell that has not finished, and of the one it waits for.
fn blame(study: &Study<'_>, cell: &CellRecord) -> Option<String> {
    let mut text = state(cell)?;
    let cells = &study.results.cells;
    let mut at = cell;
    // A chain of starts is no longer than the cells, unless it is a circle.
    for _ in cells {
        let before = cells.iter().find(|it| Some(&it.name) == at.start.as_ref());
        let Some(before) = before else {
            break;
        };
        text = state(before).unwrap_or(text);
        at = before;
    }
    Some(text)
}

fn state(cell: &CellRecord) -> Option<String> {
    match &cell.state {
        CellState::Finished => None,
        CellState::Failed { reason } => Some(format!("the run `{}` failed: {reason}", cell.name)),
        CellState::Missing => Some(format!("the run `{}` has not finished", cell.name)),
    }
}
