//! The bytes of a pickle, taken from the front.
use super::Outcome;

/// What is left of a pickle.
#[derive(Default)]
pub(super) struct Program<'a>(pub(super) &'a [u8]);

impl<'a> Program<'a> {
    /// The next bytes.
    fn take(&mut self, length: usize) -> Outcome<&'a [u8]> {
        let (taken, rest) = self
            .0
            .split_at_checked(length)
            .ok_or("its pickle is cut off")?;
        self.0 = rest;
        Ok(taken)
    }

    /// The next byte.
    pub(super) fn byte(&mut self) -> Outcome<u8> {
        Ok(u8::from_le_bytes(self.array()?))
    }

    /// The next bytes of a number.
    pub(super) fn array<const N: usize>(&mut self) -> Outcome<[u8; N]> {
        let taken = self.take(N)?;
        taken
            .try_into()
            .map_err(|_| "its pickle is cut off".to_owned())
    }

    /// A place of the memo.
    pub(super) fn place(&mut self, is_short: bool) -> Outcome<u32> {
        if is_short {
            return self.byte().map(u32::from);
        }
        Ok(u32::from_le_bytes(self.array()?))
    }

    /// A number of so many bytes.
    pub(super) fn long(&mut self) -> Outcome<i64> {
        let length = self.byte()?;
        let digits = self.take(usize::from(length))?;
        if digits.len() > 8 {
            return Err("its pickle has a number of more than 64 bits".to_owned());
        }
        let fill = if digits.last().is_some_and(|last| last >> 7 == 1) {
            0xff
        } else {
            0
        };
        let mut eight = [fill; 8];
        eight[..digits.len()].copy_from_slice(digits);
        Ok(i64::from_le_bytes(eight))
    }

    /// A text, its length before it.
    pub(super) fn text(&mut self) -> Outcome<&'a str> {
        let length = u32::from_le_bytes(self.array()?);
        let text = self.take(length as usize)?;
        std::str::from_utf8(text).map_err(|_| "a text in its pickle is not UTF-8".to_owned())
    }

    /// A text up to the end of its line.
    pub(super) fn line(&mut self) -> Outcome<&'a str> {
        let end = self.0.iter().take(1024).position(|byte| *byte == b'\n');
        let line = self.take(end.ok_or("a name in its pickle has no end")? + 1)?;
        std::str::from_utf8(&line[..line.len() - 1])
            .map_err(|_| "a name in its pickle is not UTF-8".to_owned())
    }
}

/// The name of an instruction that is refused, as pickle's own tools call it.
pub(super) fn instruction(code: u8) -> &'static str {
    match code {
        b'i' => "INST",
        b'o' => "OBJ",
        0x81 => "NEWOBJ",
        0x82..=0x84 => "EXT",
        0x92 => "NEWOBJ_EX",
        0x93 => "STACK_GLOBAL",
        0x94 => "MEMOIZE",
        0x95 => "FRAME",
        b'P' => "PERSID",
        b'p' => "PUT",
        b'g' => "GET",
        b'0' => "POP",
        b'1' => "POP_MARK",
        b'2' => "DUP",
        b'd' => "DICT",
        b'l' => "LIST",
        b']' => "EMPTY_LIST",
        b'a' | b'e' => "APPEND",
        b'G' | b'F' | b'I' | b'L' | 0x8b => "a number",
        b'B' | b'C' | 0x8e | 0x96..=0x98 => "bytes",
        _ => "unknown",
    }
}
