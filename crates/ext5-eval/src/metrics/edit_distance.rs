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

pub(crate) const NORMALISED: Metric = Metric {
    name: "edit_distance_normalised",
    doc: "Words to insert, delete or replace to get the right answer, in percent of the words of the longer of the two, mean over \
          examples; white space parts words and case counts. 0 where both are empty; of several right answers the nearest \
          counts. For parses, whose length varies.",
    higher_is_better: false,
    kinds: &[Kind::Text],
    scores: &["edit_distance"],
    version: 1,
    settings: "norm:none|tok:space|length:longer|agg:mean",
    unit: Unit::Example,
    measure: |item| {
        let (prediction, references) = item.texts("edit_distance_normalised")?;
        let given: Vec<&str> = text::split(prediction).collect();
        let shares = references.iter().map(|reference| {
            let wanted: Vec<&str> = text::split(reference).collect();
            let longer = given.len().max(wanted.len()).max(1);
            edits(given.iter().copied(), &wanted) as f64 / longer as f64
        });
        Ok(vec![shares.fold(1.0, f64::min), 1.0])
    },
    finish: super::PERCENT_OF_LAST,
};

/// Edits between two texts in lower case, by words of letters, digits and underscores.
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
