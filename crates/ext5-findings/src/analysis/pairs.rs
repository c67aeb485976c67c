use super::study::Study;
use crate::{Condition, Contrast};

/// The first condition whose group or name holds one of the words, in any case; groups are asked before names.
pub(super) fn named<'a>(study: &Study<'a>, words: &[&str]) -> Option<&'a Condition> {
    let conditions = study.results.conditions.as_slice();
    let holds = |text: &str| {
        let text = text.to_lowercase();
        words.iter().any(|word| text.contains(word))
    };
    let by_group = conditions.iter().find(|it| holds(&it.group));
    by_group.or_else(|| conditions.iter().find(|it| holds(&it.id)))
}

/// Each condition against each before it.
pub(super) fn all(conditions: &[Condition]) -> Vec<(&str, &str)> {
    let mut pairs = Vec::new();
    for (place, baseline) in conditions.iter().enumerate() {
        let after = conditions.iter().skip(place + 1);
        pairs.extend(after.map(|it| (it.id.as_str(), baseline.id.as_str())));
    }
    pairs
}

/// The difference between two conditions in a measure, whichever of them is the baseline.
pub(super) fn between(
    contrasts: &[Contrast],
    (condition, baseline): (&str, &str),
    measure: &str,
) -> Option<Contrast> {
    let mut contrasts = contrasts.iter().filter(|it| it.measure == measure);
    contrasts.find_map(|it| {
        if (it.condition.as_str(), it.baseline.as_str()) == (condition, baseline) {
            Some(it.clone())
        } else if (it.baseline.as_str(), it.condition.as_str()) == (condition, baseline) {
            Some(turned(it))
        } else {
            None
        }
    })
}

/// Baseline and condition exchanged.
fn turned(contrast: &Contrast) -> Contrast {
    Contrast {
        condition: contrast.baseline.clone(),
        baseline: contrast.condition.clone(),
        difference: -contrast.difference,
        low: contrast.high.map(|it| -it),
        high: contrast.low.map(|it| -it),
        ..contrast.clone()
    }
}

/// The difference between two conditions over all tasks; none where one of them is none.
pub(super) fn over_all(
    contrasts: &[Contrast],
    condition: Option<&Condition>,
    baseline: Option<&Condition>,
) -> Option<Contrast> {
    between(contrasts, (&condition?.id, &baseline?.id), "all")
}
