//! The numbers: means, differences, trends, single scores.
use ext5_report::Tone;

use super::sheet::{Entry, Sheet};
use super::words::{Names, measure, measures, one_more};
use crate::{Contrast, Findings, Matrix, Results};

/// All tables of what was found, those without a row left out.
pub(super) fn found(results: &Results, findings: &Findings) -> Vec<Sheet> {
    let names = Names::of(results);
    let mut sheets = vec![
        means(findings, &names),
        contrasts(findings, &names),
        trends(results, findings),
    ];
    sheets.extend(findings.matrices.iter().map(pairs));
    sheets.retain(|sheet| !sheet.is_empty());
    sheets
}

fn means(findings: &Findings, names: &Names<'_>) -> Sheet {
    let note = "Mean over repetitions with its 95 % interval; beside it half of the interval over the examples of one \
        repetition, and the score of the most frequent answer, where they are known.";
    let mut sheet = Sheet::new("Means", note)
        .text("condition")
        .text("measure")
        .number("mean", "points of 100")
        .number("low", "95 %")
        .number("high", "95 %")
        .number("repetitions", "")
        .number("over examples", "± points")
        .number("most frequent answer", "points");
    for name in measures(findings.means.iter().map(|mean| mean.measure.as_str())) {
        for mean in findings.means.iter().filter(|mean| mean.measure == name) {
            sheet.push(vec![
                Entry::text(names.label(&mean.condition)),
                Entry::Text(measure(name)),
                Entry::Number(mean.mean),
                Entry::number(mean.low),
                Entry::number(mean.high),
                Entry::Count(mean.count),
                Entry::number(mean.over_examples),
                Entry::number(mean.majority),
            ]);
        }
    }
    sheet
}

/// Columns of a difference, behind those that say of what.
fn differences(sheet: Sheet, unit: &str) -> Sheet {
    sheet
        .number("difference", unit)
        .number("low", "95 %")
        .number("high", "95 %")
        .number("p", "raw")
        .number("p", "after Holm")
        .text("beyond chance")
}

/// A difference in these columns; `fine` for those that are small beside a point.
fn difference(contrast: &Contrast, fine: bool) -> [Entry; 6] {
    let entry = |value: Option<f64>| match value {
        None => Entry::None,
        Some(value) if fine => Entry::Small(value),
        Some(value) => Entry::Difference(value),
    };
    let word = match contrast.p_adjusted {
        None => Entry::Word("not tested", Tone::Plain),
        Some(_) if contrast.is_significant() => Entry::Word("yes", Tone::Good),
        Some(_) => Entry::Word("no", Tone::Plain),
    };
    [
        entry(Some(contrast.difference)),
        entry(contrast.low),
        entry(contrast.high),
        Entry::chance(contrast.p_value),
        Entry::chance(contrast.p_adjusted),
        word,
    ]
}

fn contrasts(findings: &Findings, names: &Names<'_>) -> Sheet {
    let note = "Condition minus baseline. Beyond chance: p after Holm's correction for all tests of the study is below 0.05. \
        Differences that are shown and not tested have no corrected p.";
    let sheet = Sheet::new("Differences", note)
        .text("condition")
        .text("baseline")
        .text("measure");
    let mut sheet = differences(sheet, "points");
    for name in measures(findings.contrasts.iter().map(|it| it.measure.as_str())) {
        for contrast in findings.contrasts.iter().filter(|it| it.measure == name) {
            let mut row = vec![
                Entry::text(names.label(&contrast.condition)),
                Entry::text(names.label(&contrast.baseline)),
                Entry::Text(measure(name)),
            ];
            row.extend(difference(contrast, false));
            sheet.push(row);
        }
    }
    sheet
}

/// Whether a matrix is of cosines, which have no unit; else it is of points.
pub(super) fn is_cosine(matrix: &Matrix) -> bool {
    matrix.name.contains("cosine")
}

fn pairs(matrix: &Matrix) -> Sheet {
    let unit = if is_cosine(matrix) {
        "cosine"
    } else {
        "points"
    };
    let sheet = Sheet::new(format!("Pairs of families: {}", matrix.name), "")
        .text("trained with")
        .text("scored on");
    let mut sheet = differences(sheet, unit);
    for (row, cells) in matrix.families.iter().zip(&matrix.cells) {
        for (column, cell) in matrix.families.iter().zip(cells) {
            if let Some(contrast) = cell {
                let mut entries = vec![Entry::text(row), Entry::text(column)];
                entries.extend(difference(contrast, is_cosine(matrix)));
                sheet.push(entries);
            }
        }
    }
    sheet
}

fn trends(results: &Results, findings: &Findings) -> Sheet {
    let note = "Slope of the straight line through the means of a curve.";
    let mut sheet = differences(
        Sheet::new("Trends", note).text("curve").text("measure"),
        &format!("points a {}", one_more(results.question)),
    );
    for curve in &findings.curves {
        if let Some(trend) = curve.trend {
            let contrast = Contrast {
                condition: String::new(),
                baseline: String::new(),
                measure: String::new(),
                difference: trend.slope,
                low: trend.low,
                high: trend.high,
                p_value: trend.p_value,
                p_adjusted: trend.p_adjusted,
            };
            let mut row = vec![
                Entry::text(&curve.name),
                Entry::Text(measure(&curve.measure)),
            ];
            row.extend(difference(&contrast, true));
            sheet.push(row);
        }
    }
    sheet
}

/// Every score, as it was measured.
pub(super) fn scores(results: &Results) -> Sheet {
    let names = Names::of(results);
    let note = "Each the mean of the task's metrics, from 0 to 100, with half of its 95 % interval over the examples.";
    let mut sheet = Sheet::new("", note)
        .text("condition")
        .number("repetition", "from 0")
        .text("task")
        .text("family")
        .text("metrics")
        .number("score", "points of 100")
        .number("over examples", "± points")
        .number("examples", "")
        .number("most frequent answer", "points");
    for score in &results.scores {
        sheet.push(vec![
            Entry::text(names.label(&score.condition)),
            Entry::Count(score.replicate),
            Entry::text(&score.task),
            Entry::text(&score.family),
            Entry::Text(score.metrics.join(", ")),
            Entry::Number(score.value),
            Entry::number(score.half_interval),
            Entry::Count(score.examples),
            Entry::number(score.majority),
        ]);
    }
    sheet
}
