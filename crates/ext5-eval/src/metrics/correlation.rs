use crate::bootstrap::Finish;
use crate::metric::Unit;
use crate::{Kind, Metric};

pub(crate) const PEARSON: Metric = Metric {
    name: "pearson_corrcoef",
    doc: "Pearson's correlation between answers and right numbers, times 100; not defined where either is constant (T5 \
          `pearson_corrcoef`).",
    higher_is_better: true,
    kinds: &[Kind::Number],
    scores: &["pearson_corrcoef"],
    version: 1,
    settings: "invalid:-1|agg:corpus",
    unit: Unit::Example,
    measure: |item| {
        item.numbers("pearson_corrcoef")
            .map(|(left, right)| vec![left, right])
    },
    finish: Finish::Sample(|rows| {
        let (left, right) = columns(rows);
        vec![pearson(&left, &right)]
    }),
};

pub(crate) const SPEARMAN: Metric = Metric {
    name: "spearman_corrcoef",
    doc: "Pearson's correlation between the ranks of answers and right numbers, times 100; equals share their mean rank; not \
          defined where either is constant (T5 `spearman_corrcoef`).",
    higher_is_better: true,
    kinds: &[Kind::Number],
    scores: &["spearman_corrcoef"],
    version: 1,
    settings: "invalid:-1|ties:mean|agg:corpus",
    unit: Unit::Example,
    measure: |item| {
        item.numbers("spearman_corrcoef")
            .map(|(left, right)| vec![left, right])
    },
    finish: Finish::Sample(|rows| {
        let (left, right) = columns(rows);
        vec![pearson(&ranks(&left), &ranks(&right))]
    }),
};

fn columns(rows: &[&[f64]]) -> (Vec<f64>, Vec<f64>) {
    let pairs = rows.iter().filter_map(|row| match row {
        [left, right] => Some((*left, *right)),
        _ => None,
    });
    pairs.unzip()
}

/// In percent; `None` where either side does not vary.
fn pearson(left: &[f64], right: &[f64]) -> Option<f64> {
    let count = left.len() as f64;
    let means = (
        left.iter().sum::<f64>() / count,
        right.iter().sum::<f64>() / count,
    );
    let (mut both, mut first, mut second) = (0.0, 0.0, 0.0);
    for (x, y) in left.iter().zip(right) {
        let (x, y) = (x - means.0, y - means.1);
        both += x * y;
        first += x * x;
        second += y * y;
    }
    let varies = |values: &[f64]| values.iter().any(|value| Some(value) != values.first());
    if varies(left) && varies(right) {
        Some((100.0 * both / (first.sqrt() * second.sqrt())).clamp(-100.0, 100.0))
    } else {
        None
    }
}

/// Ranks from 1; equal values share the mean of their ranks.
#[expect(
    clippy::float_cmp,
    reason = "ties are equal numbers; -0.0 sorts before 0.0 but is its equal"
)]
fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<(f64, usize)> = values.iter().copied().zip(0..).collect();
    order.sort_by(|left, right| left.0.total_cmp(&right.0));
    let mut ranks = vec![0.0; values.len()];
    let mut before = 0;
    for equals in order.chunk_by(|left, right| left.0 == right.0) {
        let rank = f64::midpoint(before as f64 + 1.0, (before + equals.len()) as f64);
        for (_, index) in equals {
            if let Some(place) = ranks.get_mut(*index) {
                *place = rank;
            }
        }
        before += equals.len();
    }
    ranks
}
