use super::mean;

/// Spearman's rank correlation, equal values sharing the mean of their ranks; none where a side does not vary.
pub fn spearman(left: &[f64], right: &[f64]) -> Option<f64> {
    if left.len() != right.len() {
        return None;
    }
    pearson(&ranks(left), &ranks(right))
}

fn pearson(left: &[f64], right: &[f64]) -> Option<f64> {
    let (left_mean, right_mean) = (mean(left)?, mean(right)?);
    let (mut both, mut first, mut second) = (0.0, 0.0, 0.0);
    for (x, y) in left.iter().zip(right) {
        let (x, y) = (x - left_mean, y - right_mean);
        both += x * y;
        first += x * x;
        second += y * y;
    }
    let size = first.sqrt() * second.sqrt();
    (size > 0.0).then(|| (both / size).clamp(-1.0, 1.0))
}

/// Ranks from 1.
#[expect(clippy::float_cmp, reason = "ties are equal numbers")]
fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<(f64, usize)> = values.iter().copied().zip(0..).collect();
    order.sort_by(|left, right| left.0.total_cmp(&right.0));
    let mut ranks = vec![0.0; values.len()];
    let mut before = 0;
    for equals in order.chunk_by(|left, right| left.0 == right.0) {
        let rank = before as f64 + f64::midpoint(equals.len() as f64, 1.0);
        for (_, place) in equals {
            if let Some(slot) = ranks.get_mut(*place) {
                *slot = rank;
            }
        }
        before += equals.len();
    }
    ranks
}
