use ext5_eval::significance::holm;

use crate::{Contrast, Findings};

/// Corrects every tested difference and slope of the findings together, by Holm; untested ones stay without.
pub(super) fn adjust(findings: &mut Findings) {
    let mut p_values = Vec::new();
    each(findings, &mut |p_value| p_values.push(*p_value));
    let mut adjusted = holm(&p_values).into_iter();
    each(findings, &mut |p_value| {
        *p_value = adjusted.next().unwrap_or(1.0);
    });
}

/// Corrected p-values of all tests, which are corrected together.
pub(crate) fn p_values(findings: &Findings) -> Vec<f64> {
    let cells = findings.matrices.iter().flat_map(|it| &it.cells).flatten();
    let contrasts = findings.contrasts.iter().chain(cells.flatten());
    let trends = findings.curves.iter().filter_map(|it| it.trend.as_ref());
    let contrasts = contrasts.filter_map(|it| it.p_adjusted);
    contrasts
        .chain(trends.filter_map(|it| it.p_adjusted))
        .collect()
}

/// Visits the p-value of every test, in the order of the findings.
fn each(findings: &mut Findings, visit: &mut dyn FnMut(&mut f64)) {
    let cells = findings.matrices.iter_mut().flat_map(|it| &mut it.cells);
    let cells = cells.flatten().flatten();
    for Contrast { p_adjusted, .. } in findings.contrasts.iter_mut().chain(cells) {
        p_adjusted.iter_mut().for_each(&mut *visit);
    }
    let trends = findings
        .curves
        .iter_mut()
        .filter_map(|it| it.trend.as_mut());
    for trend in trends {
        trend.p_adjusted.iter_mut().for_each(&mut *visit);
    }
    for matrix in &mut findings.matrices {
        let cells = matrix.cells.iter().flatten().flatten();
        let negative = cells.filter(|it| it.difference < 0.0 && it.is_significant());
        matrix.negative_significant = negative.count() as u64;
    }
}
