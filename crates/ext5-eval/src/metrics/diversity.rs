//! How varied a corpus of answers is, by GEM-metrics' light scores.
//!
//! All are functions of the whole corpus, so a row holds the words of its text, as numbers: the code point of a single ASCII
//! character, else 52 bits of a hash. Among a million different words two share a number once in ten thousand corpora.
use super::word_tokenizer::lower_words;
use crate::bootstrap::Finish;
use crate::metric::Unit;
use crate::{Kind, Metric, text};

/// Words of a segment of `msttr-100`.
const SEGMENT: usize = 100;

pub(crate) const METRIC: Metric = Metric {
    name: "diversity",
    doc: "Variety of the answers' n-grams, as GEM-metrics has it, over nltk's words in lower case: share of distinct n-grams, \
          their number, number of those that occur once, entropy and conditional entropy in bits, mean type-token ratio of \
          segments of 100 words; the same without single punctuation marks; type-token ratio and Yule's I of the words between \
          white space. Shares are times 100 and nothing is rounded. Right answers are not looked at, and there is no interval: a \
          resample repeats texts and so looks less varied. Sentences are parted without a trained model of abbreviations.",
    higher_is_better: true,
    kinds: &[Kind::Text],
    scores: &[
        "distinct-1",
        "vocab_size-1",
        "unique-1",
        "entropy-1",
        "distinct-2",
        "vocab_size-2",
        "unique-2",
        "entropy-2",
        "cond_entropy-2",
        "distinct-3",
        "vocab_size-3",
        "unique-3",
        "entropy-3",
        "cond_entropy-3",
        "msttr-100",
        "distinct-1-nopunct",
        "vocab_size-1-nopunct",
        "unique-1-nopunct",
        "entropy-1-nopunct",
        "distinct-2-nopunct",
        "vocab_size-2-nopunct",
        "unique-2-nopunct",
        "entropy-2-nopunct",
        "cond_entropy-2-nopunct",
        "distinct-3-nopunct",
        "vocab_size-3-nopunct",
        "unique-3-nopunct",
        "entropy-3-nopunct",
        "cond_entropy-3-nopunct",
        "msttr-100_nopunct",
        "ttr",
        "yules_i",
    ],
    version: 1,
    settings: "tok:nltk-words|sentences:punkt-untrained|lc:yes|segment:100|agg:corpus|as:gem-metrics",
    unit: Unit::Example,
    measure: |item| {
        let prediction = item.texts("diversity")?.0;
        let words: Vec<f64> = lower_words(prediction)
            .iter()
            .map(|it| number(it))
            .collect();
        let mut row = vec![0.0, words.len() as f64];
        row.extend(words);
        row.extend(text::split(prediction).map(number));
        if let Some(length) = row.len().checked_sub(1)
            && let Some(first) = row.first_mut()
        {
            *first = length as f64;
        }
        Ok(row)
    },
    finish: Finish::Whole(|values| {
        let corpus = Corpus::new(values);
        let mut scores = variety(&corpus.texts);
        scores.extend(variety(&corpus.without_punctuation()));
        scores.extend(vocabulary(&corpus.spaced));
        scores
    }),
};

/// A number for a word, exact in a float.
fn number(word: &str) -> f64 {
    if let [byte] = word.as_bytes() {
        return f64::from(*byte);
    }
    // FNV-1a, its bits then mixed so that the upper ones will do.
    let hash = word.bytes().fold(0xCBF2_9CE4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3)
    });
    let mixed = (hash ^ hash >> 32).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (128 + ((mixed ^ mixed >> 29) >> 12)) as f64
}

/// The corpus as its rows have it, words numbered anew from 0 in the order of their numbers.
struct Corpus {
    texts: Vec<Vec<u32>>,
    /// By new number, whether the word is a punctuation mark.
    marks: Vec<bool>,
    /// All words between white space.
    spaced: Vec<u64>,
}

impl Corpus {
    fn new(values: &[f64]) -> Self {
        let (mut texts, mut spaced) = (Vec::new(), Vec::new());
        let mut rest = values;
        while let Some((length, after)) = rest.split_first() {
            let (row, next) = after
                .split_at_checked(*length as usize)
                .unwrap_or((after, &[]));
            rest = next;
            let (count, words) = row.split_first().unwrap_or((&0.0, &[]));
            let (words, others) = words.split_at_checked(*count as usize).unwrap_or_default();
            texts.push(words.iter().map(|word| *word as u64).collect::<Vec<u64>>());
            spaced.extend(others.iter().map(|word| *word as u64));
        }
        let mut known: Vec<u64> = texts.iter().flatten().copied().collect();
        known.sort_unstable();
        known.dedup();
        let renumber = |word: &u64| known.partition_point(|other| other < word) as u32;
        let is_mark = |word: &u64| u8::try_from(*word).is_ok_and(|it| it.is_ascii_punctuation());
        Self {
            texts: texts
                .iter()
                .map(|text| text.iter().map(renumber).collect())
                .collect(),
            marks: known.iter().map(is_mark).collect(),
            spaced,
        }
    }

