use super::bleu_tokenizer::{characters, chinese, international, thirteen_a, untouched};
use super::ngrams::{Packing, matches, union};
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

pub(crate) const CHARACTERS: Metric = Metric {
    name: "bleu_char",
    doc: "Corpus BLEU over characters, as `sacrebleu --tokenize char`, for scripts without spaces.",
    higher_is_better: true,
    kinds: &[Kind::Text],
    scores: &["bleu"],
    version: 1,
    settings: "case:mixed|eff:no|tok:char|smooth:exp|as:sacrebleu-2.6.0",
    unit: Unit::Example,
    measure: |item| statistics(item, "bleu_char", characters),
    finish: FINISH,
};

pub(crate) const UNTOUCHED: Metric = Metric {
    name: "bleu_none",
    doc: "Corpus BLEU over the words that white space parts, as `sacrebleu --tokenize none`, for tokenized text.",
    higher_is_better: true,
    kinds: &[Kind::Text],
    scores: &["bleu"],
    version: 1,
    settings: "case:mixed|eff:no|tok:none|smooth:exp|as:sacrebleu-2.6.0",
    unit: Unit::Example,
    measure: |item| statistics(item, "bleu_none", untouched),
    finish: FINISH,
};

pub(crate) const CHINESE: Metric = Metric {
    name: "bleu_zh",
    doc: "Corpus BLEU with each Chinese character a word, as `sacrebleu --tokenize zh`.",
    higher_is_better: true,
    kinds: &[Kind::Text],
    scores: &["bleu"],
    version: 1,
    settings: "case:mixed|eff:no|tok:zh|smooth:exp|as:sacrebleu-2.6.0",
    unit: Unit::Example,
    measure: |item| statistics(item, "bleu_zh", chinese),
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
    let tokenize = |text: &str| tokenize(text.trim_end_matches(text::is_space));
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
    row.extend(hits(&answer, &references).map(|hits| hits as f64));
    row.extend((0..ORDER).map(|shorter| answer.len().saturating_sub(shorter) as f64));
    Ok(row)
}

/// The words of a tokenized text, each numbered by its first appearance, from 1.
fn ids<'a>(text: &'a str, words: &mut WordIds<'a>) -> Vec<u32> {
    text::split(text).map(|word| words.id(word) + 1).collect()
}

/// N-grams of each order that the answer shares with the references, each at most as often as in the reference that has most.
fn hits(answer: &[u32], references: &[Vec<u32>]) -> [usize; ORDER] {
    let packing = Packing::WORDS;
    let answer = packing.sorted(answer);
    let references: Vec<Vec<u128>> = references.iter().map(|ids| packing.sorted(ids)).collect();
    let (mut given, mut wanted, mut more) = (Vec::new(), Vec::new(), Vec::new());
    std::array::from_fn(|shorter| {
        packing.cut(&answer, shorter + 1, &mut given);
        for (number, reference) in references.iter().enumerate() {
            if number == 0 {
                packing.cut(reference, shorter + 1, &mut wanted);
            } else {
                packing.cut(reference, shorter + 1, &mut more);
                wanted = union(&wanted, &more);
            }
        }
        matches(&given, &wanted)
    })
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
