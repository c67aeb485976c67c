/// Scores that differ by less are equal: sums in another order differ in their last bits.
const EQUAL: f64 = 1e-9;

/// Their mean; none of nothing.
pub fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// Sum of squared distances from the mean; exactly 0 where all values are equal.
pub(super) fn squares(values: &[f64]) -> f64 {
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    match mean(values) {
        Some(mean) if high - low > EQUAL => values.iter().map(|it| (it - mean).powi(2)).sum(),
        _ => 0.0,
    }
}
