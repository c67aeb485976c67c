//! The tokenizers of `sacrebleu` that need no model. Each part of the text that has spaces around it afterwards is a word.
use std::borrow::Cow;

use crate::text::{is_number, is_punctuation, is_space, is_symbol};

/// What a tokenizer does with a character.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    /// It stays with its neighbours.
    Plain,
    /// It stays, and keeps marks beside it.
    Number,
    /// A mark, parted from what is no number.
    Mark,
    /// A hyphen, parted from a number before it.
    Hyphen,
    /// It is a word of its own.
    Alone,
}

/// `mteval-v14` international: punctuation is parted from what is no number, symbols from everything.
pub(super) fn international(line: &str) -> String {
    let class = |character| match character {
        'a'..='z' | 'A'..='Z' | ' ' => Class::Plain,
        _ if is_number(character) => Class::Number,
        _ if is_punctuation(character) => Class::Mark,
        _ if is_symbol(character) => Class::Alone,
        _ => Class::Plain,
    };
    part(line, class, false)
}

/// `mteval-v13a`: undoes four entities, then parts ASCII punctuation, except the apostrophe, and points, commas and hyphens
/// beside digits.
pub(super) fn thirteen_a(line: &str) -> String {
    part(&without_markup(line), western, true)
}

/// As `mteval-v13a` without its first step, each Chinese character a word.
pub(super) fn chinese(line: &str) -> String {
    let class = |character| {
        if is_chinese(character) {
            Class::Alone
        } else {
            western(character)
        }
    };
    part(line.trim_matches(is_space), class, false)
}

/// Each character a word.
pub(super) fn characters(line: &str) -> String {
    line.chars()
        .flat_map(|character| [character, ' '])
        .collect()
}

/// The text as it is.
pub(super) fn untouched(line: &str) -> String {
    line.to_owned()
}

fn western(character: char) -> Class {
    match character {
        'a'..='z' | 'A'..='Z' | ' ' | '\'' => Class::Plain,
        '0'..='9' => Class::Number,
        '.' | ',' => Class::Mark,
        '-' => Class::Hyphen,
        _ if character.is_ascii_punctuation() => Class::Alone,
        _ => Class::Plain,
    }
}

fn without_markup(line: &str) -> Cow<'_, str> {
    if !line.contains(['<', '&', '\n']) {
        return Cow::Borrowed(line);
    }
    let mut line = line.to_owned();
    for (markup, character) in [
        ("<skipped>", ""),
        ("-\n", ""),
        ("\n", " "),
        ("&quot;", "\""),
        ("&amp;", "&"),
        ("&lt;", "<"),
        ("&gt;", ">"),
    ] {
        line = line.replace(markup, character);
    }
    Cow::Owned(line)
}

/// The reference's two replacements by regular expression in one pass: `(no number)(mark)` parts a mark on both sides, then
/// `(mark)(no number)` does. Matches do not overlap, so in a row of marks every second one is taken as what is before a mark,
/// and one that nothing pairs with stays with a number after it. Before and after a line that is not `padded` is nothing.
fn part(line: &str, class: impl Fn(char) -> Class, padded: bool) -> String {
    let mut out = String::with_capacity(2 * line.len());
    let (mut pairs, mut after_number) = (padded, false);
    let mut characters = line.chars().peekable();
    while let Some(character) = characters.next() {
        let kind = class(character);
        let apart = match kind {
            Class::Plain | Class::Number => false,
            Class::Alone => true,
            Class::Hyphen => after_number,
            Class::Mark => {
                pairs
                    || match characters.peek() {
                        Some(next) => class(*next) != Class::Number,
                        None => padded,
                    }
            }
        };
        if apart {
            out.extend([' ', character, ' ']);
        } else {
            out.push(character);
        }
        pairs = match kind {
            Class::Number => false,
            Class::Mark => !pairs,
            _ => true,
        };
        after_number = kind == Class::Number;
    }
    out
}

/// The reference's table; it compares strings, so two ranges meant for planes beyond the first are read as their first four
/// digits, which takes in general punctuation, arrows and mathematics.
fn is_chinese(character: char) -> bool {
    matches!(character,
        '\u{2001}'..='\u{2a6d}'
        | '\u{2e80}'..='\u{2fdf}'
        | '\u{2ff0}'..='\u{303f}'
        | '\u{3100}'..='\u{312f}'
        | '\u{31a0}'..='\u{31bf}'
        | '\u{31c0}'..='\u{31ef}'
        | '\u{3200}'..='\u{4db5}'
        | '\u{4e00}'..='\u{9fbb}'
        | '\u{f900}'..='\u{fa2d}'
        | '\u{fa30}'..='\u{fa6a}'
        | '\u{fa70}'..='\u{fad9}'
        | '\u{fe10}'..='\u{fe1f}'
        | '\u{fe30}'..='\u{fe4f}'
        | '\u{ff00}'..='\u{ffef}')
}
