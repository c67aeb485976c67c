//! S7: hostile text in pages.
mod hostile;
mod scan;

use std::fs;
use std::path::Path;

use ext5_findings::{Results, analyse, report};
use serde_json::{Value, json};

use super::tour::Tour;
use crate::place::{Place, Tier};
use crate::row::{Failure, Figure, Row};
use hostile::{TEXTS, megabyte};

pub(super) const ROW: Row = Row {
    id: "S7",
    what: "hostile text in every free text of every page",
    tier: Tier::P,
    defect: "one cell is written as it is",
    run,
};

/// What was found in pages.
#[derive(Default)]
struct Seen {
    pages: usize,
    texts: usize,
    bytes: usize,
    problems: Vec<String>,
}

fn run(place: &Place) -> Result<Figure, Failure> {
    let mut seen = Seen::default();
    let questions = [
        "transfer",
        "curation",
        "scaling",
        "ratio",
        "stage",
        "efficiency",
        "suites",
        "task-affinity",
    ];
    for question in questions.into_iter().take(place.count(8, 8)) {
        let page = study_page(question)?;
        seen.look(question, &spoilt(place, page));
    }
    if !place.seeded {
        for (name, page) in data_pages(place)? {
            seen.look(name, &page);
        }
    }
    let shown = seen.problems.first().map(|it| format!("; {it}"));
    Ok(Figure::new(
        format!(
            "{} pages, {:.1} MB, hostile text seen {} times, {} things that text must not be{}",
            seen.pages,
            seen.bytes as f64 / 1e6,
            seen.texts,
            seen.problems.len(),
            shown.unwrap_or_default()
        ),
        "0 unescaped nodes, policy `default-src 'none'` with hashes, nothing loaded",
        seen.problems.is_empty() && seen.texts > 0,
    ))
}

impl Seen {
    fn look(&mut self, name: &str, page: &str) {
        let found = scan::scan(page);
        let texts = found.text.matches("EVIL").count();
        if texts == 0 {
            // Such a page says nothing.
            self.problems
                .push(format!("{name}: nothing hostile is shown"));
        }
        self.pages += 1;
        self.texts += texts;
        self.bytes += page.len();
        let problems = found.problems.into_iter();
        self.problems
            .extend(problems.map(|it| format!("{name}: {it}")));
    }
}

/// The page as a writer makes it that forgets one cell.
fn spoilt(place: &Place, page: String) -> String {
    if place.seeded {
        return page.replacen("&lt;script&gt;", "<script>", 1);
    }
    page
}

/// The report of a study in which every text is hostile.
fn study_page(question: &str) -> Result<String, Failure> {
    let evil = |number: usize| Value::from(TEXTS[number % TEXTS.len()]);
    let ids: Vec<Value> = (0..TEXTS.len()).map(evil).collect();
    let condition = |(number, id): (usize, &Value)| {
        json!({
            "id": id, "label": evil(number + 1), "group": evil(number / 4), "parts": [evil(number), evil(number + 1)],
            "x": number as f64, "replicates": 2,
        })
    };
    let mut scores = Vec::new();
    for (number, id) in ids.iter().enumerate() {
        for replicate in 0..2_u64 {
            for task in 0..2 {
                scores.push(json!({
                    "condition": id, "replicate": replicate, "task": evil(task), "family": evil(task + 2),
                    "metrics": [evil(task + 3)], "value": 40.0 + number as f64 + replicate as f64,
                    "half_interval": 1.0, "examples": 100, "majority": 30.0,
                }));
            }
        }
    }
    let cell = |(number, id): (usize, &Value)| {
        let mut cell = json!({
            "name": id, "hash": evil(number), "directory": evil(number + 1), "conditions": [id], "steps": 10, "seed": 0,
            "mixture": evil(number + 2), "start": evil(number), "absent": [evil(number + 4)], "loss": 1.5,
            "device": evil(number + 3), "version": evil(number + 5), "seconds": 3.0, "state": "finished",
        });
        if number % 2 == 1 {
            cell["state"] = "failed".into();
            cell["reason"] = evil(number + 6);
        }
        cell
    };
    let affinity = |number: usize| {
        json!({
            "first": evil(number), "second": evil(number + 1), "step": 10, "replicate": 0, "cosine": 0.1, "layers": 0.2,
        })
    };
    let probe = |number: usize| {
        json!({
            "family": evil(number), "step": 10, "replicate": 0, "loss": 2.0, "tokens": 99, "slope": null, "norm": 1.0,
            "agreement": 0.5,
        })
    };
    let results = json!({
        "name": evil(0), "question": question, "scale": evil(1), "description": evil(2), "command": evil(3),
        "facts": [[evil(4), evil(5)], [evil(6), megabyte()]],
        "conditions": ids.iter().enumerate().map(condition).collect::<Vec<_>>(),
        "scores": scores,
        "cells": ids.iter().enumerate().map(cell).collect::<Vec<_>>(),
        "affinities": (0..4).map(affinity).collect::<Vec<_>>(),
        "probes": (0..4).map(probe).collect::<Vec<_>>(),
    });
    let results: Results = serde_json::from_value(results)?;
    Ok(report::html(&results, &analyse(&results)))
}

/// Pages of a task, a mixture and a suite whose files and rows are hostile.
fn data_pages(place: &Place) -> Result<Vec<(&'static str, String)>, Failure> {
    let dir = place.dir("pages")?;
    let mut tour = Tour::new(place.ext5()?, dir.clone(), &[])?;
    hostile::write(&dir)?;
    let mut pages = Vec::new();
    for (name, more) in [
        ("hostile", " --leaks hostile"),
        ("hostile_mixture", " --leaks hostile_mixture"),
        ("hostile_suite", ""),
    ] {
        let line = format!(
            "data view {name} --recipe micro_ext5 SMALL --task-dir tasks --data-root data --output {name}.html{more}"
        );
        let output = tour.run(&line)?;
        let page = dir.join(format!("{name}.html"));
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            return Err(format!("no page of `{name}`: {said}").into());
        }
        pages.push((name, read(&page)?));
    }
    Ok(pages)
}

fn read(path: &Path) -> Result<String, Failure> {
    Ok(fs::read_to_string(path)?)
}
