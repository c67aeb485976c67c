//! Words of normalised answers, compared as numbers.
use super::multiset;

/// Most comparisons of words by which a common part is looked for directly; beyond, both sides are sorted.
const DIRECT: usize = 1 << 16;
/// Length that marks a word as found.
const FOUND: u32 = u32::MAX;

/// A normalised text, its words parted by single spaces, with where they are.
pub(super) struct Words {
    text: Vec<u8>,
    words: Vec<Word>,
    start: usize,
    key: u64,
}

/// A word by its last eight bytes, which decide all comparisons of words no longer than that.
#[derive(Clone, Copy)]
struct Word {
    key: u64,
    start: u32,
    length: u32,
}

impl Words {
    /// No words yet of a text of `length` bytes.
    pub(super) fn with_capacity(length: usize) -> Self {
        Self {
            text: Vec::with_capacity(length + 1),
            words: Vec::with_capacity(length / 5 + 1),
            start: 0,
            key: 0,
        }
    }

    /// The words of a text that is normalised but for spaces.
    pub(super) fn split(text: &str) -> Self {
        let mut words = Self::with_capacity(text.len());
        for byte in text.bytes() {
            if byte == b' ' {
                words.end();
            } else {
                words.push(byte);
            }
        }
        words.end();
        words
    }

    /// One more byte of the word at the end.
    #[inline]
    pub(super) fn push(&mut self, byte: u8) {
        self.text.push(byte);
        self.key = self.key << 8 | u64::from(byte);
    }

    /// Ends the word at the end, if there is one.
    #[inline]
    pub(super) fn end(&mut self) {
        let length = self.text.len() - self.start;
        if length > 0 {
            self.words.push(Word {
                key: self.key,
                start: self.start as u32,
                length: length as u32,
            });
            self.text.push(b' ');
            self.start = self.text.len();
        }
        self.key = 0;
    }

    /// The same, but leaves out the word if it is an article.
    #[inline]
    pub(super) fn end_unless_article(&mut self) {
        const AN: u64 = (b'a' as u64) << 8 | b'n' as u64;
        const THE: u64 = (b't' as u64) << 16 | (b'h' as u64) << 8 | b'e' as u64;
        let length = self.text.len() - self.start;
        if length <= 3 && matches!(self.key, 0x61 | AN | THE) {
            self.text.truncate(self.start);
        }
        self.end();
    }

    /// Number of words.
    pub(super) fn len(&self) -> usize {
        self.words.len()
    }

    /// Whether both are the same words in the same order.
    pub(super) fn same(&self, other: &Self) -> bool {
        self.text == other.text
    }

    /// Number of words in both, each as often as it is in both.
    pub(super) fn common(&self, other: &Self) -> usize {
        if self.len() * other.len() > DIRECT {
            return multiset::common(&self.sorted(), &other.sorted());
        }
        let mut left = other.words.clone();
        let (mut count, mut place) = (0, 0);
        for word in &self.words {
            let same = |candidate: &Word| {
                candidate.key == word.key
                    && candidate.length == word.length
                    && (word.length <= 8 || self.bytes(word) == other.bytes(candidate))
            };
            // Most words follow the one that was found before.
            let (before, after) = left.split_at(place.min(left.len()));
            let found = after.iter().position(same).map(|index| place + index);
            let found = found.or_else(|| before.iter().position(same));
            if let Some(index) = found {
                if let Some(candidate) = left.get_mut(index) {
                    candidate.length = FOUND;
                }
                place = index + 1;
                count += 1;
            }
        }
        count
    }

    fn bytes(&self, word: &Word) -> &[u8] {
        let start = word.start as usize;
        let end = start + word.length as usize;
        self.text.get(start..end).unwrap_or_default()
    }

    fn sorted(&self) -> Vec<&[u8]> {
        let mut words: Vec<&[u8]> = self.words.iter().map(|word| self.bytes(word)).collect();
        words.sort_unstable();
        words
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_direct_way_counts_as_the_sorted_one(
            left in "([ab]{1,3}|[ab]{8,10}|é\u{0}) ?( ([ab]{1,2}|[ab]{8,10}|é\u{0})){0,30}",
            right in "([ab]{1,3}|[ab]{8,10}|é\u{0}) ?( ([ab]{1,2}|[ab]{8,10}|é\u{0})){0,30}",
        ) {
            let (left, right) = (Words::split(&left), Words::split(&right));
            let sorted = multiset::common(&left.sorted(), &right.sorted());
            prop_assert_eq!(left.common(&right), sorted);
            prop_assert_eq!(right.common(&left), sorted);
        }
    }
}
