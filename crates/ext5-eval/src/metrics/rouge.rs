use super::PERCENT_OF_LAST;
use super::multiset::{common, f1};
use super::word_ids::WordIds;
use crate::metric::Unit;
use crate::{Kind, Metric, text};

pub(crate) const METRIC: Metric = Metric {
    name: "rouge",
    doc: "F-measures of the `rouge_score` package without stemmer, mean over examples; ` . ` ends a line for rougeLsum; of \
          several right answers the best counts for each score (T5 `rouge_mean`). The interval's `mid` is what T5's `rouge` \
          reports, up to the draws of its unseeded bootstrap.",
    higher_is_better: true,
    kinds: &[Kind::Text],
    scores: &["rouge1", "rouge2", "rougeL", "rougeLsum"],
    version: 1,
    settings: "tok:a-z0-9|stem:no|lines:t5|refs:max|agg:mean|as:rouge_score-0.1.2",
    unit: Unit::Example,
    measure: |item| {
        let (prediction, references) = item.texts("rouge")?;
        let prediction = text::lower(prediction);
        let lowered: Vec<_> = references.iter().map(|text| text::lower(text)).collect();
        let mut words = WordIds::new();
        let predicted = Summary::new(&prediction, &mut words);
        let mut best = vec![0.0_f64; 4];
        for reference in &lowered {
            let scores = predicted.scores(&Summary::new(reference, &mut words));
            for (best, score) in best.iter_mut().zip(scores) {
                *best = best.max(score);
            }
        }
        best.push(1.0);
        Ok(best)
    },
    finish: PERCENT_OF_LAST,
};

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
