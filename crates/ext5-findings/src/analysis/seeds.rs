//! Which repetitions share a seed: those of a condition are its seeds in order, and within each its random subsets of tasks.
use std::collections::BTreeSet;

use crate::Results;
use crate::statistics::mean;

/// Seeds of the study: of its runs, else as many as the condition of the fewest repetitions has.
pub(super) fn of(results: &Results) -> u64 {
    let scored = results.cells.iter().filter(|it| !it.conditions.is_empty());
    let seeds: BTreeSet<u64> = scored.map(|it| it.seed).collect();
    let repetitions = results.conditions.iter().map(|it| it.replicates);
    match seeds.len() {
        0 => repetitions.filter(|it| *it > 0).min().unwrap_or(0),
        some => some as u64,
    }
}

/// One value a seed: models of one seed start from the same weights and are no repetitions of one another. Values that cannot
/// be shared out over the seeds stay as they are.
pub(super) fn averaged(values: &[f64], seeds: u64) -> Vec<f64> {
    let count = values.len() as u64;
    if seeds == 0 || count == seeds || !count.is_multiple_of(seeds) {
        return values.to_vec();
    }
    let draws = (count / seeds).max(1) as usize;
    values.chunks(draws).filter_map(mean).collect()
}

#[cfg(test)]
mod tests {
    use super::averaged;

    #[test]
    fn subsets_of_a_seed_are_one_value() {
        let values = [1.0, 3.0, 10.0, 20.0];
        assert_eq!(averaged(&values, 2), [2.0, 15.0]);
        assert_eq!(averaged(&values, 1), [8.5]);
        assert_eq!(averaged(&values, 4), values);
        assert_eq!(averaged(&values, 3), values);
        assert!(averaged(&[], 2).is_empty());
    }
}
