//! T5 and `ExT5` on suites of tasks. Conditions: a group for each model, the baseline first (`T5`, `ExT5`); those of one suite have
//! the same `parts` where there are several.
use super::claim::{Claim, Direction};
use super::measure::Measure;
use super::study::Study;
use super::{Judgement, words};
use crate::{Condition, Contrast, Findings};

const BEATS: Claim = Claim {
    finding: "ExT5 does better than T5 on average over the tasks of a suite, in the mixture or not",
    source: "abstract, verified (SuperGLUE, GEM, Rainbow, closed-book QA, tasks outside ExMix); tables 5 to 10",
    paper: Some(
        "SuperGLUE, base: T5.1.1 76.1 (recalled, sums agree), ExT5 79.9 (recalled); Rainbow, large: T5 78.07, ExT5 84.08 \
         (recalled, sums agree)",
    ),
};

/// Each model against the baseline on the same suite: over all tasks and for each task, tested together.
pub(super) fn measure(study: &Study<'_>) -> Findings {
    let mut contrasts = Vec::new();
    for (condition, baseline) in pairs(study) {
        for measure in study.measures() {
            let tested = !matches!(measure, Measure::Family(_));
            let names = (condition.id.as_str(), baseline.id.as_str());
            contrasts.extend(study.contrast(names, measure, tested));
        }
    }
    Findings {
        contrasts,
        ..Findings::default()
    }
}

fn pairs<'a>(study: &Study<'a>) -> Vec<(&'a Condition, &'a Condition)> {
    let conditions = study.results.conditions.as_slice();
    let Some(group) = conditions.first().map(|it| &it.group) else {
        return Vec::new();
    };
    let baseline = |condition: &Condition| {
        let mut conditions = conditions.iter();
        conditions.find(|it| it.group == *group && it.parts == condition.parts)
    };
    let others = conditions.iter().filter(|it| it.group != *group);
    others.filter_map(|it| Some((it, baseline(it)?))).collect()
}

pub(super) fn judge(study: &Study<'_>, findings: &Findings) -> Judgement {
    let (mut verdicts, mut notes) = (Vec::new(), Vec::new());
    for (condition, baseline) in pairs(study) {
        let of = |it: &&Contrast| it.condition == condition.id && it.baseline == baseline.id;
        let contrasts: Vec<&Contrast> = findings.contrasts.iter().filter(of).collect();
        let all = contrasts.iter().find(|it| it.measure == "all").copied();
        let mut verdict = BEATS.by(all, Direction::Above);
        if !condition.parts.is_empty() {
            verdict.finding = format!("{}: {}", verdict.finding, condition.parts.join(", "));
        }
        verdicts.push(verdict);
        let tasks = contrasts
            .iter()
            .filter(|it| it.measure != "all" && it.p_adjusted.is_some());
        let named = |above: bool| {
            let tasks = tasks
                .clone()
                .filter(|it| it.is_significant() && (it.difference > 0.0) == above);
            let names: Vec<String> = tasks.map(|it| format!("`{}`", it.measure)).collect();
            words::list(&names)
        };
        notes.push(format!(
            "{} less {}, of {} tasks with a test: above beyond chance {}; below beyond chance {}.",
            condition.id,
            baseline.id,
            tasks.clone().count(),
            named(true),
            named(false)
        ));
    }
    Judgement { verdicts, notes }
}
