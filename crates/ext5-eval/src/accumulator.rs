use std::collections::BTreeMap;
use std::sync::OnceLock;

use ext5_data::Example;

use crate::bootstrap::Finish;
use crate::corpus::Corpus;
use crate::error::{Error, Result};
use crate::metric::{Metric, MetricScore, Unit, metric};
use crate::postprocess::postprocessor;
use crate::{Bootstrap, Interval, Item, Postprocessor, Units};

/// Takes items one by one and keeps of each only the metric's row of statistics, so that memory does not grow with text;
/// metrics that weigh words by the whole corpus keep the words by number.
#[derive(Clone, Debug)]
pub struct Accumulator {
    metric: &'static Metric,
    units: Units,
    corpus: Corpus,
    weighed: OnceLock<Units>,
    groups: BTreeMap<String, usize>,
    references: Option<(usize, usize)>,
    postprocess: Option<&'static str>,
}

impl Accumulator {
    /// An empty corpus for `metric`.
    pub fn new(metric: &'static Metric) -> Self {
        Self {
            metric,
            units: Units {
                metric: metric.name,
                width: 0,
                values: Vec::new(),
                finish: metric.finish,
            },
            corpus: Corpus::default(),
            weighed: OnceLock::new(),
            groups: BTreeMap::new(),
            references: None,
            postprocess: None,
        }
    }

    /// Says in signatures which post-processing made the items, where the metric looks at written answers.
    #[must_use]
    pub fn after(mut self, postprocessor: &'static Postprocessor) -> Self {
        let written = self.metric.needs().is_none();
        self.postprocess = written.then_some(postprocessor.name);
        self
    }

    /// Adds one item.
    ///
    /// # Errors
    /// [`Error::Mismatch`] if it is not of the metric's kind, [`Error::LabelOutside`] or [`Error::Field`] if its target, group,
    /// references or choices are not what the metric needs.
    pub fn add(&mut self, item: &Item<'_>) -> Result<()> {
        let group = match (self.metric.unit, item.group) {
            (Unit::Example, _) => None,
            (_, Some(group)) => Some(group),
            (_, None) => {
                return Err(item.field("group", "what the metric scores together", "absent"));
            }
        };
        let known = group.and_then(|group| self.groups.get(group)).copied();
        if known.is_some() && self.metric.unit == Unit::First {
            return Ok(());
        }
        let row = (self.metric.measure)(item)?;
        if let Finish::Corpus { tokenize, .. } = self.metric.finish {
            let (answer, references) = item.texts(self.metric.name)?;
            self.corpus.add(answer, references, tokenize);
            self.weighed = OnceLock::new();
        }
        let count = item.references.len();
        let (least, most) = self.references.unwrap_or((count, count));
        self.references = Some((least.min(count), most.max(count)));
        if let Some(unit) = known {
            self.combine(unit, &row);
        } else {
            if let Some(group) = group {
                self.groups.insert(group.to_owned(), self.units.len());
            }
            self.units.width = match self.metric.finish {
                Finish::Whole(_) => 0,
                _ => row.len(),
            };
            self.units.values.extend(row);
        }
        Ok(())
    }

    /// The metric.
    pub fn metric(&self) -> &'static Metric {
        self.metric
    }

    /// Statistics kept so far; where right answers weigh the words, by those added so far.
    pub fn units(&self) -> &Units {
        let Finish::Corpus { rows, .. } = self.metric.finish else {
            return &self.units;
        };
        self.weighed.get_or_init(|| {
            let rows = rows(self.corpus.examples());
            Units {
                width: rows.first().map_or(0, Vec::len),
                values: rows.concat(),
                ..self.units.clone()
            }
        })
    }

    /// The scores over all items added, each with its interval and signature; `None` values if there was none.
    pub fn scores(&self, bootstrap: Bootstrap) -> Vec<MetricScore> {
        if self.units().is_empty() {
            return Vec::new();
        }
        let signature = self.signature(bootstrap);
        let values = self.units().scores();
        let intervals = self.units().intervals(bootstrap);
        self.metric
            .scores
            .iter()
            .zip(values)
            .zip(intervals)
            .map(|((name, value), interval)| MetricScore {
                metric: self.metric.name.to_owned(),
                name: (*name).to_owned(),
                value: value.filter(|value| value.is_finite()),
                interval: interval.filter(Interval::is_finite),
                higher_is_better: self.metric.higher_is_better,
                units: self.units().len(),
                signature: signature.clone(),
            })
            .collect()
    }

    fn combine(&mut self, unit: usize, row: &[f64]) {
        let start = unit * self.units.width;
        for (kept, value) in self.units.values.iter_mut().skip(start).zip(row) {
            *kept = match self.metric.unit {
                Unit::Every => kept.min(*value),
                _ => *kept + value,
            };
        }
    }

    fn signature(&self, bootstrap: Bootstrap) -> String {
        let references = match self.references {
            Some((least, most)) if least == most => least.to_string(),
            Some(_) => "var".to_owned(),
            None => "0".to_owned(),
        };
        let interval = match self.units().resamples(bootstrap.resamples) {
            0 => "none".to_owned(),
            count => format!("bootstrap-{count}-seed-{}", bootstrap.seed),
        };
        let postprocess = self.postprocess;
        let postprocess = postprocess.map_or(String::new(), |name| format!("|post:{name}"));
        format!(
            "metric:{}|version:ext5-{}|nrefs:{references}{postprocess}|{}|unit:{}|ci:{interval}",
            self.metric.name,
            self.metric.version,
            self.metric.settings,
            self.metric.unit.name(),
        )
    }
}

/// Scores `predictions` against `targets` with one metric after one post-processing; `labels` are the task's class names.
///
/// # Errors
/// [`Error::Unknown`] for a name that does not exist, [`Error::Lengths`] if there is not one prediction for each target,
/// [`Error::Mismatch`] if the metric cannot score what the post-processing yields, [`Error::NoExamples`] without any, and the
/// errors of [`Accumulator::add`].
pub fn score(
    name: &str,
    postprocess: &str,
    predictions: &[String],
    targets: &[Example],
    labels: &[String],
    bootstrap: Bootstrap,
) -> Result<Vec<MetricScore>> {
    let (metric, postprocessor) = (metric(name)?, postprocessor(postprocess)?);
    postprocessor.check(metric)?;
    if predictions.len() != targets.len() {
        return Err(Error::Lengths {
            predictions: predictions.len(),
            targets: targets.len(),
        });
    }
    let mut accumulator = Accumulator::new(metric).after(postprocessor);
    for (prediction, target) in predictions.iter().zip(targets) {
        accumulator.add(&postprocessor.item(prediction, target, labels)?)?;
    }
    if accumulator.units().is_empty() {
        return Err(Error::NoExamples);
    }
    Ok(accumulator.scores(bootstrap))
}
