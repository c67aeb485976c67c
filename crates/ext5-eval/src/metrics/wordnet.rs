//! The database of `WordNet` as its makers distribute it, of which METEOR needs the words that share a meaning with a word.
//!
//! Files and fields: `wndb(5WN)`; base forms: `morphy(7WN)`, in nltk's reading, which tries each rule once.
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use ext5_data::door;

use crate::error::{Error, Result};

/// Environment variable that names the folder of the database.
const VARIABLE: &str = "EXT5_WORDNET";
/// What the first lines of each file say of the version whose words the signature names.
const VERSION: &str = "WordNet 3.0 Copyright";
/// Largest file that is read; `data.noun` has 15 MB.
const LIMIT: u64 = 1 << 28;

/// The database of this process: read once, by whom it may be and however many metrics use it.
static WORDNET: OnceLock<WordNet> = OnceLock::new();

/// Reads the database of `WordNet` 3.0 (`index.noun`, `data.noun`, `noun.exc` and so on) from a folder, for `meteor_wordnet`. Without
/// this call the metric reads the folder that the environment variable `EXT5_WORDNET` names. A database once read stays.
///
/// # Errors
/// [`Error::Data`] if a file is absent or not as it should be.
pub fn load_wordnet(folder: &Path) -> Result<()> {
    if WORDNET.get().is_none() {
        let _first_stays = WORDNET.set(WordNet::read(folder)?);
    }
    Ok(())
}

/// The database.
pub(super) fn wordnet(metric: &str) -> Result<&'static WordNet> {
    if WORDNET.get().is_none() {
        let Some(folder) = std::env::var_os(VARIABLE) else {
            return Err(Error::NotScorable {
                reason: format!(
                    "metric `{metric}` needs WordNet 3.0; set {VARIABLE} to the folder that holds `index.noun`"
                ),
            });
        };
        load_wordnet(&PathBuf::from(folder))?;
    }
    WORDNET.get().ok_or_else(|| Error::NotScorable {
        reason: "WordNet was not read".to_owned(),
    })
}

/// Words and their meanings.
#[derive(Debug)]
pub(super) struct WordNet {
    parts: Vec<Part>,
}

/// One part of speech.
#[derive(Debug)]
struct Part {
    /// By word the meanings, as places in `meanings`.
    senses: HashMap<Box<str>, Vec<u32>>,
    /// By meaning the words without an underscore, in places of `words`.
    meanings: Vec<Vec<u32>>,
    words: Vec<Box<str>>,
    /// Base forms that no rule finds.
    exceptions: HashMap<Box<str>, Vec<Box<str>>>,
    /// Endings and what may stand instead.
    endings: &'static [(&'static str, &'static str)],
}

const NOUN: &[(&str, &str)] = &[
    ("s", ""),
    ("ses", "s"),
    ("ves", "f"),
    ("xes", "x"),
    ("zes", "z"),
    ("ches", "ch"),
    ("shes", "sh"),
    ("men", "man"),
    ("ies", "y"),
];
const VERB: &[(&str, &str)] = &[
    ("s", ""),
    ("ies", "y"),
    ("es", "e"),
    ("es", ""),
    ("ed", "e"),
    ("ed", ""),
    ("ing", "e"),
    ("ing", ""),
];
const ADJECTIVE: &[(&str, &str)] = &[("er", ""), ("est", ""), ("er", "e"), ("est", "e")];

impl WordNet {
    fn read(folder: &Path) -> Result<Self> {
        let parts = [
            ("noun", NOUN),
            ("verb", VERB),
            ("adj", ADJECTIVE),
            ("adv", &[]),
        ];
        let parts = parts.map(|(name, endings)| Part::read(folder, name, endings));
        let parts = parts.into_iter().collect::<Result<_>>()?;
        Ok(Self { parts })
    }

    /// All single words that share a meaning with a word in lower case or with a base form of it; some of them repeat.
    pub(super) fn synonyms(&self, word: &str, mut found: impl FnMut(&str)) {
        for part in &self.parts {
            for form in part.base_forms(word) {
                let meanings = part.senses.get(&*form).into_iter().flatten();
                let words = meanings.filter_map(|meaning| part.meanings.get(*meaning as usize));
                for word in words.flatten() {
                    if let Some(word) = part.words.get(*word as usize) {
                        found(word);
                    }
                }
            }
        }
    }
}

impl Part {
    fn read(
        folder: &Path,
        name: &str,
        endings: &'static [(&'static str, &'static str)],
    ) -> Result<Self> {
        let path = folder.join(format!("data.{name}"));
        let text = door::read_text(&path, LIMIT)?;
        let (places, meanings, words) = door::parse(&path, || meanings(&text))?;
        let path = folder.join(format!("index.{name}"));
        let text = door::read_text(&path, LIMIT)?;
        Ok(Self {
            senses: door::parse(&path, || senses(&text, &places))?,
            meanings,
            words,
            exceptions: exceptions(&folder.join(format!("{name}.exc")))?,
            endings,
        })
    }

    /// The word itself and what the exceptions, or else the rules, make of it, as far as the database has them.
    fn base_forms(&self, word: &str) -> Vec<Box<str>> {
        let mut forms: Vec<Box<str>> = vec![word.into()];
        if let Some(exceptions) = self.exceptions.get(word) {
            forms.extend(exceptions.iter().cloned());
        } else {
            forms.extend(self.endings.iter().filter_map(|(ending, instead)| {
                let stem = word.strip_suffix(ending)?;
                Some(format!("{stem}{instead}").into_boxed_str())
            }));
        }
        let mut known: Vec<Box<str>> = Vec::with_capacity(forms.len());
        for form in forms {
            if self.senses.contains_key(&form) && !known.contains(&form) {
                known.push(form);
            }
        }
        known
    }
}

