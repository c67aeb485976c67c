use super::word_tokenizer::{is_punctuation, lower_words};
use crate::bootstrap::{Finish, percentile};
use crate::metric::Unit;
use crate::{Kind, Metric};

pub(crate) const METRIC: Metric = Metric {
    name: "text_length",
    doc: "Lengths of the answers in nltk's words, as GEM-metrics counts them: sum, mean, standard deviation, median, least, most; \
          then without single punctuation marks. Longer is not better; right answers are not looked at. Sentences are parted \
          without a trained model of abbreviations.",
    higher_is_better: true,
    kinds: &[Kind::Text],
    scores: &[
        "total_length",
        "mean_pred_length",
        "std_pred_length",
        "median_pred_length",
        "min_pred_length",
        "max_pred_length",
        "total_length-nopunct",
        "mean_pred_length-nopunct",
        "std_pred_length-nopunct",
        "median_pred_length-nopunct",
        "min_pred_length-nopunct",
        "max_pred_length-nopunct",
    ],
    version: 1,
    settings: "tok:nltk-words|sentences:punkt-untrained|std:population|as:gem-metrics",
    unit: Unit::Example,
    measure: |item| {
        let words = lower_words(item.texts("text_length")?.0);
        let plain = words.iter().filter(|word| !is_punctuation(word)).count();
        Ok(vec![words.len() as f64, plain as f64])
    },
    finish: Finish::Sample(|rows| {
        let column = |place: usize| {
            rows.iter()
                .filter_map(|row| row.get(place).copied())
                .collect()
        };
        let mut scores = lengths(column(0));
        scores.extend(lengths(column(1)));
        scores
    }),
};

fn lengths(mut lengths: Vec<f64>) -> Vec<Option<f64>> {
    lengths.sort_by(f64::total_cmp);
    let count = lengths.len() as f64;
    let total: f64 = lengths.iter().sum();
    let mean = total / count;
    let squares: f64 = lengths.iter().map(|length| (length - mean).powi(2)).sum();
    let is_any = |value: f64| (count > 0.0).then_some(value);
    vec![
        is_any(total),
        is_any(mean),
        is_any((squares / count).sqrt()),
        percentile(&lengths, 0.5),
        lengths.first().copied(),
        lengths.last().copied(),
    ]
}
