use super::measure::Measure;
use super::study::Study;
use crate::statistics::Estimate;
use crate::{Condition, Curve, CurvePoint};

/// Curves of groups of conditions in every measure, the groups in the order of their first condition.
pub(super) fn of(study: &Study<'_>) -> Vec<Curve> {
    let mut curves = Vec::new();
    for measure in study.measures() {
        for (name, conditions) in groups(study) {
            curves.extend(curve(study, name, &conditions, measure));
        }
    }
    curves
}

/// One curve through the complete conditions; none where there is none.
pub(super) fn curve(
    study: &Study<'_>,
    name: &str,
    conditions: &[&Condition],
    measure: Measure<'_>,
) -> Option<Curve> {
    let points = conditions.iter().filter_map(|condition| {
        let estimate = Estimate::of_mean(study.sample(&condition.id, measure)?)?;
        let interval = estimate.interval();
        Some(CurvePoint {
            x: condition.x.filter(|x| x.is_finite()),
            mean: estimate.value,
            low: interval.map(|it| it.0),
            high: interval.map(|it| it.1),
            count: condition.replicates,
        })
    });
    let mut points: Vec<CurvePoint> = points.collect();
    let place = |point: &CurvePoint| point.x.unwrap_or(f64::INFINITY);
    points.sort_by(|left, right| place(left).total_cmp(&place(right)));
    (!points.is_empty()).then(|| Curve {
        name: name.to_owned(),
        measure: measure.to_string(),
        points,
        trend: None,
    })
}

/// Conditions by their group, the groups in the order of their first condition.
pub(super) fn groups<'a>(study: &Study<'a>) -> Vec<(&'a str, Vec<&'a Condition>)> {
    let mut groups: Vec<(&str, Vec<&Condition>)> = Vec::new();
    for condition in &study.results.conditions {
        match groups.iter_mut().find(|(name, _)| *name == condition.group) {
            Some((_, members)) => members.push(condition),
            None => groups.push((&condition.group, vec![condition])),
        }
    }
    groups
}
