//! The part of the protocol-buffer wire format that a SentencePiece model uses.

/// One field's payload. 64-bit fixed fields are skipped over, never read by our messages.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Value<'a> {
    Varint(u64),
    Fixed32(u32),
    Fixed64,
    Bytes(&'a [u8]),
}

impl Value<'_> {
    /// A `bool` field; any non-zero number is true.
    pub(crate) fn as_bool(&self) -> Option<bool> {
        matches!(self, Self::Varint(_)).then(|| *self != Self::Varint(0))
    }

    /// A `float` field.
    pub(crate) fn as_float(&self) -> Option<f32> {
        match self {
            Self::Fixed32(bits) => Some(f32::from_bits(*bits)),
            _ => None,
        }
    }
}

impl<'a> Value<'a> {
    /// A `bytes` field or an embedded message.
    pub(crate) fn as_bytes(&self) -> Option<&'a [u8]> {
        match self {
            Self::Bytes(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// A `string` field.
    pub(crate) fn as_str(&self) -> Option<&'a str> {
        self.as_bytes()
            .and_then(|bytes| std::str::from_utf8(bytes).ok())
    }
}

/// Iterates over (field number, value) of one message. Ends after the first damaged field,
/// which is reported as the offset of its first byte.
pub(crate) struct Fields<'a> {
    bytes: &'a [u8],
    position: usize,
}

impl<'a> Fields<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, position: 0 }
    }

    fn varint(&mut self) -> Option<u64> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = *self.bytes.get(self.position)?;
            self.position += 1;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(value);
            }
        }
        None
    }

    fn take(&mut self, count: u64) -> Option<&'a [u8]> {
        let end = self.position.checked_add(usize::try_from(count).ok()?)?;
        let taken = self.bytes.get(self.position..end)?;
        self.position = end;
        Some(taken)
    }

    fn field(&mut self) -> Option<(u64, Value<'a>)> {
        let key = self.varint()?;
        let value = match key & 7 {
            0 => Value::Varint(self.varint()?),
            1 => self.take(8).map(|_| Value::Fixed64)?,
            2 => {
                let count = self.varint()?;
                Value::Bytes(self.take(count)?)
            }
            5 => Value::Fixed32(u32::from_le_bytes(self.take(4)?.try_into().ok()?)),
            // Groups (3, 4) are long deprecated, 6 and 7 do not exist.
            _ => return None,
        };
        Some((key >> 3, value))
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Result<(u64, Value<'a>), usize>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.position >= self.bytes.len() {
            return None;
        }
        let start = self.position;
        let field = self.field().ok_or(start);
        if field.is_err() {
            self.position = self.bytes.len();
        }
        Some(field)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_examples_of_the_encoding_guide() {
        // `a: 150` and `b: "testing"`, from the format's own documentation.
        let bytes = b"\x08\x96\x01\x12\x07testing";
        let fields: Vec<_> = Fields::new(bytes).collect::<Result<_, _>>().unwrap();
        assert_eq!(
            fields,
            [(1, Value::Varint(150)), (2, Value::Bytes(b"testing"))]
        );
    }

    #[test]
    fn reports_where_a_field_is_cut() {
        assert_eq!(Fields::new(b"\x08\x01\x12\x07test").last(), Some(Err(2)));
        assert_eq!(
            Fields::new(b"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01").last(),
            Some(Err(0))
        );
        assert_eq!(Fields::new(b"\x0b").last(), Some(Err(0)));
    }
}
