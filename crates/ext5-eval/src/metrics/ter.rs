use super::ter_edits::{Edit, Edits};
use super::word_ids::WordIds;
use crate::bootstrap::Finish;
use crate::metric::Unit;
use crate::{Kind, Metric, text};

/// Most words moved at once.
const LONGEST: usize = 10;
/// Farthest that a move may reach for.
const FARTHEST: usize = 50;
/// Most moves tried for one pair of texts.
const TRIES: usize = 1000;

pub(crate) const METRIC: Metric = Metric {
    name: "ter",
    doc: "Translation edit rate as `sacrebleu` computes it: words to insert, delete, replace or move in a block, of those of the \
          right answer, over the corpus; of several right answers the fewest edits over the mean length. Lower is better.",
    higher_is_better: false,
    kinds: &[Kind::Text],
    scores: &["ter"],
    version: 1,
    settings: "case:lc|tok:tercom|norm:no|punct:yes|asian:no|as:sacrebleu-2.6.0",
    unit: Unit::Example,
    measure: |item| {
        let (prediction, references) = item.texts("ter")?;
        let prediction = text::lower(prediction);
        let references: Vec<_> = references.iter().map(|text| text::lower(text)).collect();
        let mut words = WordIds::new();
        let answer: Vec<u32> = text::split(&prediction)
            .map(|word| words.id(word) + 1)
            .collect();
        let (mut fewest, mut length) = (usize::MAX, 0);
        for reference in &references {
            let reference: Vec<u32> = text::split(reference)
                .map(|word| words.id(word) + 1)
                .collect();
            fewest = fewest.min(edits(&answer, &reference));
            length += reference.len();
        }
        Ok(vec![fewest as f64, length as f64 / references.len() as f64])
    },
    finish: Finish::Sums(|sums| match sums {
        [edits, length] if *length > 0.0 => vec![Some(100.0 * (edits / length))],
        [edits, _] => vec![Some(if *edits > 0.0 { 100.0 } else { 0.0 })],
        _ => Vec::new(),
    }),
};

/// Moves and other edits from an answer to a reference: as long as a move saves edits, the one that saves most is made.
fn edits(answer: &[u32], reference: &[u32]) -> usize {
    if reference.is_empty() {
        return answer.len();
    }
    let mut distances = Edits::new(reference, answer.len());
    let mut answer = answer.to_vec();
    let (mut moves, mut tries) = (0, 0);
    loop {
        let best = best_move(&answer, reference, &mut distances, &mut tries);
        match best {
            Some(best) if tries < TRIES && best.saved > 0 => answer = best.apply(&answer),
            _ => break,
        }
        moves += 1;
    }
    moves + distances.distance(&answer) as usize
}

/// A block of words taken elsewhere; of two moves the greater is the better.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Move {
    saved: i64,
    length: usize,
    /// How far from the end the block begins: the first block is the greatest.
    start: std::cmp::Reverse<usize>,
    /// Before which word it comes: the first place is the greatest.
    target: std::cmp::Reverse<usize>,
}

impl Move {
    fn apply(&self, words: &[u32]) -> Vec<u32> {
        let (start, target, length) = (self.start.0, self.target.0, self.length);
        let mut words = words.to_vec();
        let end = if target > start + length {
            target
        } else {
            (target + length).min(words.len())
        };
        if target < start {
            if let Some(block) = words.get_mut(target..start + length) {
                block.rotate_right(length);
            }
        } else if let Some(block) = words.get_mut(start..end) {
            block.rotate_left(length.min(block.len()));
        }
        words
    }
}

/// The move that saves most, if there is any: of blocks that both texts have, where either is not yet in its place.
fn best_move(
    answer: &[u32],
    reference: &[u32],
    distances: &mut Edits<'_>,
    tries: &mut usize,
) -> Option<Move> {
    let before = i64::from(distances.distance(answer));
    let alignment = Alignment::new(&distances.trace());
    let mut best = None;
    for start in 0..answer.len() {
        let nearest = start.saturating_sub(FARTHEST);
        for wanted in nearest..reference.len().min(start + FARTHEST + 1) {
            let pairs = answer.iter().skip(start).zip(reference.iter().skip(wanted));
            let same = pairs
                .take(LONGEST)
                .take_while(|(left, right)| left == right)
                .count();
            for length in 1..=same {
                if !alignment.is_misplaced(start, wanted, length) {
                    continue;
                }
                for target in alignment.targets(wanted, length) {
                    let mut tried = Move {
                        saved: 0,
                        length,
                        start: std::cmp::Reverse(start),
                        target: std::cmp::Reverse(target),
                    };
                    tried.saved = before - i64::from(distances.distance(&tried.apply(answer)));
                    *tries += 1;
                    best = best.max(Some(tried));
                }
                if *tries >= TRIES {
                    return best;
                }
            }
        }
    }
    best
}

/// Which word of the answer each word of the reference stands against, and which words of either are wrong.
struct Alignment {
    /// Number of words of the answer up to the one it stands against.
    place: Vec<usize>,
    wrong_reference: Vec<bool>,
    wrong_answer: Vec<bool>,
}

impl Alignment {
    /// From edits in reverse.
    fn new(trace: &[Edit]) -> Self {
        let mut alignment = Self {
            place: Vec::new(),
            wrong_reference: Vec::new(),
            wrong_answer: Vec::new(),
        };
        for edit in trace.iter().rev() {
            let wrong = *edit != Edit::Keep;
            if *edit != Edit::Insert {
                alignment.wrong_answer.push(wrong);
            }
            if *edit != Edit::Delete {
                alignment.place.push(alignment.wrong_answer.len());
                alignment.wrong_reference.push(wrong);
            }
        }
        alignment
    }

    /// Whether words of both blocks are wrong and the block does not already stand where it is wanted.
    fn is_misplaced(&self, start: usize, wanted: usize, length: usize) -> bool {
        let any =
            |wrong: &[bool], from: usize| wrong.iter().skip(from).take(length).any(|wrong| *wrong);
        // One more than the place, as the block's words are numbered from 1.
        let inside = |place: &usize| (start + 1..=start + length).contains(place);
        any(&self.wrong_answer, start)
            && any(&self.wrong_reference, wanted)
            && !self.place.get(wanted).is_some_and(inside)
    }

    /// Before which words the block may come: beside what stands against each of its words and the word before them.
    fn targets(&self, wanted: usize, length: usize) -> impl Iterator<Item = usize> {
        let before = match wanted.checked_sub(1) {
            Some(before) => self.place.get(before).copied(),
            None => Some(0),
        };
        let places = self.place.iter().skip(wanted).take(length).copied();
        let mut last = None;
        before
            .into_iter()
            .chain(places)
            .filter(move |place| last.replace(*place) != Some(*place))
    }
}
