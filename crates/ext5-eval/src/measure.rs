use ext5_data::Example;
use serde_json::Value;

use crate::error::{Error, Result};
use crate::metric::metric;
use crate::metrics::rank;
use crate::postprocess::postprocessor;
use crate::{
    Accumulator, Bootstrap, Item, Metric, MetricScore, Postprocessor, Protocol, Ranking, Scored,
    Scoring,
};

/// The metrics of one evaluation, each over the items that its post-processing makes.
pub(crate) struct Measures {
    steps: Vec<Step>,
    /// Metrics that are left out from the first item on that they do not fit.
    optional: Vec<Accumulator>,
    /// Examples with a right answer, and without.
    labelled: u64,
    unlabelled: u64,
}

/// What the tasks of T5 write as the target of a row whose label is -1: its right answer is not published.
const UNKNOWN: &str = "<unk>";

struct Step {
    postprocessor: &'static Postprocessor,
    metrics: Vec<Accumulator>,
}

impl Measures {
    /// The metrics of `scoring`, and those that the protocol adds.
    pub(crate) fn new(scoring: &Scoring, protocol: Protocol) -> Result<Self> {
        let mut measures = Self {
            steps: Vec::new(),
            optional: Vec::new(),
            labelled: 0,
            unlabelled: 0,
        };
        if protocol == Protocol::Perplexity {
            measures.push("perplexity", "none")?;
            return Ok(measures);
        }
        for (name, postprocess) in &scoring.measures {
            if let Some(needed) = metric(name)?.needs().filter(|needed| *needed != protocol) {
                let reason = format!("metric `{name}` needs the {} protocol", needed.name());
                return Err(Error::NotScorable { reason });
            }
            measures.push(name, postprocess)?;
        }
        if protocol == Protocol::Rank {
            let named = |name: &str| scoring.measures.iter().any(|(metric, _)| metric == name);
            if !named("rank_accuracy") {
                let last = scoring.measures.last();
                measures.push("rank_accuracy", last.map_or("none", |(_, last)| last))?;
            }
            for name in ["rank_binary", "rank_macro_f1"] {
                if !named(name) {
                    measures.optional.push(Accumulator::new(metric(name)?));
                }
            }
        }
        Ok(measures)
    }

    fn push(&mut self, name: &str, postprocess: &str) -> Result<()> {
        let (metric, postprocessor) = (metric(name)?, postprocessor(postprocess)?);
        postprocessor.check(metric)?;
        let accumulator = Accumulator::new(metric).after(postprocessor);
        match self.steps.last_mut() {
            Some(step) if step.postprocessor.name == postprocess => {
                step.metrics.push(accumulator);
            }
            _ => self.steps.push(Step {
                postprocessor,
                metrics: vec![accumulator],
            }),
        }
        Ok(())
    }

    /// What a reader must know of examples that cannot be scored.
    pub(crate) fn note(&self) -> Option<String> {
        let note = "the right answers are not published: there are answers and no scores";
        (self.unlabelled > 0).then(|| note.to_owned())
    }

    /// Counts an example; says whether it has a right answer. All must have one, or none: scores of a part would pass for those of
    /// the whole.
    fn count(&mut self, example: &Example, labels: &[String]) -> Result<bool> {
        let label = example.fields.get("label").and_then(Value::as_i64);
        let classes = !labels.is_empty() || example.references.is_empty();
        let unlabelled = (classes && example.targets == UNKNOWN) || label == Some(-1);
        if unlabelled {
            self.unlabelled += 1;
        } else {
            self.labelled += 1;
        }
        if self.labelled > 0 && self.unlabelled > 0 {
            return Err(Error::Field {
                id: example.id.clone(),
                field: "targets",
                expected: "a right answer of every example of the split, or of none",
                got: format!("`{}`", example.targets),
            });
        }
        Ok(!unlabelled)
    }

    /// Adds one example with its answer; says whether the answer is no label or number where it should be one.
    pub(crate) fn add(
        &mut self,
        example: &Example,
        answer: &str,
        labels: &[String],
        ranking: Option<&Ranking>,
        likelihood: Option<Scored>,
    ) -> Result<bool> {
        if !self.count(example, labels)? {
            return Ok(false);
        }
        let mut invalid = false;
        let mut optional = std::mem::take(&mut self.optional);
        for step in &mut self.steps {
            let mut item = step.postprocessor.item(answer, example, labels)?;
            item.ranking = ranking.cloned();
            item.likelihood = likelihood;
            invalid |= item.invalid;
            for metric in &mut step.metrics {
                metric.add(&item)?;
            }
            // Once for the example, not for each step: they read nothing but the choices.
            for metric in optional.drain(..) {
                self.optional.extend(taken(metric, &item)?);
            }
        }
        Ok(invalid)
    }

    /// All scores, in the order of the metrics.
    pub(crate) fn scores(&self, bootstrap: Bootstrap) -> Vec<MetricScore> {
        let metrics = self.metrics();
        metrics
            .flat_map(|metric| metric.scores(bootstrap))
            .collect()
    }

    /// Whether this holds of any metric.
    pub(crate) fn any(&self, holds: fn(&Metric) -> bool) -> bool {
        self.metrics().any(|metric| holds(metric.metric()))
    }

    /// Names of the post-processing.
    pub(crate) fn postprocess(&self) -> String {
        let names: Vec<&str> = (self.steps.iter())
            .map(|step| step.postprocessor.name)
            .collect();
        names.join(", ")
    }

    /// All metrics, in the order of reports.
    pub(crate) fn metrics(&self) -> impl Iterator<Item = &Accumulator> {
        let named = self.steps.iter().flat_map(|step| &step.metrics);
        named.chain(&self.optional)
    }
}

/// The metric with one more item, or nothing if it does not fit.
fn taken(mut metric: Accumulator, item: &Item<'_>) -> Result<Option<Accumulator>> {
    if !rank::fits(metric.metric(), item) {
        return Ok(None);
    }
    metric.add(item)?;
    Ok(Some(metric))
}
