use super::spread::{mean, squares};
use super::student;

/// A number measured over repetitions, with its standard error.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// The number.
    pub value: f64,
    /// Its standard error; 0 where repetitions do not vary, which tells nothing of how sure it is.
    pub error: f64,
    /// Degrees of freedom of the error; 0 where there is but one repetition.
    pub df: u64,
}

impl Estimate {
    /// The mean of repetitions by their own variance; none of nothing.
    pub fn of_mean(values: &[f64]) -> Option<Self> {
        let count = values.len() as f64;
        let df = values.len().saturating_sub(1) as u64;
        Some(Self {
            value: mean(values)?,
            error: (squares(values) / (df.max(1) as f64 * count)).sqrt(),
            df,
        })
    }

    /// A weighted sum of conditions whose repetitions are the same seeds in the same order: the sum is made in each repetition, and
    /// its error is that of these sums, so what a seed does to all conditions alike falls out, and they need not vary alike. No
    /// error where conditions have different numbers of repetitions. None of nothing, and where one has no repetition.
    pub fn paired(parts: &[(f64, &[f64])]) -> Option<Self> {
        let (_, first) = parts.first()?;
        let mut sums = vec![0.0; first.len()];
        let (mut value, mut is_paired) = (0.0, true);
        for (weight, sample) in parts {
            value += weight * mean(sample)?;
            is_paired &= sample.len() == sums.len();
            for (sum, it) in sums.iter_mut().zip(*sample) {
                *sum += weight * it;
            }
        }
        if is_paired {
            return Self::of_mean(&sums);
        }
        Some(Self {
            value,
            error: 0.0,
            df: 0,
        })
    }

    /// 95 % interval of this estimate alone; none without an error.
    pub fn interval(&self) -> Option<(f64, f64)> {
        let half = student::quantile(0.975, self.df) * self.error;
        (self.has_error() && half.is_finite()).then_some((self.value - half, self.value + half))
    }

    /// Two-sided p-value against 0; none without an error.
    pub fn p_value(&self) -> Option<f64> {
        self.has_error()
            .then(|| student::two_sided(self.value / self.error, self.df))
    }

    fn has_error(&self) -> bool {
        self.error > 0.0 && self.error.is_finite() && self.df > 0
    }
}

#[cfg(test)]
mod tests {
    use super::Estimate;

    #[test]
    fn three_repetitions_by_hand() {
        // Mean 2, variance 1, error 1/sqrt(3); t of 2 degrees is 4.302652729911.
        let estimate = Estimate::of_mean(&[1.0, 2.0, 3.0]).unwrap();
        let (low, high) = estimate.interval().unwrap();
        let half = 4.302_652_729_911_275 / 3.0_f64.sqrt();
        assert!((low - (2.0 - half)).abs() < 1e-9 && (high - (2.0 + half)).abs() < 1e-9);
        assert!(Estimate::of_mean(&[5.0]).unwrap().interval().is_none());
        assert!(Estimate::of_mean(&[5.0; 4]).unwrap().p_value().is_none());
        assert!(Estimate::of_mean(&[]).is_none());
    }

    #[test]
    fn what_a_seed_does_to_both_falls_out() {
        // Seeds differ by 10, the differences are 1, 2 and 3: those of the test above.
        let (first, second) = ([11.0, 22.0, 33.0], [10.0, 20.0, 30.0]);
        let difference = Estimate::paired(&[(1.0, &first), (-1.0, &second)]).unwrap();
        assert_eq!(difference, Estimate::of_mean(&[1.0, 2.0, 3.0]).unwrap());
        let equal = Estimate::paired(&[(1.0, &first), (-1.0, &[10.0, 21.0, 32.0])]).unwrap();
        assert!(equal.p_value().is_none());
        // Two seeds against three: a difference of means, and nothing said of how sure.
        let unequal = Estimate::paired(&[(1.0, &first), (-1.0, &[10.0, 20.0])]).unwrap();
        assert_eq!((unequal.value, unequal.interval()), (7.0, None));
        assert!(Estimate::paired(&[(1.0, &first), (-1.0, &[])]).is_none());
        assert!(Estimate::paired(&[]).is_none());
    }
}
