//! SentencePiece's `precompiled_charsmap`: a Darts-clone double array from byte strings to offsets
//! into a block of NUL-terminated replacements.

/// Bit layout of one Darts-clone unit (`darts.h`, `DoubleArrayUnit`).
#[derive(Clone, Copy)]
struct Unit(u32);

impl Unit {
    fn has_leaf(self) -> bool {
        self.0 & (1 << 8) != 0
    }

    fn value(self) -> usize {
        (self.0 & 0x7fff_ffff) as usize
    }

    /// The byte that leads here; leaves carry the top bit, so that none of them equals a byte.
    fn label(self) -> u32 {
        self.0 & (0x8000_0000 | 0xff)
    }

    fn offset(self) -> usize {
        ((self.0 >> 10) << ((self.0 & (1 << 9)) >> 6)) as usize
    }
}

/// Replacements of byte strings, the longest match at a position winning.
pub(crate) struct Charsmap {
    units: Vec<Unit>,
    replacements: Vec<u8>,
}

impl Charsmap {
    /// Reads `size of the array in bytes (u32, little endian) | array | replacements`.
    /// `None` where the sizes do not fit; the array itself is checked while it is walked.
    pub(crate) fn parse(blob: &[u8]) -> Option<Self> {
        let (size, rest) = blob.split_first_chunk::<4>()?;
        let size = u32::from_le_bytes(*size) as usize;
        if size == 0 || !size.is_multiple_of(4) || size >= rest.len() {
            return None;
        }
        let (array, replacements) = rest.split_at(size);
        let (units, _) = array.as_chunks::<4>();
        Some(Self {
            units: units
                .iter()
                .map(|unit| Unit(u32::from_le_bytes(*unit)))
                .collect(),
            replacements: replacements.to_vec(),
        })
    }

    /// Replacement of the longest key that `bytes` starts with, and that key's length.
    pub(crate) fn longest(&self, bytes: &[u8]) -> Option<(&[u8], usize)> {
        let mut position = self.units.first()?.offset();
        let mut found = None;
        for (index, &byte) in bytes.iter().enumerate() {
            let Some((next, value)) = self.step(position, byte) else {
                break;
            };
            position = next;
            if let Some(value) = value {
                found = Some((value, index + 1));
            }
        }
        let (value, length) = found?;
        let rest = self.replacements.get(value..)?;
        let end = rest
            .iter()
            .position(|&byte| byte == 0)
            .unwrap_or(rest.len());
        Some((&rest[..end], length))
    }

    /// True where a text that starts with the ASCII byte `first`, followed by another ASCII byte or
    /// by nothing, is never changed at `first`.
    pub(crate) fn leaves_ascii_alone(&self, first: u8) -> bool {
        let Some(root) = self.units.first() else {
            return true;
        };
        let Some((position, value)) = self.step(root.offset(), first) else {
            return true;
        };
        value.is_none() && (0..0x80).all(|second| self.step(position, second).is_none())
    }

    /// Follows `byte`: the next position, and the value of the key that ends there.
    fn step(&self, position: usize, byte: u8) -> Option<(usize, Option<usize>)> {
        let position = position ^ usize::from(byte);
        let unit = *self.units.get(position)?;
        if unit.label() != u32::from(byte) {
            return None;
        }
        let next = position ^ unit.offset();
        let value = unit
            .has_leaf()
            .then(|| self.units.get(next).map(|leaf| leaf.value()));
        Some((next, value.flatten()))
    }
}
