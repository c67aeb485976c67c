use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::entry::{Entry, Form, PASSAGES, QUESTIONS, entries};
use super::{Archive, Leaderboard, SubmittedFile, gaps, is_nested, is_tabbed, listed, zip};
use crate::error::{Error, Result};

/// Validates an archive: whether its files are those of a leaderboard, and in each the number of answers, the ids (from 0, without
/// gaps, each once), the spelling of the labels, and the nesting of `MultiRC`. Files may lie in folders; `name` is for messages.
/// Without `partial` every file of the leaderboard must be there.
///
/// # Errors
/// [`Error::Submission`] with all that is wrong.
pub fn check_archive(name: &str, bytes: &[u8], partial: bool) -> Result<Archive> {
    let refuse = |problems| Error::Submission {
        archive: name.to_owned(),
        problems,
    };
    let members = zip::read(bytes).map_err(|reason| refuse(vec![reason]))?;
    let tabs = members.iter().any(|(path, _)| is_tabbed(path));
    let board = if tabs {
        Leaderboard::Glue
    } else {
        Leaderboard::SuperGlue
    };
    let mut problems = Vec::new();
    let mut found: BTreeMap<&str, &[u8]> = BTreeMap::new();
    for (path, body) in &members {
        let file = path.rsplit('/').next().unwrap_or(path);
        if !entries(board).iter().any(|entry| entry.file == file) {
            let names = entries(board).iter().map(|entry| entry.file);
            let near = ext5_data::did_you_mean(file, names);
            problems.push(format!("`{path}` is no file of {}{near}", board.name()));
        } else if found.insert(file, body).is_some() {
            problems.push(format!("`{file}` is there twice"));
        }
    }
    let (mut files, mut absent) = (Vec::new(), Vec::new());
    for entry in entries(board) {
        let Some(body) = found.get(entry.file) else {
            absent.push(entry.file.to_owned());
            continue;
        };
        let wrong = check(entry, body);
        problems.extend(listed(entry.file, wrong));
        files.push(SubmittedFile {
            name: entry.file.to_owned(),
            task: entry.task,
            rows: entry.rows,
            invalid: None,
        });
    }
    if !partial {
        problems.extend(absent.iter().map(|file| format!("`{file}` is missing")));
    }
    if !problems.is_empty() {
        return Err(refuse(problems));
    }
    Ok(Archive {
        board,
        files,
        absent,
        bytes: bytes.to_vec(),
    })
}

/// What is wrong with one file.
fn check(entry: &Entry, body: &[u8]) -> Vec<String> {
    let text = match std::str::from_utf8(body) {
        Ok(text) => text,
        Err(error) => return vec![format!("byte {} is not UTF-8", error.valid_up_to())],
    };
    if is_nested(entry) {
        return check_nested(entry, text);
    }
    let mut problems = Vec::new();
    let mut lines = (1..).zip(text.lines());
    let tabs = is_tabbed(entry.file);
    if tabs && lines.next().map(|(_, line)| line) != Some("index\tprediction") {
        problems.push("line 1 is not `index`, a tab, `prediction`".to_owned());
    }
    let mut ids = BTreeSet::new();
    for (number, line) in lines {
        let row = if tabs {
            row_of_tabs(entry, line)
        } else {
            row_of_json(entry, line)
        };
        let (id, answer) = match row {
            Ok(row) => row,
            Err(reason) => {
                problems.push(format!("line {number}: {reason}"));
                continue;
            }
        };
        if !ids.insert(id) {
            problems.push(format!("line {number}: id {id} is there twice"));
        }
        problems.extend(
            answer
                .err()
                .map(|reason| format!("line {number}: {reason}")),
        );
    }
    problems.extend(gaps("ids", ids.into_iter(), entry.rows));
    problems
}

/// The id of a line, and whether its answer is one.
type Row = (u64, Result<(), String>);

