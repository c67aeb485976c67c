//! Text as the reference implementations, all in Python, see it.
use std::borrow::Cow;
use std::sync::LazyLock;

use regex_syntax::hir::{Class, HirKind};

/// Letters, category L.
const LETTER: u8 = 1;
/// Numbers, category N.
const NUMBER: u8 = 2;
/// Punctuation, category P.
const PUNCTUATION: u8 = 4;
/// Symbols, category S.
const SYMBOL: u8 = 8;

/// Decimal digits, category Nd.
const DECIMAL: u8 = 16;

/// General category of every code point, as bits.
static CATEGORIES: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let mut table = vec![0; char::MAX as usize + 1];
    for (pattern, bit) in [
        (r"\p{L}", LETTER),
        (r"\p{N}", NUMBER),
        (r"\p{P}", PUNCTUATION),
        (r"\p{S}", SYMBOL),
        (r"\p{Nd}", DECIMAL),
    ] {
        let parsed = regex_syntax::parse(pattern).map(regex_syntax::hir::Hir::into_kind);
        if let Ok(HirKind::Class(Class::Unicode(class))) = parsed {
            for range in class.ranges() {
                for code in u32::from(range.start())..=u32::from(range.end()) {
                    if let Some(entry) = table.get_mut(code as usize) {
                        *entry |= bit;
                    }
                }
            }
        }
    }
    table
});

fn has(character: char, bits: u8) -> bool {
    CATEGORIES
        .get(character as usize)
        .is_some_and(|entry| entry & bits != 0)
}

/// `\p{N}`.
pub(crate) fn is_number(character: char) -> bool {
    if character.is_ascii() {
        character.is_ascii_digit()
    } else {
        has(character, NUMBER)
    }
}

/// `\d` of Python's `re`.
pub(crate) fn is_decimal(character: char) -> bool {
    if character.is_ascii() {
        character.is_ascii_digit()
    } else {
        has(character, DECIMAL)
    }
}

/// `\p{P}`.
pub(crate) fn is_punctuation(character: char) -> bool {
    if character.is_ascii() {
        character.is_ascii_punctuation() && !is_symbol(character)
    } else {
        has(character, PUNCTUATION)
    }
}

/// `\p{S}`.
pub(crate) fn is_symbol(character: char) -> bool {
    if character.is_ascii() {
        matches!(
            character,
            '$' | '+' | '<' | '=' | '>' | '^' | '`' | '|' | '~'
        )
    } else {
        has(character, SYMBOL)
    }
}

/// `\w` of Python's `re`: letters, numbers and the underscore; unlike Rust's alphanumeric it has no combining marks.
pub(crate) fn is_word(character: char) -> bool {
    if character.is_ascii() {
        character.is_ascii_alphanumeric() || character == '_'
    } else {
        has(character, LETTER | NUMBER)
    }
}

/// `str.isspace`: Unicode's white space and the four separators of ASCII.
pub(crate) fn is_space(character: char) -> bool {
    if character.is_ascii() {
        matches!(character, ' ' | '\t'..='\r' | '\u{1c}'..='\u{1f}')
    } else {
        character.is_whitespace()
    }
}

/// `str.split()`.
pub(crate) fn split(text: &str) -> impl Iterator<Item = &str> {
    text.split(is_space).filter(|word| !word.is_empty())
}

/// `str.lower()`.
pub(crate) fn lower(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
            Cow::Owned(text.to_ascii_lowercase())
        } else {
            Cow::Borrowed(text)
        }
    } else {
        Cow::Owned(text.to_lowercase())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn categories_are_those_of_unicode() {
        assert!(is_decimal('٣') && !is_decimal('½') && !is_decimal('²') && is_decimal('7'));
        assert!(is_number('½') && is_number('٣') && is_number('7') && !is_number('x'));
        assert!(is_punctuation('¿') && is_punctuation('_') && !is_punctuation('$'));
        assert!(is_symbol('$') && is_symbol('€') && is_symbol('😀') && !is_symbol('.'));
        assert!(is_word('é') && is_word('中') && is_word('²') && !is_word('\u{301}'));
    }

    #[test]
    fn ascii_is_as_in_the_tables() {
        for character in '\0'..='\x7f' {
            assert_eq!(
                is_number(character),
                has(character, NUMBER),
                "{character:?}"
            );
            assert_eq!(
                is_punctuation(character),
                has(character, PUNCTUATION),
                "{character:?}"
            );
            assert_eq!(
                is_symbol(character),
                has(character, SYMBOL),
                "{character:?}"
            );
            let word = has(character, LETTER | NUMBER) || character == '_';
            assert_eq!(is_word(character), word, "{character:?}");
        }
    }

    #[test]
    fn separators_of_ascii_are_space() {
        let words: Vec<&str> = split("a\u{1c}b\u{a0}c  d\u{3000}").collect();
        assert_eq!(words, ["a", "b", "c", "d"]);
        assert!(!is_space('\u{200b}'));
    }

    #[test]
    fn lower_casing_knows_special_cases() {
        assert_eq!(lower("ΟΔΟΣ İ K"), "οδος i\u{307} k");
        assert!(matches!(lower("plain text"), Cow::Borrowed(_)));
    }
}
