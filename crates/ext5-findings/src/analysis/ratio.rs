//! How much plain text beside the tasks. Conditions: `x` is R, absent for R without bound, which is plain text alone.
use super::claim::{Claim, Direction, answer};
use super::study::Study;
use super::{Judgement, curves, pairs, words};
use crate::{Answer, Condition, Contrast, Findings, Verdict};

/// R of the paper.
const PAPERS: f64 = 2.0;

const NONE_IS_WORSE: Claim = Claim {
    finding: "Without plain text, R = 0, the model is far worse than of plain text alone",
    source: "figure 3, its shape, recalled",
    paper: None,
};
const SOME_IS_BETTER: Claim = Claim {
    finding: "Some R above 0 does better than plain text alone",
    source: "figure 3, its shape, recalled; abstract, verified, that the mixture beats T5",
    paper: Some("SuperGLUE, base: plain text 76.1, R = 2 79.9 (recalled); other values not known"),
};
const TWO_IS_BEST: Claim = Claim {
    finding: "R = 2 is the best or near the best",
    source: "figure 3, its shape, recalled",
    paper: None,
};

/// Curves over R, each R against plain text alone, and each against R = 2.
pub(super) fn measure(study: &Study<'_>) -> Findings {
    let mut pairs = Vec::new();
    for condition in &study.results.conditions {
        for baseline in [text(study), at(study, PAPERS)].into_iter().flatten() {
            let known = (baseline.id.as_str(), condition.id.as_str());
            if condition.id != baseline.id && !pairs.contains(&known) {
                pairs.push((condition.id.as_str(), baseline.id.as_str()));
            }
        }
    }
    Findings {
        contrasts: study.contrasts(&pairs),
        curves: curves::of(study),
        ..Findings::default()
    }
}

fn text<'a>(study: &Study<'a>) -> Option<&'a Condition> {
    let mut conditions = study.results.conditions.iter();
    conditions.find(|it| it.x.is_none_or(|x| !x.is_finite()))
}

fn at<'a>(study: &Study<'a>, ratio: f64) -> Option<&'a Condition> {
    let mut conditions = study.results.conditions.iter();
    conditions.find(|it| it.x.is_some_and(|x| (x - ratio).abs() < 1e-9))
}

pub(super) fn judge(study: &Study<'_>, findings: &Findings) -> Judgement {
    let (zero, text) = (at(study, 0.0), text(study));
    let worse = pairs::over_all(&findings.contrasts, zero, text);
    let best = best(study, findings);
    let note = best.map(|(condition, mean)| {
        format!(
            "The best is {} with {mean:.1} points on average over all tasks.",
            condition.label
        )
    });
    let mut verdicts = vec![NONE_IS_WORSE.by(worse.as_ref(), Direction::Below)];
    verdicts.extend([some(study, findings), two(study, findings)]);
    Judgement {
        verdicts,
        notes: note.into_iter().collect(),
    }
}

fn best<'a>(study: &Study<'a>, findings: &Findings) -> Option<(&'a Condition, f64)> {
    let means = findings.means.iter().filter(|it| it.measure == "all");
    let best = means.max_by(|left, right| left.mean.total_cmp(&right.mean))?;
    let mut conditions = study.results.conditions.iter();
    let condition = conditions.find(|it| it.id == best.condition)?;
    Some((condition, best.mean))
}

/// Differences over all tasks of each other condition that is wanted to one.
fn against(
    study: &Study<'_>,
    findings: &Findings,
    baseline: Option<&Condition>,
    wanted: impl Fn(Option<f64>) -> bool,
) -> Vec<Contrast> {
    let conditions = study.results.conditions.iter();
    let conditions = conditions.filter(|it| wanted(it.x));
    conditions
        .filter_map(|it| pairs::over_all(&findings.contrasts, Some(it), baseline))
        .collect()
}

fn some(study: &Study<'_>, findings: &Findings) -> Verdict {
    let mixed = |x: Option<f64>| x.is_some_and(|x| x.is_finite() && x > 0.0);
    let contrasts = against(study, findings, text(study), mixed);
    let highest = contrasts
        .iter()
        .max_by(|left, right| left.difference.total_cmp(&right.difference));
    let Some(highest) = highest else {
        return SOME_IS_BETTER.by(None, Direction::Above);
    };
    let of = |wanted| {
        let answers = contrasts.iter().map(|it| answer(it, Direction::Above));
        answers.filter(|it| *it == wanted).count()
    };
    let answer = match (of(Answer::Reproduced), of(Answer::NotReproduced)) {
        (0, worse) if worse == contrasts.len() => Answer::NotReproduced,
        (0, _) => Answer::Undecided,
        _ => Answer::Reproduced,
    };
    let because = format!(
        "{} of {} are above plain text beyond chance; the highest: {}",
        of(Answer::Reproduced),
        contrasts.len(),
        words::difference(highest)
    );
    SOME_IS_BETTER.answered(answer, because)
}

/// Reproduced where R = 2 is above both ends beyond chance and no other R is above it; not where another is, beyond chance.
fn two(study: &Study<'_>, findings: &Findings) -> Verdict {
    let others = against(study, findings, at(study, PAPERS), |_| true);
    let highest = others
        .iter()
        .max_by(|left, right| left.difference.total_cmp(&right.difference));
    let Some(highest) = highest else {
        return TWO_IS_BEST.by(None, Direction::Above);
    };
    let ends: Vec<&Contrast> = others
        .iter()
        .filter(|it| {
            let ends = [at(study, 0.0), text(study)];
            ends.iter().flatten().any(|end| end.id == it.condition)
        })
        .collect();
    let is = |it: &Contrast, wanted| answer(it, Direction::Below) == wanted;
    let answer = if others.iter().any(|it| is(it, Answer::NotReproduced)) {
        Answer::NotReproduced
    } else if ends.len() == 2 && ends.iter().all(|it| is(it, Answer::Reproduced)) {
        Answer::Reproduced
    } else {
        Answer::Undecided
    };
    let because = format!(
        "the highest beside R = 2: {}; R = 0 and plain text below it beyond chance: {} of {}",
        words::difference(highest),
        ends.iter().filter(|it| is(it, Answer::Reproduced)).count(),
        ends.len()
    );
    TWO_IS_BEST.answered(answer, because)
}
