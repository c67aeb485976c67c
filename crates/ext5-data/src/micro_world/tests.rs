//! Properties of the generated rows. What holds is worked out again from the words of the rows or
//! from the plain text, not by the generators.
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;
use std::time::Instant;

use serde_json::Value;

use super::{
    SPLITS, columns,
    relation::Relation,
    rows, tables,
    words::{INSTRUMENTS, OBJECTS, PETS, PLACES},
    world::{Person, WORLD},
};
use crate::{Error, Row};

/// One column as text.
fn cell<'a>(row: &'a Row, column: &str) -> &'a str {
    row[column].as_str().unwrap()
}

fn words(text: &str) -> Vec<&str> {
    text.split([' ', '\n'])
        .filter(|word| !word.is_empty())
        .collect()
}

fn sentences(text: &str) -> Vec<BTreeSet<&str>> {
    text.split(" .")
        .map(|sentence| words(sentence).into_iter().collect::<BTreeSet<_>>())
        .filter(|sentence| !sentence.is_empty())
        .collect()
}

/// Every row of every table, made once for all tests.
static ROWS: LazyLock<BTreeMap<&str, Vec<Row>>> = LazyLock::new(|| {
    let splits = |table| {
        SPLITS
            .iter()
            .flat_map(move |split| rows(table, split).unwrap())
    };
    tables()
        .map(|table| (table, splits(table).collect()))
        .collect()
});

static NAMES: LazyLock<BTreeSet<&str>> = LazyLock::new(|| WORLD.names.iter().copied().collect());

fn all(table: &str) -> &'static [Row] {
    &ROWS[table]
}

/// The first person a text names.
fn first_person(words: &[&str]) -> Option<&'static Person> {
    let name = words.iter().find(|word| NAMES.contains(**word))?;
    WORLD.person(name)
}

/// The asking columns of a row as one text.
fn asked_for(asked: &[&str], row: &Row) -> String {
    let values = asked.iter().map(|column| row[*column].to_string());
    values.collect::<Vec<_>>().join("\n")
}

fn label(row: &Row) -> u64 {
    row["label"].as_u64().unwrap()
}

#[test]
fn two_calls_give_the_same_rows_and_a_longer_reading_goes_on() {
    for table in tables() {
        let first: Vec<_> = rows(table, "validation").unwrap().collect();
        let second: Vec<_> = rows(table, "validation").unwrap().collect();
        assert_eq!(first, second, "{table}");
        let begin: Vec<_> = rows(table, "validation").unwrap().take(10).collect();
        assert_eq!(first[..10], begin[..], "{table}");
    }
}

#[test]
fn rows_have_their_columns_and_enough_of_them() {
    for table in tables() {
        let columns = columns(table).unwrap();
        let sizes = SPLITS.map(|split| rows(table, split).unwrap().count());
        let least = if table == "text" {
            [20_000, 400, 400]
        } else {
            [1500, 180, 180]
        };
        assert!(
            sizes.iter().zip(least).all(|(size, least)| *size >= least),
            "{table}: {sizes:?}"
        );
        for row in all(table) {
            assert_eq!(row.keys().collect::<Vec<_>>(), columns, "{table}");
            for (column, value) in row {
                match value {
                    Value::String(text) => {
                        let tidy =
                            words(text.as_str()).join(" ") == *text && !text.contains(['{', '}']);
                        assert!(tidy && !text.is_empty(), "{table}.{column}: `{text}`");
                        assert!(words(text).len() < 75, "{table}.{column} is long: `{text}`");
                    }
                    Value::Number(number) => {
                        assert_eq!(column, "label", "{table}");
                        assert!(number.as_u64().unwrap() < 6, "{table}");
                    }
                    _ => panic!("{table}.{column}: {value}"),
                }
            }
        }
    }
}

