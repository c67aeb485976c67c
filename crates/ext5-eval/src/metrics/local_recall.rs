use super::word_tokenizer::{is_punctuation, lower_words};
use crate::bootstrap::Finish;
use crate::metric::Unit;
use crate::{Kind, Metric};

/// Scores there are; of examples with more right answers, the words that more of them have are left out.
const MOST: usize = 10;

pub(crate) const METRIC: Metric = Metric {
    name: "local_recall",
    doc: "Of the words that exactly n right answers of an example have, the share that the answer has, over the corpus, as \
          GEM-metrics counts them: nltk's words in lower case without single punctuation marks, function words too. Not defined \
          where no example has n right answers, 0 where none of their words is in exactly n. n is 1 to 10. Sentences are parted \
          without a trained model of abbreviations. After van Miltenburg et al. 2018.",
    higher_is_better: true,
    kinds: &[Kind::Text],
    scores: &[
        "local_recall-1",
        "local_recall-2",
        "local_recall-3",
        "local_recall-4",
        "local_recall-5",
        "local_recall-6",
        "local_recall-7",
        "local_recall-8",
        "local_recall-9",
        "local_recall-10",
    ],
    version: 1,
    settings: "tok:nltk-words|sentences:punkt-untrained|lc:yes|punct:no|agg:sum|as:gem-metrics",
    unit: Unit::Example,
    measure: |item| {
        let (prediction, references) = item.texts("local_recall")?;
        let given = word_set(prediction);
        let wanted = references.iter().flat_map(|reference| word_set(reference));
        let mut wanted: Vec<String> = wanted.collect();
        wanted.sort_unstable();
        // For each n: words found, words there are, whether so many right answers are there.
        let mut row = vec![[0.0; 3]; MOST];
        for [_, _, is_there] in row.iter_mut().take(references.len()) {
            *is_there = 1.0;
        }
        for same in wanted.chunk_by(|one, next| one == next) {
            if let ([word, ..], Some([found, all, _])) = (same, row.get_mut(same.len() - 1)) {
                *all += 1.0;
                *found += super::one_if(given.binary_search(word).is_ok());
            }
        }
        Ok(row.concat())
    },
    finish: Finish::Sums(|sums| {
        let share = |sums: &[f64]| match sums {
            [found, all, is_there] if *is_there > 0.0 => Some(100.0 * found / all.max(1.0)),
            _ => None,
        };
        sums.chunks_exact(3).map(share).collect()
    }),
};

/// The words of a text, each once, sorted.
fn word_set(text: &str) -> Vec<String> {
    let mut words = lower_words(text);
    words.retain(|word| !is_punctuation(word));
    words.sort_unstable();
    words.dedup();
    words
}
