//! Edit distance of `tercom`, as `sacrebleu` has it: along the diagonal only, with the edits.

/// Cells kept on either side of the diagonal.
const BEAM: usize = 25;
/// Cost of a cell outside the beam.
const FAR: u32 = u32::MAX / 2;

/// What makes of the answer's next word the reference's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Edit {
    /// Both are the same.
    Keep,
    /// One takes the other's place.
    Replace,
    /// The reference has a word more.
    Insert,
    /// The answer has a word more.
    Delete,
    /// A cell outside the beam.
    None,
}

/// Distances from all beginnings of an answer to all beginnings of a reference. Rows of what two answers in a row begin with
/// alike are kept, so answers must be of one length.
pub(super) struct Edits<'a> {
    reference: &'a [u32],
    answer: Vec<u32>,
    rows: Vec<Vec<(u32, Edit)>>,
}

impl<'a> Edits<'a> {
    /// Distances to `reference`, from answers of `length` words.
    pub(super) fn new(reference: &'a [u32], length: usize) -> Self {
        let first = (0..=reference.len() as u32).map(|place| (place, Edit::Insert));
        let mut rows = vec![first.collect()];
        rows.resize(length + 1, vec![(FAR, Edit::None); reference.len() + 1]);
        Self {
            reference,
            answer: Vec::new(),
            rows,
        }
    }

    /// Edits from `answer` to the reference.
    pub(super) fn distance(&mut self, answer: &[u32]) -> u32 {
        let pairs = self.answer.iter().zip(answer);
        let same = pairs.take_while(|(old, new)| old == new).count();
        self.answer.truncate(same);
        self.answer.extend(answer.iter().skip(same));
        for (row, word) in answer.iter().enumerate().skip(same) {
            self.fill(row + 1, *word, answer.len());
        }
        let last = self.rows.get(answer.len()).and_then(|row| row.last());
        last.map_or(0, |cell| cell.0)
    }

    /// The edits to the last answer, from its end to its beginning.
    pub(super) fn trace(&self) -> Vec<Edit> {
        let (mut row, mut column) = (self.answer.len(), self.reference.len());
        let mut trace = Vec::with_capacity(row + column);
        while row > 0 || column > 0 {
            let cell = self.rows.get(row).and_then(|cells| cells.get(column));
            let edit = cell.map_or(Edit::None, |cell| cell.1);
            let (up, left) = match edit {
                Edit::Keep | Edit::Replace => (1, 1),
                Edit::Insert => (0, 1),
                Edit::Delete => (1, 0),
                Edit::None => break, // the beam always reaches the last cell
            };
            (row, column) = (row.saturating_sub(up), column.saturating_sub(left));
            trace.push(edit);
        }
        trace
    }

    fn fill(&mut self, row: usize, word: u32, length: usize) {
        let width = self.reference.len() + 1;
        let ratio = self.reference.len() as f64 / length as f64;
        let beam = if (BEAM as f64) < ratio / 2.0 {
            (ratio / 2.0 + BEAM as f64).ceil() as usize
        } else {
            BEAM
        };
        let diagonal = (row as f64 * ratio).floor() as usize;
        let first = diagonal.saturating_sub(beam);
        let end = if row == length {
            width
        } else {
            width.min(diagonal + beam)
        };
        let (above, below) = self.rows.split_at_mut(row);
        let (Some(above), Some(cells)) = (above.last(), below.first_mut()) else {
            return;
        };
        cells.fill((FAR, Edit::None));
        let (mut left, mut corner) = (FAR, FAR);
        let words = std::iter::once(&0).chain(self.reference); // no word is 0
        let columns = cells.iter_mut().zip(above).zip(words);
        if let Some(before) = first.checked_sub(1) {
            corner = above.get(before).map_or(FAR, |cell| cell.0);
        }
        for ((cell, up), wanted) in columns.take(end).skip(first) {
            let mut best = (FAR, Edit::None);
            let (swap, edit) = if word == *wanted {
                (corner, Edit::Keep)
            } else {
                (corner + 1, Edit::Replace)
            };
            // Of equals the first counts, as in the reference.
            for (cost, edit) in [
                (swap, edit),
                (up.0 + 1, Edit::Delete),
                (left + 1, Edit::Insert),
            ] {
                if cost < best.0 {
                    best = (cost, edit);
                }
            }
            *cell = best;
            (left, corner) = (best.0, up.0);
        }
    }
}
