//! What was found, as a table and as JSON.
use std::path::Path;
use std::time::Instant;

use ext5_data::storage;
use serde_json::{Value, json};

use crate::place::Place;
use crate::row::{Failure, Row};

/// One line a row.
pub(crate) struct Table {
    seeded: bool,
    lines: Vec<Line>,
}

struct Line {
    id: &'static str,
    what: &'static str,
    found: String,
    bound: String,
    verdict: &'static str,
    good: bool,
    seconds: f64,
}

impl Table {
    pub(crate) fn new(place: &Place) -> Self {
        Self {
            seeded: place.seeded,
            lines: Vec::new(),
        }
    }

    /// Runs a row; answers its line for a person.
    pub(crate) fn add(&mut self, row: &Row, place: &Place) -> String {
        let start = Instant::now();
        let outcome = (row.run)(place);
        let seconds = start.elapsed().as_secs_f64();
        let what = if self.seeded { row.defect } else { row.what };
        let (found, bound, verdict, good) = match outcome {
            // A harness that breaks proves nothing, whatever it was to find.
            Err(failure) => (failure.to_string(), String::new(), "error", false),
            Ok(figure) => {
                let (verdict, good) = match (self.seeded, figure.holds) {
                    (false, true) => ("holds", true),
                    (false, false) => ("BROKEN", false),
                    (true, false) => ("caught", true),
                    (true, true) => ("MISSED", false),
                };
                (figure.found, figure.bound, verdict, good)
            }
        };
        let told = format!("   {verdict}: {found} ({seconds:.1} s)");
        self.lines.push(Line {
            id: row.id,
            what,
            found,
            bound,
            verdict,
            good,
            seconds,
        });
        told
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// Whether nothing is broken or missed.
    pub(crate) fn is_good(&self) -> bool {
        self.lines.iter().all(|line| line.good)
    }

    /// A Markdown table.
    pub(crate) fn text(&self) -> String {
        let second = if self.seeded {
            "broken on purpose"
        } else {
            "test"
        };
        let mut text =
            format!("| id | {second} | found | bound | verdict | s |\n|---|---|---|---|---|---|\n");
        for line in &self.lines {
            text += &format!(
                "| {} | {} | {} | {} | {} | {:.1} |\n",
                line.id, line.what, line.found, line.bound, line.verdict, line.seconds
            );
        }
        let bad = self.lines.iter().filter(|line| !line.good).count();
        let seconds: f64 = self.lines.iter().map(|line| line.seconds).sum();
        text + &format!(
            "\n{} rows, {bad} not as they must be, {seconds:.0} s",
            self.lines.len()
        )
    }

    /// Writes the record.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub(crate) fn write(&self, path: &Path) -> Result<(), Failure> {
        let lines: Vec<Value> = self.lines.iter().map(Line::json).collect();
        let record = json!({ "seeded": self.seeded, "good": self.is_good(), "rows": lines });
        storage::local().write(path, format!("{record:#}\n").as_bytes())?;
        Ok(())
    }
}

impl Line {
    fn json(&self) -> Value {
        json!({
            "id": self.id, "what": self.what, "found": self.found, "bound": self.bound,
            "verdict": self.verdict, "seconds": (self.seconds * 10.0).round() / 10.0,
        })
    }
}
