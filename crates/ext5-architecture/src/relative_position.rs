/// Bucket of a relative position `key - query` (T5 paper, section 2.1; `_relative_position_bucket` of transformers):
/// one bucket per position near by, logarithmically wider ones up to `max_distance`, one for everything beyond.
///
/// The boundaries are powers that floating-point logarithms only meet by luck, so they are compared as integers.
pub fn relative_position_bucket(
    relative_position: i64,
    bidirectional: bool,
    num_buckets: usize,
    max_distance: usize,
) -> usize {
    let (offset, buckets, distance) = if bidirectional {
        let half = num_buckets / 2;
        let offset = if relative_position > 0 { half } else { 0 };
        (offset, half, relative_position.unsigned_abs() as usize)
    } else {
        (
            0,
            num_buckets,
            usize::try_from(-relative_position).unwrap_or(0),
        )
    };
    let exact = buckets / 2;
    if distance < exact {
        return offset + distance;
    }
    let wide = buckets - exact;
    let step = (1..wide)
        .take_while(|&step| reaches(distance, exact, max_distance, step, wide))
        .count();
    offset + exact + step
}

/// Whether ln(distance / exact) / ln(max / exact) * wide >= step, that is
/// distance^wide >= max^step * exact^(wide - step).
fn reaches(distance: usize, exact: usize, max: usize, step: usize, wide: usize) -> bool {
    let power = |base: usize, exponent: usize| (base as u128).checked_pow(exponent as u32);
    let right = power(max, step)
        .zip(power(exact, wide - step))
        .and_then(|(high, low)| high.checked_mul(low));
    if let (Some(left), Some(right)) = (power(distance, wide), right) {
        return left >= right;
    }
    // Beyond 128 bits logarithms decide; a tie would need exact powers of that size.
    let log = |value: usize| (value as f64).ln();
    let right = step as f64 * log(max) + (wide - step) as f64 * log(exact);
    wide as f64 * log(distance) >= right * (1.0 - 1e-12)
}
