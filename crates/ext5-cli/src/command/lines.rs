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

/// Least number of lines that are answered and written together.
const WINDOW: usize = 256;

pub(crate) fn predict(args: &PredictArgs, output: &Output, terminal: &mut Terminal) -> Result<()> {
    let inputs = texts(&args.input, "inputs")?;
    let mut predictor = open(&args.model, terminal)?;
    let own = predictor.settings_mut().clone();
    let settings = args.decoding.settings(predictor.vocabulary(), &own)?;
    *predictor.settings_mut() = settings;
    let several = args.decoding.several();
    let mut done = 0;
    let windows = inputs.chunks(WINDOW.max(args.model.batch_rows));
    let windows = windows.map(|window| -> Result<Vec<Value>> {
        let window: Vec<&str> = window.iter().map(String::as_str).collect();
        let answers = predictor
            .answers(&window)
            .map_err(anyhow::Error::from_boxed)?;
        done += window.len();
        progress(done, inputs.len(), terminal);
        let rows = answers.iter().map(|answers| answered(answers, several));
        Ok(rows.collect())
    });
    finish(&args.output, windows, output)
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
    let mut done = 0;
    let windows = pairs.chunks(WINDOW.max(args.model.batch_rows));
    let windows = windows.map(|window| -> Result<Vec<Value>> {
        let scores = predictor.score(window).map_err(anyhow::Error::from_boxed)?;
        done += window.len();
        progress(done, pairs.len(), terminal);
        let rows = scores
            .into_iter()
            .map(|score| json!({ "log_likelihood": score.log_likelihood, "tokens": score.tokens }));
        Ok(rows.collect())
    });
    finish(&args.output, windows, output)
}

fn progress(done: usize, total: usize, terminal: &mut Terminal) {
    terminal.on(&Event::Evaluating(Progress {
        task: "input",
        done: done as u64,
        total: Some(total as u64),
        ..Progress::default()
    }));
}

pub(crate) fn tokenize(args: &TokenizeArgs, output: &Output) -> Result<()> {
    let vocabulary = load_vocabulary(&args.vocabulary)?;
    let texts = texts(&args.input, "text")?;
    let windows = texts.chunks(WINDOW).map(|window| -> Result<Vec<Value>> {
        let ids =
            |text: &String| -> Result<Value> { Ok(json!({ "ids": vocabulary.encode(text)? })) };
        window.iter().map(ids).collect()
    });
    finish(&args.output, windows, output)
}

/// One text column of a JSONL file.
fn texts(path: &Path, column: &str) -> Result<Vec<String>> {
    let mut texts = Vec::new();
    for row in Source::jsonl(path, &[column]) {
        let row = row?;
        let Some(text) = row.values.get(column).and_then(Value::as_str) else {
            let message = format!(
                "row {} of `{}`: `{column}` is not a string",
                row.row_in_file + 1,
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

fn finish(
    path: &Path,
    windows: impl Iterator<Item = Result<Vec<Value>>>,
    output: &Output,
) -> Result<()> {
    let rows = write_jsonl(path, windows)?;
    let value = json!({ "output": path, "rows": rows });
    output.print(&value, || {
        format!("{rows} rows written to {}", path.display())
    })
}
