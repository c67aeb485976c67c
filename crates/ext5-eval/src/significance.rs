//! Whether two systems differ on the same examples: paired bootstrap (Koehn 2004) and approximate randomisation (Riezler and
//! Maxwell 2005), over the rows of statistics that a metric keeps, so that corpus scores such as BLEU are compared as such; and
//! what becomes of p-values where many scores are tested at once.
mod correction;

use ext5_objectives::Stream;
use serde::{Deserialize, Serialize};

use crate::bootstrap::{Finish, interval};
use crate::error::{Error, Result};
use crate::{Bootstrap, Interval, Units};

pub use correction::{benjamini_hochberg, holm};

/// Fewest resamples of a test, however dear one is.
const LEAST: usize = 100;
/// Tags that keep the two tests' streams apart.
const PAIRED: u64 = 0x9A12;
const RANDOMISED: u64 = 0x5A4B;

/// The difference of two systems in one score.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// Score of the second system minus that of the first.
    pub difference: f64,
    /// 95 % interval of the difference; the paired bootstrap alone gives it.
    pub interval: Option<Interval>,
    /// Two-sided, with the observed difference counted in: never 0.
    pub p_value: f64,
    /// The p-value as `sacrebleu` has it; the paired bootstrap alone gives it. It centres the absolute differences in place of
    /// the differences and counts those strictly beyond the observed one: about half of [`Comparison::p_value`], and the least
    /// there is for equal systems.
    pub p_sacrebleu: Option<f64>,
    /// Number of resamples.
    pub resamples: usize,
}

/// Resamples units with replacement, the same for both systems. The p-value is the share of resamples whose difference lies at
/// least as far from their mean as the observed one from 0. Fewer resamples than asked where one is dear.
///
/// # Errors
/// [`Error::Incomparable`] if the two do not hold the same metric over the same number of units, or a score is not defined;
/// [`Error::Unknown`] if the metric has no score of number `score`.
pub fn paired_bootstrap(
    first: &Units,
    second: &Units,
    score: usize,
    bootstrap: Bootstrap,
) -> Result<Comparison> {
    let difference = observed(first, second, score)?;
    let mut stream = Stream::new(&[bootstrap.seed, PAIRED]);
    let count = first.len();
    let resamples = affordable(first, bootstrap);
    let mut sample = Vec::with_capacity(resamples);
    for _ in 0..resamples {
        let drawn: Vec<usize> = (0..count)
            .map(|_| stream.below(count as u64) as usize)
            .collect();
        let scored = |units: &Units| pick(&units.scores_of(drawn.iter().copied()), score);
        if let (Some(left), Some(right)) = (scored(first), scored(second)) {
            sample.push(right - left);
        }
    }
    let count = sample.len().max(1) as f64;
    let mean = sample.iter().sum::<f64>() / count;
    let folded = sample.iter().map(|drawn| drawn.abs()).sum::<f64>() / count;
    let share = |far: &dyn Fn(f64) -> bool| {
        let far = sample.iter().filter(|drawn| far(**drawn)).count();
        (far as f64 + 1.0) / (sample.len() as f64 + 1.0)
    };
    Ok(Comparison {
        difference,
        p_value: share(&|drawn| (drawn - mean).abs() >= difference.abs()),
        p_sacrebleu: Some(share(&|drawn| drawn.abs() - folded > difference.abs())),
        resamples: sample.len(),
        interval: interval(sample),
    })
}

/// Exchanges the two systems' answers, each unit by the toss of a coin. The p-value is the share of exchanges with a difference
/// at least as large as the observed one; `sacrebleu` leaves out those equal to it, which for scores that often tie (accuracy
/// of small sets) finds differences that are not there.
///
/// # Errors
/// As [`paired_bootstrap`].
pub fn approximate_randomisation(
    first: &Units,
    second: &Units,
    score: usize,
    bootstrap: Bootstrap,
) -> Result<Comparison> {
    let difference = observed(first, second, score)?;
    let mut stream = Stream::new(&[bootstrap.seed, RANDOMISED]);
    let (mut far, mut resamples) = (0_usize, 0_usize);
    for _ in 0..affordable(first, bootstrap) {
        let swapped: Vec<bool> = (0..first.len()).map(|_| stream.below(2) == 1).collect();
        let scored = |one: &Units, other: &Units| {
            let rows = swapped.iter().enumerate();
            let rows = rows.map(|(unit, swap)| {
                if *swap {
                    other.row(unit)
                } else {
                    one.row(unit)
                }
            });
            pick(&first.finish_rows(rows), score)
        };
        if let (Some(left), Some(right)) = (scored(first, second), scored(second, first)) {
            resamples += 1;
            // Sums in another order differ in their last bits.
            far += usize::from((right - left).abs() >= difference.abs() - 1e-9);
        }
    }
    Ok(Comparison {
        difference,
        interval: None,
        p_sacrebleu: None,
        p_value: (far as f64 + 1.0) / (resamples as f64 + 1.0),
        resamples,
    })
}

