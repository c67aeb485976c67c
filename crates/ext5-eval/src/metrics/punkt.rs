//! Sentences as nltk's Punkt finds them before it has learnt anything: Kiss and Strunk, "Unsupervised multilingual sentence
//! boundary detection", Computational Linguistics 32.4 (2006).
//!
//! Without a trained model no abbreviation is known; what remains are initials (`J. Bach`), numbers and ellipses.
use crate::text::{is_decimal, is_space, is_word};

/// The sentences of a text, without what is white between them.
pub(super) fn sentences(text: &str) -> Vec<&str> {
    let slices = slices(text);
    let mut sentences = Vec::with_capacity(slices.len());
    // Closing marks that begin a sentence belong to the one before.
    let mut skipped = 0;
    for (place, (start, stop)) in slices.iter().enumerate() {
        let start = start + skipped;
        skipped = 0;
        let next = slices.get(place + 1);
        let closing = next.and_then(|(next, end)| {
            let (marks, all) = closing_marks(text.get(*next..*end).unwrap_or_default())?;
            Some((next + marks, all))
        });
        if let Some((end, all)) = closing {
            sentences.extend(text.get(start..end));
            skipped = all;
        } else {
            sentences.extend(text.get(start..*stop).filter(|it| !it.is_empty()));
        }
    }
    sentences
}

/// Bytes of the closing marks that a text begins with, and of these with the white space after them; `None` where other text
/// follows at once.
fn closing_marks(text: &str) -> Option<(usize, usize)> {
    let is_mark = |mark| {
        matches!(
            mark,
            '"' | '\'' | ')' | ']' | '}' | '‘' | '’' | '“' | '”' | '«' | '»'
        )
    };
    let rest = text.trim_start_matches(is_mark);
    let marks = text.len() - rest.len();
    let after = rest.trim_start_matches(is_space);
    let stands_alone = rest.is_empty() || after.len() < rest.len() || rest.starts_with("--");
    (marks > 0 && stands_alone).then(|| (marks, text.len() - after.len()))
}

/// A mark that may end a sentence: where it starts, and where what follows it begins and ends.
struct Candidate {
    mark: usize,
    /// The next word, where white space comes before it.
    next: Option<usize>,
    end: usize,
}

/// Characters that end a word of Punkt's, apart from full stops.
fn is_border(character: char) -> bool {
    const BORDERS: &str = ")\";}]*:@'({[‘’“”«»?!";
    BORDERS.contains(character)
}

fn candidates(text: &str) -> impl Iterator<Item = Candidate> {
    let marks = text.match_indices(['.', '?', '!']).map(|(mark, _)| mark);
    marks.filter_map(|mark| {
        let after = text.get(mark + 1..)?;
        let first = after.chars().next()?;
        if is_border(first) {
            return Some(Candidate {
                mark,
                next: None,
                end: mark + 1 + first.len_utf8(),
            });
        }
        let word = after.trim_start_matches(is_space);
        if word.len() == after.len() || word.is_empty() {
            return None;
        }
        let next = text.len() - word.len();
        let length = word.find(is_space).unwrap_or(word.len());
        Some(Candidate {
            mark,
            next: Some(next),
            end: next + length,
        })
    })
}

/// Where sentences start and stop, before closing marks are moved.
fn slices(text: &str) -> Vec<(usize, usize)> {
    let mut slices = Vec::new();
    let mut last = 0;
    let mut decide = |start: usize, candidate: &Candidate| {
        if has_break(text.get(start..candidate.end).unwrap_or_default()) {
            slices.push((last, candidate.mark + 1));
            last = candidate.next.unwrap_or(candidate.mark + 1);
        }
    };
    // Of marks in one word the last decides. The word before a mark is looked for after the mark before it, and white space
    // directly after that one does not count.
    let mut word = (0, 0);
    let mut waiting: Option<Candidate> = None;
    for candidate in candidates(text) {
        let before = text.get(word.1..candidate.mark).unwrap_or_default();
        let space = before.rfind([' ', '\t', '\n', '\r', '\x0b', '\x0c']);
        let start = match space {
            None | Some(0) => word.0,
            Some(space) => word.1 + space + 1,
        };
        if let Some(waiting) = waiting.filter(|_| word.1 <= start) {
            decide(word.0, &waiting);
        }
        word = (start, candidate.mark);
        waiting = Some(candidate);
    }
    if let Some(waiting) = waiting {
        decide(word.0, &waiting);
    }
    slices.push((last, text.trim_end_matches(is_space).len().max(last)));
    slices
}

