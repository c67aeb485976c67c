use ext5_objectives::Stream;
use serde::{Deserialize, Serialize};

use crate::corpus::Words;

/// Tag that keeps the resamples of an interval apart from other uses of a seed.
const TAG: u64 = 0xB007;
/// Most units drawn for one interval of a metric that must look at a whole resample again (ranks, areas).
const SAMPLE_BUDGET: usize = 20_000_000;

/// How intervals are found: percentiles of scores over resamples of the units, drawn with replacement by a seeded stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bootstrap {
    /// Number of resamples; 0 asks for no interval.
    pub resamples: usize,
    /// Seed of the stream.
    pub seed: u64,
}

impl Bootstrap {
    /// No interval.
    pub const NONE: Self = Self {
        resamples: 0,
        seed: 0,
    };
}

impl Default for Bootstrap {
    /// 1,000 resamples, as `rouge_score` and `sacrebleu`.
    fn default() -> Self {
        Self {
            resamples: 1000,
            seed: 0,
        }
    }
}

/// A 95 % interval by bootstrap.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// 2.5th percentile.
    pub low: f64,
    /// Median, which `rouge_score` calls `mid`.
    pub mid: f64,
    /// 97.5th percentile.
    pub high: f64,
}

impl Interval {
    /// Whether its ends are numbers that files can hold.
    pub(crate) fn is_finite(&self) -> bool {
        [self.low, self.mid, self.high]
            .iter()
            .all(|end| end.is_finite())
    }
}

/// How a metric gets from rows of statistics to its scores; `None` is a score that is not defined, for example a
/// correlation with a constant.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Finish {
    /// From the sums over all rows.
    Sums(fn(&[f64]) -> Vec<Option<f64>>),
    /// As `Sums`, but the score itself is the median over resamples of a seed that never changes, as `rouge_score` has it; of a
    /// resample, in an interval or a test, it is that of `Sums`.
    Median(fn(&[f64]) -> Vec<Option<f64>>),
    /// From all rows at once.
    Sample(fn(&[&[f64]]) -> Vec<Option<f64>>),
    /// From the sums over rows that can be written only when all right answers are known, since these weigh the words.
    Corpus {
        /// Parts words by white space.
        tokenize: fn(&str) -> String,
        /// The rows of all examples.
        rows: fn(&[Words]) -> Vec<Vec<f64>>,
        /// The scores from the sums.
        finish: fn(&[f64]) -> Vec<Option<f64>>,
    },
    /// From all rows joined, each of its own length, which its first number says (not counting itself). Only of the whole
    /// corpus: such scores change with its size and with repetition, so that resamples of it tell nothing.
    Whole(fn(&[f64]) -> Vec<Option<f64>>),
}

/// What a metric keeps of a corpus: one row of statistics for each unit, that is example or group.
#[derive(Clone, Debug)]
pub struct Units {
    pub(crate) metric: &'static str,
    /// Numbers in a row; 0 where each row says its own.
    pub(crate) width: usize,
    pub(crate) values: Vec<f64>,
    pub(crate) finish: Finish,
}

impl Units {
    /// Number of units.
    pub fn len(&self) -> usize {
        if let Finish::Whole(_) = self.finish {
            let next = |at: &usize| {
                let length = *self.values.get(*at)?;
                Some(at.saturating_add(1).saturating_add(length as usize))
            };
            return std::iter::successors(next(&0), next).count();
        }
        self.values.len().checked_div(self.width).unwrap_or(0)
    }

    /// Whether there is no unit.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The scores over all units, in the order of the metric's `scores`.
    pub fn scores(&self) -> Vec<Option<f64>> {
        if let Finish::Median(_) = self.finish {
            let medians = self.intervals(Bootstrap::default());
            return medians.iter().map(|it| it.map(|it| it.mid)).collect();
        }
        if let Finish::Whole(finish) = self.finish {
            return finish(&self.values);
        }
        self.scores_of(0..self.len())
    }

    /// The row of one unit; empty beyond the last.
    pub(crate) fn row(&self, unit: usize) -> &[f64] {
        self.values
            .get(unit * self.width..(unit + 1) * self.width)
            .unwrap_or_default()
    }

    /// The scores over the chosen units, which may repeat.
    pub(crate) fn scores_of(&self, units: impl Iterator<Item = usize>) -> Vec<Option<f64>> {
        self.finish_rows(units.map(|unit| self.row(unit)))
    }

    /// The scores over rows of this metric, wherever they come from.
    pub(crate) fn finish_rows<'a>(
        &self,
        rows: impl Iterator<Item = &'a [f64]>,
    ) -> Vec<Option<f64>> {
        match self.finish {
            Finish::Sums(finish) | Finish::Median(finish) | Finish::Corpus { finish, .. } => {
                let mut sums = vec![0.0; self.width];
                for row in rows {
                    for (sum, value) in sums.iter_mut().zip(row) {
                        *sum += value;
                    }
                }
                finish(&sums)
            }
            Finish::Sample(finish) => finish(&rows.collect::<Vec<_>>()),
            Finish::Whole(finish) => finish(&rows.flatten().copied().collect::<Vec<_>>()),
        }
    }

    /// Number of resamples that an interval is made of: fewer than asked where a resample is dear, 0 below 100.
    pub(crate) fn resamples(&self, asked: usize) -> usize {
        let most = match self.finish {
            Finish::Sums(_) | Finish::Median(_) | Finish::Corpus { .. } => asked,
            Finish::Sample(_) => SAMPLE_BUDGET / self.len().max(1),
            Finish::Whole(_) => 0,
        };
        if most < 100 { 0 } else { asked.min(most) }
    }

    /// The interval of each score; `None` where it was not asked for, or where under half of the resamples define the score.
    pub(crate) fn intervals(&self, bootstrap: Bootstrap) -> Vec<Option<Interval>> {
        let mut samples: Vec<Vec<f64>> = vec![Vec::new(); self.scores_of(0..self.len()).len()];
        let (count, resamples) = (self.len() as u64, self.resamples(bootstrap.resamples));
        let mut stream = Stream::new(&[bootstrap.seed, TAG]);
        for _ in 0..resamples {
            let scores = self.scores_of((0..count).map(|_| stream.below(count) as usize));
            for (sample, score) in samples.iter_mut().zip(scores) {
                sample.extend(score);
            }
        }
        samples
            .into_iter()
            .map(|sample| {
                (2 * sample.len() > resamples)
                    .then(|| interval(sample))
                    .flatten()
            })
            .collect()
    }
}

/// Percentiles 2.5, 50 and 97.5; `None` of nothing.
pub(crate) fn interval(mut sample: Vec<f64>) -> Option<Interval> {
    sample.sort_by(f64::total_cmp);
    Some(Interval {
        low: percentile(&sample, 0.025)?,
        mid: percentile(&sample, 0.5)?,
        high: percentile(&sample, 0.975)?,
    })
}

/// A percentile of sorted values with linear interpolation, as `numpy.percentile`; `None` of nothing.
pub(crate) fn percentile(sorted: &[f64], fraction: f64) -> Option<f64> {
    let place = fraction * sorted.len().checked_sub(1)? as f64;
    let below = *sorted.get(place.floor() as usize)?;
    let above = *sorted.get(place.ceil() as usize)?;
    Some(below + (above - below) * place.fract())
}
