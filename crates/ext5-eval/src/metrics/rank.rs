use super::one_if;
use crate::bootstrap::Finish;
use crate::error::Result;
use crate::metric::Unit;
use crate::{Item, Kind, Length, Metric};

pub(crate) const ACCURACY: Metric = Metric {
    name: "rank_accuracy",
    doc: "Share of examples, by their weight, whose likeliest choice is a right answer: by the log-likelihood of the whole \
          choice (T5 `rank_classification`, lm-evaluation-harness `acc`), per token (T5 with `normalize_by_target_length`), per \
          byte (lm-evaluation-harness `acc_bytes`) and per character (its `acc_norm`). Of equal choices the first is taken; an \
          empty one is never taken per byte or character.",
    higher_is_better: true,
    kinds: &[Kind::Ranking],
    scores: &[
        "accuracy",
        "accuracy_per_token",
        "accuracy_per_byte",
        "accuracy_per_character",
    ],
    version: 2,
    settings: "rank:log-likelihood|ties:first|norm:none,tokens,bytes,characters|agg:weighted-mean",
    unit: Unit::Example,
    measure: |item| {
        let ranking = item.ranking("rank_accuracy")?;
        let right = |length| ranking.weight * one_if(ranking.is_right(ranking.best(length)));
        let mut row: Vec<f64> = Length::ALL.into_iter().map(right).collect();
        row.push(ranking.weight);
        Ok(row)
    },
    finish: super::PERCENT_OF_LAST,
};

pub(crate) const MACRO_F1: Metric = Metric {
    name: "rank_macro_f1",
    doc: "Where the choices are the classes of the task, more than two: unweighted mean over classes of the F1 of a class being \
          the likeliest, examples counted by their weight (T5 `rank_classification` with `num_classes` above 2).",
    higher_is_better: true,
    kinds: &[Kind::Ranking],
    scores: &["macro_f1"],
    version: 1,
    settings: "rank:log-likelihood|ties:first|avg:macro|agg:corpus",
    unit: Unit::Example,
    measure: |item| {
        let ranking = item.ranking("rank_macro_f1")?;
        let (best, classes) = (ranking.best(Length::One), ranking.choices.len());
        match ranking.only_right() {
            Some(right) if classes == item.classes => Ok((0..classes)
                .flat_map(|class| {
                    let (predicted, wanted) = (best == class, right == class);
                    [predicted && wanted, predicted, wanted].map(one_if)
                })
                .map(|count| count * ranking.weight)
                .collect()),
            _ => {
                let expected = "the classes of the task, one of them right, for `rank_macro_f1`";
                Err(item.field("choices", expected, &format!("{classes} choices")))
            }
        }
    },
    finish: super::f1::MACRO_F1,
};

pub(crate) const AUC: Metric = Metric {
    name: "auc",
    doc: "Areas under the ROC and the precision-recall curve of the numbers answered, for right answers 0 and 1; equal numbers \
          are one threshold, and an answer that is no number is the number -1 (T5 `auc`, scikit-learn). Not defined where all \
          right answers are the same.",
    higher_is_better: true,
    kinds: &[Kind::Number],
    scores: &["auc_roc", "auc_pr"],
    version: 1,
    settings: "invalid:-1|ties:one-threshold|agg:corpus",
    unit: Unit::Example,
    measure: |item| {
        let (prediction, target) = item.numbers("auc")?;
        if target.abs() > 0.0 && (target - 1.0).abs() > 0.0 {
            return Err(item.field("targets", "0 or 1, for `auc`", &target.to_string()));
        }
        Ok(vec![prediction, target, 0.0, 1.0])
    },
    finish: Finish::Sample(|rows| {
        let (roc, precision_recall) = areas(&sorted(rows)).unzip();
        vec![roc, precision_recall]
    }),
};

/// Whether a metric over choices can score this item.
pub(crate) fn fits(metric: &Metric, item: &Item<'_>) -> bool {
    let Some(ranking) = &item.ranking else {
        return false;
    };
    let count = ranking.choices.len();
    let known = match metric.name {
        "rank_binary" => count == 2,
        "rank_macro_f1" => count > 2 && count == item.classes,
        _ => true,
    };
    known && ranking.only_right().is_some()
}