/// Whether a sentence ends before the last word of a piece of text.
fn has_break(text: &str) -> bool {
    let tokens: Vec<&str> = text.split('\n').flat_map(tokens).collect();
    let mut pairs = tokens.iter().zip(tokens.iter().skip(1));
    pairs.any(|(token, next)| ends_sentence(token, next))
}

/// Whether a sentence ends with a token that another follows.
fn ends_sentence(token: &str, next: &str) -> bool {
    if matches!(token, "." | "?" | "!") {
        return true;
    }
    if !token.ends_with('.') || token.ends_with("..") {
        return false;
    }
    let mut letters = token.chars();
    let first = letters.next().unwrap_or('.');
    let is_initial = letters.as_str() == "." && is_word(first) && !is_decimal(first);
    if !is_initial && !is_number(token) {
        return true;
    }
    let first = next.chars().next().unwrap_or('.');
    let goes_on = matches!(next, ";" | ":" | "," | "." | "!" | "?") || first.is_lowercase();
    !(goes_on || is_initial && first.is_uppercase())
}

/// `-?[.,]?\d[\d,.-]*`.
fn is_number(token: &str) -> bool {
    let token = token.strip_prefix('-').unwrap_or(token);
    let mut letters = token.strip_prefix(['.', ',']).unwrap_or(token).chars();
    letters.next().is_some_and(is_decimal)
        && letters.all(|letter| is_decimal(letter) || matches!(letter, ',' | '.' | '-'))
}

/// The words of a line as Punkt has them: full stops stay at the word they follow.
fn tokens(line: &str) -> impl Iterator<Item = &str> {
    let mut rest = line;
    std::iter::from_fn(move || {
        rest = rest.trim_start_matches(is_space);
        let first = rest.chars().next()?;
        let length = repeated(rest).unwrap_or_else(|| {
            let starts_word = !"(\"`{[:;&#*@)}]-,".contains(first);
            if starts_word {
                word_length(rest)
            } else {
                first.len_utf8()
            }
        });
        let (token, after) = rest.split_at_checked(length)?;
        rest = after;
        Some(token)
    })
}

fn word_length(text: &str) -> usize {
    let mut letters = text.char_indices().skip(1);
    let end = letters.find(|(place, letter)| {
        let here = text.get(*place..).unwrap_or_default();
        is_end(here) || *letter == ',' && is_end(here.get(1..).unwrap_or_default())
    });
    end.map_or(text.len(), |(place, _)| place)
}

/// Whether no word goes on here.
fn is_end(text: &str) -> bool {
    let first = text.chars().next();
    first.is_none_or(|first| is_space(first) || is_border(first)) || repeated(text).is_some()
}

/// Bytes of the dashes or full stops, two or more, that a text begins with; full stops may have white space between them if
/// there are three.
fn repeated(text: &str) -> Option<usize> {
    for mark in ['-', '.'] {
        let count = text.len() - text.trim_start_matches(mark).len();
        if count > 1 {
            return Some(count);
        }
    }
    let mut letters = text.char_indices();
    let mut stops = 0;
    let mut end = None;
    while let Some((place, '.')) = letters.next() {
        stops += 1;
        if stops > 2 {
            end = Some(place + 1);
        }
        if !letters.next().is_some_and(|(_, letter)| is_space(letter)) {
            break;
        }
    }
    end
}
