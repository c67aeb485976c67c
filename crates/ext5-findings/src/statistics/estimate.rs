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

    /// The mean of independent estimates; degrees of freedom by Welch and Satterthwaite, rounded down. None of nothing.
    pub fn average(parts: &[Self]) -> Option<Self> {
        let count = parts.len() as f64;
        let values: Vec<f64> = parts.iter().map(|part| part.value).collect();
        let variance: f64 = parts.iter().map(|part| part.error.powi(2)).sum();
        let parts = parts.iter().filter(|part| part.has_error());
        let spread: f64 = parts.map(|part| part.error.powi(4) / part.df as f64).sum();
        Some(Self {
            value: mean(&values)?,
            error: variance.sqrt() / count,
            df: if spread > 0.0 {
                (variance * variance / spread + EXACT) as u64
            } else {
                0
            },
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

/// What sums in floating point lose of a whole number.
const EXACT: f64 = 1e-9;

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
    fn equal_errors_add_their_degrees() {
        let part = Estimate {
            value: 1.0,
            error: 2.0,
            df: 3,
        };
        // Errors 2 and 2: sqrt(8) / 2; with equal variances the degrees add up.
        let both = Estimate::average(&[part, part]).unwrap();
        assert_eq!((both.value, both.df), (1.0, 6));
        assert!((both.error - 2.0_f64.sqrt()).abs() < 1e-12);
        assert!(Estimate::average(&[]).is_none());
    }
}
