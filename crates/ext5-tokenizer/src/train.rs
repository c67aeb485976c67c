use crate::definition::{Definition, Kind, Normalization, Piece, Rule, SPACE};
use crate::foreign::contained;
use crate::normalizer::Normalizer;
use crate::{Error, Result, hugging_face};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use tokenizers::models::unigram::{Unigram, UnigramTrainer};

/// What the pieces of T5's vocabularies begin with; their ids are 0, 1 and 2.
const SPECIAL: [(&str, Kind); 3] = [
    ("<pad>", Kind::Control),
    ("</s>", Kind::Control),
    ("<unk>", Kind::Unknown),
];

/// The trainer's step between the scores of characters that it had dropped and put back.
const PENALTY_STEP: f64 = 0.0001;

/// How a unigram vocabulary is trained.
#[derive(Clone, Debug, PartialEq)]
pub struct UnigramTraining {
    /// Ids altogether, special tokens and sentinels included. Fewer come out where the texts hold
    /// fewer pieces worth having.
    pub vocabulary_size: usize,
    /// Sentinels at the end, `<extra_id_0>` being the last id.
    pub extra_ids: usize,
    /// Share of the texts' characters that get a piece; the rarest of the rest are unknown.
    pub character_coverage: f64,
}

impl Default for UnigramTraining {
    /// T5's figures: 32,000 pieces and 100 sentinels, 0.9995 of the characters.
    fn default() -> Self {
        Self {
            vocabulary_size: 32_100,
            extra_ids: 100,
            character_coverage: 0.9995,
        }
    }
}

/// A trained vocabulary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trained {
    /// The vocabulary as a `tokenizer.json`, for [`crate::TokenizerJson`] and Hugging Face's
    /// tokenizers alike.
    pub tokenizer_json: Vec<u8>,
    /// Its number of ids, at most the size asked for.
    pub size: usize,
}

/// Trains a unigram vocabulary (Kudo 2018) of T5's shape: padding 0, end of sequence 1, unknown 2,
/// pieces by falling probability, sentinels; NFKC, runs of white space as one space.
///
/// The same texts give the same bytes on any machine, in any order: the expectation steps run on
/// one thread, and what the trainer leaves to a hash table's order is sorted.
///
/// # Errors
/// [`Error::Train`] where the texts are empty, too long (more than 4 Gi characters), or have more
/// distinct characters than the vocabulary has room for.
pub fn train_unigram(
    texts: impl Iterator<Item = String>,
    training: &UnigramTraining,
) -> Result<Trained> {
    let coverage = training.character_coverage;
    if !(coverage > 0.0 && coverage <= 1.0) {
        let message = format!("expected `character_coverage` in (0, 1], got {coverage}");
        return Err(Error::Train(message));
    }
    let words = count_words(texts)?;
    let characters = cover(&words, coverage)?;
    let reserved = SPECIAL.len() + training.extra_ids;
    let room = training.vocabulary_size.saturating_sub(reserved);
    if characters.len() > room {
        let least = reserved + characters.len();
        return Err(Error::Train(format!(
            "the texts have {} distinct characters and {reserved} ids are reserved; expected a \
             `vocabulary_size` of at least {least}, got {}; raise it or lower `character_coverage`",
            characters.len(),
            training.vocabulary_size
        )));
    }
    let pieces = train(covered(&words, &characters), room)?;
    let pieces = select(restore_order(pieces, &characters), room);
    let definition = definition(pieces).with_extra_ids(training.extra_ids)?;
    let size = definition.pieces.len();
    Ok(Trained {
        tokenizer_json: hugging_face::tokenizer_json(&definition),
        size,
    })
}

/// How often each word occurs, a space mark before every one.
fn count_words(texts: impl Iterator<Item = String>) -> Result<BTreeMap<String, u32>> {
    let unusable = || Error::Train("the normaliser does not work".to_owned());
    let flags = Normalization::new(Rule::Nfkc);
    let normalizer = Normalizer::new(&flags, std::iter::empty()).ok_or_else(unusable)?;
    let mut words: BTreeMap<String, u32> = BTreeMap::new();
    let mut total = 0_usize;
    for text in texts {
        let normalized = normalizer.normalize(&text);
        let normalized = std::str::from_utf8(&normalized).map_err(|_| unusable())?;
        for word in normalized.split(SPACE).filter(|word| !word.is_empty()) {
            total += word.len() + SPACE.len();
            match words.get_mut(word) {
                Some(count) => *count += 1,
                None => drop(words.insert(word.to_owned(), 1)),
            }
        }
        // The trainer counts in 32 bits.
        if u32::try_from(total).is_err() {
            let message = "expected at most 4 GiB of text; take a sample of it";
            return Err(Error::Train(message.to_owned()));
        }
    }
    if words.is_empty() {
        return Err(Error::Train(
            "the texts are empty; expected at least one word".to_owned(),
        ));
    }
    Ok(words
        .into_iter()
        .map(|(word, count)| (format!("{SPACE}{word}"), count))
        .collect())
}

/// The most frequent characters that make up `coverage` of the text, with their counts.
fn cover(words: &BTreeMap<String, u32>, coverage: f64) -> Result<BTreeMap<char, u64>> {
    let mut counts: BTreeMap<char, u64> = BTreeMap::new();
    for (word, count) in words {
        for character in word.chars() {
            *counts.entry(character).or_default() += u64::from(*count);
        }
    }
    if counts.remove(&'\0').is_some() && counts.is_empty() {
        return Err(Error::Train(
            "the texts hold nothing but NUL characters".to_owned(),
        ));
    }
    let total: u64 = counts.values().sum();
    let mut ordered: Vec<_> = counts.into_iter().collect();
    ordered.sort_by_key(|(character, count)| (Reverse(*count), *character));
    let mut so_far = 0;
    let enough = |so_far: &mut u64, count: u64| {
        let before = *so_far as f64;
        *so_far += count;
        before < coverage * total as f64
    };
    Ok(ordered
        .into_iter()
        .take_while(|(_, count)| enough(&mut so_far, *count))
        .collect())
}

