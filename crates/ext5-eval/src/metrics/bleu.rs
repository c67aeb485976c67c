use super::bleu_tokenizer::{international, thirteen_a};
use super::multiset::common;
use super::word_ids::WordIds;
use crate::bootstrap::Finish;
use crate::error::Result;
use crate::metric::Unit;
use crate::{Item, Kind, Metric, text};

/// Longest n-grams counted.
const ORDER: usize = 4;

pub(crate) const INTERNATIONAL: Metric = Metric {
    name: "bleu",
    doc: "Corpus BLEU as `sacrebleu` computes it, with the international tokenizer (T5 `bleu`).",
    higher_is_better: true,
    kinds: &[Kind::Text],
    scores: &["bleu"],
    version: 1,
    settings: "case:mixed|eff:no|tok:intl|smooth:exp|as:sacrebleu-2.6.0",
    unit: Unit::Example,
    measure: |item| statistics(item, "bleu", international),
    finish: FINISH,
};

pub(crate) const THIRTEEN_A: Metric = Metric {
    name: "bleu_13a",
    doc: "Corpus BLEU as `sacrebleu` computes it, with its default tokenizer, which translation papers report.",
    higher_is_better: true,
    kinds: &[Kind::Text],
    scores: &["bleu"],
    version: 1,
    settings: "case:mixed|eff:no|tok:13a|smooth:exp|as:sacrebleu-2.6.0",
    unit: Unit::Example,
    measure: |item| statistics(item, "bleu_13a", thirteen_a),
    finish: FINISH,
};

const FINISH: Finish = Finish::Sums(|sums| match sums {
    [answer, reference, counts @ ..] if counts.len() == 2 * ORDER => {
        let (hits, totals) = counts.split_at(ORDER);
        vec![Some(bleu(*answer, *reference, hits, totals))]
    }
    _ => Vec::new(),
});

/// Length of the answer, of the reference nearest in length, hits of each order, n-grams of each order.
fn statistics(
    item: &Item<'_>,
    metric: &'static str,
    tokenize: fn(&str) -> String,
) -> Result<Vec<f64>> {
    let (prediction, references) = item.texts(metric)?;
    let prediction = tokenize(prediction);
    let references: Vec<String> = references.iter().map(|text| tokenize(text)).collect();
    let mut words = WordIds::new();
    let answer = ids(&prediction, &mut words);
    let references: Vec<Vec<u32>> = references
        .iter()
        .map(|text| ids(text, &mut words))
        .collect();
    let nearest = references
        .iter()
        .map(Vec::len)
        .min_by_key(|length| (length.abs_diff(answer.len()), *length));
    let mut row = vec![answer.len() as f64, nearest.unwrap_or(0) as f64];
    let mut totals = Vec::with_capacity(ORDER);
    for order in 1..=ORDER {
        let grams = sorted_grams(&answer, order);
        let wanted = references
            .iter()
            .map(|reference| sorted_grams(reference, order));
        let wanted = wanted.reduce(|left, right| union(&left, &right));
        row.push(common(&grams, &wanted.unwrap_or_default()) as f64);
        totals.push(grams.len() as f64);
    }
    row.extend(totals);
    Ok(row)
}

/// The words of a tokenized text, each numbered by its first appearance.
fn ids<'a>(text: &'a str, words: &mut WordIds<'a>) -> Vec<u32> {
    text::split(text).map(|word| words.id(word)).collect()
}

/// The n-grams of one order, each packed into one number, sorted.
fn sorted_grams(ids: &[u32], order: usize) -> Vec<u128> {
    let pack = |gram: &[u32]| {
        gram.iter()
            .fold(0, |packed, id| packed << 32 | u128::from(*id))
    };
    let mut grams: Vec<u128> = ids.windows(order).map(pack).collect();
    grams.sort_unstable();
    grams
}

/// Of two sorted multisets, each thing as often as in the one that has more of it.
fn union(left: &[u128], right: &[u128]) -> Vec<u128> {
    let mut out = Vec::with_capacity(left.len() + right.len());
    let (mut left, mut right) = (left.iter().peekable(), right.iter().peekable());
    loop {
        let gram = match (left.peek(), right.peek()) {
            (Some(x), Some(y)) => **x.min(y),
            (Some(gram), None) | (None, Some(gram)) => **gram,
            (None, None) => return out,
        };
        let first = left.next_if(|next| **next == gram).is_some();
        let second = right.next_if(|next| **next == gram).is_some();
        debug_assert!(first || second, "one side has the lesser gram");
        out.push(gram);
    }
}

/// BLEU from corpus sums: brevity penalty times the geometric mean of the precisions. An order without a hit is smoothed by
/// halving (NIST); a corpus without any hit, or with no n-gram of some order, has 0.
fn bleu(answer: f64, reference: f64, hits: &[f64], totals: &[f64]) -> f64 {
    if hits.iter().all(|hit| *hit == 0.0) || totals.contains(&0.0) {
        return 0.0;
    }
    let brevity = if answer < reference {
        (1.0 - reference / answer).exp()
    } else {
        1.0
    };
    let mut halving = 1.0;
    let mut logarithms = 0.0;
    for (hit, total) in hits.iter().zip(totals) {
        let precision = if *hit == 0.0 {
            halving *= 2.0;
            100.0 / (halving * total)
        } else {
            100.0 * hit / total
        };
        logarithms += precision.ln();
    }
    brevity * (logarithms / ORDER as f64).exp()
}
