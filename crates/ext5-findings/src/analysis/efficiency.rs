//! What fewer pre-training steps reach. Conditions: a group for each model, the baseline first (`T5`, `ExT5`), `x` the steps.
use super::claim::{Claim, Direction, answer};
use super::measure::Measure;
use super::study::{Study, contrast_of};
use super::{Judgement, curves, words};
use crate::statistics::Estimate;
use crate::{Answer, Condition, Contrast, Findings, Verdict};

/// What the difference between two curves is a measure of.
const OVER_STEPS: &str = "all, mean over steps";

const EFFICIENT: Claim = Claim {
    finding: "ExT5 learns with fewer samples: at equal steps of pre-training it is above T5",
    source: "abstract, verified; figure 5, its shape, recalled",
    paper: Some(
        "SuperGLUE, base: above T5 from about 20k to 1M steps, most in the early part (recalled); values not known",
    ),
};
const ALL_ALONG: Claim = Claim {
    finding: "ExT5 is above T5 at every number of steps",
    source: "figure 5, its shape, recalled",
    paper: None,
};

/// Curves over steps, the difference at each of them, and that of the curves' means.
pub(super) fn measure(study: &Study<'_>) -> Findings {
    let groups = curves::groups(study);
    let mut contrasts = Vec::new();
    if let Some((baseline, others)) = groups.split_first() {
        for (name, conditions) in others {
            contrasts.extend(over_steps(
                study,
                (name, conditions),
                (baseline.0, &baseline.1),
            ));
        }
        for measure in study.measures() {
            for (_, conditions) in others {
                let at = conditions
                    .iter()
                    .filter_map(|it| at_step(study, it, &baseline.1, measure));
                contrasts.extend(at);
            }
        }
    }
    Findings {
        contrasts,
        curves: curves::of(study),
        ..Findings::default()
    }
}

/// The condition of the same step.
fn beside<'a>(condition: &Condition, conditions: &[&'a Condition]) -> Option<&'a Condition> {
    let x = condition.x?;
    let mut conditions = conditions.iter();
    conditions
        .find(|it| it.x.is_some_and(|other| (other - x).abs() < 1e-9))
        .copied()
}

/// At one step, seed by seed.
fn at_step(
    study: &Study<'_>,
    condition: &Condition,
    baseline: &[&Condition],
    measure: Measure<'_>,
) -> Option<Contrast> {
    let baseline = beside(condition, baseline)?;
    let tested = measure == Measure::All;
    study.contrast((&condition.id, &baseline.id), measure, tested)
}

/// Of the means over all steps that both have, seed by seed: checkpoints of one run are no repetitions of one another.
fn over_steps(
    study: &Study<'_>,
    (name, conditions): (&str, &[&Condition]),
    (base_name, base): (&str, &[&Condition]),
) -> Option<Contrast> {
    let both = conditions.iter().filter_map(|it| {
        let other = beside(it, base)?;
        let sample = study.sample(&it.id, Measure::All)?;
        Some((sample, study.sample(&other.id, Measure::All)?))
    });
    let both: Vec<(&[f64], &[f64])> = both.collect();
    if both.len() < 2 {
        return None;
    }
    let share = 1.0 / both.len() as f64;
    let parts = both.iter();
    let parts = parts.flat_map(|(sample, baseline)| [(share, *sample), (-share, *baseline)]);
    let estimate = Estimate::paired(&parts.collect::<Vec<_>>())?;
    Some(contrast_of((name, base_name), OVER_STEPS, &estimate, true))
}

pub(super) fn judge(study: &Study<'_>, findings: &Findings) -> Judgement {
    let over_steps = findings
        .contrasts
        .iter()
        .find(|it| it.measure == OVER_STEPS);
    let first = findings.contrasts.iter().find(|it| it.measure == "all");
    Judgement {
        verdicts: vec![
            EFFICIENT.by(over_steps.or(first), Direction::Above),
            all_along(study, findings),
        ],
        notes: saved(study, findings),
    }
}

/// Reproduced where the model is above at every step that the grid has of both, all of them measured.
fn all_along(study: &Study<'_>, findings: &Findings) -> Verdict {
    let wanted = wanted(study);
    let steps: Vec<&Contrast> = findings
        .contrasts
        .iter()
        .filter(|it| it.measure == "all")
        .collect();
    let of = |wanted| {
        let answers = steps.iter().map(|it| answer(it, Direction::Above));
        answers.filter(|it| *it == wanted).count()
    };
    let (above, below) = (of(Answer::Reproduced), of(Answer::NotReproduced));
    let answer = match (above, below) {
        (_, 1..) => Answer::NotReproduced,
        (above, 0) if above > 0 && above == wanted => Answer::Reproduced,
        _ => Answer::Undecided,
    };
    let lines: Vec<String> = steps.iter().map(|it| words::difference(it)).collect();
    let because = if lines.is_empty() {
        words::NOT_MEASURED.to_owned()
    } else {
        format!(
            "above beyond chance at {above}, below at {below} of {wanted} numbers of steps, of which {} are measured; {}",
            steps.len(),
            lines.join("; ")
        )
    };
    ALL_ALONG.answered(answer, because)
}

/// Numbers of steps at which the grid has a model beside the baseline.
fn wanted(study: &Study<'_>) -> usize {
    let groups = curves::groups(study);
    let Some(((_, baseline), others)) = groups.split_first() else {
        return 0;
    };
    let others = others.iter().flat_map(|(_, conditions)| conditions);
    others.filter(|it| beside(it, baseline).is_some()).count()
}

/// The first checkpoint that reaches what the baseline ends with.
fn saved(study: &Study<'_>, findings: &Findings) -> Vec<String> {
    let groups = curves::groups(study);
    let curve = |name: &str| {
        let mut curves = findings.curves.iter();
        curves.find(|it| it.name == name && it.measure == "all")
    };
    let Some((baseline, others)) = groups.split_first() else {
        return Vec::new();
    };
    let places = baseline.1.iter().filter_map(|it| it.x);
    let last = places.fold(f64::NEG_INFINITY, f64::max);
    let of_baseline = curve(baseline.0).map_or(&[][..], |it| &it.points);
    let Some(end) = of_baseline.iter().find(|it| it.x == Some(last)) else {
        return Vec::new();
    };
    let sentence = |name: &str| {
        let curve = curve(name)?;
        let reached = curve.points.iter().find(|it| it.mean >= end.mean);
        let ends = format!(
            "{} ends with {:.1} points after {last} steps",
            baseline.0, end.mean
        );
        Some(match reached.and_then(|it| Some((it.x?, it.mean))) {
            Some((x, mean)) => format!(
                "{ends}; {name} has {mean:.1} after {x}, the first measured step at which its mean is as high."
            ),
            None => format!("{ends}; {name} has not reached that at any step that was measured."),
        })
    };
    others
        .iter()
        .filter_map(|(name, _)| sentence(name))
        .collect()
}