    fn without_punctuation(&self) -> Vec<Vec<u32>> {
        let is_kept = |word: &u32| !self.marks.get(*word as usize).is_some_and(|mark| *mark);
        let kept = |text: &Vec<u32>| text.iter().copied().filter(is_kept).collect();
        self.texts.iter().map(kept).collect()
    }
}

/// The scores of one way to count words, from `distinct-1` to `msttr-100`.
fn variety(texts: &[Vec<u32>]) -> Vec<Option<f64>> {
    let mut scores = Vec::with_capacity(15);
    let mut shorter: Vec<(u128, f64)> = Vec::new();
    for order in 1..=3 {
        let grams = grams(texts, order);
        let total: f64 = grams.iter().map(|(_, count)| count).sum();
        let once = grams.iter().filter(|(_, count)| *count < 2.0).count();
        let entropy = grams.iter().fold(0.0, |sum, (_, count)| {
            sum - count / total * (count / total).log2()
        });
        scores.push(Some(100.0 * grams.len() as f64 / total.max(1.0)));
        scores.push(Some(grams.len() as f64));
        scores.push(Some(once as f64));
        scores.push(Some(entropy));
        if order > 1 {
            scores.push((!shorter.is_empty()).then(|| conditional_entropy(&grams, &shorter)));
        }
        shorter = grams;
    }
    scores.push(segments(texts));
    scores
}

/// All n-grams with their counts, sorted; a word takes 32 bits.
fn grams(texts: &[Vec<u32>], order: usize) -> Vec<(u128, f64)> {
    let key = |words: &[u32]| {
        words
            .iter()
            .fold(0, |key, word| key << 32 | u128::from(*word))
    };
    let windows = texts.iter().flat_map(|text| text.windows(order));
    let mut keys: Vec<u128> = windows.map(key).collect();
    keys.sort_unstable();
    let runs = keys.chunk_by(|one, next| one == next);
    runs.filter_map(|run| Some((*run.first()?, run.len() as f64)))
        .collect()
}

/// Entropy in bits of the last word of n-grams, given the words before it. These are counted everywhere, also where no word
/// follows, so that the value may be negative.
fn conditional_entropy(grams: &[(u128, f64)], contexts: &[(u128, f64)]) -> f64 {
    let sum = |grams: &[(u128, f64)]| grams.iter().map(|(_, count)| count).sum::<f64>();
    let (total, total_contexts) = (sum(grams), sum(contexts));
    // Both are sorted by the same words.
    let mut contexts = contexts.iter().peekable();
    let terms = grams.iter().filter_map(|(key, count)| {
        while contexts
            .next_if(|(context, _)| *context < key >> 32)
            .is_some()
        {}
        let (_, before) = contexts.peek()?;
        Some(count / total * (count / total / (before / total_contexts)).log2())
    });
    -terms.sum::<f64>() + 0.0
}

/// Mean share of different words in segments of the joined texts; what remains at the end does not count.
fn segments(texts: &[Vec<u32>]) -> Option<f64> {
    let words: Vec<u32> = texts.iter().flatten().copied().collect();
    let segments = words.chunks_exact(SEGMENT);
    let count = segments.len() as f64;
    let different: usize = segments
        .map(|segment| {
            let mut words = segment.to_vec();
            words.sort_unstable();
            words.dedup();
            words.len()
        })
        .sum();
    (count > 0.0).then(|| 100.0 * different as f64 / SEGMENT as f64 / count)
}

/// Type-token ratio and Yule's I; the latter is not defined where no word occurs twice.
fn vocabulary(words: &[u64]) -> Vec<Option<f64>> {
    let mut sorted = words.to_vec();
    sorted.sort_unstable();
    let (mut types, mut squares) = (0.0, 0.0);
    for run in sorted.chunk_by(|one, next| one == next) {
        types += 1.0;
        squares += (run.len() as f64).powi(2);
    }
    let ratio = (types > 0.0).then(|| 100.0 * types / words.len() as f64);
    vec![
        ratio,
        (squares > types).then(|| types * types / (squares - types)),
    ]
}
