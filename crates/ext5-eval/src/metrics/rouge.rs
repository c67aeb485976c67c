use std::borrow::Cow;

use super::multiset::{common, f1};
use super::word_ids::WordIds;
use super::{PERCENT_OF_LAST, PERCENTS, porter};
use crate::bootstrap::Finish;
use crate::error::Result;
use crate::metric::Unit;
use crate::{Item, Kind, Metric, text};

pub(crate) const MEDIAN: Metric = Metric {
    name: "rouge",
    doc: "F-measures of the `rouge_score` package without stemmer; ` . ` ends a line for rougeLsum; of several right answers \
          the best counts for each score. The value is the median of the means of 1,000 resamples of the examples, the `mid` \
          that T5 reports under this name; T5's resamples are unseeded, ours are seeded, so the two differ by some \
          hundredths. Differences between models are better read from `rouge_mean`.",
    settings: "tok:a-z0-9|stem:no|lines:t5|refs:max|agg:median-of-1000-seed-0|as:rouge_score-0.1.2",
    version: 2,
    finish: Finish::Median(PERCENTS),
    ..MEAN
};

pub(crate) const MEAN: Metric = Metric {
    name: "rouge_mean",
    doc: "F-measures of the `rouge_score` package without stemmer, mean over examples; ` . ` ends a line for rougeLsum; of \
          several right answers the best counts for each score (T5 `rouge_mean`).",
    higher_is_better: true,
    kinds: &[Kind::Text],
    scores: &["rouge1", "rouge2", "rougeL", "rougeLsum"],
    version: 1,
    settings: "tok:a-z0-9|stem:no|lines:t5|refs:max|agg:mean|as:rouge_score-0.1.2",
    unit: Unit::Example,
    measure: |item| measure(item, "rouge_mean", |text| text),
    finish: PERCENT_OF_LAST,
};

pub(crate) const STEMMED: Metric = Metric {
    name: "rouge_stemmed",
    doc: "As `rouge`, of words that Porter's stemmer has cut (`use_stemmer=True` of `rouge_score`): median of 1,000 resamples.",
    version: 1,
    settings: "tok:a-z0-9|stem:porter-nltk|lines:t5|refs:max|agg:median-of-1000-seed-0|as:rouge_score-0.1.2",
    finish: Finish::Median(PERCENTS),
    ..STEMMED_MEAN
};

pub(crate) const STEMMED_MEAN: Metric = Metric {
    name: "rouge_stemmed_mean",
    doc: "As `rouge_mean`, of words that Porter's stemmer has cut (`use_stemmer=True` of `rouge_score`): mean over examples.",
    settings: "tok:a-z0-9|stem:porter-nltk|lines:t5|refs:max|agg:mean|as:rouge_score-0.1.2",
    measure: |item| {
        measure(item, "rouge_stemmed_mean", |text| {
            Cow::Owned(stemmed(&text))
        })
    },
    ..MEAN
};

