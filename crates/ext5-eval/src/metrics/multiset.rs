use std::cmp::Ordering;

/// Size of the intersection of two sorted multisets: `sum((Counter(left) & Counter(right)).values())`.
pub(super) fn common<T: Ord>(left: &[T], right: &[T]) -> usize {
    let (mut left, mut right) = (left.iter(), right.iter());
    let (mut first, mut second) = (left.next(), right.next());
    let mut count = 0;
    while let (Some(x), Some(y)) = (first, second) {
        match x.cmp(y) {
            Ordering::Less => first = left.next(),
            Ordering::Greater => second = right.next(),
            Ordering::Equal => {
                count += 1;
                first = left.next();
                second = right.next();
            }
        }
    }
    count
}

/// Harmonic mean of precision and recall of `same` things among `predicted` and `wanted`, computed in the order of the
/// reference implementations; 0 where nothing is the same.
pub(super) fn f1(same: usize, predicted: usize, wanted: usize) -> f64 {
    if same == 0 {
        return 0.0;
    }
    let precision = same as f64 / predicted as f64;
    let recall = same as f64 / wanted as f64;
    2.0 * precision * recall / (precision + recall)
}
