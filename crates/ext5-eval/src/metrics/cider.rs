use super::wer::spoken;
use crate::bootstrap::Finish;
use crate::corpus::{Grams, Span, Spans, Words};
use crate::metric::Unit;
use crate::{Kind, Metric};

/// Longest n-grams.
const ORDER: usize = 4;
/// Width of the penalty for another length, in words.
const SIGMA: f64 = 6.0;

pub(crate) const METRIC: Metric = Metric {
    name: "cider",
    doc: "Likeness to the right answers in n-grams of orders 1 to 4, each weighed by how few examples' right answers have it, \
          from 0 to 10, averaged over examples, as `pycocoevalcap` computes it, with its clipping and its penalty for another \
          length. Words are those of `mteval-v13a` in lower case without punctuation, where the package asks a tokenizer in Java. \
          Intervals resample examples under the weights of the whole corpus.",
    higher_is_better: true,
    kinds: &[Kind::Text],
    scores: &["cider"],
    version: 1,
    settings: "case:lc|tok:13a|punct:no|order:4|sigma:6|df:references|agg:mean|as:pycocoevalcap-1.2",
    unit: Unit::Example,
    measure: |item| item.texts("cider").map(|_| Vec::new()),
    finish: Finish::Corpus {
        tokenize: spoken,
        rows,
        finish: |sums| match sums {
            [score, examples] if *examples > 0.0 => vec![Some(score / examples)],
            _ => vec![None],
        },
    },
};

/// The weights of a text's n-grams.
struct Vector {
    /// N-grams with their weights, sorted, for each order, and the length of that vector.
    orders: [(Vec<(u32, f64)>, f64); ORDER],
    /// Number of pairs of words, which the reference takes for the length of the text.
    length: f64,
}

/// The score of each example and 1.
fn rows(examples: &[Words]) -> Vec<Vec<f64>> {
    let (grams, spans) = Grams::new(examples);
    let mut seen = vec![0_u32; grams.len()]; // number of examples whose right answers have an n-gram
    let mut all: Vec<u32> = Vec::new();
    for example in &spans {
        let spans = example.references.iter();
        all.clear();
        all.extend(spans.flat_map(|span| (1..=ORDER).flat_map(|order| grams.of(order, *span))));
        all.sort_unstable();
        all.dedup();
        for gram in &all {
            if let Some(count) = seen.get_mut(*gram as usize) {
                *count += 1;
            }
        }
    }
    let most = (examples.len() as f64).ln();
    let by_count = (0..=examples.len()).map(|count| most - (count.max(1) as f64).ln());
    let by_count: Vec<f64> = by_count.collect();
    let rarity = |gram: u32| {
        let count = seen.get(gram as usize).copied().unwrap_or(0);
        by_count.get(count as usize).copied().unwrap_or(0.0)
    };
    let score = |example: &Spans| {
        let answer = Vector::new(&grams, example.answer, rarity);
        let likeness = |span: &Span| answer.likeness(&Vector::new(&grams, *span, rarity));
        let sum: f64 = example.references.iter().map(likeness).sum();
        vec![10.0 * sum / example.references.len() as f64, 1.0]
    };
    spans.iter().map(score).collect()
}

impl Vector {
    fn new(grams: &Grams, span: Span, rarity: impl Fn(u32) -> f64) -> Self {
        let order = |order| {
            let mut sorted = grams.of(order, span).to_vec();
            sorted.sort_unstable();
            let runs = sorted.chunk_by(|left, right| left == right);
            let weigh = |run: &[u32]| {
                let gram = run.first()?;
                Some((*gram, run.len() as f64 * rarity(*gram)))
            };
            let weights: Vec<(u32, f64)> = runs.filter_map(weigh).collect();
            let norm = weights
                .iter()
                .map(|(_, weight)| weight * weight)
                .sum::<f64>();
            (weights, norm.sqrt())
        };
        Self {
            orders: std::array::from_fn(|shorter| order(shorter + 1)),
            length: grams.of(2, span).len() as f64,
        }
    }

    /// Mean over the orders of the cosine with a reference, whose weights an answer's cannot exceed, less for another length.
    fn likeness(&self, reference: &Self) -> f64 {
        let apart = self.length - reference.length;
        let penalty = (-apart * apart / (2.0 * SIGMA * SIGMA)).exp();
        let mut cosines = 0.0;
        for ((given, norm), (wanted, other)) in self.orders.iter().zip(&reference.orders) {
            let product = norm * other;
            cosines += shared(given, wanted) / if product == 0.0 { 1.0 } else { product };
        }
        penalty * cosines / ORDER as f64
    }
}

/// Product of two vectors, where the first counts no n-gram for more than the second does.
fn shared(given: &[(u32, f64)], wanted: &[(u32, f64)]) -> f64 {
    let mut sum = 0.0;
    let mut wanted = wanted.iter().peekable();
    for (gram, weight) in given {
        while wanted.next_if(|(other, _)| other < gram).is_some() {}
        if let Some((_, right)) = wanted.next_if(|(other, _)| other == gram) {
            sum += weight.min(*right) * right;
        }
    }
    sum
}
