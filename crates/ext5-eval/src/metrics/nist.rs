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
        rows,
        finish: |sums| vec![score(sums)],
    },
};

/// For each example: shared information of each order, n-grams of each order, and the words of the references taken and of the
/// answer, both once for each order.
fn rows(examples: &[Words]) -> Vec<Vec<f64>> {
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
    let row = |example: &Spans| {
        let mut row = vec![0.0; 2 * ORDER + 2];
        let (shared, given) = row.split_at_mut(ORDER);
        let (mut wanted_words, mut words) = (0, 0);
        for (order, (shared, total)) in (1..).zip(shared.iter_mut().zip(&mut *given)) {
            let given = grams.of(order, example.answer);
            tally.set_answer(given);
            let mut best = (0.0, 0);
            for reference in &example.references {
                let sum = tally.shared(grams.of(order, *reference), information);
                best = if (sum, reference.1) >= best {
                    (sum, reference.1)
                } else {
                    best
                };
            }
            (*shared, *total) = (best.0, given.len() as f64);
            wanted_words += best.1;
            words += example.answer.1;
        }
        if let Some(lengths) = row.last_chunk_mut::<2>() {
            *lengths = [wanted_words as f64, words as f64];
        }
        row
    };
    spans.iter().map(row).collect()
}

/// How often each n-gram of the corpus stands in one answer and in one of its references.
struct Tally {
    counts: Vec<[u32; 2]>,
    /// The answer's n-grams by first appearance.
    given: Vec<u32>,
}

impl Tally {
    fn new(grams: usize) -> Self {
        Self {
            counts: vec![[0; 2]; grams],
            given: Vec::new(),
        }
    }

    fn set_answer(&mut self, answer: &[u32]) {
        for gram in self.given.drain(..) {
            if let Some(count) = self.counts.get_mut(gram as usize) {
                *count = [0; 2];
            }
        }
        for gram in answer {
            if let Some([count, _]) = self.counts.get_mut(*gram as usize) {
                if *count == 0 {
                    self.given.push(*gram);
                }
                *count += 1;
            }
        }
    }

    /// Information of the n-grams that a reference has too, each as often as both have it, summed by first appearance as the
    /// package does, so that right answers tie where they tie there.
    fn shared(&mut self, reference: &[u32], information: impl Fn(u32) -> f64) -> f64 {
        for gram in reference {
            if let Some([_, count]) = self.counts.get_mut(*gram as usize) {
                *count += 1;
            }
        }
        let mut sum = 0.0;
        for gram in &self.given {
            let counts = self.counts.get(*gram as usize).copied().unwrap_or_default();
            let both = counts[0].min(counts[1]);
            if both > 0 {
                sum += information(*gram) * f64::from(both);
            }
        }
        for gram in reference {
            if let Some([_, count]) = self.counts.get_mut(*gram as usize) {
                *count = 0;
            }
        }
        sum
    }
}

fn score(sums: &[f64]) -> Option<f64> {
    let (orders, [wanted, words]) = sums.split_last_chunk::<2>()?;
    let (shared, given) = orders.split_at(orders.len() / 2);
    let pairs = shared.iter().zip(given).filter(|pair| *pair.1 > 0.0);
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
