use ext5_objectives::Stream;

use super::spearman;
use crate::Rank;

/// Up to as many families every exchange is counted: 5,040.
const COUNTED: usize = 7;
/// Fewest families that are resampled for an interval.
const RESAMPLED: usize = 4;
/// Sums in another order differ in their last bits.
const EQUAL: f64 = 1e-12;
/// Tags that keep the two streams apart.
const EXCHANGES: u64 = 0xE0;
const RESAMPLES: u64 = 0xE1;

/// How many random exchanges and resamples are made, from which seed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Draws {
    /// Exchanges of families for the p-value, where they are too many to count.
    pub exchanges: usize,
    /// Resamples of families for the interval; 0 for none.
    pub resamples: usize,
    /// Seed.
    pub seed: u64,
}

impl Default for Draws {
    fn default() -> Self {
        Self {
            exchanges: 9_999,
            resamples: 2_000,
            seed: 1,
        }
    }
}

/// Spearman's correlation between the cells of two square matrices over the same families, off the diagonal, where both have
/// one. Cells of one family hang together, so whole families are exchanged, rows with columns (Mantel 1967), and resampled.
/// None where fewer than three cells are in both, or a matrix does not vary.
pub fn rank_agreement(
    left: &[Vec<Option<f64>>],
    right: &[Vec<Option<f64>>],
    draws: Draws,
) -> Option<Rank> {
    let count = left.len().min(right.len());
    let identity: Vec<usize> = (0..count).collect();
    let (first, second) = pairs(left, right, &identity, &identity);
    if first.len() < 3 {
        return None;
    }
    let observed = spearman(&first, &second)?;
    let interval = resampled(left, right, count, draws);
    Some(Rank {
        spearman: observed,
        low: interval.map(|it| it.0),
        high: interval.map(|it| it.1),
        p_value: p_value(observed, left, right, count, draws),
        pairs: first.len() as u64,
    })
}

/// Values of both at the families named: of the one by `rows`, of the other by `columns`; a family beside itself is left out.
fn pairs(
    left: &[Vec<Option<f64>>],
    right: &[Vec<Option<f64>>],
    of_left: &[usize],
    of_right: &[usize],
) -> (Vec<f64>, Vec<f64>) {
    let at = |matrix: &[Vec<Option<f64>>], row: usize, column: usize| {
        let cell = matrix.get(row)?.get(column)?;
        cell.filter(|value| value.is_finite() && row != column)
    };
    let mut both = (Vec::new(), Vec::new());
    for (left_row, right_row) in of_left.iter().zip(of_right) {
        for (left_column, right_column) in of_left.iter().zip(of_right) {
            let first = at(left, *left_row, *left_column);
            if let Some((first, second)) = first.zip(at(right, *right_row, *right_column)) {
                both.0.push(first);
                both.1.push(second);
            }
        }
    }
    both
}

/// Share of exchanges that correlate at least as far from 0; an exchange without a correlation counts as such.
fn p_value(
    observed: f64,
    left: &[Vec<Option<f64>>],
    right: &[Vec<Option<f64>>],
    count: usize,
    draws: Draws,
) -> f64 {
    let identity: Vec<usize> = (0..count).collect();
    let is_far = |order: &[usize]| {
        let (first, second) = pairs(left, right, order, &identity);
        spearman(&first, &second).is_none_or(|drawn| drawn.abs() >= observed.abs() - EQUAL)
    };
    let mut order = identity.clone();
    let (mut far, mut total) = (0_u64, 0_u64);
    if count <= COUNTED {
        permute(&mut order, count, &mut |order| {
            total += 1;
            far += u64::from(is_far(order));
        });
    } else {
        let mut stream = Stream::new(&[draws.seed, EXCHANGES]);
        (far, total) = (1, 1 + draws.exchanges as u64);
        for _ in 0..draws.exchanges {
            stream.shuffle(&mut order);
            far += u64::from(is_far(&order));
        }
    }
    far as f64 / total.max(1) as f64
}

/// Every order of the first `count` items, once (Heap 1963).
fn permute(items: &mut [usize], count: usize, visit: &mut dyn FnMut(&[usize])) {
    if count <= 1 {
        visit(items);
        return;
    }
    for place in 0..count {
        permute(items, count - 1, visit);
        if place + 1 < count {
            let other = if count.is_multiple_of(2) { place } else { 0 };
            items.swap(other, count - 1);
        }
    }
}

/// Percentiles 2.5 and 97.5 of the correlation over families drawn with replacement.
fn resampled(
    left: &[Vec<Option<f64>>],
    right: &[Vec<Option<f64>>],
    count: usize,
    draws: Draws,
) -> Option<(f64, f64)> {
    if count < RESAMPLED {
        return None;
    }
    let mut stream = Stream::new(&[draws.seed, RESAMPLES]);
    let mut sample = Vec::with_capacity(draws.resamples);
    for _ in 0..draws.resamples {
        let drawn: Vec<usize> = (0..count)
            .map(|_| stream.below(count as u64) as usize)
            .collect();
        let (first, second) = pairs(left, right, &drawn, &drawn);
        sample.extend(spearman(&first, &second));
    }
    if sample.is_empty() || 2 * sample.len() < draws.resamples {
        return None;
    }
    sample.sort_by(f64::total_cmp);
    let last = sample.len() - 1;
    let at = |share: f64| sample.get((share * last as f64).round() as usize).copied();
    at(0.025).zip(at(0.975))
}
