//! One metric, or one family of them, in a file.
pub(crate) mod accuracy;
pub(crate) mod bleu;
mod bleu_tokenizer;
pub(crate) mod chrf;
pub(crate) mod cider;
pub(crate) mod correlation;
pub(crate) mod decomposition;
pub(crate) mod diversity;
pub(crate) mod edit_distance;
pub(crate) mod exact_match;
pub(crate) mod f1;
pub(crate) mod lm_eval;
pub(crate) mod local_recall;
pub(crate) mod matthews;
pub(crate) mod meteor;
pub(crate) mod multirc;
mod multiset;
mod ngrams;
pub(crate) mod nist;
pub(crate) mod perplexity;
mod porter;
mod punkt;
pub(crate) mod qa;
pub(crate) mod rank;
pub(crate) mod rouge;
pub(crate) mod sari;
pub(crate) mod spans;
pub(crate) mod ter;
mod ter_edits;
pub(crate) mod text_length;
pub(crate) mod token_accuracy;
pub(crate) mod wer;
mod word_ids;
mod word_tokenizer;
pub(crate) mod wordnet;
mod words;

pub(crate) use word_ids::Mix;

use crate::bootstrap::Finish;

/// Sums of shares, the last of them what they are shares of: each in percent.
const PERCENT_OF_LAST: Finish = Finish::Sums(PERCENTS);

/// See [`PERCENT_OF_LAST`].
const PERCENTS: fn(&[f64]) -> Vec<Option<f64>> = |sums| {
    let Some((total, parts)) = sums.split_last() else {
        return Vec::new();
    };
    let percent = |part: &f64| (*total > 0.0).then(|| 100.0 * part / total);
    parts.iter().map(percent).collect()
};

fn one_if(condition: bool) -> f64 {
    f64::from(u8::from(condition))
}
