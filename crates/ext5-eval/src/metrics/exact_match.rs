use super::{PERCENT_OF_LAST, one_if};
use crate::metric::Unit;
use crate::{Kind, Metric};

pub(crate) const METRIC: Metric = Metric {
    name: "exact_match",
    doc: "Share of examples whose text is one of the right answers, character by character (T5 `sequence_accuracy`).",
    higher_is_better: true,
    kinds: &[Kind::Text],
    scores: &["exact_match"],
    version: 1,
    settings: "match:exact|norm:none|agg:mean",
    unit: Unit::Example,
    measure: |item| {
        let (prediction, references) = item.texts("exact_match")?;
        let right = references.iter().any(|reference| reference == prediction);
        Ok(vec![one_if(right), 1.0])
    },
    finish: PERCENT_OF_LAST,
};
