use crate::charsmap::Charsmap;
use crate::definition::{Normalization, Rule, SPACE};
use crate::trie::Trie;
use std::borrow::Cow;
use unicode_normalization_alignments::UnicodeNormalization;

/// Text to normalised bytes, as SentencePiece's `Normalizer::Normalize`.
///
/// Works on bytes: a damaged charsmap may yield what is no UTF-8, which the encoder can bear.
pub(crate) struct Normalizer {
    flags: Normalization,
    charsmap: Option<Charsmap>,
    /// User-defined pieces, which no rule touches.
    verbatim: Option<Trie>,
    /// ASCII bytes that stay as they are when an ASCII byte, or nothing, follows.
    plain: [bool; 256],
}

impl Normalizer {
    /// `None` where the charsmap is damaged.
    pub(crate) fn new<'a>(
        flags: &Normalization,
        user_defined: impl Iterator<Item = &'a str>,
    ) -> Option<Self> {
        let charsmap = match &flags.rule {
            Rule::Charsmap(blob) => Some(Charsmap::parse(blob)?),
            Rule::Identity | Rule::Nfkc => None,
        };
        let mut plain = [false; 256];
        for (byte, plain) in (0_u8..0x80).zip(&mut plain) {
            *plain = charsmap
                .as_ref()
                .is_none_or(|map| map.leaves_ascii_alone(byte));
        }
        let user_defined: Vec<&[u8]> = user_defined.map(str::as_bytes).collect();
        for first in user_defined.iter().filter_map(|piece| piece.first()) {
            plain[usize::from(*first)] = false;
        }
        let verbatim = (!user_defined.is_empty())
            .then(|| Trie::build(user_defined.iter().map(|piece| (*piece, 0))));
        Some(Self {
            flags: flags.clone(),
            charsmap,
            verbatim,
            plain,
        })
    }

    /// Normalised `text`; spaces are the space mark where the model escapes them.
    pub(crate) fn normalize(&self, text: &str) -> Vec<u8> {
        let text = self.compose(text);
        let bytes = text.as_bytes();
        let trim = self.flags.remove_extra_whitespaces;
        let mut position = 0;
        while trim && position < bytes.len() {
            let (replacement, consumed) = self.prefix(&bytes[position..]);
            if replacement != b" " {
                break;
            }
            position += consumed;
        }
        if position == bytes.len() {
            return Vec::new();
        }
        let space = if self.flags.escape_whitespaces {
            SPACE.as_bytes()
        } else {
            b" "
        };
        let mut out = Vec::with_capacity((bytes.len() - position) * 3 / 2 + 8);
        if self.flags.add_dummy_prefix {
            out.extend_from_slice(space);
        }
        self.rewrite(&bytes[position..], space, &mut out);
        while trim && out.ends_with(space) {
            out.truncate(out.len() - space.len());
        }
        out
    }

    /// The body of the text: every position replaced by its longest rule, runs of spaces joined.
    fn rewrite(&self, bytes: &[u8], space: &[u8], out: &mut Vec<u8>) {
        let trim = self.flags.remove_extra_whitespaces;
        let mut after_space = trim;
        let mut position = 0;
        while let Some(&byte) = bytes.get(position) {
            let ascii_follows = bytes.get(position + 1).is_none_or(u8::is_ascii);
            if ascii_follows && self.plain[usize::from(byte)] {
                position += 1;
                if byte != b' ' {
                    out.push(byte);
                    after_space = false;
                } else if !after_space {
                    out.extend_from_slice(space);
                    after_space = trim;
                }
                continue;
            }
            let (mut replacement, consumed) = self.prefix(&bytes[position..]);
            position += consumed;
            while let (true, Some((b' ', rest))) = (after_space, replacement.split_first()) {
                replacement = rest;
            }
            for &byte in replacement {
                if byte == b' ' {
                    out.extend_from_slice(space);
                } else {
                    out.push(byte);
                }
            }
            if let Some(last) = replacement.last() {
                after_space = trim && *last == b' ';
            }
        }
    }

    /// Replacement of the start of `bytes` (not empty) and the number of bytes it stands for.
    fn prefix<'a>(&'a self, bytes: &'a [u8]) -> (&'a [u8], usize) {
        if let Some(length) = self.verbatim.as_ref().and_then(|trie| trie.longest(bytes)) {
            return (&bytes[..length], length);
        }
        let Some(map) = &self.charsmap else {
            // Nothing but whole characters was taken so far.
            let length = byte_length(bytes[0]).min(bytes.len());
            return (&bytes[..length], length);
        };
        if let Some(found) = map.longest(bytes) {
            return found;
        }
        match character_length(bytes) {
            // Only a damaged charsmap leads inside a character.
            0 => ("\u{fffd}".as_bytes(), 1),
            length => (&bytes[..length], length),
        }
    }

    /// NFKC with every white space and space mark as a space, where the rule asks for it.
    fn compose<'a>(&self, text: &'a str) -> Cow<'a, str> {
        if self.flags.rule != Rule::Nfkc {
            return Cow::Borrowed(text);
        }
        let space = |c: char| {
            if c.is_whitespace() || c == '\u{2581}' {
                ' '
            } else {
                c
            }
        };
        if text.is_ascii() {
            return Cow::Owned(text.chars().map(space).collect());
        }
        let mut composed = String::with_capacity(text.len());
        composed.extend(text.nfkc().map(|(c, _)| space(c)));
        Cow::Owned(composed)
    }
}

/// Bytes of the character that `bytes` starts with, 0 where it starts with none.
fn character_length(bytes: &[u8]) -> usize {
    let length = byte_length(bytes[0]).min(bytes.len());
    if std::str::from_utf8(&bytes[..length]).is_ok() {
        length
    } else {
        0
    }
}

/// Bytes of a character by its first byte (`string_util::OneCharLen`); 1 inside a character.
#[inline]
pub(crate) fn byte_length(first: u8) -> usize {
    match first {
        0xf0.. => 4,
        0xe0.. => 3,
        0xc0.. => 2,
        _ => 1,
    }
}
