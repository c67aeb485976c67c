//! Conditions side by side, and what is between them.
use std::collections::BTreeSet;

use ext5_report::{Bars, Section, columns};

use super::words::{self, Names, ends, measure, measures};
use crate::{Contrast, Findings, Results};

/// Pairs of conditions whose differences are drawn task by task.
const PAIRS: usize = 4;

/// Adds bars of the conditions' means and of the differences.
pub(super) fn add(section: Section, results: &Results, findings: &Findings) -> Section {
    let names = Names::of(results);
    let all = measures(findings.means.iter().map(|mean| mean.measure.as_str()));
    let mut charts = all.iter().map(|name| scores(name, findings, &names));
    let mut section = section.add(charts.next());
    for bars in differences(findings, &names) {
        section = section.add(bars);
    }
    let rest: Vec<Bars> = charts.collect();
    if rest.is_empty() {
        return section;
    }
    let folded = Section::new("Task by task").folded(true);
    section.part(folded.add(columns(rest)))
}

/// Scores of all conditions on one measure.
fn scores(name: &str, findings: &Findings, names: &Names<'_>) -> Bars {
    let means = || findings.means.iter().filter(|mean| mean.measure == name);
    let title = format!("Score: {}", measure(name));
    let mut bars = Bars::new(title, "score", "points of 100").digits(1);
    if means().any(|mean| ends(mean.low, mean.high).is_some()) {
        bars = bars.note("Lines and numbers in brackets: 95 % intervals over repetitions.");
    } else {
        bars = bars.note(words::no_intervals(means().map(|mean| mean.count)));
    }
    let mut colours = BTreeSet::new();
    for mean in means() {
        let colour = names.colour(&mean.condition);
        colours.insert(colour);
        let interval = ends(mean.low, mean.high);
        bars = bars.measured(names.label(&mean.condition), mean.mean, interval, colour);
    }
    if colours.len() > 1 {
        for (colour, group) in names.groups.iter().enumerate() {
            if colours.contains(&colour) {
                bars = bars.colour(*group, colour);
            }
        }
    }
    match words::majority(findings, name) {
        None => bars,
        Some(value) => bars.level("most frequent answer", value),
    }
}

/// Where few conditions are compared, their differences task by task; else the differences of the first measure.
fn differences(findings: &Findings, names: &Names<'_>) -> Vec<Bars> {
    let mut pairs: Vec<(&str, &str)> = Vec::new();
    for contrast in &findings.contrasts {
        let pair = (contrast.condition.as_str(), contrast.baseline.as_str());
        if !pairs.contains(&pair) {
            pairs.push(pair);
        }
    }
    let all = measures(findings.contrasts.iter().map(|it| it.measure.as_str()));
    let between = |condition, baseline| {
        let (condition, baseline) = (names.label(condition), names.label(baseline));
        format!("{condition} minus {baseline}")
    };
    if pairs.len() > PAIRS || all.len() < 2 {
        let Some(first) = all.first() else {
            return Vec::new();
        };
        let bars = chart(format!("Differences: {}", measure(first)));
        let of = findings.contrasts.iter().filter(|it| it.measure == *first);
        let bars = of.fold(bars, |bars, contrast| {
            let label = between(&contrast.condition, &contrast.baseline);
            bar(bars, label, contrast)
        });
        return vec![bars];
    }
    let charts = pairs.into_iter().map(|(condition, baseline)| {
        let of = |name: &str| {
            let mut contrasts = findings.contrasts.iter();
            contrasts.find(|it| {
                it.condition == condition && it.baseline == baseline && it.measure == name
            })
        };
        let bars = chart(format!("Difference: {}", between(condition, baseline)));
        let found = all.iter().filter_map(|name| Some((name, of(name)?)));
        found.fold(bars, |bars, (name, contrast)| {
            bar(bars, measure(name), contrast)
        })
    });
    charts.collect()
}

fn chart(title: String) -> Bars {
    Bars::new(title, "difference", "points")
        .note("Lines and numbers in brackets: the 95 % interval of each difference alone. A star: beyond chance after Holm's correction.")
        .digits(1)
        .signed()
}

fn bar(bars: Bars, label: String, contrast: &Contrast) -> Bars {
    let star = if contrast.is_significant() { " *" } else { "" };
    let colour = usize::from(contrast.difference >= 0.0);
    let interval = ends(contrast.low, contrast.high);
    bars.measured(
        format!("{label}{star}"),
        contrast.difference,
        interval,
        colour,
    )
}