/// The words cut at every character that is not covered.
fn covered(words: &BTreeMap<String, u32>, characters: &BTreeMap<char, u64>) -> Vec<(String, u32)> {
    let mut parts: BTreeMap<&str, u32> = BTreeMap::new();
    for (word, count) in words {
        let known = word.split(|character| !characters.contains_key(&character));
        for part in known.filter(|part| !part.is_empty()) {
            *parts.entry(part).or_default() += count;
        }
    }
    parts
        .into_iter()
        .flat_map(|(part, count)| copies(part, count))
        .collect()
}

/// A word as one entry more for every doubling of its count, which the entries share.
///
/// The trainer takes its first pieces from the strings of its list that occur twice or more and go
/// on in two ways. A frequent word that stood there once, or always at the end of an entry, would
/// never become a piece: so one of its entries has a space mark behind it.
fn copies(word: &str, count: u32) -> impl Iterator<Item = (String, u32)> {
    let extra = count.max(1).ilog2();
    let rest = (0..extra).map(move |index| (if index == 0 { SPACE } else { "" }, 1));
    let entries = std::iter::once(("", count - extra)).chain(rest);
    entries.map(move |(end, count)| (format!("{word}{end}"), count))
}

/// Pieces with their log-probabilities, in an order that a hash table decides.
fn train(words: Vec<(String, u32)>, room: usize) -> Result<Vec<(String, f64)>> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build();
    let pool = pool.map_err(|error| Error::Train(error.to_string()))?;
    let model = pool.install(|| {
        contained(|| {
            let mut trainer = UnigramTrainer::default();
            trainer.show_progress = false;
            trainer.vocab_size = u32::try_from(room)?;
            let mut model = Unigram::default();
            trainer.do_train(words, &mut model)?;
            Ok(model)
        })
    });
    let model = model.map_err(Error::Train)?;
    Ok(model.iter().cloned().collect())
}

/// Gives the characters that training had dropped, and that the trainer put back in the order of a
/// hash table, their scores by frequency: the most frequent one gets the best.
fn restore_order(
    mut pieces: Vec<(String, f64)>,
    characters: &BTreeMap<char, u64>,
) -> Vec<(String, f64)> {
    let lowest = pieces
        .iter()
        .map(|(_, score)| *score)
        .fold(f64::INFINITY, f64::min);
    let mut single: Vec<usize> = (0..pieces.len())
        .filter(|index| character(&pieces[*index].0).is_some())
        .collect();
    single.sort_by(|a, b| pieces[*a].1.total_cmp(&pieces[*b].1));
    // The trainer's own sum, step by step, so that its scores are met exactly.
    let mut penalty = 0.0;
    let mut put_back = Vec::new();
    for index in single {
        let score = pieces[index].1.to_bits();
        // A character that was never dropped may share the lowest score: it joins the others.
        if score == (lowest + (penalty + PENALTY_STEP)).to_bits() {
            penalty += PENALTY_STEP;
        }
        if score == (lowest + penalty).to_bits() {
            put_back.push(index);
        }
    }
    let scores: Vec<f64> = put_back.iter().map(|index| pieces[*index].1).collect();
    let mut texts: Vec<String> = put_back
        .iter()
        .map(|index| pieces[*index].0.clone())
        .collect();
    texts.sort_by_key(|text| {
        let character = character(text).unwrap_or_default();
        (
            characters.get(&character).copied().unwrap_or(0),
            Reverse(character),
        )
    });
    for ((index, text), score) in put_back.into_iter().zip(texts).zip(scores) {
        pieces[index] = (text, score);
    }
    pieces
}

/// The only character of `text`.
fn character(text: &str) -> Option<char> {
    let mut characters = text.chars();
    characters.next().filter(|_| characters.next().is_none())
}

/// All characters and the most probable other pieces, by falling probability.
fn select(mut pieces: Vec<(String, f64)>, room: usize) -> Vec<(String, f64)> {
    pieces.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    let reserved: BTreeSet<&str> = SPECIAL.iter().map(|(text, _)| *text).collect();
    pieces.retain(|(text, score)| score.is_finite() && !reserved.contains(text.as_str()));
    let longer = |text: &str| character(text).is_none();
    let singles = pieces.iter().filter(|(text, _)| !longer(text)).count();
    let mut left = room.saturating_sub(singles);
    pieces.retain(|(text, _)| {
        let kept = !longer(text) || left > 0;
        left -= usize::from(kept && longer(text));
        kept
    });
    pieces
}

fn definition(pieces: Vec<(String, f64)>) -> Definition {
    let special = SPECIAL.map(|(text, kind)| Piece {
        text: text.to_owned(),
        score: 0.0,
        kind,
    });
    let trained = pieces.into_iter().map(|(text, score)| Piece {
        text,
        score: score as f32,
        kind: Kind::Normal,
    });
    Definition {
        pieces: special.into_iter().chain(trained).collect(),
        normalization: Normalization::new(Rule::Nfkc),
        extra_ids: 0,
        pad_id: 0,
        eos_id: 1,
        unk_id: 2,
        unk_surface: " \u{2047} ".to_owned(),
        byte_fallback: false,
    }
}
