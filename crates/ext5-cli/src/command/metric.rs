//! Scores of answers that lie in files.
use crate::args::MetricArgs;
use crate::failure::Refused;
use crate::output::Output;
use anyhow::Result;
use ext5_data::{ErrorKind, Example, door};
use ext5_eval::{Bootstrap, Kind, METRICS, Metric, metric, score};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use std::io::BufRead;
use std::path::Path;

/// Longest line accepted, in bytes.
const LINE_LIMIT: u64 = 64 << 20;

pub(crate) fn run(args: &MetricArgs, output: &Output) -> Result<()> {
    match (args.name.as_str(), &args.predictions, &args.targets) {
        ("list", None, None) => list(output),
        (name, Some(predictions), Some(targets)) => {
            score_files(metric(name)?, predictions, targets, args, output)
        }
        (name, ..) => {
            metric(name)?;
            Err(refused(
                ErrorKind::Request,
                format!("metric `{name}` needs `--predictions FILE` and `--targets FILE`"),
            ))
        }
    }
}

fn list(output: &Output) -> Result<()> {
    let rows: Vec<Value> = METRICS
        .iter()
        .map(|it| json!({ "name": it.name, "scores": it.scores, "version": it.version, "settings": it.settings, "needs": needs(it), "doc": it.doc }))
        .collect();
    output.print(&json!({ "metrics": rows }), || {
        let line = |it: &Metric| {
            let needs = needs(it).map_or(String::new(), |it| format!(" (needs `{it}`)"));
            format!(
                "{:<22} {}\n{:<22} {}{needs}\n",
                it.name,
                it.doc,
                "",
                it.scores.join(", ")
            )
        };
        METRICS.iter().map(line).collect()
    })
}

/// What a metric needs besides answers and right answers: groups, or what no file holds.
fn needs(metric: &Metric) -> Option<String> {
    if metric.is_grouped() {
        return Some("--groups FILE".to_owned());
    }
    let protocol = metric.needs()?;
    Some(format!("ext5 evaluate --protocol {}", protocol.name()))
}

fn score_files(
    metric: &Metric,
    predictions: &Path,
    targets: &Path,
    args: &MetricArgs,
    output: &Output,
) -> Result<()> {
    if metric.is_grouped() && args.groups.is_none() {
        let message = format!(
            "metric `{}` scores groups and needs `--groups FILE`",
            metric.name
        );
        return Err(refused(ErrorKind::Request, message));
    }
    let targets = examples(targets, args)?;
    let answers = each(predictions, targets.len())?;
    let labels = match (&args.labels, metric.kinds.contains(&Kind::Label)) {
        (Some(labels), _) => labels.clone(),
        // Classes are what the targets name, in the order of their names.
        (None, true) => {
            let names: BTreeSet<&String> = targets.iter().map(|it| &it.targets).collect();
            names.into_iter().cloned().collect()
        }
        (None, false) => Vec::new(),
    };
    let postprocess = postprocess(metric)?;
    let bootstrap = Bootstrap {
        resamples: args.resamples,
        ..Bootstrap::default()
    };
    let found = score(
        metric.name,
        postprocess,
        &answers,
        &targets,
        &labels,
        bootstrap,
    )?;
    let values: Map<String, Value> = found
        .iter()
        .map(|it| (it.name.clone(), json!(it.value)))
        .collect();
    let value = json!({
        "metric": metric.name,
        "scores": values,
        "intervals": found.iter().map(|it| (it.name.clone(), json!(it.interval))).collect::<Map<_, _>>(),
        "units": found.first().map(|it| it.units),
        "labels": labels,
        "signature": found.first().map(|it| it.signature.clone()),
    });
    output.print(&value, || {
        let mut text: String = found
            .iter()
            .map(|it| {
                let value = it
                    .value
                    .map_or("undefined".to_owned(), |it| format!("{it:.4}"));
                let interval = it.interval.map_or(String::new(), |it| {
                    format!("  [{:.4}, {:.4}]", it.low, it.high)
                });
                format!("{:<22} {value}{interval}\n", it.name)
            })
            .collect();
        if let Some(first) = found.first() {
            text.push_str(&first.signature);
        }
        text
    })
}

