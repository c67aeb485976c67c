//! What a study's report looks like: a page, the same as data, as lines, and as Markdown. Functions of [`Results`] and
//! [`Findings`] alone; times stand in the run record and nowhere else.
mod answer;
mod apart;
mod comparison;
mod csv;
mod curves;
mod markdown;
mod matrices;
mod page;
mod probes;
mod record;
mod sheet;
mod tables;
mod words;

use serde::Serialize;

use crate::{Findings, Results};

/// What `report.json` holds.
#[derive(Serialize)]
struct Whole<'a> {
    results: &'a Results,
    findings: &'a Findings,
}

/// The report as one HTML file that loads nothing.
pub fn html(results: &Results, findings: &Findings) -> String {
    page::render(results, findings)
}

/// The answer, its tables and the command, as Markdown of GitHub's kind; holds no time.
pub fn markdown(results: &Results, findings: &Findings) -> String {
    markdown::render(results, findings)
}

/// One line a score, fields quoted where they must be (RFC 4180), after a line with the names of the columns.
pub fn csv(results: &Results) -> String {
    csv::render(results)
}

/// `{"results": ..., "findings": ...}`, whole.
pub fn json(results: &Results, findings: &Findings) -> String {
    let whole = Whole { results, findings };
    // Names of keys are strings and no value of these types refuses to be written.
    let text = serde_json::to_string_pretty(&whole).unwrap_or_default();
    format!("{text}\n")
}

/// The files of a report, names and contents.
pub fn files(results: &Results, findings: &Findings) -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("report.html", html(results, findings).into_bytes()),
        ("report.json", json(results, findings).into_bytes()),
        ("report.csv", csv(results).into_bytes()),
        ("report.md", markdown(results, findings).into_bytes()),
    ]
}
