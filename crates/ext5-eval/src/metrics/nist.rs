use std::f64::consts::LN_2;

use super::bleu_tokenizer::thirteen_a;
use crate::bootstrap::Finish;
use crate::corpus::{Grams, Spans, Words};
use crate::metric::Unit;
use crate::{Kind, Metric, text};

/// Longest n-grams.
const ORDER: usize = 5;

pub(crate) const METRIC: Metric = Metric {
    name: "nist",
    doc: "Information in the answers' n-grams of orders 1 to 5 that the right answers have, per n-gram, less for short answers, \
          not in percent, as `nltk` computes it over words of `mteval-v13a` in lower case: for each order the right answer that \
          shares most counts. An order that no answer is long enough for adds nothing. Intervals resample examples under the \
          information of the whole corpus.",
    higher_is_better: true,
    kinds: &[Kind::Text],
    scores: &["nist"],
    version: 1,
    settings: "case:lc|tok:13a|order:5|refs:best-of-order|info:references|as:nltk-3.10.4",
    unit: Unit::Example,
    measure: |item| item.texts("nist").map(|_| Vec::new()),
    finish: Finish::Corpus {
        tokenize: |text| thirteen_a(&text::lower(text)),
        rows: |examples| rows(examples, best_of_references),
        finish: |sums| vec![score(sums)],
    },
};

pub(crate) const MERGED: Metric = Metric {
    name: "nist_merged",
    doc: "NIST as `mteval` and after it the E2E challenge and GEM have it: n-grams may come from any right answer, which count \
          with their mean length, and an answer of n words counts n - 4 n-grams of order 5, though that be negative. An empty \
          text has no words, where GEM gives it an empty one.",
    higher_is_better: true,
    kinds: &[Kind::Text],
    scores: &["nist"],
    version: 1,
    settings: "case:lc|tok:13a|order:5|refs:merged|info:references|as:gem",
    unit: Unit::Example,
    measure: |item| item.texts("nist_merged").map(|_| Vec::new()),
    finish: Finish::Corpus {
        tokenize: |text| text::lower(&thirteen_a(text)).into_owned(),
        rows: |examples| rows(examples, merged_references),
        finish: |sums| vec![score(sums)],
    },
};

/// Shared information of each order, n-grams of each order, and the words of the references and of the answer.
type Row = [f64; 2 * ORDER + 2];

fn rows(
    examples: &[Words],
    row: fn(&mut Tally, &Grams, &Spans, &dyn Fn(u32) -> f64) -> Row,
) -> Vec<Vec<f64>> {
    let (grams, spans) = Grams::new(examples);
    let mut counts = vec![0_u32; grams.len()];
    for span in spans.iter().flat_map(|example| &example.references) {
        let seen = (1..=ORDER).flat_map(|order| grams.of(order, *span));
        // A word follows the empty n-gram.
        for gram in seen.chain(std::iter::repeat_n(&0, span.1)) {
            if let Some(count) = counts.get_mut(*gram as usize) {
                *count += 1;
            }
        }
    }
    let count = |gram: u32| counts.get(gram as usize).copied().map_or(0.0, f64::from);
    let information = |gram: u32| (count(grams.shorter(gram)) / count(gram)).ln() / LN_2;
    let mut tally = Tally::new(grams.len());
    let row = |example| row(&mut tally, &grams, example, &information).to_vec();
    spans.iter().map(row).collect()
}

/// For each order the reference that shares most, the longer one of equals; its words count once for each order.
fn best_of_references(
    tally: &mut Tally,
    grams: &Grams,
    example: &Spans,
    information: &dyn Fn(u32) -> f64,
) -> Row {
    let mut row = [0.0; 2 * ORDER + 2];
    let (mut wanted_words, mut words) = (0, 0);
    for order in 1..=ORDER {
        let given = grams.of(order, example.answer);
        tally.set_answer(given);
        let mut best = (0.0, 0);
        for span in &example.references {
            let shared = tally.shared(std::iter::once(grams.of(order, *span)), information);
            if (shared, span.1) >= best {
                best = (shared, span.1);
            }
        }
        set(&mut row, order, best.0, given.len() as f64);
        wanted_words += best.1;
        words += example.answer.1;
    }
    with_lengths(row, wanted_words as f64, words as f64)
}

