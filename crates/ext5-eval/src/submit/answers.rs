use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::entry::{Entry, Form};
use super::{is_nested, is_tabbed};
use crate::error::{Error, Result};
use crate::postprocess::{is_referent, number};
use crate::{RecordedEvaluation, RecordedSample};

/// Answers by id: passage, question and answer where they are nested, else the id and two zeros.
pub(super) type Rows = BTreeMap<[u64; 3], Value>;

/// The answers of one file.
pub(super) struct Answers {
    pub(super) rows: Rows,
    /// How many name no class or number.
    pub(super) invalid: u64,
}

impl Answers {
    /// The answers of an evaluation to the test split of an entry's task, or what is wrong with them; `None` where there are none.
    pub(super) fn of(
        entry: &Entry,
        evaluation: &RecordedEvaluation,
    ) -> Result<Option<Result<Self, Vec<String>>>> {
        let samples = match evaluation.samples(entry.task, "test") {
            Ok(samples) => samples,
            Err(Error::Data(error)) if error.kind() == ext5_data::ErrorKind::Missing => {
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        let (mut answers, mut problems) = (
            Self {
                rows: Rows::new(),
                invalid: 0,
            },
            Vec::new(),
        );
        for sample in samples {
            let sample = sample?;
            let Some(id) = id(entry, &sample.id) else {
                problems.push(format!("`{}` is no id of the leaderboard", sample.id));
                continue;
            };
            let (answer, valid) = answer(entry, &sample);
            answers.invalid += u64::from(!valid);
            if answers.rows.insert(id, answer).is_some() {
                problems.push(format!("id `{}` is there twice", sample.id));
            }
        }
        let count = answers.rows.len() as u64;
        if count != entry.rows {
            problems.push(format!("{count} answers, expected {}", entry.rows));
        }
        Ok(Some(if problems.is_empty() {
            Ok(answers)
        } else {
            Err(problems)
        }))
    }
}

/// The id of the leaderboard in that of an example: `passage/question/answer` of `MultiRC`, `passage/query/...` of `ReCoRD`.
fn id(entry: &Entry, text: &str) -> Option<[u64; 3]> {
    let parts: Vec<&str> = text.split('/').collect();
    match (entry.form, parts.as_slice()) {
        (Form::Nested, [passage, question, answer]) => Some([
            passage.parse().ok()?,
            question.parse().ok()?,
            answer.parse().ok()?,
        ]),
        (Form::Text, [_, query, ..]) => Some([query.parse().ok()?, 0, 0]),
        (Form::Nested | Form::Text, _) => None,
        (_, [id]) => Some([id.parse().ok()?, 0, 0]),
        _ => None,
    }
}

/// What the leaderboard gets to read of an answer, and whether it says anything.
fn answer(entry: &Entry, sample: &RecordedSample) -> (Value, bool) {
    let text = sample.prediction.as_str();
    match entry.form {
        Form::Classes {
            read,
            written,
            numbers,
        } => {
            let class = read.iter().position(|name| *name == text);
            let place = class.unwrap_or(read.len().saturating_sub(1));
            let name = written.get(place).copied().unwrap_or_default();
            let value = if numbers { json!(place) } else { json!(name) };
            (value, class.is_some())
        }
        Form::Nested => match text {
            "False" => (json!(0), true),
            "True" => (json!(1), true),
            _ => (json!(1), false),
        },
        Form::Referent => match is_referent(text, &sample.targets) {
            0 => (json!("False"), true),
            judged => (json!("True"), judged == 1),
        },
        Form::Text => (json!(text), !text.trim().is_empty()),
        Form::Number => {
            let number = number(text);
            (json!(number.unwrap_or(-1.0)), number.is_some())
        }
    }
}

/// The file of some answers.
pub(super) fn render(entry: &Entry, rows: &Rows) -> Vec<u8> {
    let mut text = String::new();
    if is_nested(entry) {
        nested(rows, &mut text);
    } else if is_tabbed(entry.file) {
        text.push_str("index\tprediction\n");
        for ([id, ..], answer) in rows {
            let answer = answer
                .as_str()
                .map_or_else(|| answer.to_string(), str::to_owned);
            text.push_str(&format!("{id}\t{answer}\n"));
        }
    } else {
        for ([id, ..], answer) in rows {
            text.push_str(&format!("{}\n", json!({ "idx": id, "label": answer })));
        }
    }
    text.into_bytes()
}

/// One line a passage, in it its questions, in them their answers.
fn nested(rows: &Rows, text: &mut String) {
    let mut passages: BTreeMap<u64, BTreeMap<u64, Vec<Value>>> = BTreeMap::new();
    for ([passage, question, answer], label) in rows {
        let questions = passages.entry(*passage).or_default();
        let answers = questions.entry(*question).or_default();
        answers.push(json!({ "idx": answer, "label": label }));
    }
    for (passage, questions) in passages {
        let questions: Vec<Value> = questions
            .into_iter()
            .map(|(question, answers)| json!({ "idx": question, "answers": answers }))
            .collect();
        let line = json!({ "idx": passage, "passage": { "questions": questions } });
        text.push_str(&format!("{line}\n"));
    }
}
