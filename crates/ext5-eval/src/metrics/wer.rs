use super::bleu_tokenizer::thirteen_a;
use super::edit_distance::edits;
use crate::metric::Unit;
use crate::{Kind, Metric, text};

pub(crate) const METRIC: Metric = Metric {
    name: "wer",
    doc: "Word error rate as GEM has it: words to insert, delete or replace, of those of the right answer, the least over the \
          right answers, averaged over examples. Words are those of `mteval-v13a` in lower case without punctuation. Against \
          an empty right answer it is 100 unless the answer is empty too. Lower is better.",
    higher_is_better: false,
    kinds: &[Kind::Text],
    scores: &["wer"],
    version: 1,
    settings: "case:lc|tok:13a|punct:no|refs:min|agg:mean",
    unit: Unit::Example,
    measure: |item| {
        let (prediction, references) = item.texts("wer")?;
        let prediction = spoken(prediction);
        let rate = |reference: &String| {
            let reference = spoken(reference);
            let reference: Vec<&str> = text::split(&reference).collect();
            let edits = edits(text::split(&prediction), &reference) as f64;
            if reference.is_empty() {
                edits.min(1.0)
            } else {
                edits / reference.len() as f64
            }
        };
        let least = references.iter().map(rate).fold(f64::INFINITY, f64::min);
        Ok(vec![least, 1.0])
    },
    finish: super::PERCENT_OF_LAST,
};

/// Words of `mteval-v13a` in lower case, parted by spaces, without those that are one mark of ASCII.
pub(super) fn spoken(text: &str) -> String {
    let tokenized = thirteen_a(&text::lower(text));
    let mut out = String::with_capacity(tokenized.len());
    for word in text::split(&tokenized) {
        let is_mark = word.len() == 1 && word.starts_with(|mark: char| mark.is_ascii_punctuation());
        if !is_mark {
            out.push_str(word);
            out.push(' ');
        }
    }
    out
}
