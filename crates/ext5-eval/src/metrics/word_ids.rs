use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// Numbers words by their first appearance.
pub(super) struct WordIds<'a> {
    ids: HashMap<&'a str, u32, BuildHasherDefault<Mix>>,
}

impl<'a> WordIds<'a> {
    pub(super) fn new() -> Self {
        Self {
            ids: HashMap::with_capacity_and_hasher(64, BuildHasherDefault::default()),
        }
    }

    pub(super) fn id(&mut self, word: &'a str) -> u32 {
        let next = self.ids.len() as u32;
        *self.ids.entry(word).or_insert(next)
    }
}

/// A quick hash for the words of texts being scored, where nobody gains by finding collisions.
#[derive(Clone, Default)]
pub(crate) struct Mix(u64);

impl Hasher for Mix {
    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            self.write_u64(u64::from_le_bytes(*word));
        }
        let rest = rest
            .iter()
            .fold(0, |word, byte| word << 8 | u64::from(*byte));
        self.write_u64(rest);
    }

    /// The end of a string, which says nothing of it.
    fn write_u8(&mut self, _: u8) {}

    fn write_u32(&mut self, number: u32) {
        self.write_u64(u64::from(number));
    }

    fn write_u64(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }

    fn finish(&self) -> u64 {
        self.0 ^ (self.0 >> 32)
    }
}
