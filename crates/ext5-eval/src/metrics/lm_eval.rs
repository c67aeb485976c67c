//! Scores as lm-evaluation-harness computes them in its T5-style tasks, where they differ from T5's.
use super::qa::{Punctuation, em_and_f1};
use super::{PERCENT_OF_LAST, one_if};
use crate::metric::Unit;
use crate::{Answer, Kind, Metric, text};

pub(crate) const EXACT_MATCH: Metric = Metric {
    name: "lm_eval_exact_match",
    doc: "Share of examples whose text is the targets, ignoring case and ASCII punctuation, but not white space \
          (lm-evaluation-harness `exact_match` with `ignore_case` and `ignore_punctuation`).",
    higher_is_better: true,
    kinds: &[Kind::Text],
    scores: &["exact_match"],
    version: 1,
    settings: "match:exact|norm:lower,punctuation|agg:mean",
    unit: Unit::Example,
    measure: |item| {
        let (prediction, _) = item.texts("lm_eval_exact_match")?;
        let target = match &item.target {
            Answer::Text(target) => target,
            _ => "",
        };
        let right = bare(prediction).eq(bare(target));
        Ok(vec![one_if(right), 1.0])
    },
    finish: PERCENT_OF_LAST,
};

pub(crate) const RECORD_EM: Metric = Metric {
    name: "lm_eval_record_em",
    doc: "SQuAD's exact match against all right answers of a query, over one row for each right answer, so that a query with \
          three answers counts thrice (lm-evaluation-harness, T5-style ReCoRD).",
    higher_is_better: true,
    kinds: &[Kind::Text],
    scores: &["em"],
    version: 1,
    settings: "norm:squad|refs:max|rows:one-per-answer|agg:mean",
    unit: Unit::Example,
    measure: |item| {
        let mut row = em_and_f1(item, "lm_eval_record_em", Punctuation::Dropped)?;
        row.remove(1);
        Ok(row)
    },
    finish: PERCENT_OF_LAST,
};

pub(crate) const RECORD_F1: Metric = Metric {
    name: "lm_eval_record_f1",
    doc: "SQuAD's word F1 against all right answers of a query, over the first row of each query (lm-evaluation-harness, \
          T5-style ReCoRD; the same as T5's).",
    higher_is_better: true,
    kinds: &[Kind::Text],
    scores: &["f1"],
    version: 1,
    settings: "norm:squad|tok:space|refs:max|agg:mean",
    unit: Unit::First,
    measure: |item| {
        let mut row = em_and_f1(item, "lm_eval_record_f1", Punctuation::Dropped)?;
        row.remove(0);
        Ok(row)
    },
    finish: PERCENT_OF_LAST,
};

/// The text in lower case without ASCII punctuation.
fn bare(text: &str) -> impl Iterator<Item = char> {
    let lower = text::lower(text).into_owned();
    let kept: Vec<char> = (lower.chars())
        .filter(|character| !character.is_ascii_punctuation())
        .collect();
    kept.into_iter()
}
