//! Which families help which. Conditions: `pair` with two parts, `alone_equal_data` and `alone_equal_compute` with one.
use super::claim::{Claim, Direction, answer};
use super::measure::Measure;
use super::study::{Study, contrast_of};
use super::{Judgement, words};
use crate::statistics::Estimate;
use crate::{Answer, Condition, Contrast, Findings, Matrix, Verdict};

/// Groups of families alone, and what a matrix against them is called.
const ALONE: [(&str, &str); 2] = [
    ("alone_equal_data", "equal data"),
    ("alone_equal_compute", "equal compute"),
];
/// What a row's mean is a measure of.
const OTHERS: &str = "the other families";

const NEGATIVE: Claim = Claim {
    finding: "Families often harm one another: trained with another family, one often ends below itself alone on the same data",
    source: "section 2.1 and table 2, recalled",
    paper: Some(
        "below alone at equal data 21 of 56 pairs, at equal compute 38 of 56 (recalled; by the remembered table 22)",
    ),
};
/// Families of which the paper says what they do to the others.
const NAMED: [(&str, Direction, Claim); 3] = [
    (
        "nli",
        Direction::Above,
        Claim {
            finding: "Natural language inference helps most other families",
            source: "section 2.1 and table 2, recalled",
            paper: Some("+4.3 % on average, against what others do (recalled, sums agree)"),
        },
    ),
    (
        "commonsense",
        Direction::Above,
        Claim {
            finding: "Commonsense helps most other families",
            source: "section 2.1 and table 2, recalled",
            paper: Some("+4.7 % on average, against what others do (recalled, sums agree)"),
        },
    ),
    (
        "summarization",
        Direction::Below,
        Claim {
            finding: "Summarization hurts most other families",
            source: "section 2.1 and table 2, recalled",
            paper: Some("-6.9 % on average, against what others do (recalled, sums agree)"),
        },
    ),
];

/// A matrix at equal data and one at equal compute, and what each family does to the others at equal data.
pub(super) fn measure(study: &Study<'_>) -> Findings {
    let families = families(study);
    let matrices = ALONE.iter().filter_map(|(group, name)| {
        let conditions = study.results.conditions.iter();
        let is_there = conditions.into_iter().any(|it| it.group == *group);
        is_there.then(|| matrix(study, &families, group, name))
    });
    Findings {
        matrices: matrices.collect(),
        contrasts: row_contrasts(study, &families),
        ..Findings::default()
    }
}

/// Families in the order in which the conditions name them.
fn families<'a>(study: &Study<'a>) -> Vec<&'a str> {
    let mut families: Vec<&str> = Vec::new();
    for part in study.results.conditions.iter().flat_map(|it| &it.parts) {
        if !families.contains(&part.as_str()) {
            families.push(part);
        }
    }
    families
}

fn alone<'a>(study: &Study<'a>, group: &str, family: &str) -> Option<&'a Condition> {
    let mut conditions = study.results.conditions.iter();
    conditions.find(|it| it.group == group && it.parts == [family])
}

fn pair<'a>(study: &Study<'a>, first: &str, second: &str) -> Option<&'a Condition> {
    let mut conditions = study.results.conditions.iter();
    conditions.find(|it| match it.parts.as_slice() {
        [one, other] => [one, other] == [first, second] || [one, other] == [second, first],
        _ => false,
    })
}

/// Score of family j in the run on i and j less that of j alone, seed by seed.
fn matrix(study: &Study<'_>, families: &[&str], group: &str, name: &str) -> Matrix {
    let cell = |row: &str, column: usize| {
        let family = families.get(column).copied().filter(|it| *it != row)?;
        let names = (
            pair(study, row, family)?.id.as_str(),
            alone(study, group, family)?.id.as_str(),
        );
        study.contrast(names, Measure::Family(family), true)
    };
    let row = |family: &&str| (0..families.len()).map(|it| cell(family, it)).collect();
    of_cells(name, families, families.iter().map(row).collect())
}

/// A matrix with its means and counts.
pub(super) fn of_cells(name: &str, families: &[&str], cells: Vec<Vec<Option<Contrast>>>) -> Matrix {
    let mean = |values: Vec<f64>| crate::statistics::mean(&values);
    let of = |cell: Option<&Option<Contrast>>| Some(cell?.as_ref()?.difference);
    let columns = 0..families.len();
    let all: Vec<f64> = cells
        .iter()
        .flatten()
        .filter_map(|it| of(Some(it)))
        .collect();
    let negative = all.iter().filter(|it| **it < 0.0).count();
    Matrix {
        name: name.to_owned(),
        families: families.iter().map(|it| (*it).to_owned()).collect(),
        row_means: cells
            .iter()
            .map(|row| mean(row.iter().filter_map(|it| of(Some(it))).collect()))
            .collect(),
        column_means: columns
            .map(|column| mean(cells.iter().filter_map(|row| of(row.get(column))).collect()))
            .collect(),
        negative: (negative as u64, all.len() as u64),
        negative_significant: 0,
        cells,
    }
}

