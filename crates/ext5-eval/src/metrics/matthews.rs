use crate::bootstrap::Finish;
use crate::metric::Unit;
use crate::{Kind, Metric};

pub(crate) const METRIC: Metric = Metric {
    name: "matthews_corrcoef",
    doc: "Matthews' correlation between answers and labels, of any number of classes, times 100; what is no class is a class \
          of its own, and a constant answer gives 0 (scikit-learn `matthews_corrcoef`).",
    higher_is_better: true,
    kinds: &[Kind::Label],
    scores: &["matthews_corrcoef"],
    version: 1,
    settings: "invalid:own-class|agg:corpus",
    unit: Unit::Example,
    measure: |item| {
        let classes = item.classes.max(2);
        let (prediction, target) = item.labels_below("matthews_corrcoef", classes as i64)?;
        let side = classes + 1;
        let column = usize::try_from(prediction).unwrap_or(classes).min(classes);
        let mut confusion = vec![0.0; side * side];
        if let Some(cell) = confusion.get_mut(target as usize * side + column) {
            *cell = 1.0;
        }
        Ok(confusion)
    },
    finish: Finish::Sums(|confusion| vec![Some(100.0 * correlation(confusion))]),
};

/// Gorodkin's statistic of a square confusion matrix, row-major, rows the targets.
fn correlation(confusion: &[f64]) -> f64 {
    let side = (confusion.len() as f64).sqrt().round() as usize;
    let total: f64 = confusion.iter().sum();
    let mut targets = vec![0.0; side];
    let mut answers = vec![0.0; side];
    let mut hits = 0.0;
    for (target, row) in confusion.chunks_exact(side.max(1)).enumerate() {
        for (answer, count) in row.iter().enumerate() {
            if let (Some(wanted), Some(given)) = (targets.get_mut(target), answers.get_mut(answer))
            {
                *wanted += count;
                *given += count;
            }
            hits += if target == answer { *count } else { 0.0 };
        }
    }
    let dot = |left: &[f64], right: &[f64]| -> f64 {
        left.iter()
            .zip(right)
            .map(|(left, right)| left * right)
            .sum()
    };
    let covariance = hits * total - dot(&targets, &answers);
    let spread =
        (total * total - dot(&answers, &answers)) * (total * total - dot(&targets, &targets));
    if spread > 0.0 {
        covariance / spread.sqrt()
    } else {
        0.0
    }
}
