//! Whether gradients of one run foretell the transfer matrix: beyond the paper.
use std::collections::{BTreeMap, BTreeSet};

use super::study::{Study, contrast_of};
use super::transfer::of_cells;
use super::{Judgement, probes, words};
use crate::statistics::{Draws, Estimate, mean, rank_agreement};
use crate::{Affinity, Contrast, Findings, Matrix, Question, Results};

/// Name of the matrix of cosines over all weights.
const COSINE: &str = "gradient cosine";
/// Of the cosines over the layers alone, in which words that two families share do not count.
const LAYERS: &str = "gradient cosine, layers alone";

/// Which cosine of an [`Affinity`] is meant.
type Cosine = fn(&Affinity) -> f64;
/// A number at each step.
type BySteps = BTreeMap<u64, f64>;

/// Mean cosine of each pair of families over steps and repetitions, over all weights and over the layers alone, with intervals
/// over repetitions. Nothing is tested.
pub(super) fn measure(study: &Study<'_>) -> Findings {
    let families = families(&study.results.affinities);
    if families.is_empty() {
        return Findings::default();
    }
    Findings {
        matrices: vec![
            matrix(study, &families, COSINE, |it| it.cosine),
            matrix(study, &families, LAYERS, |it| it.layers),
        ],
        ..Findings::default()
    }
}

fn matrix(study: &Study<'_>, families: &[&str], name: &str, cosine: Cosine) -> Matrix {
    let by_pair = by_pair(&study.results.affinities, cosine);
    let replicates = replicates(study);
    let cell = |row: &str, column: &str| -> Option<Contrast> {
        let key = if row < column {
            (row, column)
        } else {
            (column, row)
        };
        let cosines = by_pair.get(&key)?;
        // As of scores: without all repetitions there is no mean.
        if cosines.len() != replicates {
            return None;
        }
        let estimate = Estimate::of_mean(cosines)?;
        Some(contrast_of((row, column), "cosine", &estimate, false))
    };
    let row = |row: &&str| families.iter().map(|column| cell(row, column)).collect();
    let mut matrix = of_cells(name, families, families.iter().map(row).collect());
    // A cosine has no direction: each pair is there twice.
    matrix.negative = (matrix.negative.0 / 2, matrix.negative.1 / 2);
    matrix
}

/// Repetitions that the study has: by its grid, else those that are measured.
fn replicates(study: &Study<'_>) -> usize {
    let conditions = study.results.conditions.iter();
    let measured = study.results.affinities.iter().map(|it| it.replicate);
    let measured: BTreeSet<u64> = measured.collect();
    let planned = conditions.map(|it| it.replicates as usize).max();
    planned.unwrap_or(measured.len())
}

/// Families in the order in which they are first named.
fn families(affinities: &[Affinity]) -> Vec<&str> {
    let mut known = BTreeSet::new();
    let both = affinities.iter().flat_map(|it| [&it.first, &it.second]);
    both.map(String::as_str)
        .filter(|it| known.insert(*it))
        .collect()
}

/// For each pair of families the mean over steps of each repetition that has all steps: cosines change as a run goes on, so that
/// means over other steps are of something else.
fn by_pair(affinities: &[Affinity], cosine: Cosine) -> BTreeMap<(&str, &str), Vec<f64>> {
    let steps: BTreeSet<u64> = affinities.iter().map(|it| it.step).collect();
    let mut cosines: BTreeMap<(&str, &str), BTreeMap<u64, BySteps>> = BTreeMap::new();
    for it in affinities {
        let (first, second, cosine) = (it.first.as_str(), it.second.as_str(), cosine(it));
        if first != second && cosine.is_finite() && cosine.abs() <= 1.0 + 1e-6 {
            let key = if first < second {
                (first, second)
            } else {
                (second, first)
            };
            let replicates = cosines.entry(key).or_default();
            let of_steps = replicates.entry(it.replicate).or_default();
            of_steps.insert(it.step, cosine);
        }
    }
    let means = |replicates: BTreeMap<u64, BySteps>| {
        let whole = replicates.values().filter(|it| it.len() == steps.len());
        whole
            .filter_map(|it| mean(&it.values().copied().collect::<Vec<_>>()))
            .collect()
    };
    cosines
        .into_iter()
        .map(|(pair, it)| (pair, means(it)))
        .collect()
}

