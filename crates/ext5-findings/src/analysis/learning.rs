use super::study::{Study, half_interval};
use super::{seeds, words};
use crate::statistics::Estimate;
use crate::{Condition, Learning};

/// Which conditions score above the most frequent answer by more than their intervals, over the tasks of which it is known.
pub(super) fn of(study: &Study<'_>) -> Option<Learning> {
    let (mut learned, mut not_learned) = (Vec::new(), Vec::new());
    let mut best: Option<(f64, &Condition)> = None;
    for condition in &study.results.conditions {
        let Some((excess, is_sure)) = excess(study, condition) else {
            continue;
        };
        if best.is_none_or(|(highest, _)| excess > highest) {
            best = Some((excess, condition));
        }
        let list = if is_sure {
            &mut learned
        } else {
            &mut not_learned
        };
        list.push(condition.id.clone());
    }
    let (excess, condition) = best?;
    let total = learned.len() + not_learned.len();
    let verdict = match (learned.len(), total) {
        (0, _) => {
            "The models have not learned anything that can be told from the most frequent answer"
        }
        (some, all) if some == all => "All models have learned something",
        _ => "Some models have learned something",
    };
    let because = format!(
        "{verdict}: {} of {total} conditions score above the most frequent answer by more than their 95 % intervals over \
         repetitions and over examples; `{}` is {excess:+.1} points from it, the most of all. Not above it: {}.",
        learned.len(),
        condition.id,
        words::list(
            &not_learned
                .iter()
                .map(|it| format!("`{it}`"))
                .collect::<Vec<_>>()
        ),
    );
    Some(Learning {
        learned,
        not_learned,
        because,
    })
}

/// Mean of score less most frequent answer's, and whether it is beyond both intervals; none where that answer is not known.
fn excess(study: &Study<'_>, condition: &Condition) -> Option<(f64, bool)> {
    let (mut values, mut halves) = (Vec::new(), Vec::new());
    let seeds = seeds::of(study.results);
    for replicate in 0..condition.replicates {
        let mut records = study.complete_records(condition, replicate);
        if records.is_empty() {
            break;
        }
        records.retain(|it| it.majority.is_some_and(f64::is_finite));
        let above = records
            .iter()
            .filter_map(|it| Some(it.value - it.majority?))
            .sum::<f64>();
        if records.is_empty() {
            return None;
        }
        values.push(above / records.len() as f64);
        halves.push(half_interval(&records));
    }
    let values = seeds::averaged(&values, seeds);
    let estimate = Estimate::of_mean(&values)?;
    // Seeds that are all equal have an interval of no width; a single one has none at all.
    let low = match estimate.interval() {
        Some((low, _)) => low,
        None if values.len() > 1 => estimate.value,
        None => f64::NEG_INFINITY,
    };
    // Where a score says nothing of its examples, nobody knows whether the model or they made it.
    let halves: Option<Vec<f64>> = halves.into_iter().collect();
    let is_beyond = halves.is_some_and(|it| it.iter().all(|half| estimate.value > *half));
    Some((estimate.value, low > 0.0 && is_beyond))
}
