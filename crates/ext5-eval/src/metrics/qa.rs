use super::multiset::f1;
use super::words::Words;
use super::{PERCENT_OF_LAST, one_if};
use crate::error::Result;
use crate::metric::Unit;
use crate::{Item, Kind, Metric, text};

pub(crate) const SQUAD: Metric = Metric {
    name: "squad",
    doc: "Exact match and word F1 after lower-casing and dropping ASCII punctuation and articles, the best over the right \
          answers (T5 `squad`). Two empty answers match but have F1 0.",
    higher_is_better: true,
    kinds: &[Kind::Text],
    scores: &["em", "f1"],
    version: 1,
    settings: "norm:squad|tok:space|refs:max|agg:mean",
    unit: Unit::Example,
    measure: |item| em_and_f1(item, "squad", Punctuation::Dropped),
    finish: PERCENT_OF_LAST,
};

pub(crate) const TRIVIA_QA: Metric = Metric {
    name: "trivia_qa",
    doc: "Exact match and word F1 after lower-casing and turning punctuation, with typographic quotes, and articles into \
          spaces, the best over the right answers (T5 `trivia_qa`). Two empty answers match but have F1 0.",
    higher_is_better: true,
    kinds: &[Kind::Text],
    scores: &["em", "f1"],
    version: 1,
    settings: "norm:trivia_qa|tok:space|refs:max|agg:mean",
    unit: Unit::Example,
    measure: |item| em_and_f1(item, "trivia_qa", Punctuation::Spaced),
    finish: PERCENT_OF_LAST,
};

pub(crate) const RECORD: Metric = Metric {
    name: "record",
    doc: "SQuAD's exact match and word F1 over the first example of each group (passage and query), against all its right \
          answers (T5 `deduplicate_metric(squad)`).",
    higher_is_better: true,
    kinds: &[Kind::Text],
    scores: &["em", "f1"],
    version: 1,
    settings: "norm:squad|tok:space|refs:max|agg:mean",
    unit: Unit::First,
    measure: |item| em_and_f1(item, "record", Punctuation::Dropped),
    finish: PERCENT_OF_LAST,
};

pub(crate) const COQA_F1: Metric = Metric {
    name: "coqa_f1",
    doc: "Word F1 after SQuAD's normalisation, the best over the right answers; unlike there, two empty answers have F1 1 (T5 \
          `coqa_f1`).",
    higher_is_better: true,
    kinds: &[Kind::Text],
    scores: &["f1"],
    version: 1,
    settings: "norm:squad|tok:space|refs:max|empty:1|agg:mean",
    unit: Unit::Example,
    measure: |item| {
        let (prediction, references) = item.texts("coqa_f1")?;
        let predicted = words(prediction, Punctuation::Dropped);
        let best = references.iter().map(|reference| {
            let right = words(reference, Punctuation::Dropped);
            if predicted.len() + right.len() == 0 {
                1.0
            } else {
                word_f1(&predicted, &right)
            }
        });
        Ok(vec![best.fold(0.0, f64::max), 1.0])
    },
    finish: PERCENT_OF_LAST,
};

/// What normalising does with punctuation.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Punctuation {
    /// ASCII punctuation vanishes (`SQuAD`).
    Dropped,
    /// ASCII punctuation and some quotes become a space (`TriviaQA`).
    Spaced,
}

/// Exact match, F1 and 1.
pub(super) fn em_and_f1(
    item: &Item<'_>,
    metric: &'static str,
    punctuation: Punctuation,
) -> Result<Vec<f64>> {
    let (prediction, references) = item.texts(metric)?;
    let predicted = words(prediction, punctuation);
    let (mut exact, mut best) = (false, 0.0_f64);
    for reference in references {
        let right = words(reference, punctuation);
        exact |= right.same(&predicted);
        best = best.max(word_f1(&predicted, &right));
    }
    Ok(vec![one_if(exact), best, 1.0])
}

fn word_f1(predicted: &Words, right: &Words) -> f64 {
    f1(predicted.common(right), predicted.len(), right.len())
}

/// The words of a text after normalising.
fn words(text: &str, punctuation: Punctuation) -> Words {
    let plain = text.is_ascii().then(|| ascii_words(text, punctuation));
    plain
        .flatten()
        .unwrap_or_else(|| Words::split(&normalise(text, punctuation)))
}

/// What becomes of an ASCII byte: a letter or digit, in lower case, or one of these.
const DROPPED: u8 = 0;
const SPACE: u8 = 1;
const CONTROL: u8 = 2;

