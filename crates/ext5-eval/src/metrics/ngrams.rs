/// The n-grams of one text up to a longest order, each packed into one number. They are sorted once: cut to a lower order they
/// are still in order.
#[derive(Clone, Copy)]
pub(super) struct Packing {
    /// Longest n-grams.
    pub(super) order: usize,
    /// Bits of one symbol; symbols are at least 1, so that 0 stands behind the end of the text.
    pub(super) bits: u32,
}

impl Packing {
    /// Up to four words, by number.
    pub(super) const WORDS: Self = Self { order: 4, bits: 32 };
    /// Up to six characters, by code point.
    pub(super) const CHARACTERS: Self = Self { order: 6, bits: 21 };

    /// What stands at each place of a text, as far as the longest order goes, sorted.
    pub(super) fn sorted(self, symbols: &[u32]) -> Vec<u128> {
        let mut gram = 0;
        let pack = |symbol: &u32| {
            gram = (gram >> self.bits) | (u128::from(*symbol) << self.shift(1));
            gram
        };
        // From the end, where what is behind is 0.
        let mut grams: Vec<u128> = symbols.iter().rev().map(pack).collect();
        grams.sort_unstable();
        grams
    }

    /// The n-grams of one order among `sorted` into `out`, in order.
    pub(super) fn cut(self, sorted: &[u128], order: usize, out: &mut Vec<u128>) {
        let (shift, last) = (self.shift(order), (1 << self.bits) - 1);
        out.clear();
        out.extend(
            sorted
                .iter()
                .map(|gram| gram >> shift)
                .filter(|gram| gram & last != 0),
        );
    }

    fn shift(self, order: usize) -> u32 {
        self.bits * self.order.saturating_sub(order) as u32
    }
}

/// Size of the intersection of two sorted multisets of n-grams, without a branch that a processor could guess wrong.
pub(super) fn matches(left: &[u128], right: &[u128]) -> usize {
    let (mut place, mut other, mut count) = (0, 0, 0);
    while let (Some(x), Some(y)) = (left.get(place), right.get(other)) {
        count += usize::from(x == y);
        place += usize::from(x <= y);
        other += usize::from(y <= x);
    }
    count
}

/// Of two sorted multisets, each thing as often as in the one that has more of it.
pub(super) fn union(left: &[u128], right: &[u128]) -> Vec<u128> {
    let mut out = Vec::with_capacity(left.len() + right.len());
    let (mut left, mut right) = (left.iter().peekable(), right.iter().peekable());
    loop {
        let gram = match (left.peek(), right.peek()) {
            (Some(x), Some(y)) => **x.min(y),
            (Some(gram), None) | (None, Some(gram)) => **gram,
            (None, None) => return out,
        };
        left.next_if(|next| **next == gram);
        right.next_if(|next| **next == gram);
        out.push(gram);
    }
}
