//! Commands from one JSONL file to another.
use crate::args::{PredictArgs, ScoreArgs, TokenizeArgs};
use crate::command::evaluate::open;
use crate::failure::Refused;
use crate::output::{Output, write_jsonl};
use crate::terminal::Terminal;
use anyhow::Result;
use ext5_data::{ErrorKind, Source, load_vocabulary};
use ext5_eval::{Predictor, Progress};
use ext5_trainer::{Event, Observer, TextAnswer};
use serde_json::{Value, json};
use std::path::Path;

/// Lines that go to the model together.
const WINDOW: usize = 256;

pub(crate) fn predict(args: &PredictArgs, output: &Output, terminal: &mut Terminal) -> Result<()> {
    let inputs = texts(&args.input, "inputs")?;
    let mut predictor = open(&args.model, terminal)?;
    let own = predictor.settings_mut().clone();
    let settings = args.decoding.settings(predictor.vocabulary(), &own)?;
    *predictor.settings_mut() = settings;
    let mut rows = Vec::with_capacity(inputs.len());
    for window in inputs.chunks(WINDOW) {
        let window: Vec<&str> = window.iter().map(String::as_str).collect();
        let answers = predictor
            .answers(&window)
            .map_err(anyhow::Error::from_boxed)?;
        let several = args.decoding.several();
        rows.extend(answers.iter().map(|answers| answered(answers, several)));
        terminal.on(&Event::Evaluating(Progress {
            task: "input",
            done: rows.len() as u64,
            total: Some(inputs.len() as u64),
            ..Progress::default()
        }));
    }
    finish(&args.output, &rows, output)
}

/// A line of `predict`: the best answer, and all of them where `several` are asked for.
fn answered(answers: &[TextAnswer], several: bool) -> Value {
    let object = |answer: &TextAnswer| {
        json!({
            "prediction": answer.text,
            "log_prob": answer.log_prob,
            "score": answer.score,
        })
    };
    let mut line = answers.first().map_or(json!({ "prediction": "" }), object);
    if several {
        line["answers"] = answers.iter().map(object).collect();
    }
    line
}

pub(crate) fn score(args: &ScoreArgs, output: &Output, terminal: &mut Terminal) -> Result<()> {
    let inputs = texts(&args.input, "inputs")?;
    let targets = texts(&args.input, "targets")?;
    let mut predictor = open(&args.model, terminal)?;
    let pairs: Vec<(&str, &str)> = inputs
        .iter()
        .map(String::as_str)
        .zip(targets.iter().map(String::as_str))
        .collect();
    let mut rows = Vec::with_capacity(pairs.len());
    for window in pairs.chunks(WINDOW) {
        let scores = predictor.score(window).map_err(anyhow::Error::from_boxed)?;
        rows.extend(scores.into_iter().map(
            |score| json!({ "log_likelihood": score.log_likelihood, "tokens": score.tokens }),
        ));
        terminal.on(&Event::Evaluating(Progress {
            task: "input",
            done: rows.len() as u64,
            total: Some(pairs.len() as u64),
            ..Progress::default()
        }));
    }
    finish(&args.output, &rows, output)
}

pub(crate) fn tokenize(args: &TokenizeArgs, output: &Output) -> Result<()> {
    let vocabulary = load_vocabulary(&args.vocabulary)?;
    let rows = texts(&args.input, "text")?
        .iter()
        .map(|text| Ok(json!({ "ids": vocabulary.encode(text)? })))
        .collect::<Result<Vec<Value>>>()?;
    finish(&args.output, &rows, output)
}

/// One text column of a JSONL file.
fn texts(path: &Path, column: &str) -> Result<Vec<String>> {
    let mut texts = Vec::new();
    for row in Source::jsonl(path, &[column]) {
        let row = row?;
        let Some(text) = row.values.get(column).and_then(Value::as_str) else {
            let message = format!(
                "row {} of `{}`: `{column}` is not a string",
                row.row_in_file,
                path.display()
            );
            return Err(Refused {
                kind: ErrorKind::Data,
                message,
            }
            .into());
        };
        texts.push(text.to_owned());
    }
    Ok(texts)
}

fn finish(path: &Path, rows: &[Value], output: &Output) -> Result<()> {
    write_jsonl(path, rows)?;
    let value = json!({ "output": path, "rows": rows.len() });
    output.print(&value, || {
        format!("{} rows written to {}", rows.len(), path.display())
    })
}
