use super::{PERCENT_OF_LAST, one_if};
use crate::metric::Unit;
use crate::{Answer, Kind, Metric};

pub(crate) const METRIC: Metric = Metric {
    name: "accuracy",
    doc: "Share of examples whose label, or whose text, is the right one; an answer that is no label is wrong (T5 `accuracy`).",
    higher_is_better: true,
    kinds: &[Kind::Label, Kind::Text],
    scores: &["accuracy"],
    version: 1,
    settings: "match:exact|agg:mean",
    unit: Unit::Example,
    measure: |item| {
        let right = if let Answer::Text(_) = item.prediction {
            let (prediction, references) = item.texts("accuracy")?;
            references.iter().any(|reference| reference == prediction)
        } else {
            let (prediction, target) = item.labels("accuracy")?;
            prediction == target
        };
        Ok(vec![one_if(right), 1.0])
    },
    finish: PERCENT_OF_LAST,
};
