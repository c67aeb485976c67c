use super::one_if;
use crate::bootstrap::Finish;
use crate::error::Result;
use crate::metric::Unit;
use crate::{Item, Kind, Metric};

pub(crate) const BINARY: Metric = Metric {
    name: "f1",
    doc: "F1 of class 1 of two; an answer that is neither class counts as the wrong one (T5 `f1_score_with_invalid`).",
    higher_is_better: true,
    kinds: &[Kind::Label],
    scores: &["f1"],
    version: 1,
    settings: "avg:binary|invalid:opposite|agg:corpus",
    unit: Unit::Example,
    measure: |item| binary_counts(item, "f1"),
    finish: BINARY_F1,
};

pub(crate) const THREE_CLASS: Metric = Metric {
    name: "mean_3class_f1",
    doc: "Unweighted mean of the F1 of classes 0, 1 and 2; an answer that is no class is a miss of its target and of no \
          other class a false hit (T5 `mean_multiclass_f1(num_classes=3)`).",
    higher_is_better: true,
    kinds: &[Kind::Label],
    scores: &["mean_3class_f1"],
    version: 1,
    settings: "avg:macro|labels:0,1,2|invalid:missed|agg:corpus",
    unit: Unit::Example,
    measure: |item| class_counts(item, "mean_3class_f1", 3),
    finish: MACRO_F1,
};

pub(crate) const MACRO: Metric = Metric {
    name: "macro_f1",
    doc: "Unweighted mean of the F1 of all classes of the task; an answer that is no class is a miss of its target (T5 \
          `mean_multiclass_f1`).",
    higher_is_better: true,
    kinds: &[Kind::Label],
    scores: &["macro_f1"],
    version: 1,
    settings: "avg:macro|labels:all|invalid:missed|agg:corpus",
    unit: Unit::Example,
    measure: |item| class_counts(item, "macro_f1", item.classes),
    finish: MACRO_F1,
};

pub(crate) const MICRO: Metric = Metric {
    name: "micro_f1",
    doc: "F1 over all classes of the task taken together; an answer that is no class is a miss of its target and no false hit, \
          so that without any the score is the accuracy (scikit-learn `f1_score(average=\"micro\", labels=...)`).",
    higher_is_better: true,
    kinds: &[Kind::Label],
    scores: &["micro_f1"],
    version: 1,
    settings: "avg:micro|labels:all|invalid:missed|agg:corpus",
    unit: Unit::Example,
    measure: |item| {
        let (prediction, target) = item.labels_below("micro_f1", item.classes as i64)?;
        Ok(vec![
            one_if(prediction == target),
            one_if((0..item.classes as i64).contains(&prediction)),
            1.0,
        ])
    },
    finish: BINARY_F1,
};

pub(crate) const WEIGHTED: Metric = Metric {
    name: "weighted_f1",
    doc: "Mean of the F1 of all classes of the task, each weighted by its number of targets; an answer that is no class is a \
          miss of its target (scikit-learn `f1_score(average=\"weighted\", labels=...)`).",
    higher_is_better: true,
    kinds: &[Kind::Label],
    scores: &["weighted_f1"],
    version: 1,
    settings: "avg:weighted|labels:all|invalid:missed|agg:corpus",
    unit: Unit::Example,
    measure: |item| class_counts(item, "weighted_f1", item.classes),
    finish: Finish::Sums(|sums| {
        let wanted = |counts: &[f64]| counts.last().copied().unwrap_or(0.0);
        let classes = || sums.chunks_exact(3);
        let total: f64 = classes().map(wanted).sum();
        let weighted: f64 = classes().map(|counts| wanted(counts) * f1(counts)).sum();
        vec![(total > 0.0).then(|| weighted / total)]
    }),
};

/// Hits of class 1, answers of class 1, targets of class 1.
pub(super) fn binary_counts(item: &Item<'_>, metric: &'static str) -> Result<Vec<f64>> {
    let (prediction, target) = item.labels_below(metric, 2)?;
    let prediction = if matches!(prediction, 0 | 1) {
        prediction
    } else {
        1 - target
    };
    let hit = prediction == 1 && target == 1;
    Ok(vec![
        one_if(hit),
        one_if(prediction == 1),
        one_if(target == 1),
    ])
}

/// Hits, answers and targets of each class in turn.
fn class_counts(item: &Item<'_>, metric: &'static str, classes: usize) -> Result<Vec<f64>> {
    let classes = classes as i64;
    let (prediction, target) = item.labels_below(metric, classes)?;
    let counts = (0..classes).flat_map(|class| {
        let (predicted, wanted) = (prediction == class, target == class);
        [
            one_if(predicted && wanted),
            one_if(predicted),
            one_if(wanted),
        ]
    });
    Ok(counts.collect())
}

/// F1 in percent of (hits, answers, targets); 0 where there is neither answer nor target.
fn f1(counts: &[f64]) -> f64 {
    match counts {
        &[hits, answers, targets] if answers + targets > 0.0 => {
            100.0 * 2.0 * hits / (answers + targets)
        }
        _ => 0.0,
    }
}

pub(super) const BINARY_F1: Finish = Finish::Sums(|sums| vec![Some(f1(sums))]);

pub(super) const MACRO_F1: Finish = Finish::Sums(|sums| {
    let classes = sums.len() / 3;
    let total: f64 = sums.chunks_exact(3).map(f1).sum();
    vec![(classes > 0).then(|| total / classes as f64)]
});