/// N-grams from any reference, each as often as in the one that has most of it.
fn merged_references(
    tally: &mut Tally,
    grams: &Grams,
    example: &Spans,
    information: &dyn Fn(u32) -> f64,
) -> Row {
    let mut row = [0.0; 2 * ORDER + 2];
    let words = example.answer.1 as f64;
    for order in 1..=ORDER {
        tally.set_answer(grams.of(order, example.answer));
        let references = example.references.iter().map(|span| grams.of(order, *span));
        let shared = tally.shared(references, information);
        set(&mut row, order, shared, words + 1.0 - order as f64);
    }
    let wanted: usize = example.references.iter().map(|span| span.1).sum();
    let mean = wanted as f64 / example.references.len() as f64;
    with_lengths(row, mean, words)
}

fn set(row: &mut Row, order: usize, shared: f64, given: f64) {
    for (place, value) in [(order - 1, shared), (ORDER + order - 1, given)] {
        if let Some(slot) = row.get_mut(place) {
            *slot = value;
        }
    }
}

fn with_lengths(mut row: Row, wanted: f64, words: f64) -> Row {
    if let Some(lengths) = row.last_chunk_mut::<2>() {
        *lengths = [wanted, words];
    }
    row
}

/// How often each n-gram of the corpus stands in one answer.
struct Tally {
    counts: Vec<Counts>,
    /// The answer's n-grams by first appearance.
    given: Vec<u32>,
}

#[derive(Clone, Copy, Default)]
struct Counts {
    given: u32,
    /// In the reference looked at.
    wanted: u32,
    /// In the reference that has most.
    most: u32,
}

impl Tally {
    fn new(grams: usize) -> Self {
        Self {
            counts: vec![Counts::default(); grams],
            given: Vec::new(),
        }
    }

    fn set_answer(&mut self, answer: &[u32]) {
        for gram in self.given.drain(..) {
            if let Some(counts) = self.counts.get_mut(gram as usize) {
                counts.given = 0;
            }
        }
        for gram in answer {
            if let Some(counts) = self.counts.get_mut(*gram as usize) {
                if counts.given == 0 {
                    self.given.push(*gram);
                }
                counts.given += 1;
            }
        }
    }

    /// Information of the n-grams that the references have too, each as often as both sides have it, summed by first appearance
    /// as `nltk` does, so that right answers tie where they tie there.
    fn shared<'a>(
        &mut self,
        references: impl Iterator<Item = &'a [u32]> + Clone,
        information: &dyn Fn(u32) -> f64,
    ) -> f64 {
        for reference in references.clone() {
            for gram in reference {
                if let Some(counts) = self.counts.get_mut(*gram as usize) {
                    counts.wanted += 1;
                    counts.most = counts.most.max(counts.wanted);
                }
            }
            for gram in reference {
                if let Some(counts) = self.counts.get_mut(*gram as usize) {
                    counts.wanted = 0;
                }
            }
        }
        let mut sum = 0.0;
        for gram in &self.given {
            if let Some(counts) = self.counts.get_mut(*gram as usize) {
                let both = counts.given.min(counts.most);
                if both > 0 {
                    sum += information(*gram) * f64::from(both);
                }
            }
        }
        for gram in references.flatten() {
            if let Some(counts) = self.counts.get_mut(*gram as usize) {
                counts.most = 0;
            }
        }
        sum
    }
}

fn score(sums: &[f64]) -> Option<f64> {
    let (orders, [wanted, words]) = sums.split_last_chunk::<2>()?;
    let (shared, given) = orders.split_at(orders.len() / 2);
    let pairs = shared.iter().zip(given).filter(|pair| *pair.1 != 0.0);
    let precision: f64 = pairs.map(|(shared, given)| shared / given).sum();
    (*wanted > 0.0).then(|| precision * penalty(words / wanted))
}

/// Half for answers of two thirds of the length, 1 for those not shorter.
fn penalty(ratio: f64) -> f64 {
    if 0.0 < ratio && ratio < 1.0 {
        let beta = 0.5_f64.ln() / (1.5_f64.ln() * 1.5_f64.ln());
        (beta * ratio.ln() * ratio.ln()).exp()
    } else {
        ratio.clamp(0.0, 1.0)
    }
}
