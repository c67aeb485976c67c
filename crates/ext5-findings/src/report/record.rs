//! What was run: facts, the command, and a line a cell. The only place of times.
use ext5_report::{
    Cell, Column, Html, Passport, Section, Table, Tone, badge, code, count, decimal, label, name,
};

use crate::{CellRecord, CellState, Results};

/// Letters of a hash that are shown.
const LETTERS: usize = 12;

pub(super) fn section(results: &Results) -> Section {
    let facts = results
        .facts
        .iter()
        .fold(Passport::new(), |facts, (name, value)| {
            facts.entry(name, value)
        });
    Section::new("What was run")
        .add(facts)
        .add(label("The command that repeats it"))
        .add(code(&results.command))
        .add(cells(results))
}

fn cells(results: &Results) -> Html {
    let columns = [
        Column::text("cell"),
        Column::text("state"),
        Column::text("hash").hint("of all that decides its weights"),
        Column::number("steps", "updates"),
        Column::number("seed", ""),
        Column::text("mixture"),
        Column::text("starts from"),
        Column::number("loss", "nats a target token").hint("training loss of the last step"),
        Column::text("device"),
        Column::text("ext5"),
        Column::number("time", "seconds"),
        Column::text("scored for"),
    ];
    let done = results.cells.iter();
    let done = done
        .filter(|cell| cell.state == CellState::Finished)
        .count();
    let seconds: f64 = results.cells.iter().filter_map(|cell| cell.seconds).sum();
    let time = if seconds > 0.0 {
        format!(", {} in all", duration(seconds))
    } else {
        String::new()
    };
    let (done, all) = (count(done as u64), count(results.cells.len() as u64));
    Table::new("Run record", columns)
        .note(format!("{done} of {all} cells finished{time}."))
        .rows(results.cells.iter().map(row))
        .into()
}

fn row(cell: &CellRecord) -> Vec<Cell> {
    let state = match &cell.state {
        CellState::Finished => badge("finished", Tone::Good),
        CellState::Failed { reason } => badge("failed", Tone::Bad).attribute("title", reason),
        CellState::Missing => badge("not run", Tone::Caution),
    };
    let hash: String = cell.hash.chars().take(LETTERS).collect();
    let optional = |value: Option<f64>, digits| {
        value.map_or(Cell::none(), |value| Cell::decimal(value, digits))
    };
    let start = cell.start.as_deref();
    vec![
        Cell::new(name(&cell.name)),
        Cell::new(state),
        Cell::new(ext5_report::element("code").child(hash)),
        Cell::count(cell.steps),
        Cell::count(cell.seed),
        Cell::new(name(&cell.mixture)),
        start.map_or(Cell::none(), |start| Cell::new(name(start))),
        optional(cell.loss, 3),
        Cell::new(&cell.device),
        Cell::new(&cell.version),
        optional(cell.seconds, 1),
        Cell::new(cell.conditions.join(", ")).wrapping(),
    ]
}

/// `2 h 5 min`, `3 min 20 s`, `4.2 s`.
fn duration(seconds: f64) -> String {
    let whole = seconds.round().max(0.0) as u64;
    match whole {
        ..60 => format!("{} s", decimal(seconds, 1)),
        60..3600 => format!("{} min {} s", whole / 60, whole % 60),
        _ => format!("{} h {} min", count(whole / 3600), whole % 3600 / 60),
    }
}