/// Place of each offset, meanings by place, words.
type Meanings = (HashMap<u32, u32>, Vec<Vec<u32>>, Vec<Box<str>>);

/// All meanings of a data file.
fn meanings(text: &str) -> Result<Meanings, String> {
    if !text.lines().take(40).any(|line| line.contains(VERSION)) {
        return Err("its first lines do not name WordNet 3.0".to_owned());
    }
    let (mut places, mut meanings, mut words) = (HashMap::new(), Vec::new(), Vec::new());
    let mut known: HashMap<&str, u32> = HashMap::new();
    for line in text.lines().filter(|line| !line.starts_with(' ')) {
        let (offset, lemmas) =
            meaning(line).ok_or_else(|| format!("cannot read the meaning `{line:.60}`"))?;
        let numbers = lemmas.filter(|word| !word.contains('_')).map(|word| {
            *known.entry(word).or_insert_with(|| {
                words.push(word.into());
                words.len() as u32 - 1
            })
        });
        let numbers = numbers.collect();
        places.insert(offset, meanings.len() as u32);
        meanings.push(numbers);
    }
    Ok((places, meanings, words))
}

/// Offset and words of a line of a data file: `offset file type count word id word id ...`, the count in base 16; a mark like
/// `(p)` at a word is no part of it.
fn meaning(line: &str) -> Option<(u32, impl Iterator<Item = &str>)> {
    let mut fields = line.split(' ');
    let offset = fields.next()?.parse().ok()?;
    let count = usize::from_str_radix(fields.nth(2)?, 16).ok()?;
    let words = fields.step_by(2).take(count);
    Some((
        offset,
        words.map(|word| word.split('(').next().unwrap_or(word)),
    ))
}

/// All words of an index file: `word type meanings pointers [pointer...] senses tagged offset...`.
fn senses(text: &str, places: &HashMap<u32, u32>) -> Result<HashMap<Box<str>, Vec<u32>>, String> {
    let entry = |line: &str| {
        let mut fields = line.split_ascii_whitespace();
        let word = fields.next()?;
        let count: usize = fields.nth(1)?.parse().ok()?;
        let pointers: usize = fields.next()?.parse().ok()?;
        let offsets = fields.skip(pointers.checked_add(2)?).take(count);
        let place = |offset: &str| places.get(&offset.parse().ok()?).copied();
        Some((word.into(), offsets.map(place).collect::<Option<_>>()?))
    };
    let lines = text.lines().filter(|line| !line.starts_with(' '));
    let entries =
        lines.map(|line| entry(line).ok_or_else(|| format!("cannot read the word `{line:.60}`")));
    entries.collect()
}

fn exceptions(path: &Path) -> Result<HashMap<Box<str>, Vec<Box<str>>>> {
    let text = door::read_text(path, LIMIT)?;
    let lines = text.lines().filter_map(|line| {
        let mut words = line.split_ascii_whitespace().map(Box::from);
        Some((words.next()?, words.collect()))
    });
    Ok(lines.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A database of three words: `goose` means what `anserine_bird` and `honker` mean, and `fool`; `Fast` what `quick(p)` does.
    fn write(folder: &Path, licence: &str) {
        let licence = format!("  1 {licence} 2006\n");
        let parts = [
            (
                "noun",
                "00000010 05 n 03 goose 0 anserine_bird 0 honker 1 000 | a bird\n\
                 00000020 18 n 02 fool 0 goose 0 001 @ 00000010 n 0000 | a (silly) person\n",
                "goose n 2 1 @ 2 1 00000010 00000020  \nfool n 1 0 1 0 00000020  \n",
                "geese goose\n",
            ),
            ("verb", "", "", ""),
            (
                "adj",
                "00000030 00 a 02 quick(p) 0 Fast 0 000 | fast\n",
                "quick a 1 0 1 1 00000030  \n",
                "",
            ),
            ("adv", "", "", ""),
        ];
        for (name, data, index, exceptions) in parts {
            let put = |file: String, text: String| std::fs::write(folder.join(file), text).unwrap();
            put(format!("data.{name}"), format!("{licence}{data}"));
            put(format!("index.{name}"), format!("{licence}{index}"));
            put(format!("{name}.exc"), exceptions.to_owned());
        }
    }

    #[test]
    fn words_are_found_by_their_base_forms() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), "WordNet 3.0 Copyright");
        let wordnet = WordNet::read(folder.path()).unwrap();
        let synonyms = |word| {
            let mut found = Vec::new();
            wordnet.synonyms(word, |word| found.push(word.to_owned()));
            found.join(" ")
        };
        assert_eq!(synonyms("geese"), "goose honker fool goose");
        assert_eq!(synonyms("fools"), "fool goose");
        assert_eq!(synonyms("quicker"), "quick Fast");
        assert_eq!(synonyms("geeses"), "");
    }

    #[test]
    fn what_is_no_database_is_named() {
        let says = |folder: &Path, wanted: &str| {
            let Error::Data(error) = WordNet::read(folder).unwrap_err() else {
                panic!("not an error of the data");
            };
            let message = error.to_string();
            assert!(message.contains(wanted), "{message}");
        };
        let folder = tempfile::tempdir().unwrap();
        says(folder.path(), "data.noun");
        write(folder.path(), "WordNet 2.1 Copyright");
        says(folder.path(), "its first lines do not name WordNet 3.0");
        write(folder.path(), "WordNet 3.0 Copyright");
        std::fs::write(folder.path().join("index.adj"), "slow a 1 0 1 0 00000099\n").unwrap();
        says(folder.path(), "cannot read the word `slow a 1");
    }
}
