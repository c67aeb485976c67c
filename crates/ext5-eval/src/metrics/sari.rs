use std::cmp::Ordering;

use super::bleu_tokenizer::thirteen_a;
use super::ngrams::Packing;
use super::word_ids::WordIds;
use crate::metric::Unit;
use crate::{Kind, Metric, text};

pub(crate) const METRIC: Metric = Metric {
    name: "sari",
    doc: "How well an answer keeps, deletes and adds n-grams of orders 1 to 4 of its source (the field `source`, else the \
          inputs) beside the right answers, averaged over examples: the mean of the F1 of what is kept, the precision of what \
          is deleted and the F1 of what is added, 0/0 being 1 (Hugging Face `sari`, GEM).",
    higher_is_better: true,
    kinds: &[Kind::Text],
    scores: &["sari", "keep", "delete", "add"],
    version: 1,
    settings: "case:lc|tok:13a|order:4|0/0:1|agg:mean|as:evaluate-0.4.6",
    unit: Unit::Example,
    measure: |item| {
        let (prediction, references) = item.texts("sari")?;
        if item.source.is_empty() {
            return Err(item.field("source", "the text that the answer rewrites", "empty"));
        }
        let tokenize = |text: &str| thirteen_a(&text::lower(text));
        let (source, answer) = (tokenize(item.source), tokenize(prediction));
        let references: Vec<String> = references.iter().map(|text| tokenize(text)).collect();
        let mut words = WordIds::new();
        let mut sorted = |text| Packing::WORDS.sorted(&numbered(text, &mut words));
        let (source, answer) = (sorted(&source), sorted(&answer));
        let mut right: Vec<u128> = references.iter().flat_map(|text| sorted(text)).collect();
        right.sort_unstable();
        let mut sums = [0.0; 3];
        for order in 1..=Packing::WORDS.order {
            let scores = of_order([&source, &answer, &right], order, references.len());
            for (sum, score) in sums.iter_mut().zip(scores) {
                *sum += score / Packing::WORDS.order as f64;
            }
        }
        let [keep, delete, add] = sums;
        Ok(vec![(keep + delete + add) / 3.0, keep, delete, add, 1.0])
    },
    finish: super::PERCENT_OF_LAST,
};

/// The words by number, from 1; of an empty text one empty word, as the reference splits it.
fn numbered<'a>(text: &'a str, words: &mut WordIds<'a>) -> Vec<u32> {
    let mut ids: Vec<u32> = text::split(text).map(|word| words.id(word) + 1).collect();
    if ids.is_empty() {
        ids.push(words.id("") + 1);
    }
    ids
}

/// Scores of what is kept, deleted and added, of one order of n-grams.
fn of_order(sorted: [&[u128]; 3], order: usize, references: usize) -> [f64; 3] {
    let mut texts = [Vec::new(), Vec::new(), Vec::new()];
    for (text, sorted) in texts.iter_mut().zip(sorted) {
        Packing::WORDS.cut(sorted, order, text);
    }
    let mut tally = Tally::default();
    let [source, answer, right] = &texts;
    let mut runs = [Runs(source), Runs(answer), Runs(right)];
    while let Some(gram) = runs.iter().filter_map(|run| run.0.first().copied()).min() {
        let [source, answer, right] = runs.each_mut().map(|run| run.take(gram));
        // The source and the answer count once for each right answer.
        tally.add(source * references, answer * references, right);
    }
    tally.scores()
}

/// What is left of sorted n-grams.
struct Runs<'a>(&'a [u128]);

impl Runs<'_> {
    /// How often `gram` stands at the front, taken away.
    fn take(&mut self, gram: u128) -> usize {
        let count = self
            .0
            .iter()
            .take_while(|next| next.cmp(&&gram) == Ordering::Equal)
            .count();
        self.0 = self.0.get(count..).unwrap_or_default();
        count
    }
}

/// Sums over the different n-grams.
#[derive(Default)]
struct Tally {
    kept: f64,
    kept_share: f64,
    kept_right: f64,
    to_keep: f64,
    deleted: f64,
    deleted_share: f64,
    added: f64,
    added_right: f64,
    to_add: f64,
}

impl Tally {
    /// Takes in an n-gram with its counts in source, answer and right answers.
    fn add(&mut self, source: usize, answer: usize, right: usize) {
        let kept = source.min(answer);
        let kept_right = kept.min(right);
        if kept > 0 {
            self.kept += 1.0;
            self.kept_share += kept_right as f64 / kept as f64;
        }
        self.kept_right += kept_right as f64;
        self.to_keep += source.min(right) as f64;
        let deleted = source.saturating_sub(answer);
        if deleted > 0 {
            self.deleted += 1.0;
            self.deleted_share += deleted.saturating_sub(right) as f64 / deleted as f64;
        }
        if source == 0 {
            self.added += super::one_if(answer > 0);
            self.added_right += super::one_if(answer > 0 && right > 0);
            self.to_add += super::one_if(right > 0);
        }
    }

    fn scores(&self) -> [f64; 3] {
        let share = |part: f64, whole: f64| if whole > 0.0 { part / whole } else { 1.0 };
        let f1 = |precision: f64, recall: f64| {
            if precision + recall > 0.0 {
                2.0 * precision * recall / (precision + recall)
            } else {
                0.0
            }
        };
        [
            f1(
                share(self.kept_share, self.kept),
                share(self.kept_right, self.to_keep),
            ),
            share(self.deleted_share, self.deleted),
            f1(
                share(self.added_right, self.added),
                share(self.added_right, self.to_add),
            ),
        ]
    }
}
