/// p-values of tests made together, each adjusted so that all below `alpha` may be called significant with a chance of at most
/// `alpha` that any of these calls is wrong (Holm 1979, as `statsmodels` has it). In the order given, at most 1.
pub fn holm(p_values: &[f64]) -> Vec<f64> {
    let (order, count) = (ascending(p_values), p_values.len());
    let mut adjusted = vec![1.0; count];
    let mut largest = 0.0_f64;
    for (rank, (place, p_value)) in order.into_iter().enumerate() {
        largest = largest.max(p_value * (count - rank) as f64);
        if let Some(slot) = adjusted.get_mut(place) {
            *slot = largest.min(1.0);
        }
    }
    adjusted
}

/// p-values of tests made together, each adjusted so that of those below `alpha` a share of at most `alpha` is expected to be
/// wrong (Benjamini and Hochberg 1995, as `statsmodels` has it). In the order given, at most 1.
pub fn benjamini_hochberg(p_values: &[f64]) -> Vec<f64> {
    let (order, count) = (ascending(p_values), p_values.len());
    let mut adjusted = vec![1.0; count];
    let mut least = 1.0_f64;
    for (rank, (place, p_value)) in order.into_iter().enumerate().rev() {
        least = least.min(p_value * count as f64 / (rank + 1) as f64);
        if let Some(slot) = adjusted.get_mut(place) {
            *slot = least;
        }
    }
    adjusted
}

/// The values with their places, smallest first.
fn ascending(p_values: &[f64]) -> Vec<(usize, f64)> {
    let mut order: Vec<(usize, f64)> = p_values.iter().copied().enumerate().collect();
    order.sort_by(|left, right| left.1.total_cmp(&right.1));
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_tests_by_hand() {
        // 0.01 * 3, then 0.03 * 2, then the larger of 0.06 and 0.04 * 1.
        assert_eq!(holm(&[0.04, 0.01, 0.03]), [0.06, 0.03, 0.06]);
        // From above: 0.04 * 3 / 3, then the least of 0.03 * 3 / 2 and that, then of 0.01 * 3 and that.
        assert_eq!(benjamini_hochberg(&[0.04, 0.01, 0.03]), [0.04, 0.03, 0.04]);
        assert_eq!(holm(&[0.9, 0.8]), [1.0, 1.0]);
        assert!(holm(&[]).is_empty() && benjamini_hochberg(&[]).is_empty());
    }
}
