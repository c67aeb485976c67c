use super::one_if;
use crate::bootstrap::Finish;
use crate::error::Result;
use crate::metric::Unit;
use crate::{Item, Kind, Metric};

pub(crate) const ACCURACY: Metric = Metric {
    name: "rank_accuracy",
    doc: "Share of examples, by their weight, whose likeliest choice is a right answer: by the log-likelihood of the whole \
          choice, and by its mean over tokens (T5 `rank_classification`). Of equal choices the first is taken.",
    higher_is_better: true,
    kinds: &[Kind::Ranking],
    scores: &["accuracy", "accuracy_normalised"],
    version: 1,
    settings: "rank:log-likelihood|ties:first|norm:sum,tokens|agg:weighted-mean",
    unit: Unit::Example,
    measure: |item| {
        let ranking = item.ranking("rank_accuracy")?;
        let right = |normalised| {
            let best = ranking.best(normalised);
            ranking.weight * one_if(ranking.correct.get(best).copied().unwrap_or(false))
        };
        Ok(vec![right(false), right(true), ranking.weight])
    },
    finish: super::PERCENT_OF_LAST,
};

pub(crate) const BINARY: Metric = Metric {
    name: "rank_binary",
    doc: "For two choices: F1 of the second being the likeliest, and the areas under the ROC and the precision-recall curve \
          of its probability against the first (T5 `rank_classification` with two classes, scikit-learn). The areas are not \
          defined where all targets are one class.",
    higher_is_better: true,
    kinds: &[Kind::Ranking],
    scores: &["f1", "auc_roc", "auc_pr"],
    version: 1,
    settings: "rank:log-likelihood|ties:first|prob:softmax|agg:corpus",
    unit: Unit::Example,
    measure: binary_row,
    finish: Finish::Sample(|rows| {
        let mut points: Vec<Point> = rows.iter().filter_map(|row| Point::of(row)).collect();
        points.sort_by(|left, right| right.probability.total_cmp(&left.probability));
        let sum = |value: fn(&Point) -> f64| points.iter().map(value).sum::<f64>();
        let hits = sum(|point| point.positive * point.predicted * point.weight);
        let both = sum(|point| (point.positive + point.predicted) * point.weight);
        let f1 = if both > 0.0 { 200.0 * hits / both } else { 0.0 };
        let (roc, precision_recall) = areas(&points).unzip();
        vec![Some(f1), roc, precision_recall]
    }),
};

/// One example with two choices.
struct Point {
    probability: f64,
    positive: f64,
    predicted: f64,
    weight: f64,
}

impl Point {
    fn of(row: &[f64]) -> Option<Self> {
        match *row {
            [probability, positive, predicted, weight] => Some(Self {
                probability,
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
    match (ranking.scores.as_slice(), ranking.correct.as_slice()) {
        ([first, second], [first_right, second_right]) if first_right != second_right => {
            let odds = (first.log_likelihood - second.log_likelihood).exp();
            let predicted = ranking.best(false) == 1;
            Ok(vec![
                1.0 / (1.0 + odds),
                one_if(*second_right),
                one_if(predicted),
                ranking.weight,
            ])
        }
        (choices, _) => {
            let got = format!("{} choices", choices.len());
            Err(item.field("choices", "two, one of them right, for `rank_binary`", &got))
        }
    }
}

#[expect(clippy::float_cmp, reason = "equal probabilities are one threshold")]
/// Areas, in percent, under the ROC curve (trapezoids) and the precision-recall curve (steps), over points in falling order of
/// probability; equal probabilities are one threshold.
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
    for equals in points.chunk_by(|left, right| left.probability == right.probability) {
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
