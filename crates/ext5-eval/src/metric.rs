use serde::{Deserialize, Serialize};

use crate::bootstrap::Finish;
use crate::error::{Error, Result};
use crate::metrics;
use crate::{Interval, Item, Kind, Protocol};

/// What a unit of a metric is, over which it sums and resamples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    /// Each example.
    Example,
    /// The first example of each group; the others are left out.
    First,
    /// Each group; the rows of its examples add up.
    Sum,
    /// Each group; a statistic of the group is the least of its examples'.
    Every,
}

impl Unit {
    /// The word for it in signatures.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Example => "example",
            Self::First => "first-of-group",
            Self::Sum | Self::Every => "group",
        }
    }
}

/// A way to score answers: one row of statistics for each unit, then scores over the whole corpus.
#[derive(Debug)]
pub struct Metric {
    /// Name in task and suite files.
    pub name: &'static str,
    /// What it says, in sentences for the reader of a report, with the reference it follows.
    pub doc: &'static str,
    /// Whether a higher score is a better one.
    pub higher_is_better: bool,
    /// What the post-processing may yield.
    pub kinds: &'static [Kind],
    /// Names of the scores it gives, in order.
    pub scores: &'static [&'static str],
    /// Changes when the same answers get another score.
    pub version: u32,
    /// What decides the score besides answers and right answers: normalisation, tokenizer, smoothing, aggregation.
    pub settings: &'static str,
    pub(crate) unit: Unit,
    pub(crate) measure: fn(&Item<'_>) -> Result<Vec<f64>>,
    pub(crate) finish: Finish,
}

impl Metric {
    /// Whether one of two values is better at all: those of metrics that describe answers and do not look at right ones are not,
    /// and their `higher_is_better` says nothing.
    pub fn is_directed(&self) -> bool {
        !["diversity", "text_length"].contains(&self.name)
    }

    /// The protocol without which there is nothing to score; `None` where any written answer will do.
    pub fn needs(&self) -> Option<Protocol> {
        match self.kinds {
            [Kind::Ranking] => Some(Protocol::Rank),
            [Kind::Likelihood] => Some(Protocol::Perplexity),
            _ => None,
        }
    }

    /// Whether it needs to know which examples belong together: the answers to a question, the rows of a query.
    pub fn is_grouped(&self) -> bool {
        self.unit != Unit::Example
    }
}

/// All metrics, sorted by name.
pub const METRICS: &[Metric] = &[
    metrics::accuracy::METRIC,
    metrics::rank::AUC,
    metrics::bleu::INTERNATIONAL,
    metrics::bleu::THIRTEEN_A,
    metrics::bleu::CHARACTERS,
    metrics::bleu::UNTOUCHED,
    metrics::bleu::CHINESE,
    metrics::decomposition::METRIC,
    metrics::chrf::CHRF,
    metrics::chrf::CHRF_PLUS_PLUS,
    metrics::cider::METRIC,
    metrics::qa::COQA_F1,
    metrics::diversity::METRIC,
    metrics::edit_distance::METRIC,
    metrics::edit_distance::NORMALISED,
    metrics::exact_match::METRIC,
    metrics::f1::BINARY,
    metrics::lm_eval::EXACT_MATCH,
    metrics::lm_eval::RECORD_EM,
    metrics::lm_eval::RECORD_F1,
    metrics::local_recall::METRIC,
    metrics::f1::MACRO,
    metrics::matthews::METRIC,
    metrics::f1::THREE_CLASS,
    metrics::meteor::METRIC,
    metrics::meteor::WITH_WORDNET,
    metrics::f1::MICRO,
    metrics::multirc::EXACT_MATCH,
    metrics::multirc::F1A,
    metrics::nist::METRIC,
    metrics::nist::MERGED,
    metrics::correlation::PEARSON,
    metrics::perplexity::METRIC,
    metrics::rank::ACCURACY,
    metrics::rank::BINARY,
    metrics::rank::MACRO_F1,
    metrics::qa::RECORD,
    metrics::rouge::MEDIAN,
    metrics::rouge::MEAN,
    metrics::rouge::STEMMED,
    metrics::rouge::STEMMED_MEAN,
    metrics::sari::METRIC,
    metrics::spans::SLOT_F1,
    metrics::spans::SPAN_F1,
    metrics::correlation::SPEARMAN,
    metrics::qa::SQUAD,
    metrics::ter::METRIC,
    metrics::text_length::METRIC,
    metrics::token_accuracy::METRIC,
    metrics::qa::TRIVIA_QA,
    metrics::f1::WEIGHTED,
    metrics::wer::METRIC,
];

/// The metric of that name.
///
/// # Errors
/// [`Error::Unknown`] with the nearest name.
pub fn metric(name: &str) -> Result<&'static Metric> {
    METRICS
        .iter()
        .find(|metric| metric.name == name)
        .ok_or_else(|| {
            let names: Vec<&str> = METRICS.iter().map(|metric| metric.name).collect();
            Error::unknown("metric", name, &names)
        })
}

/// One score of one metric over a corpus.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MetricScore {
    /// The metric.
    pub metric: String,
    /// The score, one of the metric's `scores`.
    pub name: String,
    /// Its value, times 100 where it is a share or a correlation; `None` where it is not defined.
    pub value: Option<f64>,
    /// 95 % interval by bootstrap over units.
    pub interval: Option<Interval>,
    /// Whether a higher value is a better one.
    pub higher_is_better: bool,
    /// Number of units: examples, or groups where the metric scores groups.
    pub units: usize,
    /// All that decides the value: metric, version, number of references, post-processing, settings, unit and interval.
    pub signature: String,
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn table_is_sorted_documented_and_without_duplicates() {
        let names: Vec<&str> = METRICS.iter().map(|metric| metric.name).collect();
        let sorted: BTreeSet<&str> = names.iter().copied().collect();
        assert!(names.iter().eq(sorted.iter()), "{names:?}");
        for metric in METRICS {
            assert!(
                metric.doc.ends_with('.') && metric.doc.len() > 40,
                "{}",
                metric.name
            );
            assert!(!metric.scores.is_empty() && !metric.kinds.is_empty());
            assert!(metric.version > 0 && !metric.settings.is_empty());
            let scores: BTreeSet<_> = metric.scores.iter().collect();
            assert_eq!(scores.len(), metric.scores.len(), "{}", metric.name);
        }
    }

    #[test]
    fn an_unknown_name_suggests_the_nearest() {
        let message = metric("acuracy").unwrap_err().to_string();
        assert_eq!(
            message,
            "unknown metric `acuracy`, did you mean `accuracy`?"
        );
        let message = metric("zzzzzzzz").unwrap_err().to_string();
        assert!(
            message.contains("expected one of `accuracy`, `auc`"),
            "{message}"
        );
    }
}
