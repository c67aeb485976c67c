use crate::bootstrap::{Finish, percentile};
use crate::metric::Unit;
use crate::{Kind, Metric, text};

pub(crate) const METRIC: Metric = Metric {
    name: "edit_distance",
    doc: "Words to insert, delete or replace to get the right answer, ignoring case; every character that is no letter, \
          number or underscore parts words, so two in a row part an empty one. Not in percent; of several right answers the \
          nearest counts (T5 `edit_distance`).",
    higher_is_better: false,
    kinds: &[Kind::Text],
    scores: &[
        "mean_edit",
        "median_edit",
        "min_edit",
        "max_edit",
        "sum_edit",
    ],
    version: 1,
    settings: "norm:lower|tok:nonword|agg:mean",
    unit: Unit::Example,
    measure: |item| {
        let (prediction, references) = item.texts("edit_distance")?;
        let distances = references
            .iter()
            .map(|reference| distance(prediction, reference));
        Ok(vec![distances.min().unwrap_or(0) as f64])
    },
    finish: Finish::Sample(|rows| {
        let mut sorted: Vec<f64> = rows.iter().filter_map(|row| row.first().copied()).collect();
        sorted.sort_by(f64::total_cmp);
        let sum: f64 = sorted.iter().sum();
        vec![
            (!sorted.is_empty()).then(|| sum / sorted.len() as f64),
            percentile(&sorted, 0.5),
            sorted.first().copied(),
            sorted.last().copied(),
            Some(sum),
        ]
    }),
};

fn distance(prediction: &str, reference: &str) -> usize {
    let (prediction, reference) = (text::lower(prediction), text::lower(reference));
    let words = |text| str::split(text, |character| !text::is_word(character));
    let columns: Vec<&str> = words(&reference).collect();
    edits(words(&prediction), &columns)
}

/// Things to insert, delete or replace to make `reference` of `answer`.
pub(super) fn edits<T: PartialEq>(answer: impl Iterator<Item = T>, reference: &[T]) -> usize {
    let mut line: Vec<usize> = (0..=reference.len()).collect();
    for (row, word) in answer.enumerate() {
        let (mut diagonal, mut left) = (row, row + 1);
        let mut columns = line.iter_mut();
        if let Some(first) = columns.next() {
            *first = left;
        }
        for (cell, wanted) in columns.zip(reference) {
            left = (diagonal + usize::from(word != *wanted))
                .min(*cell + 1)
                .min(left + 1);
            diagonal = std::mem::replace(cell, left);
        }
    }
    line.last().copied().unwrap_or(0)
}