#[test]
fn no_question_occurs_in_two_splits_and_no_row_twice() {
    for table in tables() {
        let columns = columns(table).unwrap();
        let asked = &columns[..columns.len().max(2) - 1];
        let mut home: BTreeMap<String, &str> = BTreeMap::new();
        for split in SPLITS {
            let mut seen = BTreeSet::new();
            for row in rows(table, split).unwrap() {
                let key = asked_for(asked, &row);
                assert_eq!(
                    *home.entry(key.clone()).or_insert(split),
                    split,
                    "{table}: {key}"
                );
                assert!(seen.insert(Value::from(row).to_string()), "{table}: {key}");
            }
        }
    }
}

#[test]
fn one_question_has_one_answer() {
    for table in tables().filter(|table| *table != "text") {
        let columns = columns(table).unwrap();
        let (answer, asked) = columns.split_last().unwrap();
        let mut answers: BTreeMap<String, Value> = BTreeMap::new();
        for row in all(table) {
            let key = asked_for(asked, row);
            let known = answers
                .entry(key.clone())
                .or_insert_with(|| row[*answer].clone());
            assert_eq!(*known, row[*answer], "{table}: {key}");
        }
    }
}

#[test]
fn labels_are_balanced() {
    for table in tables().filter(|table| columns(table).unwrap().contains(&"label")) {
        for split in SPLITS {
            let mut counts: BTreeMap<u64, f64> = BTreeMap::new();
            for row in rows(table, split).unwrap() {
                *counts.entry(label(&row)).or_default() += 1.0;
            }
            let (total, classes) = (counts.values().sum::<f64>(), counts.len() as f64);
            for (class, count) in &counts {
                let share = count / total * classes;
                assert!(
                    (0.6..1.4).contains(&share),
                    "{table} {split} {class}: {share}"
                );
            }
        }
    }
}

