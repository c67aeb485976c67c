use ext5_report::{Html, KeyFigures, Page, Section, count, list, note, paragraph, sentence};

use super::{answer, apart, comparison, curves, matrices, probes, record, tables, words};
use crate::analysis::p_values;
use crate::{CellState, Findings, Results};

/// Single scores that a page shows at most; `report.csv` has all.
const SCORES: usize = 2000;

pub(super) fn render(results: &Results, findings: &Findings) -> String {
    let kicker = format!("Study {}, scale {}", results.name, results.scale);
    let made = format!(
        "Made by ext5 {} from the scores of its runs.",
        env!("CARGO_PKG_VERSION")
    );
    Page::new(words::question(results.question))
        .kicker(kicker)
        .top(paragraph(sentence(&results.description)))
        .top(answer::incomplete(results, findings))
        .top(figures_that_say_most(results, findings))
        .section(answer::section(findings))
        .section(figures(results, findings))
        .section(numbers(results, findings))
        .section(apart::section(results.question))
        .section(method(findings))
        .section(record::section(results))
        .foot(note(made))
        .render()
}

fn figures_that_say_most(results: &Results, findings: &Findings) -> KeyFigures {
    let done = results.cells.iter();
    let done = done
        .filter(|cell| cell.state == CellState::Finished)
        .count();
    let tests = p_values(findings);
    let beyond = tests.iter().filter(|it| **it < 0.05).count();
    let repetitions = results
        .conditions
        .iter()
        .map(|condition| condition.replicates);
    let repetitions = repetitions.max().unwrap_or(0);
    let of = format!("of {}", count(results.cells.len() as u64));
    KeyFigures::new()
        .figure("cells finished", count(done as u64), of)
        .figure("conditions", count(results.conditions.len() as u64), "")
        .figure("repetitions", count(repetitions), "of a condition")
        .figure(
            "scores",
            count(results.scores.len() as u64),
            "of one task each",
        )
        .figure(
            "beyond chance",
            count(beyond as u64),
            format!("of {} tests, after Holm", count(tests.len() as u64)),
        )
}

fn figures(results: &Results, findings: &Findings) -> Section {
    let mut section = Section::new("Figures");
    if findings.means.is_empty() && findings.curves.is_empty() && findings.matrices.is_empty() {
        return section.add("There is nothing to draw yet.");
    }
    section = matrices::add(section, findings);
    section = probes::add(section, results);
    if !findings.curves.is_empty() {
        curves::add(section, results, findings)
    } else if findings.matrices.is_empty() {
        comparison::add(section, results, findings)
    } else {
        section
    }
}

fn numbers(results: &Results, findings: &Findings) -> Section {
    let sheets = tables::found(results, findings);
    let mut section = Section::new("Numbers");
    if sheets.is_empty() {
        section = section.add("There are none yet.");
    }
    for sheet in &sheets {
        section = section.add(sheet.html());
    }
    let all = results.scores.len();
    let scores = Section::new("Every score").folded(true);
    match all {
        0 => section,
        _ if all > SCORES => {
            let many = count(all as u64);
            section.part(scores.add(format!(
                "There are {many}: report.csv has them, one line each."
            )))
        }
        _ => section.part(scores.add(tables::scores(results).html())),
    }
}

fn method(findings: &Findings) -> Section {
    let lines = findings.method.iter().map(|line| sentence(line));
    let lines: Html = list(lines).into();
    Section::new("How the numbers were made").add(lines)
}
