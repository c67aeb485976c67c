//! The tables of the world: columns, sizes and generators; and the rows of one split.
use std::collections::BTreeSet;

use ext5_objectives::Stream;

use super::{
    classification, closed_book, commonsense, dialogue,
    draw::{Draft, Split, fingerprint},
    nli, reading_comprehension, semantic_parsing, summarization, text,
    world::{SEED, WORLD, World},
};
use crate::Row;

type Generator = fn(&World, &mut Stream) -> Draft;

/// A generated table.
pub(super) struct Table {
    pub(super) name: &'static str,
    pub(super) columns: &'static [&'static str],
    /// At most so many rows of train, validation and test; a table of few facts has fewer.
    sizes: [usize; 3],
    generate: Generator,
}

const TASK: [usize; 3] = [4000, 300, 300];

const fn task(name: &'static str, columns: &'static [&'static str], generate: Generator) -> Table {
    Table {
        name,
        columns,
        sizes: TASK,
        generate,
    }
}

/// All tables, sorted by name. Where sizes are given the table has hardly more rows.
pub(super) static TABLES: [Table; 21] = [
    task(
        "bigger",
        &["choice1", "choice2", "label"],
        commonsense::bigger,
    )
    .of([2200, 200, 180]),
    task("booking", &["dialogue", "state"], dialogue::booking),
    // True facts are few: more rows would mostly be false ones.
    task(
        "closed_book_check",
        &["question", "label"],
        closed_book::check,
    )
    .of([2000, 240, 240]),
    task(
        "closed_book_people",
        &["question", "answer"],
        closed_book::people,
    )
    .of([2100, 300, 300]),
    task(
        "headline",
        &["document", "summary"],
        summarization::headline,
    ),
    task(
        "heldout_entailment",
        &["premise", "hypothesis", "label"],
        nli::held_out,
    ),
    task(
        "heldout_reading",
        &["context", "question", "answer"],
        reading_comprehension::held_out,
    ),
    task(
        "heldout_recall",
        &["question", "answer"],
        closed_book::held_out,
    )
    .of([1600, 300, 300]),
    task("nli_facts", &["premise", "hypothesis", "label"], nli::facts),
    task(
        "nli_negation",
        &["premise", "hypothesis", "label"],
        nli::negation,
    ),
    task("opinion", &["sentence", "label"], classification::opinion),
    task(
        "paraphrase",
        &["sentence1", "sentence2", "label"],
        classification::paraphrase,
    ),
    task("parse_fact", &["sentence", "parse"], semantic_parsing::fact),
    task(
        "parse_question",
        &["question", "parse"],
        semantic_parsing::question,
    ),
    task(
        "purpose",
        &["goal", "choice1", "choice2", "label"],
        commonsense::purpose,
    ),
    task(
        "reading",
        &["context", "question", "answer"],
        reading_comprehension::reading,
    ),
    task(
        "reading_yes_no",
        &["context", "question", "label"],
        reading_comprehension::yes_no,
    ),
    task(
        "reply",
        &["persona", "history", "response"],
        dialogue::reply,
    ),
    task("roundup", &["document", "summary"], summarization::roundup),
    task("text", &["text"], text::document).of([20_000, 400, 400]),
    task("topic", &["sentence", "label"], classification::topic),
];

impl Table {
    /// This table with other sizes.
    const fn of(self, sizes: [usize; 3]) -> Self {
        Self { sizes, ..self }
    }

    /// The rows of `split`, each once.
    pub(super) fn rows(&'static self, split: Split) -> Rows {
        let left = match split {
            Split::Train => self.sizes[0],
            Split::Validation => self.sizes[1],
            Split::Test => self.sizes[2],
        };
        // Enough draws to meet nearly every row of the tables that have few.
        let draws_left = 40 * left as u64;
        Rows {
            table: self,
            split,
            left,
            draws_left,
            draw: 0,
            seen: BTreeSet::new(),
        }
    }
}

/// Draws rows of a table one by one and keeps those of one split that did not occur before.
pub(super) struct Rows {
    table: &'static Table,
    split: Split,
    left: usize,
    draws_left: u64,
    draw: u64,
    seen: BTreeSet<u64>,
}

impl Iterator for Rows {
    type Item = Row;

    fn next(&mut self) -> Option<Row> {
        while self.left > 0 && self.draws_left > 0 {
            let mut stream = Stream::new(&[SEED, fingerprint(self.table.name), self.draw]);
            self.draw += 1;
            self.draws_left -= 1;
            let draft = (self.table.generate)(&WORLD, &mut stream);
            if draft.split != self.split {
                continue;
            }
            let columns = self.table.columns.iter().map(ToString::to_string);
            let row: Row = columns.zip(draft.values).collect();
            let written = row
                .values()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
                .join("\n");
            if self.seen.insert(fingerprint(&written)) {
                self.left -= 1;
                return Some(row);
            }
        }
        None
    }
}