pub(crate) const BINARY: Metric = Metric {
    name: "rank_binary",
    doc: "For two choices: F1 of the second being the likeliest, and the areas under the ROC and the precision-recall curve \
          of its log-odds against the first (T5 `rank_classification` with two classes, which takes the probability in single \
          precision instead and so ties what is near certain; scikit-learn). Areas are not defined where all targets are \
          one class.",
    higher_is_better: true,
    kinds: &[Kind::Ranking],
    scores: &["f1", "auc_roc", "auc_pr"],
    version: 2,
    settings: "rank:log-likelihood|ties:first|by:log-odds|agg:corpus",
    unit: Unit::Example,
    measure: binary_row,
    finish: Finish::Sample(|rows| {
        let points = sorted(rows);
        let sum = |value: fn(&Point) -> f64| points.iter().map(value).sum::<f64>();
        let hits = sum(|point| point.positive * point.predicted * point.weight);
        let both = sum(|point| (point.positive + point.predicted) * point.weight);
        let f1 = if both > 0.0 { 200.0 * hits / both } else { 0.0 };
        let (roc, precision_recall) = areas(&points).unzip();
        vec![Some(f1), roc, precision_recall]
    }),
};

/// The points of rows, the likeliest first.
fn sorted(rows: &[&[f64]]) -> Vec<Point> {
    let mut points: Vec<Point> = rows.iter().filter_map(|row| Point::of(row)).collect();
    points.sort_by(|left, right| right.odds.total_cmp(&left.odds));
    points
}

/// One example with two choices, or with a number.
struct Point {
    odds: f64,
    positive: f64,
    predicted: f64,
    weight: f64,
}

impl Point {
    fn of(row: &[f64]) -> Option<Self> {
        match *row {
            [odds, positive, predicted, weight] => Some(Self {
                odds,
                positive,
                predicted,
                weight,
            }),
            _ => None,
        }
    }
}

fn binary_row(item: &Item<'_>) -> Result<Vec<f64>> {
    let ranking = item.ranking("rank_binary")?;
    match (ranking.choices.as_slice(), ranking.only_right()) {
        ([first, second], Some(right)) => {
            let odds = second.log_likelihood - first.log_likelihood;
            Ok(vec![
                // Both may be impossible, which makes them equal.
                if odds.is_nan() { 0.0 } else { odds },
                one_if(right == 1),
                one_if(ranking.best(Length::One) == 1),
                ranking.weight,
            ])
        }
        (choices, _) => {
            let got = format!("{} choices", choices.len());
            Err(item.field("choices", "two, one of them right, for `rank_binary`", &got))
        }
    }
}

/// Areas, in percent, under the ROC curve (trapezoids) and the precision-recall curve (steps), over points in falling order of
/// their odds; equal odds are one threshold.
#[expect(clippy::float_cmp, reason = "equal odds are one threshold")]
fn areas(points: &[Point]) -> Option<(f64, f64)> {
    let positives: f64 = points
        .iter()
        .map(|point| point.positive * point.weight)
        .sum();
    let negatives: f64 = points
        .iter()
        .map(|point| (1.0 - point.positive) * point.weight)
        .sum();
    if positives <= 0.0 || negatives <= 0.0 {
        return None;
    }
    let (mut hits, mut alarms, mut roc, mut precision_recall) = (0.0, 0.0, 0.0, 0.0);
    for equals in points.chunk_by(|left, right| left.odds == right.odds) {
        let new_hits: f64 = equals
            .iter()
            .map(|point| point.positive * point.weight)
            .sum();
        let new_alarms: f64 = equals
            .iter()
            .map(|point| (1.0 - point.positive) * point.weight)
            .sum();
        roc += new_alarms * (hits + new_hits / 2.0);
        hits += new_hits;
        alarms += new_alarms;
        if hits + alarms > 0.0 {
            precision_recall += new_hits * hits / (hits + alarms);
        }
    }
    Some((
        100.0 * roc / (positives * negatives),
        100.0 * precision_recall / positives,
    ))
}
