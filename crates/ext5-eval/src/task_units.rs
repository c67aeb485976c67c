use std::collections::BTreeMap;

use ext5_data::Task;
use serde::{Deserialize, Serialize};

use crate::bootstrap::Finish;
use crate::error::{Error, Result};
use crate::metric::metric;
use crate::{Accumulator, Units};

/// The rows of statistics of every metric of one task on one split, as they lie beside its report: what paired tests need.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TaskUnits {
    /// The task.
    pub task: String,
    /// The split.
    pub split: String,
    /// Hash of the task's file, so that a report of another reading of the data is not taken for this one's.
    pub definition: String,
    /// Hash over the ids of the examples in their order: paired tests need the same.
    pub ids: String,
    /// The rows by the metric's name.
    pub metrics: BTreeMap<String, MetricUnits>,
}

/// The rows of statistics of one metric.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MetricUnits {
    /// Version of the metric.
    pub version: u32,
    /// Numbers in a row; 0 where each row says its own number first.
    pub width: usize,
    /// The rows one after the other, one for each example or group; `null` is no finite number.
    #[serde(deserialize_with = "numbers")]
    pub values: Vec<f64>,
}

impl TaskUnits {
    /// What the accumulators of one task hold.
    pub(crate) fn new<'a>(
        task: &Task,
        split: &str,
        ids: &blake3::Hasher,
        metrics: impl Iterator<Item = &'a Accumulator>,
    ) -> Self {
        let rows = |metric: &Accumulator| MetricUnits {
            version: metric.metric().version,
            width: metric.units().width,
            values: metric.units().values.clone(),
        };
        Self {
            task: task.name().to_owned(),
            split: split.to_owned(),
            definition: definition(task),
            ids: ids.finalize().to_hex().to_string(),
            metrics: metrics
                .map(|metric| (metric.metric().name.to_owned(), rows(metric)))
                .collect(),
        }
    }

    /// The rows of one metric, ready for [`crate::significance`].
    ///
    /// # Errors
    /// [`Error::Unknown`] for a metric that the task does not have or this program does not know, [`Error::Incomparable`] for
    /// rows of another version of it.
    pub fn units(&self, name: &str) -> Result<Units> {
        let Some(rows) = self.metrics.get(name) else {
            let names: Vec<&str> = self.metrics.keys().map(String::as_str).collect();
            return Err(Error::unknown("metric", name, &names));
        };
        let metric = metric(name)?;
        let is_whole = matches!(metric.finish, Finish::Whole(_));
        if rows.version != metric.version || (rows.width == 0) != is_whole {
            let (found, known) = (rows.version, metric.version);
            let reason = format!(
                "the rows of `{name}` of task `{}` are of its version {found}, this program has {known}; evaluate again",
                self.task
            );
            return Err(Error::Incomparable { reason });
        }
        Ok(Units {
            metric: metric.name,
            width: rows.width,
            values: rows.values.clone(),
            finish: metric.finish,
        })
    }
}

/// Hash of a task's file.
pub(crate) fn definition(task: &Task) -> String {
    let text = serde_json::to_vec(task.spec()).unwrap_or_default();
    blake3::hash(&text).to_hex().to_string()
}

/// Numbers of which those that JSON has no word for were written as `null`.
fn numbers<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Vec<f64>, D::Error> {
    let values = Vec::<Option<f64>>::deserialize(from)?;
    Ok(values
        .into_iter()
        .map(|value| value.unwrap_or(f64::NAN))
        .collect())
}
