//! Porter's stemmer with the deviations of nltk's default mode, which `rouge_score` and METEOR use.
//!
//! Porter, "An algorithm for suffix stripping", Program 14.3 (1980). Measures, vowels and the conditions are the paper's; where
//! nltk differs, the rule says so.

/// Words that nltk does not leave to the rules.
const IRREGULAR: &[(&str, &str)] = &[
    ("sky", "sky"),
    ("skies", "sky"),
    ("dying", "die"),
    ("lying", "lie"),
    ("tying", "tie"),
    ("news", "news"),
    ("innings", "inning"),
    ("inning", "inning"),
    ("outings", "outing"),
    ("outing", "outing"),
    ("cannings", "canning"),
    ("canning", "canning"),
    ("howe", "howe"),
    ("proceed", "proceed"),
    ("exceed", "exceed"),
    ("succeed", "succeed"),
];

/// Step 2, for stems of positive measure; the last two are nltk's.
const STEP_2: &[(&[u8], &[u8])] = &[
    (b"ational", b"ate"),
    (b"tional", b"tion"),
    (b"enci", b"ence"),
    (b"anci", b"ance"),
    (b"izer", b"ize"),
    (b"bli", b"ble"),
    (b"alli", b"al"),
    (b"entli", b"ent"),
    (b"eli", b"e"),
    (b"ousli", b"ous"),
    (b"ization", b"ize"),
    (b"ation", b"ate"),
    (b"ator", b"ate"),
    (b"alism", b"al"),
    (b"iveness", b"ive"),
    (b"fulness", b"ful"),
    (b"ousness", b"ous"),
    (b"aliti", b"al"),
    (b"iviti", b"ive"),
    (b"biliti", b"ble"),
    (b"fulli", b"ful"),
];

/// Step 3, for stems of positive measure.
const STEP_3: &[(&[u8], &[u8])] = &[
    (b"icate", b"ic"),
    (b"ative", b""),
    (b"alize", b"al"),
    (b"iciti", b"ic"),
    (b"ical", b"ic"),
    (b"ful", b""),
    (b"ness", b""),
];

/// Suffixes that step 4 drops from stems of a measure above 1.
const STEP_4: &[&[u8]] = &[
    b"al", b"ance", b"ence", b"er", b"ic", b"able", b"ible", b"ant", b"ement", b"ment", b"ent",
    b"ion", b"ou", b"ism", b"ate", b"iti", b"ous", b"ive", b"ize",
];

/// The stem of a word in lower case.
pub(super) fn stem(word: &str) -> String {
    if let Some((_, stem)) = IRREGULAR.iter().find(|(irregular, _)| *irregular == word) {
        return (*stem).to_owned();
    }
    if word.is_ascii() {
        let mut letters = Letters(word.as_bytes().to_vec());
        letters.stem();
        letters.0.into_iter().map(char::from).collect()
    } else {
        let mut letters = Letters(word.chars().collect::<Vec<char>>());
        letters.stem();
        letters.0.into_iter().collect()
    }
}

/// A word as bytes, or as characters where it has letters beyond ASCII, all of which are consonants.
struct Letters<T>(Vec<T>);

impl<T: Copy + PartialEq + From<u8>> Letters<T> {
    fn stem(&mut self) {
        if self.0.len() > 2 {
            self.plurals();
            self.past_and_progressive();
            self.final_y();
            self.double_suffixes();
            self.replace_first(STEP_3);
            self.single_suffixes();
            self.final_e();
        }
    }

    /// Step 1a; nltk takes words like `dies` apart from `flies`.
    fn plurals(&mut self) {
        if self.ends(b"ies") {
            self.cut(if self.0.len() == 4 { 1 } else { 2 });
        } else if self.ends(b"sses") {
            self.cut(2);
        } else if self.ends(b"s") && !self.ends(b"ss") {
            self.cut(1);
        }
    }

    /// Step 1b; nltk has a rule of its own for `ied`.
    fn past_and_progressive(&mut self) {
        if self.ends(b"ied") {
            self.cut(if self.0.len() == 4 { 1 } else { 2 });
        } else if self.ends(b"eed") {
            if measure(self.before(3)) > 0 {
                self.cut(1);
            }
        } else if self.ends(b"ed") && has_vowel(self.before(2)) {
            self.cut(2);
            self.mend();
        } else if self.ends(b"ing") && has_vowel(self.before(3)) {
            self.cut(3);
            self.mend();
        }
    }

    /// What step 1b does where it dropped an ending.
    fn mend(&mut self) {
        if self.ends(b"at") || self.ends(b"bl") || self.ends(b"iz") {
            self.push(b"e");
        } else if ends_in_double_consonant(&self.0) {
            if !(self.ends(b"l") || self.ends(b"s") || self.ends(b"z")) {
                self.cut(1);
            }
        } else if measure(&self.0) == 1 && ends_in_syllable(&self.0) {
            self.push(b"e");
        }
    }

    /// Step 1c with nltk's condition: after a consonant that is not the only letter.
    fn final_y(&mut self) {
        if self.ends(b"y") && self.0.len() > 2 && ends_in_consonant(self.before(1)) {
            self.replace(1, b"i");
        }
    }

