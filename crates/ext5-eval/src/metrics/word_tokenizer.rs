//! Words as nltk's `word_tokenize` has them: sentences, then the Penn Treebank's rules with nltk's improvements.
//!
//! The rules are applied one after the other to the whole sentence, as there; those that need a character that the sentence
//! lacks are skipped.
use std::borrow::Cow;

use super::punkt;
use crate::text::{self, is_decimal, is_space, is_word};

/// Words that are two, in lower case, and where the second begins; `wanna` only before white space.
const CONTRACTIONS: &[(&str, usize)] = &[
    ("cannot", 3),
    ("d'ye", 1),
    ("gimme", 3),
    ("gonna", 3),
    ("gotta", 3),
    ("lemme", 3),
    ("more'n", 4),
    ("wanna", 3),
    ("'tis", 2),
    ("'twas", 2),
];

/// The words of a text of one or more sentences.
fn words(text: &str) -> Vec<String> {
    let mut words = Vec::with_capacity(text.len() / 5);
    for sentence in punkt::sentences(text) {
        let separated = separate(sentence);
        for word in separated.split(is_space).filter(|word| !word.is_empty()) {
            split_ending(word, &mut words);
        }
    }
    words
}

/// The words in lower case.
pub(super) fn lower_words(text: &str) -> Vec<String> {
    let mut words = words(text);
    for word in &mut words {
        if let Cow::Owned(lower) = text::lower(word) {
            *word = lower;
        }
    }
    words
}

/// Whether a word is a single mark of ASCII's, which scores named `nopunct` leave out.
pub(super) fn is_punctuation(word: &str) -> bool {
    matches!(word.as_bytes(), [mark] if mark.is_ascii_punctuation())
}

/// Which characters a sentence has.
struct Seen {
    ascii: u128,
    beyond: bool,
}

impl Seen {
    fn new(text: &str) -> Self {
        let mut seen = Self {
            ascii: 0,
            beyond: false,
        };
        for byte in text.bytes() {
            if byte.is_ascii() {
                seen.ascii |= 1 << byte;
            } else {
                seen.beyond = true;
            }
        }
        seen
    }

    fn any(&self, characters: &str) -> bool {
        let mut bytes = characters.bytes();
        bytes.any(|byte| self.ascii & (1 << (byte & 127)) != 0)
    }
}

/// The sentence with white space around marks.
fn separate(sentence: &str) -> String {
    let seen = Seen::new(sentence);
    let mut text = sentence.to_owned();
    let mut step = |needed: bool, rule: &dyn Fn(&str) -> String| {
        if needed {
            text = rule(&text);
        }
    };
    let quotes = seen.any("\"'`");
    step(seen.beyond || seen.any("`"), &pad_opening_quotes);
    step(seen.any("\""), &|text| match text.strip_prefix('"') {
        Some(rest) => format!("``{rest}"),
        None => text.to_owned(),
    });
    step(seen.any("`\""), &|text| text.replace("``", " `` "));
    step(quotes, &mark_opening_quotes);
    step(seen.any("'"), &part_leading_apostrophes);
    step(seen.any("."), &part_final_stop);
    step(seen.any(":,"), &part_colons);
    step(seen.any("."), &pad_ellipses);
    step(seen.beyond || seen.any(";@#$%&?!"), &|text| {
        pad(text, |it| {
            matches!(
                it,
                ';' | '@' | '#' | '$' | '%' | '&' | '?' | '!' | '\u{2012}'..='\u{2015}'
            )
        })
    });
    step(seen.any("'"), &|text| part_apostrophes(text));
    step(seen.any("*[](){}<>"), &|text| {
        pad(text, |it| "*[](){}<>".contains(it))
    });
    step(seen.any("-"), &|text| text.replace("--", " -- "));
    step(seen.beyond, &|text| {
        pad(text, |it| matches!(it, '»' | '”' | '’'))
    });
    step(seen.any("'"), &|text| text.replace("''", " '' "));
    step(seen.any("\""), &|text| text.replace('"', " '' "));
    text
}

