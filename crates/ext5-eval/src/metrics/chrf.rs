use super::ngrams::{Packing, matches};
use super::word_ids::WordIds;
use crate::bootstrap::Finish;
use crate::error::Result;
use crate::metric::Unit;
use crate::{Item, Kind, Metric, text};

/// Weight of recall against precision, squared.
const BETA_SQUARED: f64 = 4.0;

pub(crate) const CHRF: Metric = Metric {
    name: "chrf",
    doc: "Character n-gram F-score of orders 1 to 6 over the corpus, recall counting twice (chrF2), as `sacrebleu` computes it; \
          of several right answers the best for each example.",
    higher_is_better: true,
    kinds: &[Kind::Text],
    scores: &["chrf"],
    version: 1,
    settings: "case:mixed|eff:yes|nc:6|nw:0|space:no|as:sacrebleu-2.6.0",
    unit: Unit::Example,
    measure: |item| statistics(item, "chrf", 0),
    finish: FINISH,
};

pub(crate) const CHRF_PLUS_PLUS: Metric = Metric {
    name: "chrf++",
    doc: "chrF with words and pairs of words among its n-grams (chrF2++), as `sacrebleu` computes it.",
    higher_is_better: true,
    kinds: &[Kind::Text],
    scores: &["chrf++"],
    version: 1,
    settings: "case:mixed|eff:yes|nc:6|nw:2|space:no|as:sacrebleu-2.6.0",
    unit: Unit::Example,
    measure: |item| statistics(item, "chrf++", 2),
    finish: FINISH,
};

const FINISH: Finish = Finish::Sums(|sums| vec![Some(f_score(sums))]);

/// N-grams of the answer, of the reference and shared, for each order of characters and then of words, against the reference
/// that gives the best score.
fn statistics(item: &Item<'_>, metric: &'static str, word_orders: usize) -> Result<Vec<f64>> {
    let (prediction, references) = item.texts(metric)?;
    let mut words = WordIds::new();
    let characters = |text: &str| Packing::CHARACTERS.sorted(&symbols(text));
    let answer = characters(prediction);
    let answer_words = word_grams(prediction, word_orders, &mut words);
    let (mut best, mut best_row) = (-1.0, Vec::new());
    for reference in references {
        let mut row = Vec::with_capacity(3 * (Packing::CHARACTERS.order + word_orders));
        let orders = Packing::CHARACTERS.order;
        compare(
            Packing::CHARACTERS,
            orders,
            &answer,
            &characters(reference),
            &mut row,
        );
        let reference_words = word_grams(reference, word_orders, &mut words);
        compare(
            Packing::WORDS,
            word_orders,
            &answer_words,
            &reference_words,
            &mut row,
        );
        let score = f_score(&row);
        if score > best {
            (best, best_row) = (score, row);
        }
    }
    Ok(best_row)
}

/// Characters that are no white space.
fn symbols(text: &str) -> Vec<u32> {
    let kept = text.chars().filter(|character| !text::is_space(*character));
    kept.map(|character| u32::from(character) + 1).collect()
}

fn word_grams<'a>(text: &'a str, orders: usize, words: &mut WordIds<'a>) -> Vec<u128> {
    if orders == 0 {
        return Vec::new();
    }
    let parts = text::split(text).flat_map(|word| {
        let (first, second) = part(word);
        [first, second]
    });
    let parts = parts.filter(|part| !part.is_empty());
    let ids: Vec<u32> = parts.map(|part| words.id(part) + 1).collect();
    Packing::WORDS.sorted(&ids)
}

/// A word and one mark of ASCII that it ends with, or else that it begins with; the second part may be empty.
fn part(word: &str) -> (&str, &str) {
    let is_mark = |character: char| character.is_ascii_punctuation();
    let inner = word.len().saturating_sub(1);
    if word.chars().nth(1).is_none() {
        (word, "")
    } else if word.ends_with(is_mark) {
        word.split_at(inner)
    } else if word.starts_with(is_mark) {
        word.split_at(1)
    } else {
        (word, "")
    }
}

fn compare(
    packing: Packing,
    orders: usize,
    answer: &[u128],
    reference: &[u128],
    row: &mut Vec<f64>,
) {
    let (mut given, mut wanted) = (Vec::new(), Vec::new());
    for order in 1..=orders {
        packing.cut(answer, order, &mut given);
        packing.cut(reference, order, &mut wanted);
        // An answer is not blamed for n-grams longer than the reference.
        let counted = if wanted.is_empty() { 0 } else { given.len() };
        let counts = [counted, wanted.len(), matches(&given, &wanted)];
        row.extend(counts.map(|count| count as f64));
    }
}

/// F-score in percent of the mean precision and mean recall over the orders that both sides have n-grams of.
fn f_score(row: &[f64]) -> f64 {
    let (mut precision, mut recall, mut orders) = (0.0, 0.0, 0.0);
    for counts in row.as_chunks::<3>().0 {
        let [given, wanted, shared] = *counts;
        if given > 0.0 && wanted > 0.0 {
            precision += shared / given;
            recall += shared / wanted;
            orders += 1.0;
        }
    }
    if precision + recall == 0.0 {
        return 0.0;
    }
    let (precision, recall) = (precision / orders, recall / orders);
    100.0 * ((1.0 + BETA_SQUARED) * precision * recall / (BETA_SQUARED * precision + recall))
}