    /// Step 2; nltk does `alli` first and then begins again.
    fn double_suffixes(&mut self) {
        if self.ends(b"alli") && measure(self.before(4)) > 0 {
            self.cut(2);
        }
        if self.replace_first(STEP_2) {
            return;
        }
        // The `l` of `logi` counts for the stem, so that `geology` is as `archaeology`.
        if self.ends(b"logi") && measure(self.before(3)) > 0 {
            self.cut(1);
        }
    }

    /// Step 4.
    fn single_suffixes(&mut self) {
        let Some(suffix) = STEP_4.iter().find(|suffix| self.ends(suffix)) else {
            return;
        };
        let stem = self.before(suffix.len());
        let is_right = *suffix != b"ion" || ends(stem, b"s") || ends(stem, b"t");
        if is_right && measure(stem) > 1 {
            self.cut(suffix.len());
        }
    }

    /// Steps 5a and 5b.
    fn final_e(&mut self) {
        if self.ends(b"e") {
            let stem = self.before(1);
            let measure = measure(stem);
            if measure > 1 || measure == 1 && !ends_in_syllable(stem) {
                self.cut(1);
            }
        }
        if self.ends(b"ll") && measure(self.before(1)) > 1 {
            self.cut(1);
        }
    }

    /// Applies the first rule whose suffix is there, if the stem before it has a positive measure; whether there was one.
    fn replace_first(&mut self, rules: &[(&[u8], &[u8])]) -> bool {
        let Some((suffix, instead)) = rules.iter().find(|(suffix, _)| self.ends(suffix)) else {
            return false;
        };
        if measure(self.before(suffix.len())) > 0 {
            self.replace(suffix.len(), instead);
        }
        true
    }

    fn ends(&self, suffix: &[u8]) -> bool {
        ends(&self.0, suffix)
    }

    /// All but the last `count` letters.
    fn before(&self, count: usize) -> &[T] {
        let end = self.0.len().saturating_sub(count);
        self.0.get(..end).unwrap_or_default()
    }

    fn cut(&mut self, count: usize) {
        self.0.truncate(self.0.len().saturating_sub(count));
    }

    fn push(&mut self, letters: &[u8]) {
        self.0.extend(letters.iter().map(|letter| T::from(*letter)));
    }

    fn replace(&mut self, count: usize, instead: &[u8]) {
        self.cut(count);
        self.push(instead);
    }
}

fn ends<T: Copy + PartialEq + From<u8>>(word: &[T], suffix: &[u8]) -> bool {
    let start = word.len().checked_sub(suffix.len());
    start
        .and_then(|start| word.get(start..))
        .is_some_and(|end| {
            let mut pairs = end.iter().zip(suffix);
            pairs.all(|(letter, wanted)| *letter == T::from(*wanted))
        })
}

/// Whether each letter is a consonant: not a, e, i, o, u, nor y after a consonant.
fn consonants<T: Copy + PartialEq + From<u8>>(word: &[T]) -> impl Iterator<Item = bool> {
    let mut before = false;
    word.iter().map(move |letter| {
        before = if b"aeiou".iter().any(|vowel| *letter == T::from(*vowel)) {
            false
        } else {
            *letter != T::from(b'y') || !before
        };
        before
    })
}

/// The paper's m: how often a consonant follows a vowel.
fn measure<T: Copy + PartialEq + From<u8>>(stem: &[T]) -> usize {
    let mut before = true;
    let after_vowel = |consonant: &bool| {
        let was_consonant = std::mem::replace(&mut before, *consonant);
        *consonant && !was_consonant
    };
    consonants(stem).filter(after_vowel).count()
}

fn has_vowel<T: Copy + PartialEq + From<u8>>(stem: &[T]) -> bool {
    consonants(stem).any(|consonant| !consonant)
}

fn ends_in_consonant<T: Copy + PartialEq + From<u8>>(stem: &[T]) -> bool {
    consonants(stem).last().unwrap_or(false)
}

fn ends_in_double_consonant<T: Copy + PartialEq + From<u8>>(stem: &[T]) -> bool {
    matches!(stem, [.., second, last] if second == last) && ends_in_consonant(stem)
}

/// The paper's *o, consonant, vowel, consonant other than w, x and y; with nltk also vowel and consonant alone.
fn ends_in_syllable<T: Copy + PartialEq + From<u8>>(stem: &[T]) -> bool {
    let mut last = [true; 3];
    for consonant in consonants(stem) {
        last = [last[1], last[2], consonant];
    }
    let is_open = ends(stem, b"w") || ends(stem, b"x") || ends(stem, b"y");
    match stem.len() {
        0 | 1 => false,
        2 => !last[1] && last[2],
        _ => last[0] && !last[1] && last[2] && !is_open,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stems_are_those_of_nltk() {
        let recorded: serde_json::Value =
            serde_json::from_str(include_str!("../../tests/golden/porter.json")).unwrap();
        let list = |name: &str| recorded[name].as_str().unwrap().split(' ');
        let mut compared = 0;
        for (word, wanted) in list("words").zip(list("stems")) {
            assert_eq!(stem(word), wanted, "{word}");
            compared += 1;
        }
        assert!(compared > 20_000 && list("words").count() == list("stems").count());
    }
}
