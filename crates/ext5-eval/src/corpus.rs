use std::collections::HashMap;
use std::hash::BuildHasherDefault;

use crate::metrics::Mix;
use crate::text;

/// Numbers things by their first appearance.
type Numbers<T> = HashMap<T, u32, BuildHasherDefault<Mix>>;

/// The words of a whole corpus, four bytes each, for metrics that weigh n-grams by all right answers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Corpus {
    words: Numbers<String>,
    examples: Vec<Words>,
}

/// The words of one example by number.
#[derive(Clone, Debug)]
pub(crate) struct Words {
    /// The answer.
    pub(crate) answer: Vec<u32>,
    /// All right answers.
    pub(crate) references: Vec<Vec<u32>>,
}

impl Corpus {
    /// Adds an example.
    pub(crate) fn add(
        &mut self,
        answer: &str,
        references: &[String],
        tokenize: fn(&str) -> String,
    ) {
        let example = Words {
            answer: self.numbered(&tokenize(answer)),
            references: references
                .iter()
                .map(|text| self.numbered(&tokenize(text)))
                .collect(),
        };
        self.examples.push(example);
    }

    /// All examples added.
    pub(crate) fn examples(&self) -> &[Words] {
        &self.examples
    }

    fn numbered(&mut self, tokenized: &str) -> Vec<u32> {
        let number = |word: &str| {
            if let Some(number) = self.words.get(word) {
                return *number;
            }
            let next = self.words.len() as u32;
            self.words.insert(word.to_owned(), next);
            next
        };
        text::split(tokenized).map(number).collect()
    }
}

/// Longest n-grams that can be numbered.
const ORDER: usize = 5;

/// The n-grams of a corpus by number: which begins at each place of its texts, written one behind the other. The empty n-gram
/// has number 0.
#[derive(Debug)]
pub(crate) struct Grams {
    starts: [Vec<u32>; ORDER],
    shorter: Vec<u32>,
}

/// A text's place among all texts: its first word and their number.
pub(crate) type Span = (usize, usize);

/// Where the texts of an example stand.
#[derive(Debug)]
pub(crate) struct Spans {
    /// The answer.
    pub(crate) answer: Span,
    /// All right answers.
    pub(crate) references: Vec<Span>,
}

impl Grams {
    /// Numbers all n-grams of all texts: what stands at each place is sorted once, so that equal n-grams of any order are
    /// neighbours.
    pub(crate) fn new(examples: &[Words]) -> (Self, Vec<Spans>) {
        let mut places = Vec::new();
        let spans = examples.iter().map(|example| Spans {
            answer: push_places(&example.answer, &mut places),
            references: (example.references.iter())
                .map(|words| push_places(words, &mut places))
                .collect(),
        });
        let spans = spans.collect();
        let mut grams = Self {
            starts: std::array::from_fn(|_| vec![0; places.len()]),
            shorter: vec![0],
        };
        places.sort_unstable();
        let mut numbers = [0; ORDER];
        let mut last = [0; ORDER];
        for here in places {
            let (words, place) = (words(here), here[2] as u32);
            let alike = last
                .iter()
                .zip(&words)
                .take_while(|(left, right)| left == right)
                .count();
            let mut shorter = 0;
            let orders = grams.starts.iter_mut().zip(&mut numbers).zip(words);
            for (order, ((starts, number), word)) in orders.enumerate() {
                if word == 0 {
                    break;
                }
                if order >= alike {
                    *number = grams.shorter.len() as u32;
                    grams.shorter.push(shorter);
                }
                if let Some(start) = starts.get_mut(place as usize) {
                    *start = *number;
                }
                shorter = *number;
            }
            last = words;
        }
        (grams, spans)
    }

    /// The n-grams of one order of a text, from left to right.
    pub(crate) fn of(&self, order: usize, (first, words): Span) -> &[u32] {
        let starts = order
            .checked_sub(1)
            .and_then(|order| self.starts.get(order));
        let end = (first + words + 1).saturating_sub(order).max(first);
        starts
            .and_then(|starts| starts.get(first..end))
            .unwrap_or_default()
    }

    /// The n-gram without its last word.
    pub(crate) fn shorter(&self, gram: u32) -> u32 {
        self.shorter.get(gram as usize).copied().unwrap_or(0)
    }

    /// How many there are, the empty one among them.
    pub(crate) fn len(&self) -> usize {
        self.shorter.len()
    }
}

/// What stands at a place, as far as the longest n-gram goes, and behind it the place: numbers of 32 bits in pairs, which
/// compare faster.
type Here = [u64; 3];

/// Adds what stands at each place of a text, its words numbered from 1.
fn push_places(words: &[u32], places: &mut Vec<Here>) -> Span {
    let first = places.len();
    let mut next = [0; ORDER];
    // From the end, where what is behind is 0.
    for (place, word) in words.iter().enumerate().rev() {
        next.rotate_right(1);
        next[0] = u64::from(*word) + 1;
        let [first_word, second, third, fourth, fifth] = next;
        let here = (first + place) as u64;
        places.push([
            first_word << 32 | second,
            third << 32 | fourth,
            fifth << 32 | here,
        ]);
    }
    (first, words.len())
}

fn words(here: Here) -> [u32; ORDER] {
    let [first, second, third] = here;
    let half = |pair: u64| (pair >> 32) as u32;
    [
        half(first),
        first as u32,
        half(second),
        second as u32,
        half(third),
    ]
}