fn pad(text: &str, is_mark: impl Fn(char) -> bool) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        if is_mark(character) {
            out.push(' ');
            out.push(character);
            out.push(' ');
        } else {
            out.push(character);
        }
    }
    out
}

/// White space around runs of at least `least` of one mark.
fn pad_runs(text: &str, mark: char, least: usize) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let mut rest = text;
    while let Some(start) = rest.find(mark) {
        let (before, at) = rest.split_at(start);
        let after = at.trim_start_matches(mark);
        let run = at.strip_suffix(after).unwrap_or(at);
        out.push_str(before);
        if run.len() >= least {
            out.push(' ');
            out.push_str(run);
            out.push(' ');
        } else {
            out.push_str(run);
        }
        rest = after;
    }
    out.push_str(rest);
    out
}

fn pad_ellipses(text: &str) -> String {
    pad_runs(text, '.', 2)
}

fn pad_opening_quotes(text: &str) -> String {
    pad(&pad_runs(text, '`', 1), |it| {
        matches!(it, '«' | '“' | '‘' | '„')
    })
}

/// A quote after white space or an opening bracket becomes two backticks.
fn mark_opening_quotes(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let mut rest = text;
    while let Some(start) = rest.find([' ', '(', '[', '{', '<']) {
        let (before, after) = rest.split_at(start + 1);
        out.push_str(before);
        let quoted = after.strip_prefix('"').or_else(|| after.strip_prefix("''"));
        if quoted.is_some() {
            out.push_str(" `` ");
        }
        rest = quoted.unwrap_or(after);
    }
    out.push_str(rest);
    out
}

/// White space after an apostrophe that a word begins with, if it is not one of the endings like `'s`.
fn part_leading_apostrophes(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let mut before = ' ';
    for (place, character) in text.char_indices() {
        out.push(character);
        if character == '\'' && !is_word(before) {
            let after = text.get(place + 1..).unwrap_or_default();
            let starts_word = after.chars().next().is_some_and(is_word);
            if starts_word && !is_ending(after) {
                out.push(' ');
            }
        }
        before = character;
    }
    out
}

fn is_ending(text: &str) -> bool {
    let word: String = (text.chars().take_while(|it| is_word(*it)))
        .take(3)
        .map(fold)
        .collect();
    matches!(
        word.as_str(),
        "re" | "ve" | "ll" | "m" | "t" | "s" | "d" | "n"
    )
}

/// White space around a full stop that only closing marks follow.
fn part_final_stop(text: &str) -> String {
    let is_closing = |it| {
        matches!(
            it,
            ']' | ')' | '}' | '>' | '"' | '\'' | '»' | '”' | '’' | ' '
        )
    };
    let before = text.trim_end_matches(is_space).trim_end_matches(is_closing);
    match before.strip_suffix('.') {
        Some(head) if !head.is_empty() && !head.ends_with('.') => {
            let after = text.get(before.len()..).unwrap_or_default();
            let closing = after.strip_suffix(after.trim_start_matches(is_closing));
            format!("{head} . {} ", closing.unwrap_or_default())
        }
        _ => text.to_owned(),
    }
}

/// White space around colons and commas, except before a digit; of two marks in a row the second is not looked at.
fn part_colons(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        if !matches!(character, ':' | ',') {
            out.push(character);
            continue;
        }
        let rest = characters.as_str();
        match rest.chars().next() {
            Some(next) if !is_decimal(next) => {
                out.extend([' ', character, ' ', next]);
                characters.next();
            }
            _ => out.push(character),
        }
    }
    let (line, end) = match out.strip_suffix('\n') {
        Some(line) => (line, "\n"),
        None => (out.as_str(), ""),
    };
    match line.strip_suffix([':', ',']) {
        Some(head) => format!(
            "{head} {} {end}",
            line.get(head.len()..).unwrap_or_default()
        ),
        None => out,
    }
}

/// White space between a character and an apostrophe that white space follows; the three are taken together.
fn part_apostrophes(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        out.push(character);
        if character != '\''
            && let Some(rest) = characters.as_str().strip_prefix("' ")
        {
            out.push_str(" ' ");
            characters = rest.chars();
        }
    }
    out
}

