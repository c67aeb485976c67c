use super::PERCENT_OF_LAST;
use crate::metric::Unit;
use crate::{Kind, Metric, text};

pub(crate) const METRIC: Metric = Metric {
    name: "token_accuracy",
    doc: "Share of places with the right word, over all words of the longer of answer and right answer, summed over the \
          corpus; words are what white space parts. Of several right answers the one with the highest share counts.",
    higher_is_better: true,
    kinds: &[Kind::Text],
    scores: &["token_accuracy"],
    version: 1,
    settings: "tok:space|norm:none|agg:corpus",
    unit: Unit::Example,
    measure: |item| {
        let (prediction, references) = item.texts("token_accuracy")?;
        let predicted: Vec<&str> = text::split(prediction).collect();
        let counts = |reference: &String| {
            let right: Vec<&str> = text::split(reference).collect();
            let same = predicted
                .iter()
                .zip(&right)
                .filter(|(left, right)| left == right);
            (same.count() as f64, predicted.len().max(right.len()) as f64)
        };
        let share = |(same, all): (f64, f64)| if all > 0.0 { same / all } else { 1.0 };
        let mut best = (0.0, predicted.len() as f64);
        for (index, counted) in references.iter().map(counts).enumerate() {
            if index == 0 || share(counted) > share(best) {
                best = counted;
            }
        }
        Ok(vec![best.0, best.1])
    },
    finish: PERCENT_OF_LAST,
};
