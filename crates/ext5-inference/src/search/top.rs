use ext5_cpu::max;

/// Values looked at together; their greatest decides whether they are looked at one by one.
const BLOCK: usize = 64;

/// The `count` greatest values of `row` with their places, greatest first, the lowest place first where they are equal.
/// Minus infinity is never among them.
///
/// The `count`-th greatest of the blocks' greatest values is no greater than the `count`-th value, so that few blocks are
/// read a second time.
pub(super) fn top(row: &[f32], count: usize) -> Vec<(f32, u32)> {
    let peaks: Vec<f32> = row.chunks(BLOCK).map(max).collect();
    let floor = floor_of(&peaks, count);
    let mut found = Vec::with_capacity(2 * count);
    for (block, (values, &peak)) in row.chunks(BLOCK).zip(&peaks).enumerate() {
        if peak < floor {
            continue;
        }
        let places = (block * BLOCK) as u32..;
        let values = values.iter().copied().zip(places);
        found.extend(values.filter(|&(value, _)| value >= floor && value > f32::NEG_INFINITY));
    }
    let order =
        |one: &(f32, u32), other: &(f32, u32)| other.0.total_cmp(&one.0).then(one.1.cmp(&other.1));
    if count > 0 && found.len() > count {
        found.select_nth_unstable_by(count - 1, order);
    }
    found.truncate(count);
    found.sort_unstable_by(order);
    found
}

fn floor_of(peaks: &[f32], count: usize) -> f32 {
    if count == 0 || peaks.len() <= count {
        return f32::NEG_INFINITY;
    }
    let mut peaks = peaks.to_vec();
    let (_, floor, _) = peaks.select_nth_unstable_by(count - 1, |one, other| other.total_cmp(one));
    *floor
}

#[cfg(test)]
mod tests {
    use super::top;
    use ext5_objectives::Stream;

    #[test]
    fn equals_a_full_sort_with_ties_and_forbidden_places() {
        let mut stream = Stream::new(&[3]);
        for round in 0..400_u64 {
            let width = 1 + stream.below(1500) as usize;
            // Few kinds of values make many ties.
            let kinds = [2, 9, 1_000_000][round as usize % 3];
            let mut row: Vec<f32> = (0..width)
                .map(|_| stream.below(kinds) as f32 - 4.0)
                .collect();
            for value in &mut row {
                if stream.below(4) == 0 {
                    *value = f32::NEG_INFINITY;
                }
            }
            let count = stream.below(40) as usize;
            let mut expected: Vec<(f32, u32)> = row.iter().copied().zip(0..).collect();
            expected.retain(|it| it.0 > f32::NEG_INFINITY);
            expected.sort_by(|one, other| other.0.total_cmp(&one.0)); // stable: the lowest place first
            expected.truncate(count);
            assert_eq!(top(&row, count), expected, "round {round}");
        }
    }
}
