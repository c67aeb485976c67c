use super::Estimate;
use super::spread::{mean, squares};

/// The variance between repetitions that conditions have in common: a one-way layout.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Pool {
    /// Variance of one repetition.
    pub variance: f64,
    /// Repetitions less conditions.
    pub df: u64,
}

impl Pool {
    /// Of the repetitions of several conditions. Those that do not vary at all (a model that always gives one answer) are left
    /// out: they would make the others look surer than they are.
    pub fn of<'a>(samples: impl IntoIterator<Item = &'a [f64]>) -> Self {
        let (mut total, mut df) = (0.0, 0);
        for sample in samples {
            let spread = squares(sample);
            if spread > 0.0 {
                total += spread;
                df += sample.len() as u64 - 1;
            }
        }
        Self {
            variance: if df > 0 { total / df as f64 } else { 0.0 },
            df,
        }
    }

    /// A weighted sum of conditions' means; none where one has no repetition.
    pub fn combine(&self, parts: &[(f64, &[f64])]) -> Option<Estimate> {
        let (mut value, mut share) = (0.0, 0.0);
        for (weight, sample) in parts {
            value += weight * mean(sample)?;
            share += weight * weight / sample.len() as f64;
        }
        Some(Estimate {
            value,
            error: (self.variance * share).sqrt(),
            df: self.df,
        })
    }

    /// Mean of the one less mean of the other; none where one has no repetition.
    pub fn difference(&self, sample: &[f64], baseline: &[f64]) -> Option<Estimate> {
        self.combine(&[(1.0, sample), (-1.0, baseline)])
    }
}

#[cfg(test)]
mod tests {
    use super::Pool;

    #[test]
    fn a_one_way_layout_by_hand() {
        // Squares 2 and 8 over 2 + 2 degrees: 2.5; the difference 4 - 2 has variance 2.5 * 2 / 3.
        let (first, second) = ([1.0, 2.0, 3.0], [2.0, 4.0, 6.0]);
        let pool = Pool::of([&first[..], &second[..], &[7.0; 3][..], &[1.0][..]]);
        assert_eq!((pool.variance, pool.df), (2.5, 4));
        let difference = pool.difference(&second, &first).unwrap();
        assert!((difference.value - 2.0).abs() < 1e-12);
        assert!((difference.error - (5.0_f64 / 3.0).sqrt()).abs() < 1e-12);
        assert!(pool.difference(&first, &[]).is_none());
        assert!(
            Pool::of([&[1.0, 1.0][..]])
                .difference(&first, &second)
                .unwrap()
                .p_value()
                .is_none()
        );
    }
}