/// Puts the matrix of a transfer study beside the cosines, and says how well they foretell it.
pub(super) fn foretell(findings: &mut Findings, transfer: Option<&Results>) {
    let (Some(transfer), Some(cosines)) = (transfer, findings.matrices.first()) else {
        return;
    };
    if transfer.question != Question::Transfer {
        return;
    }
    let matrices = super::analyse(transfer).matrices;
    let Some(gains) = matrices.into_iter().find(|it| it.name == "equal data") else {
        return;
    };
    let gained = differences(&gains, &cosines.families);
    let cosines = differences(cosines, &cosines.families);
    findings.rank = rank_agreement(&cosines, &gained, Draws::default());
    findings.matrices.push(untested(gains));
}

/// Differences of a matrix at the families named, in that order.
fn differences(matrix: &Matrix, families: &[String]) -> Vec<Vec<Option<f64>>> {
    let place = |family: &String| matrix.families.iter().position(|it| it == family);
    let cell = |row: &String, column: &String| {
        let cell = matrix.cells.get(place(row)?)?.get(place(column)?)?;
        Some(cell.as_ref()?.difference)
    };
    let row = |row| families.iter().map(|column| cell(row, column)).collect();
    families.iter().map(row).collect()
}

/// The transfer study's tests were corrected there: here its differences are shown.
fn untested(mut matrix: Matrix) -> Matrix {
    for cell in matrix.cells.iter_mut().flatten().flatten() {
        cell.p_adjusted = None;
    }
    matrix
}

pub(super) fn judge(study: &Study<'_>, findings: &Findings) -> Judgement {
    let mut notes = Vec::new();
    for matrix in findings.matrices.iter().filter(|it| it.name == COSINE) {
        let cells = || matrix.cells.iter().flatten().flatten();
        let highest = cells().max_by(|left, right| left.difference.total_cmp(&right.difference));
        let lowest = cells().min_by(|left, right| left.difference.total_cmp(&right.difference));
        if let Some((highest, lowest)) = highest.zip(lowest) {
            notes.push(format!(
                "Gradients of `{}` and `{}` are the most alike (cosine {:.2}), of `{}` and `{}` the least ({:.2}); {} of {} pairs \
                 have a cosine below 0.",
                highest.condition,
                highest.baseline,
                highest.difference,
                lowest.condition,
                lowest.baseline,
                lowest.difference,
                matrix.negative.0,
                matrix.negative.1
            ));
        }
    }
    notes.extend(probes::notes(&study.results.probes));
    notes.push(match &findings.rank {
        Some(rank) => {
            let interval = match (rank.low, rank.high) {
                (Some(low), Some(high)) => format!("95 % interval {low:.2} to {high:.2}"),
                _ => "too few families for an interval".to_owned(),
            };
            let answer = if rank.p_value >= 0.05 {
                "cosines do not foretell transfer beyond chance"
            } else if rank.spearman > 0.0 {
                "cosines foretell transfer beyond chance"
            } else {
                "cosines foretell the opposite of transfer, beyond chance"
            };
            format!(
                "Over {} pairs of families, {answer}: rank correlation {:.2} ({interval}), {}.",
                rank.pairs,
                rank.spearman,
                words::test(Some(rank.p_value)).replace("adjusted ", "")
            )
        }
        None => "No transfer matrix over the same families stands beside the cosines, so what they foretell is not known.".to_owned(),
    });
    Judgement {
        verdicts: Vec::new(),
        notes,
    }
}