/// What each family does to the others on average, at equal data: the mean of the row in each seed, then over seeds.
fn row_contrasts(study: &Study<'_>, families: &[&str]) -> Vec<Contrast> {
    let group = ALONE[0].0;
    let row = |family: &&str| {
        let others: Vec<&&str> = families.iter().filter(|it| *it != family).collect();
        let share = 1.0 / others.len() as f64;
        let mut parts = Vec::new();
        for other in others {
            let measure = Measure::Family(other);
            let sample = study.sample(&pair(study, family, other)?.id, measure)?;
            let baseline = study.sample(&alone(study, group, other)?.id, measure)?;
            parts.extend([(share, sample), (-share, baseline)]);
        }
        let estimate = Estimate::paired(&parts)?;
        Some(contrast_of((family, group), OTHERS, &estimate, true))
    };
    // With two families the mean of a row is its one cell.
    let rows = families.iter().filter(|_| families.len() > 2);
    rows.filter_map(row).collect()
}

pub(super) fn judge(_: &Study<'_>, findings: &Findings) -> Judgement {
    let mut verdicts: Vec<Verdict> = Vec::new();
    verdicts.extend(findings.matrices.first().map(negative));
    for (family, direction, claim) in &NAMED {
        let families = findings.matrices.first().map(|it| &it.families);
        if families.is_some_and(|it| it.iter().any(|name| name == family)) {
            let mut rows = findings.contrasts.iter();
            let row = rows.find(|it| it.condition == *family && it.measure == OTHERS);
            verdicts.push(claim.by(row, *direction));
        }
    }
    Judgement {
        verdicts,
        notes: findings.matrices.iter().flat_map(notes).collect(),
    }
}

/// Reproduced where more families are harmed than helped beyond chance and at least a third of all pairs are below, as in the
/// paper; the opposite where most are helped beyond chance and none is harmed.
fn negative(matrix: &Matrix) -> Verdict {
    let cells: Vec<&Contrast> = matrix.cells.iter().flatten().flatten().collect();
    let of = |wanted: Answer| {
        let answers = cells.iter().map(|it| answer(it, Direction::Below));
        answers.filter(|it| *it == wanted).count()
    };
    let (harmed, helped) = (of(Answer::Reproduced), of(Answer::NotReproduced));
    let (negative, total) = matrix.negative;
    let answer = match (harmed, helped) {
        (0, helped) if 2 * helped > cells.len() => Answer::NotReproduced,
        (harmed, helped) if harmed > helped && 3 * negative >= total => Answer::Reproduced,
        _ => Answer::Undecided,
    };
    let mut because = format!(
        "at {} {negative} of {total} pairs are below the family alone, {harmed} of them beyond chance after correction; {helped} \
         are above it beyond chance",
        matrix.name
    );
    let lowest = cells
        .iter()
        .min_by(|left, right| left.difference.total_cmp(&right.difference));
    if let Some(lowest) = lowest {
        because.push_str(&format!("; the lowest: {}", words::difference(lowest)));
    }
    NEGATIVE.answered(answer, because)
}

/// Who helps, who hurts, who is touched most.
fn notes(matrix: &Matrix) -> Vec<String> {
    let (negative, total) = matrix.negative;
    let mut cells = matrix.cells.iter().flatten().flatten();
    let beyond = if cells.any(|it| it.p_adjusted.is_some()) {
        format!(
            "{} of them beyond chance after correction",
            matrix.negative_significant
        )
    } else {
        "which could not be tested".to_owned()
    };
    let mut notes = vec![format!(
        "At {}: {negative} of {total} pairs are negative, {beyond}.",
        matrix.name
    )];
    let rows = ranked(&matrix.families, &matrix.row_means);
    if let [(best, most), .., (worst, least)] = rows.as_slice() {
        notes.push(format!(
            "At {}, on average over the other families, `{best}` does most for them ({most:+.1} points) and `{worst}` least \
             ({least:+.1}).",
            matrix.name
        ));
    }
    let columns = ranked(&matrix.families, &matrix.column_means);
    if let [(best, most), .., (worst, least)] = columns.as_slice() {
        notes.push(format!(
            "At {}, `{best}` gains most from company ({most:+.1} points on average) and `{worst}` least ({least:+.1}).",
            matrix.name
        ));
    }
    notes
}

/// Families with their means, the highest first.
fn ranked<'a>(families: &'a [String], means: &[Option<f64>]) -> Vec<(&'a str, f64)> {
    let both = families.iter().zip(means);
    let known = both.filter_map(|(family, mean)| Some((family.as_str(), (*mean)?)));
    let mut ranked: Vec<(&str, f64)> = known.collect();
    ranked.sort_by(|left, right| right.1.total_cmp(&left.1));
    ranked
}