const fn ascii_table(punctuation: u8) -> [u8; 256] {
    let mut table = [CONTROL; 256];
    let mut byte = 0_u8;
    while byte < 128 {
        let to = if byte.is_ascii_alphanumeric() {
            byte.to_ascii_lowercase()
        } else if byte.is_ascii_punctuation() {
            punctuation
        } else if matches!(byte, b' ' | 9..=13 | 28..=31) {
            SPACE
        } else {
            CONTROL
        };
        table[byte as usize] = to;
        byte += 1;
    }
    table
}

static DROPPING: [u8; 256] = ascii_table(DROPPED);
static SPACING: [u8; 256] = ascii_table(SPACE);

/// The same words for ASCII, quickly; `None` where control characters part words without being spaces.
fn ascii_words(text: &str, punctuation: Punctuation) -> Option<Words> {
    let table = match punctuation {
        Punctuation::Dropped => &DROPPING,
        Punctuation::Spaced => &SPACING,
    };
    let mut words = Words::with_capacity(text.len());
    for byte in text.bytes() {
        match table.get(usize::from(byte)).copied() {
            Some(DROPPED) => {}
            Some(SPACE) => words.end_unless_article(),
            None | Some(CONTROL) => return None,
            Some(letter) => words.push(letter),
        }
    }
    words.end_unless_article();
    Some(words)
}

/// Lower case, punctuation out, articles out, words parted by single spaces.
fn normalise(text: &str, punctuation: Punctuation) -> String {
    let mut normal = Normal {
        out: Vec::with_capacity(text.len() + 1),
        run: 0,
    };
    if text.is_ascii() {
        for byte in text.bytes() {
            normal.push(char::from(byte.to_ascii_lowercase()), punctuation);
        }
    } else {
        for character in text.to_lowercase().chars() {
            normal.push(character, punctuation);
        }
    }
    normal.end_run();
    let end = normal.out.len() - usize::from(normal.out.last() == Some(&b' '));
    normal.out.truncate(end);
    String::from_utf8(normal.out).unwrap_or_default()
}

/// UTF-8 normalised so far; `run` is where its last run of word characters begins.
struct Normal {
    out: Vec<u8>,
    run: usize,
}

impl Normal {
    #[inline]
    fn push(&mut self, character: char, punctuation: Punctuation) {
        if character.is_ascii_alphanumeric() {
            self.out.push(character as u8);
        } else if is_punctuation(character, punctuation) {
            if punctuation == Punctuation::Spaced {
                self.space();
            }
        } else if text::is_space(character) {
            self.space();
        } else {
            let is_word = text::is_word(character);
            if !is_word {
                self.end_run();
            }
            self.out.extend(character.encode_utf8(&mut [0; 4]).bytes());
            if !is_word {
                self.run = self.out.len();
            }
        }
    }

    /// Turns the run of word characters that ends here into a space if it is an article: `\b(a|an|the)\b`.
    fn end_run(&mut self) {
        if matches!(self.out.get(self.run..), Some(b"a" | b"an" | b"the")) {
            self.out.truncate(self.run);
            self.part();
        }
        self.run = self.out.len();
    }

    fn space(&mut self) {
        self.end_run();
        self.part();
        self.run = self.out.len();
    }

    fn part(&mut self) {
        if self.out.last().is_some_and(|last| *last != b' ') {
            self.out.push(b' ');
        }
    }
}

fn is_punctuation(character: char, punctuation: Punctuation) -> bool {
    character.is_ascii_punctuation()
        || (punctuation == Punctuation::Spaced && matches!(character, '‘' | '’' | '´'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn normalising_by_hand() {
        for (text, squad, trivia) in [
            ("The  U.S.A.", "usa", "u s"), // the last letter stands alone and is an article
            ("th-e cat", "cat", "th e cat"),
            ("a an the", "", ""),
            ("the\u{301}", "\u{301}", "\u{301}"), // a combining mark is no word character
            ("“the”", "“ ”", "“ ”"),
            ("rock ‘n’ roll", "rock ‘n’ roll", "rock n roll"),
            ("", "", ""),
        ] {
            assert_eq!(normalise(text, Punctuation::Dropped), squad, "{text}");
            assert_eq!(normalise(text, Punctuation::Spaced), trivia, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn ascii_has_the_same_words_quickly(text in "([ -~\\t\\n\\x1c\\x7f]|the |an? |The,){0,30}") {
            for punctuation in [Punctuation::Dropped, Punctuation::Spaced] {
                if let Some(words) = ascii_words(&text, punctuation) {
                    proptest::prop_assert!(words.same(&Words::split(&normalise(&text, punctuation))));
                }
            }
        }
    }
}
