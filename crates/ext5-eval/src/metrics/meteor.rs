//! METEOR as `nltk.translate.meteor_score` computes it: Lavie and Agarwal, "METEOR: an automatic metric for MT evaluation with
//! high levels of correlation with human judgments", WMT 2007.
use std::borrow::Cow;

use super::word_ids::WordIds;
use super::word_tokenizer::lower_words;
use super::wordnet::{WordNet, wordnet};
use super::{PERCENT_OF_LAST, porter};
use crate::error::Result;
use crate::metric::Unit;
use crate::{Item, Kind, Metric};

/// Weight of precision against recall.
const ALPHA: f64 = 0.9;
/// Weight of the penalty for matches that are not in a row; it grows with the third power of their share.
const GAMMA: f64 = 0.5;

pub(crate) const METRIC: Metric = Metric {
    name: "meteor",
    doc: "METEOR of `nltk.translate.meteor_score` over nltk's words in lower case, mean over examples: words match that are the \
          same, then those of the same Porter stem. Without WordNet's synonyms, see `meteor_wordnet`. Of several right answers \
          the best counts. Sentences are parted without a trained model of abbreviations. Not the Java METEOR 1.5.",
    higher_is_better: true,
    kinds: &[Kind::Text],
    scores: &["meteor"],
    version: 1,
    settings: "tok:nltk-words|sentences:punkt-untrained|lc:yes|stem:porter-nltk|wordnet:none|alpha:0.9|beta:3|gamma:0.5|\
               refs:max|agg:mean|as:nltk-3.10",
    unit: Unit::Example,
    measure: |item| measure(item, "meteor", None),
    finish: PERCENT_OF_LAST,
};

pub(crate) const WITH_WORDNET: Metric = Metric {
    name: "meteor_wordnet",
    doc: "As `meteor`, and what is left matches where WordNet 3.0 has it as a synonym, as nltk and Hugging Face `evaluate` have \
          it. Needs the database's folder in the environment variable `EXT5_WORDNET`.",
    settings: "tok:nltk-words|sentences:punkt-untrained|lc:yes|stem:porter-nltk|wordnet:3.0|alpha:0.9|beta:3|gamma:0.5|\
               refs:max|agg:mean|as:nltk-3.10",
    measure: |item| measure(item, "meteor_wordnet", Some(wordnet("meteor_wordnet")?)),
    ..METRIC
};

/// The best score over all right answers, and 1 for the example itself.
fn measure(item: &Item<'_>, metric: &'static str, synonyms: Option<&WordNet>) -> Result<Vec<f64>> {
    let (prediction, references) = item.texts(metric)?;
    let prediction = lower_words(prediction);
    let scores = references
        .iter()
        .map(|reference| score(&prediction, &lower_words(reference), synonyms));
    Ok(vec![scores.fold(0.0, f64::max), 1.0])
}

/// The score of one prediction against one right answer, from 0 to 1.
fn score(prediction: &[String], reference: &[String], synonyms: Option<&WordNet>) -> f64 {
    let matches = align(prediction, reference, synonyms);
    if matches.is_empty() {
        return 0.0;
    }
    let count = matches.len() as f64;
    let precision = count / prediction.len() as f64;
    let recall = count / reference.len() as f64;
    let mean = precision * recall / (ALPHA * precision + (1.0 - ALPHA) * recall);
    let pairs = matches.iter().zip(matches.iter().skip(1));
    let breaks = pairs.filter(|(one, next)| next.0 != one.0 + 1 || next.1 != one.1 + 1);
    let chunks = breaks.count() as f64 + 1.0;
    (1.0 - GAMMA * (chunks / count).powi(3)) * mean
}

/// Words not yet matched, with their places.
type Rest<'a> = Vec<(usize, Cow<'a, str>)>;

/// Places of matched words in prediction and reference, in the order of the prediction.
fn align(
    prediction: &[String],
    reference: &[String],
    synonyms: Option<&WordNet>,
) -> Vec<(usize, usize)> {
    let (mut given, mut wanted) = (numbered(prediction), numbered(reference));
    let mut matches = match_same(&mut given, &mut wanted);
    // What is left stays cut, so that synonyms too are sought for stems, as nltk does.
    for (_, word) in given.iter_mut().chain(&mut wanted) {
        *word = Cow::Owned(porter::stem(word));
    }
    matches.extend(match_same(&mut given, &mut wanted));
    if let Some(wordnet) = synonyms {
        matches.extend(match_synonyms(&given, &mut wanted, wordnet));
    }
    matches.sort_unstable();
    matches
}

fn numbered(words: &[String]) -> Rest<'_> {
    let words = words.iter().map(|word| Cow::Borrowed(word.as_str()));
    words.enumerate().collect()
}

/// Takes out pairs of equal words, each from the end on: the last of the prediction with the last of the reference.
fn match_same(given: &mut Rest<'_>, wanted: &mut Rest<'_>) -> Vec<(usize, usize)> {
    let mut ids = WordIds::new();
    let wanted_ids: Vec<u32> = wanted.iter().map(|(_, word)| ids.id(word)).collect();
    let given_ids: Vec<u32> = given.iter().map(|(_, word)| ids.id(word)).collect();
    let mut free: Vec<Vec<usize>> = vec![Vec::new(); wanted.len()];
    for (place, id) in wanted_ids.into_iter().enumerate() {
        if let Some(free) = free.get_mut(id as usize) {
            free.push(place);
        }
    }
    let mut taken = vec![false; wanted.len()];
    let mut matches = Vec::with_capacity(given.len());
    let mut left = Vec::new();
    for ((number, word), id) in std::mem::take(given).into_iter().zip(given_ids).rev() {
        let place = free.get_mut(id as usize).and_then(Vec::pop);
        match place.and_then(|place| Some((taken.get_mut(place)?, wanted.get(place)?))) {
            Some((taken, (other, _))) => {
                *taken = true;
                matches.push((number, *other));
            }
            None => left.push((number, word)),
        }
    }
    left.reverse();
    *given = left;
    let mut taken = taken.into_iter();
    wanted.retain(|_| !taken.next().unwrap_or(false));
    matches
}

/// Takes for each word of the prediction, from the last on, the last word of the reference that has a meaning in common with it.
fn match_synonyms(
    given: &Rest<'_>,
    wanted: &mut Rest<'_>,
    wordnet: &WordNet,
) -> Vec<(usize, usize)> {
    let mut matches = Vec::new();
    for (number, word) in given.iter().rev() {
        let mut best: Option<usize> = None;
        wordnet.synonyms(word, |synonym| {
            let place = wanted.iter().rposition(|(_, other)| other == synonym);
            best = best.max(place);
        });
        if let Some(place) = best {
            matches.push((*number, wanted.remove(place).0));
        }
    }
    matches
}