/// Splits the endings `'s`, `'m`, `'d`, `'`, then `'ll`, `'re`, `'ve`, `n't` off a word, then contractions of two words.
fn split_ending(word: &str, words: &mut Vec<String>) {
    if word.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        split_contractions(word, words);
        return;
    }
    let cut = |word: &str, length: usize| {
        let (head, _) = word.split_at_checked(word.len().checked_sub(length)?)?;
        let is_free = !head.is_empty() && !head.ends_with('\'');
        is_free.then_some(head.len())
    };
    let short = ["'s", "'S", "'m", "'M", "'d", "'D", "'"];
    let long = ["'ll", "'LL", "'re", "'RE", "'ve", "'VE", "n't", "N'T"];
    let split = |word: &str, endings: &[&str]| {
        let ending = endings.iter().find(|ending| word.ends_with(**ending))?;
        cut(word, ending.len())
    };
    let (head, last) = word.split_at(split(word, &short).unwrap_or(word.len()));
    let (head, middle) = head.split_at(split(head, &long).unwrap_or(head.len()));
    for part in [head, middle, last] {
        split_contractions(part, words);
    }
}

/// Splits `cannot`, `gonna` and their like, wherever no letter touches them.
fn split_contractions(word: &str, words: &mut Vec<String>) {
    let plain = word.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if word.len() < 4 || plain && !(5..=6).contains(&word.len()) {
        words.extend((!word.is_empty()).then(|| word.to_owned()));
        return;
    }
    let mut parts = vec![word];
    for (contraction, second) in CONTRACTIONS {
        let mut split = Vec::with_capacity(parts.len());
        for part in parts {
            let mut rest = part;
            while let Some((start, length)) = find(rest, part, contraction) {
                let (before, at) = rest.split_at(start);
                let (found, after) = at.split_at(length);
                let second = found.char_indices().nth(*second);
                let (first, last) = found.split_at(second.map_or(0, |(place, _)| place));
                split.extend([before, first, last]);
                rest = after;
            }
            split.push(rest);
        }
        parts = split;
    }
    let parts = parts.into_iter().filter(|part| !part.is_empty());
    words.extend(parts.map(str::to_owned));
}

/// Where a contraction stands in the rest of a word, by its bytes; not inside of another word.
fn find(rest: &str, whole: &str, contraction: &str) -> Option<(usize, usize)> {
    let offset = whole.len() - rest.len();
    let leads = contraction.starts_with('\'');
    rest.char_indices().find_map(|(start, _)| {
        let at = rest.get(start..)?;
        let mut letters = at.char_indices();
        let same = contraction.chars().all(|wanted| {
            letters
                .next()
                .is_some_and(|(_, letter)| fold(letter) == wanted)
        });
        let after = letters.as_str();
        let before = whole.get(..offset + start)?.chars().next_back();
        let is_apart = if leads {
            before.is_none()
        } else {
            !before.is_some_and(is_word)
        };
        let ends = !after.chars().next().is_some_and(is_word)
            && (contraction != "wanna" || after.is_empty());
        (same && is_apart && ends).then_some((start, at.len() - after.len()))
    })
}

/// A letter without case, as Python's `re.IGNORECASE` has it for those of the patterns here.
fn fold(letter: char) -> char {
    match letter {
        'ſ' => 's',
        'ı' | 'İ' => 'i',
        _ => letter.to_ascii_lowercase(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_those_of_nltk() {
        let cases: Vec<(String, String)> =
            serde_json::from_str(include_str!("../../tests/golden/word_tokenizer.json")).unwrap();
        assert!(cases.len() > 3000);
        let mut wrong = Vec::new();
        for (text, wanted) in cases {
            let found = words(&text).join(" ");
            if found != wanted {
                wrong.push(format!("{text:?}: {found:?} is not {wanted:?}"));
            }
        }
        assert!(
            wrong.is_empty(),
            "{} {:#?}",
            wrong.len(),
            wrong.get(..8.min(wrong.len()))
        );
    }
}
