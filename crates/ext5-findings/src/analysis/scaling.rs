//! What more tasks bring. Conditions: a group for each batch size, `x` the number of tasks.
use super::claim::{Claim, Direction, answer};
use super::measure::Measure;
use super::study::{Study, contrast_of};
use super::{Judgement, curves, pairs, words};
use crate::statistics::Estimate;
use crate::{Answer, Condition, Contrast, Findings, Trend, Verdict};

/// What the rise of a curve is a measure of: points from the fewest to the most tasks.
const RISE: &str = "rise from the fewest to the most tasks";

const MORE_HELP: Claim = Claim {
    finding: "More tasks help by themselves",
    source: "abstract, verified; figure 4, its shape, recalled",
    paper: Some(
        "SuperGLUE, base: 0 tasks 76.1, 55 at random 77.0, 107 tasks 79.9 (recalled); other values not known",
    ),
};
const LARGE_BATCHES: Claim = Claim {
    finding: "More tasks help more with the larger batch",
    source: "figure 4, its shape, recalled",
    paper: None,
};

/// Curves over the number of tasks with their slopes, each number against the fewest, and the largest batch's rise against the
/// smallest's.
pub(super) fn measure(study: &Study<'_>) -> Findings {
    let mut curves = curves::of(study);
    let groups = curves::groups(study);
    for (name, conditions) in &groups {
        let trend = trend(study, conditions);
        let mut curves = curves.iter_mut();
        if let Some(curve) = curves.find(|it| it.name == *name && it.measure == "all") {
            curve.trend = trend;
        }
    }
    let mut pairs = Vec::new();
    for (_, conditions) in &groups {
        if let Some((fewest, more)) = ordered(conditions).split_first() {
            pairs.extend(more.iter().map(|it| (it.id.as_str(), fewest.id.as_str())));
        }
    }
    let mut contrasts = study.contrasts(&pairs);
    contrasts.extend(rises(study, &groups));
    Findings {
        contrasts,
        curves,
        ..Findings::default()
    }
}

/// Conditions with a place, by their place.
fn ordered<'a>(conditions: &[&'a Condition]) -> Vec<&'a Condition> {
    let placed = conditions.iter().copied();
    let mut placed: Vec<&Condition> = placed.filter(|it| place(it).is_some()).collect();
    placed.sort_by(|left, right| {
        let places = (place(left).unwrap_or(0.0), place(right).unwrap_or(0.0));
        places.0.total_cmp(&places.1)
    });
    placed
}

fn place(condition: &Condition) -> Option<f64> {
    condition.x.filter(|x| x.is_finite())
}

/// The slope of the least-squares line through the means of complete conditions, as weights of their samples; none of fewer
/// than two places.
fn slope_weights<'s>(study: &'s Study<'_>, conditions: &[&Condition]) -> Vec<(f64, &'s [f64])> {
    let known = conditions.iter().filter_map(|it| {
        let sample = study.sample(&it.id, Measure::All)?;
        Some((place(it)?, sample))
    });
    let known: Vec<(f64, &[f64])> = known.collect();
    let middle = known.iter().map(|(x, _)| x).sum::<f64>() / known.len().max(1) as f64;
    let spread: f64 = known.iter().map(|(x, _)| (x - middle).powi(2)).sum();
    if spread <= 0.0 {
        return Vec::new();
    }
    let weights = known.into_iter();
    weights
        .map(|(x, sample)| ((x - middle) / spread, sample))
        .collect()
}

fn slope(study: &Study<'_>, conditions: &[&Condition]) -> Option<Estimate> {
    let weights = slope_weights(study, conditions);
    Estimate::paired(&weights)
}

fn trend(study: &Study<'_>, conditions: &[&Condition]) -> Option<Trend> {
    let estimate = slope(study, conditions)?;
    let interval = estimate.interval();
    Some(Trend {
        slope: estimate.value,
        low: interval.map(|it| it.0),
        high: interval.map(|it| it.1),
        p_value: estimate.p_value(),
        p_adjusted: estimate.p_value(),
    })
}