/// Number of resamples: as many as asked, unless a metric must look at a whole large corpus again for each.
fn affordable(units: &Units, bootstrap: Bootstrap) -> usize {
    let least = LEAST.min(bootstrap.resamples);
    units.resamples(bootstrap.resamples).max(least)
}

/// A score that differences can be taken of: every comparison with what is no number is false, and would read as significant.
fn pick(scores: &[Option<f64>], score: usize) -> Option<f64> {
    let score = scores.get(score).copied().flatten();
    score.filter(|score| score.is_finite())
}

fn observed(first: &Units, second: &Units, score: usize) -> Result<f64> {
    let incomparable = |reason| Err(Error::Incomparable { reason });
    if first.metric != second.metric {
        return incomparable(format!(
            "one has `{}`, one `{}`",
            first.metric, second.metric
        ));
    }
    if first.len() != second.len() || first.width != second.width {
        return incomparable(format!(
            "one has {} units, one {}",
            first.len(),
            second.len()
        ));
    }
    if let Finish::Whole(_) = first.finish {
        return incomparable(format!(
            "`{}` is a property of a whole corpus, of which no part can be exchanged",
            first.metric
        ));
    }
    // Not `scores`: exchanges and resamples are compared with what they themselves are, a mean and not a median of means.
    let whole = |units: &Units| units.scores_of(0..units.len());
    let (left, right) = (whole(first), whole(second));
    if score >= left.len() {
        let numbers: Vec<String> = (0..left.len()).map(|number| number.to_string()).collect();
        let numbers: Vec<&str> = numbers.iter().map(String::as_str).collect();
        return Err(Error::unknown("score", &score.to_string(), &numbers));
    }
    match (pick(&left, score), pick(&right, score)) {
        (Some(left), Some(right)) => Ok(right - left),
        _ => incomparable(format!("a score of `{}` is not defined", first.metric)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn units(values: &[f64]) -> Units {
        Units {
            metric: "mean",
            width: 2,
            values: values.iter().flat_map(|value| [*value, 1.0]).collect(),
            finish: Finish::Sums(|sums| vec![Some(sums[0] / sums[1])]),
        }
    }

    const DRAWS: Bootstrap = Bootstrap {
        resamples: 4000,
        seed: 7,
    };

    #[test]
    fn equal_systems_do_not_differ() {
        let system = units(&[1.0, 0.0, 1.0, 1.0]);
        for compare in [paired_bootstrap, approximate_randomisation] {
            let result = compare(&system, &system, 0, DRAWS).unwrap();
            assert_eq!((result.difference, result.p_value), (0.0, 1.0));
        }
    }

    #[test]
    fn randomisation_agrees_with_counting_all_exchanges() {
        // Six differences; of the 64 signs those with |sum| >= the observed are counted by hand-free enumeration.
        let (first, second) = ([0.0; 6], [3.0, 2.0, 2.0, 1.0, -1.0, 1.0]);
        let total: f64 = second.iter().sum();
        let far = (0..64_u32).filter(|signs| {
            let signed = |place: usize| {
                if signs >> place & 1 == 1 {
                    -second[place]
                } else {
                    second[place]
                }
            };
            (0..6).map(signed).sum::<f64>().abs() >= total
        });
        let exact = far.count() as f64 / 64.0;
        let found = approximate_randomisation(&units(&first), &units(&second), 0, DRAWS).unwrap();
        let error = 4.0 * (exact * (1.0 - exact) / 4000.0).sqrt();
        assert!(
            (found.p_value - exact).abs() < error,
            "{} {exact}",
            found.p_value
        );
        assert!((found.difference - total / 6.0).abs() < 1e-12);
    }

    #[test]
    fn a_clear_difference_is_significant_and_inside_its_interval() {
        let first: Vec<f64> = (0..100).map(|unit| f64::from(unit % 7)).collect();
        let second: Vec<f64> = first
            .iter()
            .enumerate()
            .map(|(unit, value)| value + 0.5 + (unit % 3) as f64)
            .collect();
        let result = paired_bootstrap(&units(&first), &units(&second), 0, DRAWS).unwrap();
        let interval = result.interval.unwrap();
        assert!(result.p_value < 0.001 && interval.low > 1.2 && interval.high < 1.8);
        assert!((interval.mid - result.difference).abs() < 0.05);
    }

    #[test]
    fn systems_over_other_examples_are_refused() {
        let message = paired_bootstrap(&units(&[1.0]), &units(&[1.0, 2.0]), 0, DRAWS).unwrap_err();
        assert!(message.to_string().ends_with("one has 1 units, one 2"));
        assert!(paired_bootstrap(&units(&[1.0]), &units(&[1.0]), 3, DRAWS).is_err());
    }
}
