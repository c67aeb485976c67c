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

/// No rule replaces more bytes than this. SentencePiece's own replace some tens; an array that was damaged may lead on for ever, and
/// would be walked through the whole text from each of its bytes.
const LONGEST: usize = 512;

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
        for (index, &byte) in bytes.iter().take(LONGEST).enumerate() {
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

    /// Follows `byte`: the next position, and the value of the key that ends there. Keys end at byte 0, so it leads nowhere: units
    /// that are not in use may be zero and look as if it did.
    fn step(&self, position: usize, byte: u8) -> Option<(usize, Option<usize>)> {
        if byte == 0 {
            return None;
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    /// The map of a double array of 256 units and of its replacements.
    fn map(units: &[(usize, u32)], replacements: &[u8]) -> Charsmap {
        let mut array = [0_u32; 256];
        for (place, unit) in units {
            array[*place] = *unit;
        }
        let mut blob = 1024_u32.to_le_bytes().to_vec();
        blob.extend(array.iter().flat_map(|unit| unit.to_le_bytes()));
        blob.extend(replacements);
        Charsmap::parse(&blob).unwrap()
    }

    /// A unit whose children lie around the place `offset` away.
    fn unit(label: u8, offset: u32, has_leaf: bool) -> u32 {
        offset << 10 | u32::from(has_leaf) << 8 | u32::from(label)
    }

    #[test]
    fn byte_0_ends_every_key() {
        // `A` becomes `b`; all units that are not in use are zero, as if byte 0 led from each to itself.
        let at = 128 ^ usize::from(b'A');
        let units = [
            (0, unit(0, 128, false)),
            (at, unit(b'A', 3, true)),
            (at ^ 3, 1 << 31),
        ];
        let map = map(&units, b"b\0");
        assert_eq!(map.longest(b"A\0\0"), Some((b"b".as_slice(), 1)));
        assert_eq!(map.longest(b"\0A"), None);
        assert!(map.leaves_ascii_alone(0));
        assert!(!map.leaves_ascii_alone(b'A'));
    }

    #[test]
    fn a_ring_in_a_damaged_array_is_left() {
        // `A` leads to where it came from, and every `A` ends a key.
        let at = 128 ^ usize::from(b'A');
        let ring = unit(b'A', u32::from(b'A'), true);
        let map = map(
            &[(0, unit(0, 128, false)), (at, ring), (128, 1 << 31)],
            b"b\0",
        );
        let (replacement, length) = map.longest(&vec![b'A'; 100_000]).unwrap();
        assert_eq!((replacement, length), (b"b".as_slice(), LONGEST));
    }
}
