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
    let mut above: Vec<usize> = (0..=columns.len()).collect();
    for (row, word) in words(&prediction).enumerate() {
        let mut line = Vec::with_capacity(above.len());
        let mut left = row + 1;
        line.push(left);
        for (pair, column) in above.windows(2).zip(&columns) {
            let &[diagonal, up] = pair else { continue };
            left = (diagonal + usize::from(word != *column))
                .min(up + 1)
                .min(left + 1);
            line.push(left);
        }
        above = line;
    }
    above.last().copied().unwrap_or(0)
}