/// How strings are read for a metric.
fn postprocess(metric: &Metric) -> Result<&'static str> {
    let takes = |kind: Kind| metric.kinds.contains(&kind);
    let found = [
        (Kind::Text, "none"),
        (Kind::Label, "label"),
        (Kind::Number, "float"),
    ];
    let found = found.into_iter().find(|(kind, _)| takes(*kind));
    found.map(|(_, name)| name).ok_or_else(|| {
        let protocol = metric.needs().map_or("generate", |protocol| protocol.name());
        let reason = format!(
            "metric `{}` scores what a model says under a protocol of its own: use `ext5 evaluate --protocol {protocol}`",
            metric.name
        );
        refused(ErrorKind::Request, reason)
    })
}

/// The right answers, with their sources and groups where there are files of them.
fn examples(targets: &Path, args: &MetricArgs) -> Result<Vec<Example>> {
    let rows = lines(targets, true)?.into_iter().enumerate();
    let mut targets: Vec<Example> = rows.map(example).collect();
    if let Some(path) = &args.sources {
        let sources = each(path, targets.len())?;
        for (target, source) in targets.iter_mut().zip(sources) {
            target.inputs = source;
        }
    }
    if let Some(path) = &args.groups {
        let groups = each(path, targets.len())?;
        for (target, group) in targets.iter_mut().zip(groups) {
            target.group = Some(group);
        }
    }
    Ok(targets)
}

/// The lines of a file that has one for each of so many targets.
fn each(path: &Path, targets: usize) -> Result<Vec<String>> {
    let found = lines(path, false)?.concat();
    if found.len() == targets {
        return Ok(found);
    }
    let message = format!(
        "`{}` has {} lines for {targets} targets, expected one each",
        path.display(),
        found.len()
    );
    Err(refused(ErrorKind::Data, message))
}

fn example((row, references): (usize, Vec<String>)) -> Example {
    Example {
        id: row.to_string(),
        targets: references.first().cloned().unwrap_or_default(),
        references,
        row: row as u64,
        ..Example::default()
    }
}

/// The lines of a file, each a JSON string or, for targets, a list of at least one.
fn lines(path: &Path, lists: bool) -> Result<Vec<Vec<String>>> {
    let mut reader = door::open_stream(path)?;
    let mut found = Vec::new();
    loop {
        let number = found.len() + 1;
        let bad = |reason: String| {
            refused(
                ErrorKind::Data,
                format!("`{}`, line {number}: {reason}", path.display()),
            )
        };
        let mut line = Vec::new();
        let read = std::io::Read::take(&mut reader, LINE_LIMIT)
            .read_until(b'\n', &mut line)
            .map_err(|error| bad(error.to_string()))?;
        if read == 0 {
            return Ok(found);
        }
        if read as u64 == LINE_LIMIT {
            return Err(bad(format!("it is longer than {LINE_LIMIT} bytes")));
        }
        let text = std::str::from_utf8(&line)
            .map_err(|error| bad(format!("byte {} is not UTF-8", error.valid_up_to())))?;
        let texts = match serde_json::from_str(text) {
            Ok(Value::String(text)) => vec![text],
            Ok(Value::Array(items)) if lists && !items.is_empty() => items
                .into_iter()
                .map(|item| match item {
                    Value::String(text) => Ok(text),
                    other => Err(bad(format!("expected a string in the list, got `{other}`"))),
                })
                .collect::<Result<Vec<_>>>()?,
            Ok(other) => {
                let expected = if lists { " or a list of them" } else { "" };
                return Err(bad(format!(
                    "expected a JSON string{expected}, got `{other}`"
                )));
            }
            Err(error) => return Err(bad(format!("expected a JSON string: {error}"))),
        };
        found.push(texts);
    }
}

fn refused(kind: ErrorKind, message: String) -> anyhow::Error {
    Refused { kind, message }.into()
}