/// The best F-measures over all right answers, and 1 for the example itself.
fn measure(
    item: &Item<'_>,
    metric: &'static str,
    prepare: impl Fn(Cow<'_, str>) -> Cow<'_, str>,
) -> Result<Vec<f64>> {
    let (prediction, references) = item.texts(metric)?;
    let prediction = prepare(text::lower(prediction));
    let prepared = references.iter().map(|text| prepare(text::lower(text)));
    let prepared: Vec<_> = prepared.collect();
    let mut words = WordIds::new();
    let predicted = Summary::new(&prediction, &mut words);
    let mut best = vec![0.0_f64; 4];
    for reference in &prepared {
        let scores = predicted.scores(&Summary::new(reference, &mut words));
        for (best, score) in best.iter_mut().zip(scores) {
            *best = best.max(score);
        }
    }
    best.push(1.0);
    Ok(best)
}

/// The text with each word of more than three letters cut to its stem; all between the words stays.
fn stemmed(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(|letter: char| letter.is_ascii_alphanumeric()) {
        let (between, after) = rest.split_at(start);
        let end = after.find(|letter: char| !letter.is_ascii_alphanumeric());
        let (word, remainder) = after.split_at(end.unwrap_or(after.len()));
        out.push_str(between);
        if word.len() > 3 {
            out.push_str(&porter::stem(word));
        } else {
            out.push_str(word);
        }
        rest = remainder;
    }
    out.push_str(rest);
    out
}

/// A text as numbers of its words, and where each of its lines ends.
struct Summary {
    ids: Vec<u32>,
    ends: Vec<usize>,
}

impl Summary {
    fn new<'a>(text: &'a str, words: &mut WordIds<'a>) -> Self {
        let mut ids = Vec::with_capacity(text.len() / 4);
        let mut ends = Vec::new();
        // Each ` . ` is taken with both its spaces, so that of ` . . ` only the first ends a line, as `str.replace` has it.
        for line in text.split('\n').flat_map(|line| line.split(" . ")) {
            let tokens = line.split(|character: char| !character.is_ascii_alphanumeric());
            ids.extend(
                tokens
                    .filter(|token| !token.is_empty())
                    .map(|token| words.id(token)),
            );
            ends.push(ids.len());
        }
        Self { ids, ends }
    }

    fn lines(&self) -> impl Iterator<Item = &[u32]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        let lines = starts.zip(&self.ends);
        lines
            .filter_map(|(start, end)| self.ids.get(start..*end))
            .filter(|line| !line.is_empty())
    }

    /// F-measures of this prediction against a target: rouge1, rouge2, rougeL, rougeLsum.
    fn scores(&self, target: &Self) -> [f64; 4] {
        let (predicted, wanted) = (self.ids.len(), target.ids.len());
        if predicted == 0 || wanted == 0 {
            return [0.0; 4];
        }
        let unigrams = common(
            &sorted(self.ids.iter().copied()),
            &sorted(target.ids.iter().copied()),
        );
        let bigrams = common(&sorted(bigrams(&self.ids)), &sorted(bigrams(&target.ids)));
        let longest = Table::new(&target.ids, &self.ids).length();
        let is_line = self.lines().count() == 1 && target.lines().count() == 1;
        let in_lines = if is_line {
            longest
        } else {
            self.hits_in_lines(target)
        };
        [
            f1(unigrams, predicted, wanted),
            f1(bigrams, predicted - 1, wanted - 1),
            f1(longest, predicted, wanted),
            f1(in_lines, predicted, wanted),
        ]
    }

    /// For each line of the target the words in its longest common subsequence with any line of the prediction, each word
    /// counted at most as often as both texts have it.
    fn hits_in_lines(&self, target: &Self) -> usize {
        let size = self
            .ids
            .iter()
            .chain(&target.ids)
            .max()
            .map_or(0, |id| *id as usize + 1);
        let count = |ids: &[u32]| {
            let mut counts = vec![0_usize; size];
            for id in ids {
                if let Some(count) = counts.get_mut(*id as usize) {
                    *count += 1;
                }
            }
            counts
        };
        let (have, want) = (count(&self.ids), count(&target.ids));
        let mut left: Vec<usize> = have
            .into_iter()
            .zip(want)
            .map(|(have, want)| have.min(want))
            .collect();
        let mut hits = 0;
        for wanted in target.lines() {
            let mut covered = vec![false; wanted.len()];
            for predicted in self.lines() {
                Table::new(wanted, predicted).cover(wanted, predicted, &mut covered);
            }
            for (id, covered) in wanted.iter().zip(covered) {
                if covered
                    && let Some(left) = left.get_mut(*id as usize)
                    && *left > 0
                {
                    *left -= 1;
                    hits += 1;
                }
            }
        }
        hits
    }
}

fn sorted<T: Ord>(grams: impl Iterator<Item = T>) -> Vec<T> {
    let mut grams: Vec<T> = grams.collect();
    grams.sort_unstable();
    grams
}

fn bigrams(ids: &[u32]) -> impl Iterator<Item = (u32, u32)> {
    ids.iter().copied().zip(ids.iter().copied().skip(1))
}

/// Lengths of the longest common subsequences of all prefixes, `[target + 1, prediction + 1]` row-major.
struct Table {
    lengths: Vec<u32>,
    columns: usize,
}

impl Table {
    fn new(target: &[u32], prediction: &[u32]) -> Self {
        let columns = prediction.len() + 1;
        let mut lengths = vec![0; columns * (target.len() + 1)];
        for (row, wanted) in target.iter().enumerate() {
            let (above, below) = lengths.split_at_mut((row + 1) * columns);
            let above = above.get(row * columns..).unwrap_or_default();
            let mut before = 0;
            let pairs = above.iter().zip(above.iter().skip(1)).zip(prediction);
            for (place, ((diagonal, up), given)) in below.iter_mut().skip(1).zip(pairs) {
                before = if wanted == given {
                    diagonal + 1
                } else {
                    *up.max(&before)
                };
                *place = before;
            }
        }
        Self { lengths, columns }
    }

    fn at(&self, row: usize, column: usize) -> u32 {
        self.lengths
            .get(row * self.columns + column)
            .copied()
            .unwrap_or(0)
    }

    fn length(&self) -> usize {
        self.lengths.last().map_or(0, |length| *length as usize)
    }

    /// Marks the words of the target in one longest common subsequence; where two are as long, the reference goes up.
    fn cover(&self, target: &[u32], prediction: &[u32], covered: &mut [bool]) {
        let (mut row, mut column) = (target.len(), prediction.len());
        while row > 0 && column > 0 {
            if target.get(row - 1) == prediction.get(column - 1) {
                if let Some(word) = covered.get_mut(row - 1) {
                    *word = true;
                }
                row -= 1;
                column -= 1;
            } else if self.at(row, column - 1) > self.at(row - 1, column) {
                column -= 1;
            } else {
                row -= 1;
            }
        }
    }
}