/// The rise of each other batch's line less that of the first, over the places at which both are complete.
fn rises(study: &Study<'_>, groups: &[(&str, Vec<&Condition>)]) -> Vec<Contrast> {
    let Some(((baseline, first), others)) = groups.split_first() else {
        return Vec::new();
    };
    let contrast = |(name, conditions): &(&str, Vec<&Condition>)| {
        let (places, other_places) = (places(study, conditions), places(study, first));
        let common: Vec<f64> = places
            .into_iter()
            .filter(|x| other_places.iter().any(|other| is_same(*x, *other)))
            .collect();
        let low = common.iter().copied().fold(f64::INFINITY, f64::min);
        let high = common.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let rise = |conditions: &[&Condition], sign: f64| {
            let at_common = conditions.iter().copied();
            let at_common = at_common.filter(|it| {
                place(it).is_some_and(|x| common.iter().any(|other| is_same(x, *other)))
            });
            let weights = slope_weights(study, &at_common.collect::<Vec<_>>()).into_iter();
            let scaled = weights.map(|(weight, sample)| (sign * weight * (high - low), sample));
            scaled.collect::<Vec<(f64, &[f64])>>()
        };
        let parts = [rise(conditions, 1.0), rise(first, -1.0)].concat();
        let estimate = Estimate::paired(&parts)?;
        Some(contrast_of((name, baseline), RISE, &estimate, true))
    };
    others.iter().filter_map(contrast).collect()
}

/// Places of conditions that are complete.
fn places(study: &Study<'_>, conditions: &[&Condition]) -> Vec<f64> {
    let complete = conditions.iter().filter(|it| study.is_complete(it));
    complete.filter_map(|it| place(it)).collect()
}

fn is_same(left: f64, right: f64) -> bool {
    (left - right).abs() < 1e-9
}

pub(super) fn judge(_: &Study<'_>, findings: &Findings) -> Judgement {
    let mut verdicts = vec![more(findings)];
    let rises: Vec<&Contrast> = findings
        .contrasts
        .iter()
        .filter(|it| it.measure == RISE)
        .collect();
    let widest = rises
        .iter()
        .max_by_key(|it| number(&it.condition).max(number(&it.baseline)));
    if let Some(rise) = widest {
        let grows = number(&rise.condition) >= number(&rise.baseline);
        let names = if grows {
            (rise.condition.as_str(), rise.baseline.as_str())
        } else {
            (rise.baseline.as_str(), rise.condition.as_str())
        };
        let rise = pairs::between(&findings.contrasts, names, RISE);
        verdicts.push(LARGE_BATCHES.by(rise.as_ref(), Direction::Above));
    }
    Judgement {
        verdicts,
        notes: Vec::new(),
    }
}

/// The number in a group's name, as of `batch 16`.
fn number(name: &str) -> u64 {
    let digits: String = name.chars().filter(char::is_ascii_digit).collect();
    digits.parse().unwrap_or(0)
}

/// By the slopes: reproduced where one rises beyond chance and none falls, not where one falls and none rises.
fn more(findings: &Findings) -> Verdict {
    let curves = findings.curves.iter();
    let trends: Vec<(&str, Trend)> = curves
        .filter_map(|it| Some((it.name.as_str(), it.trend?)))
        .collect();
    if trends.is_empty() {
        return MORE_HELP.by(None, Direction::Above);
    }
    let count = |wanted: &dyn Fn(f64) -> bool| {
        let significant = trends.iter().filter(|(_, trend)| {
            trend.p_adjusted.is_some_and(|it| it < 0.05) && wanted(trend.slope)
        });
        significant.count()
    };
    let (rising, falling) = (count(&|slope| slope > 0.0), count(&|slope| slope < 0.0));
    let answer = match (rising, falling) {
        (1.., 0) => Answer::Reproduced,
        (0, 1..) => Answer::NotReproduced,
        _ => Answer::Undecided,
    };
    let because: Vec<String> = trends
        .iter()
        .map(|(name, trend)| format!("{name}: {}", words::slope(trend, "task")))
        .collect();
    let contrasts = findings.contrasts.iter().filter(|it| it.measure == "all");
    let above = contrasts.clone().filter(|it| answer_is_above(it)).count();
    let because = format!(
        "{}; {above} of {} numbers of tasks are above the fewest beyond chance",
        because.join("; "),
        contrasts.count()
    );
    MORE_HELP.answered(answer, because)
}

fn answer_is_above(contrast: &Contrast) -> bool {
    answer(contrast, Direction::Above) == Answer::Reproduced
}