/// What the text says of a person, found by cue words alone.
fn stated_by_text(row: &Row, known: &mut BTreeMap<(String, &'static str), String>) {
    let mut last_name = "";
    for sentence in cell(row, "text").split(" .") {
        let words = words(sentence);
        let named = words.iter().find(|word| NAMES.contains(**word)).copied();
        last_name = named.unwrap_or(last_name);
        let cues: [(&'static str, &[&str], &[&str]); 3] = [
            ("born", &["born", "birthplace", "native"], &PLACES),
            (
                "instrument",
                &["plays", "instrument", "practises", "music"],
                &INSTRUMENTS,
            ),
            ("pet", &["pet", "feeds"], &PETS),
        ];
        for (fact, cues, values) in cues {
            if words.iter().any(|word| cues.contains(word)) {
                let value = words.iter().find(|word| values.contains(word)).unwrap();
                let key = (last_name.to_owned(), fact);
                let before = known.entry(key).or_insert_with(|| (*value).to_owned());
                assert_eq!(before, value, "text contradicts itself: `{sentence}`");
            }
        }
    }
}

#[test]
fn plain_text_answers_every_held_out_recall_question() {
    let mut known = BTreeMap::new();
    for row in rows("text", "train").unwrap() {
        stated_by_text(&row, &mut known);
    }
    assert_eq!(known.len(), 3 * 160);
    for row in all("heldout_recall") {
        let question = words(cell(row, "question"));
        let name = question.iter().find(|word| NAMES.contains(*word)).unwrap();
        let fact = if question.iter().any(|word| ["pet", "feed"].contains(word)) {
            "pet"
        } else if question
            .iter()
            .any(|word| ["born", "birthplace"].contains(word))
        {
            "born"
        } else {
            "instrument"
        };
        assert_eq!(
            known[&((*name).to_owned(), fact)],
            cell(row, "answer"),
            "{question:?}"
        );
    }
}

#[test]
fn each_text_only_fact_is_stated_often() {
    let texts: Vec<_> = rows("text", "train").unwrap().collect();
    let mut counts: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    let mut by_name: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for row in &texts {
        let text = cell(row, "text");
        let of: BTreeSet<_> = words(text)
            .into_iter()
            .filter(|word| NAMES.contains(*word))
            .collect();
        for name in of {
            by_name.entry(name).or_default().push(text);
        }
    }
    for person in &WORLD.people {
        for relation in Relation::TEXT_ONLY {
            let value = person.values(relation)[0];
            let count = by_name[person.name]
                .iter()
                .filter(|text| {
                    sentences(text)
                        .iter()
                        .any(|sentence| sentence.contains(value))
                })
                .count();
            counts.insert((person.name, value), count);
        }
    }
    let least = counts.values().min().unwrap();
    assert!(*least >= 20, "{least}");
}

#[test]
fn held_out_recall_asks_about_other_people_in_each_split() {
    for table in ["heldout_recall", "closed_book_people", "closed_book_check"] {
        let mut home: BTreeMap<&str, &str> = BTreeMap::new();
        for split in SPLITS {
            for row in rows(table, split).unwrap() {
                let question = cell(&row, "question").to_owned();
                // The first name is the one asked about; a friend may be named after it.
                let name = first_person(&words(&question)).unwrap().name;
                assert_eq!(
                    *home.entry(name).or_insert(split),
                    split,
                    "{table}: {question}"
                );
            }
        }
        assert_eq!(home.len(), 160, "{table}");
    }
}

#[test]
fn no_supervised_row_states_what_plain_text_alone_may_state() {
    let cues = [
        "born",
        "birthplace",
        "native",
        "instrument",
        "practises",
        "pet",
        "feeds",
        "feed",
    ];
    let supervised = tables().filter(|table| !["text", "heldout_recall"].contains(table));
    for table in supervised {
        for row in all(table) {
            for value in row.values().filter_map(Value::as_str) {
                for sentence in value.split([';', '.', '?']) {
                    let said: BTreeSet<_> = words(sentence).into_iter().collect();
                    let kept = cues.iter().chain(&INSTRUMENTS).chain(&PETS);
                    let leaks: Vec<_> = kept.filter(|word| said.contains(**word)).collect();
                    assert!(leaks.is_empty(), "{table}: {leaks:?} in `{sentence}`");
                    for person in said
                        .intersection(&NAMES)
                        .filter_map(|name| WORLD.person(name))
                    {
                        // Not even a person beside the birthplace, whatever the sentence says.
                        let beside = said.contains(person.birthplace);
                        assert!(!beside, "{table}: `{sentence}`");
                    }
                }
            }
        }
    }
}

#[test]
fn the_one_sentence_with_the_questions_words_holds_the_answer() {
    for table in ["reading", "heldout_reading"] {
        for row in all(table) {
            let asked: BTreeSet<_> = words(cell(row, "question")).into_iter().collect();
            let content = |word: &&str| {
                NAMES.contains(*word)
                    || WORLD.things.contains(word)
                    || super::words::SITES.contains(word)
            };
            let key: BTreeSet<_> = asked.iter().copied().filter(|word| content(word)).collect();
            assert!(!key.is_empty());
            let context = sentences(cell(row, "context"));
            let hits: Vec<_> = context.iter().filter(|told| key.is_subset(told)).collect();
            assert_eq!(hits.len(), 1, "{row:?}");
            assert!(hits[0].contains(cell(row, "answer")), "{row:?}");
            assert!(!key.contains(cell(row, "answer")), "{row:?}");
        }
    }
}

#[test]
fn a_claim_about_a_story_holds_where_one_sentence_has_all_its_words() {
    let claims = [
        ("heldout_entailment", "premise", "hypothesis", 0),
        ("reading_yes_no", "context", "question", 1),
    ];
    for (table, story, claim, holds) in claims {
        for row in all(table) {
            let content: BTreeSet<_> = words(cell(row, claim))
                .into_iter()
                .filter(|word| {
                    NAMES.contains(*word)
                        || WORLD.things.contains(word)
                        || super::words::SITES.contains(word)
                })
                .collect();
            let told = sentences(cell(row, story));
            let hit = told.iter().any(|sentence| content.is_subset(sentence));
            assert_eq!(hit, label(row) == holds, "{row:?}");
        }
    }
}

#[test]
fn facts_agree_with_the_world_they_are_drawn_from() {
    let size = |name: &str| {
        OBJECTS
            .iter()
            .find(|object| object.name == name)
            .unwrap()
            .size
    };
    for row in all("bigger") {
        let second_is_bigger = size(cell(row, "choice2")) > size(cell(row, "choice1"));
        assert_eq!(label(row), u64::from(second_is_bigger));
    }
    let purposes: BTreeSet<_> = OBJECTS.iter().map(|object| object.purpose).collect();
    assert_eq!(purposes.len(), OBJECTS.len());
    for row in all("purpose") {
        let needed = cell(row, ["choice1", "choice2"][label(row) as usize]);
        let object = OBJECTS
            .iter()
            .find(|object| object.purpose == cell(row, "goal"))
            .unwrap();
        assert_eq!(object.name, needed);
    }
    for row in all("closed_book_people") {
        let question = words(cell(row, "question"));
        let person = first_person(&question).unwrap();
        let answer = match () {
            () if question.contains(&"job") || question.contains(&"work") => person.profession,
            () if question.contains(&"friend") => person.friend,
            () if question
                .iter()
                .any(|word| word.starts_with("like") || *word == "food") =>
            {
                person.likes
            }
            () => person.home,
        };
        assert_eq!(answer, cell(row, "answer"));
    }
    for row in all("closed_book_check") {
        let question = words(cell(row, "question"));
        let person = first_person(&question).unwrap();
        let facts = [person.home, person.profession, person.likes, person.friend];
        assert_eq!(
            facts.iter().any(|fact| question.contains(fact)),
            label(row) == 1,
            "{row:?}"
        );
    }
}

#[test]
fn people_relate_as_people_do() {
    let names: BTreeSet<_> = WORLD.names.iter().collect();
    assert_eq!(names.len(), 160);
    for person in &WORLD.people {
        assert_eq!(WORLD.person(person.friend).unwrap().friend, person.name);
        assert!(person.birthplace != person.home && !person.visited.contains(&person.birthplace));
        assert!(!person.visited.contains(&person.home));
    }
}

#[test]
fn the_language_is_small() {
    let mut types = BTreeSet::new();
    for table in tables() {
        for row in all(table) {
            for text in row.values().filter_map(Value::as_str) {
                types.extend(words(text).into_iter().map(str::to_owned));
            }
        }
    }
    assert!((400..800).contains(&types.len()), "{}", types.len());
}

#[test]
fn unknown_names_are_refused_with_the_nearest() {
    let error = rows("texts", "train").err().unwrap();
    assert_eq!(
        error.to_string(),
        "unknown table of the micro-world `texts`, did you mean `text`?"
    );
    let error = rows("text", "validaton").err().unwrap();
    assert!(matches!(error, Error::Unknown { .. }));
    assert!(
        error.to_string().ends_with("did you mean `validation`?"),
        "{error}"
    );
    assert!(
        columns("nli_fact")
            .unwrap_err()
            .to_string()
            .contains("`nli_facts`")
    );
}

#[test]
fn the_whole_world_is_made_in_a_moment() {
    let start = Instant::now();
    let split_sizes = |table| SPLITS.map(|split| rows(table, split).unwrap().count());
    let made: usize = tables().flat_map(split_sizes).sum();
    let seconds = start.elapsed().as_secs_f64();
    println!("{made} rows in {seconds:.2} s");
    // About two thirds of a second alone; other tests share the cores.
    assert!(seconds < 20.0, "{made} rows took {seconds:.1} s");
}
