//! The two tokenizers of `sacrebleu` that T5 and WMT use, rule by rule.
use crate::text::{is_number, is_punctuation, is_space, is_symbol};

/// `mteval-v14` international: punctuation is parted from what is no number, symbols from everything. Each rule is one pass
/// from left to right over pairs that do not overlap, since the reference replaces by regular expression.
pub(super) fn international(line: &str) -> String {
    let line = line.trim_end_matches(is_space);
    let mut passed = String::with_capacity(line.len() * 2);
    let mut characters = line.chars().peekable();
    while let Some(character) = characters.next() {
        passed.push(character);
        if !is_number(character)
            && let Some(mark) = characters.next_if(|next| is_punctuation(*next))
        {
            passed.extend([' ', mark, ' ']);
        }
    }
    let mut out = String::with_capacity(passed.len() * 2);
    let mut characters = passed.chars().peekable();
    while let Some(character) = characters.next() {
        if is_punctuation(character)
            && let Some(next) = characters.next_if(|next| !is_number(*next))
        {
            out.extend([' ', character, ' ']);
            push_symbol_apart(&mut out, next);
        } else {
            push_symbol_apart(&mut out, character);
        }
    }
    out
}

fn push_symbol_apart(out: &mut String, character: char) {
    if is_symbol(character) {
        out.extend([' ', character, ' ']);
    } else {
        out.push(character);
    }
}

/// `mteval-v13a`: undoes four entities, then parts ASCII punctuation, except the apostrophe, and points, commas and hyphens
/// beside digits. All rules look at ASCII only, so they work on bytes.
pub(super) fn thirteen_a(line: &str) -> String {
    let line = line.trim_end_matches(is_space);
    let mut line = line
        .replace("<skipped>", "")
        .replace("-\n", "")
        .replace('\n', " ");
    if line.contains('&') {
        for (entity, character) in [
            ("&quot;", "\""),
            ("&amp;", "&"),
            ("&lt;", "<"),
            ("&gt;", ">"),
        ] {
            line = line.replace(entity, character);
        }
    }
    let mut bytes = Vec::with_capacity(line.len() * 2);
    for byte in format!(" {line} ").bytes() {
        if matches!(byte, b'{'..=b'~' | b'['..=b'`' | b' '..=b'&' | b'('..=b'+' | b':'..=b'@' | b'/')
        {
            bytes.extend([b' ', byte, b' ']);
        } else {
            bytes.push(byte);
        }
    }
    let point = |byte: u8| matches!(byte, b'.' | b',');
    let bytes = pairs(
        &bytes,
        |first, second| !first.is_ascii_digit() && point(second),
        |a, b| [a, b' ', b, b' '],
    );
    let bytes = pairs(
        &bytes,
        |first, second| point(first) && !second.is_ascii_digit(),
        |a, b| [b' ', a, b' ', b],
    );
    let bytes = pairs(
        &bytes,
        |first, second| first.is_ascii_digit() && second == b'-',
        |a, b| [a, b' ', b, b' '],
    );
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Replaces pairs of neighbours from left to right, none overlapping.
fn pairs(
    bytes: &[u8],
    is_match: impl Fn(u8, u8) -> bool,
    parted: impl Fn(u8, u8) -> [u8; 4],
) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() * 2);
    let mut rest = bytes.iter().copied().peekable();
    while let Some(first) = rest.next() {
        match rest.next_if(|second| is_match(first, *second)) {
            Some(second) => out.extend(parted(first, second)),
            None => out.push(first),
        }
    }
    out
}
