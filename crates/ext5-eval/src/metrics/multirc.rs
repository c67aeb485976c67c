use super::f1::{BINARY_F1, binary_counts};
use super::{PERCENT_OF_LAST, one_if};
use crate::metric::Unit;
use crate::{Kind, Metric};

pub(crate) const F1A: Metric = Metric {
    name: "multirc_f1a",
    doc: "F1 of `True` over all answers of all questions; what is neither `True` nor `False` counts as the wrong one (T5 \
          `multirc_f1_over_all_answers`). The interval resamples questions.",
    higher_is_better: true,
    kinds: &[Kind::Label],
    scores: &["f1a"],
    version: 1,
    settings: "avg:binary|invalid:opposite|agg:corpus",
    unit: Unit::Sum,
    measure: |item| binary_counts(item, "multirc_f1a"),
    finish: BINARY_F1,
};

pub(crate) const EXACT_MATCH: Metric = Metric {
    name: "multirc_em",
    doc: "Share of questions (groups) all of whose answers are judged rightly (T5 `mean_group_metric(all_match)`). A limit \
          that cuts a question makes it easier.",
    higher_is_better: true,
    kinds: &[Kind::Label],
    scores: &["em"],
    version: 1,
    settings: "match:all-of-group|agg:mean",
    unit: Unit::Every,
    measure: |item| {
        let (prediction, target) = item.labels_below("multirc_em", 2)?;
        Ok(vec![one_if(prediction == target), 1.0])
    },
    finish: PERCENT_OF_LAST,
};