/// A line with two columns.
fn row_of_tabs(entry: &Entry, line: &str) -> Result<Row, String> {
    let (id, answer) = line.split_once('\t').ok_or("expected two columns")?;
    let id = id
        .parse()
        .map_err(|_| format!("index `{id}` is no number"))?;
    let fits = match entry.form {
        Form::Number => answer.parse().is_ok_and(f64::is_finite),
        Form::Classes { written, .. } => written.contains(&answer),
        _ => false,
    };
    let reason = || unfit(entry, &format!("`{answer}`"));
    Ok((id, fits.then_some(()).ok_or_else(reason)))
}

/// A line that is a JSON object.
fn row_of_json(entry: &Entry, line: &str) -> Result<Row, String> {
    let value: Value = serde_json::from_str(line).map_err(|error| error.to_string())?;
    let id = id(&value)?;
    let answer = value.get("label").unwrap_or(&Value::Null);
    let fits = match entry.form {
        Form::Classes {
            written, numbers, ..
        } => match (numbers, answer) {
            (true, answer) => answer
                .as_u64()
                .is_some_and(|class| class < written.len() as u64),
            (false, Value::String(answer)) => written.contains(&answer.as_str()),
            (false, _) => false,
        },
        Form::Referent => answer == "True" || answer == "False",
        Form::Text => answer.is_string(),
        Form::Nested | Form::Number => false,
    };
    let reason = || unfit(entry, &format!("`label` {answer}"));
    Ok((id, fits.then_some(()).ok_or_else(reason)))
}

fn check_nested(entry: &Entry, text: &str) -> Vec<String> {
    let mut problems = Vec::new();
    let mut seen: [BTreeSet<u64>; 3] = Default::default();
    for (number, line) in (1..).zip(text.lines()) {
        let mut add = |level: usize, what: &str, value: &Value| {
            let id = id(value).map_err(|reason| format!("{what}: {reason}"))?;
            let new = seen.get_mut(level).is_none_or(|seen| seen.insert(id));
            if new {
                Ok(())
            } else {
                Err(format!("{what} {id} is there twice"))
            }
        };
        let mut walk = || {
            let passage: Value = serde_json::from_str(line).map_err(|error| error.to_string())?;
            add(0, "passage", &passage)?;
            let questions = list(passage.get("passage").unwrap_or(&Value::Null), "questions")?;
            for question in questions {
                add(1, "question", question)?;
                for answer in list(question, "answers")? {
                    add(2, "answer", answer)?;
                    let label = answer.get("label").unwrap_or(&Value::Null);
                    if *label != 0 && *label != 1 {
                        return Err(unfit(entry, &format!("`label` {label}")));
                    }
                }
            }
            Ok(())
        };
        if let Err(reason) = walk() {
            problems.push(format!("line {number}: {reason}"));
        }
    }
    let counts = [PASSAGES, QUESTIONS, entry.rows];
    for ((what, ids), count) in ["passages", "questions", "answers"]
        .iter()
        .zip(seen)
        .zip(counts)
    {
        problems.extend(gaps(what, ids.into_iter(), count));
    }
    problems
}

fn id(value: &Value) -> Result<u64, String> {
    let id = value.get("idx").unwrap_or(&Value::Null);
    id.as_u64()
        .ok_or_else(|| format!("`idx` is {id}, expected a number"))
}

fn list<'a>(value: &'a Value, name: &str) -> Result<&'a Vec<Value>, String> {
    let found = value.get(name).and_then(Value::as_array);
    found.ok_or_else(|| format!("no list `{name}`"))
}

/// What an answer should be.
fn unfit(entry: &Entry, got: &str) -> String {
    let expected = match entry.form {
        Form::Classes { written, .. } => format!("one of {}", written.join(", ")),
        Form::Nested => "0 or 1".to_owned(),
        Form::Referent => "\"True\" or \"False\"".to_owned(),
        Form::Text => "a text".to_owned(),
        Form::Number => "a number".to_owned(),
    };
    format!("{got}, expected {expected}")
}
