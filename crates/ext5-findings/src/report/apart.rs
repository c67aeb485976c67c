//! The paper's own figures, in a frame that says whose they are.
use ext5_report::{Html, Section, Tone, apart};

use super::sheet::{Entry, Sheet};
use crate::paper::paper;
use crate::{PaperTable, Provenance, Question};

pub(super) const TITLE: &str = "The paper's own figures";

/// What stands over them wherever they stand.
pub(super) const STAMP: &str = "Not ours: figures of the ExT5 paper, other models, data and sizes. Most are recalled and not \
    verified: expect a direction of them, no number";

/// Tables of the paper with the provenance of every row.
pub(super) fn sheets(question: Question) -> Vec<Sheet> {
    paper(question).iter().map(sheet).collect()
}

fn tone(provenance: Provenance) -> Tone {
    match provenance {
        Provenance::Verified => Tone::Good,
        Provenance::SecondHand => Tone::Plain,
        _ => Tone::Caution,
    }
}

fn sheet(table: &PaperTable) -> Sheet {
    let title = format!(
        "{} of the paper, {}: {}",
        table.place, table.provenance, table.title
    );
    let remarks = table.rows.iter().filter(|row| !row.remark.is_empty());
    let remarks = remarks.map(|row| format!(" {}: {}.", row.name, row.remark));
    let note = format!("{}{}", table.note, remarks.collect::<String>());
    let mut sheet = Sheet::new(title, note)
        .text(table.rows_are)
        .text("known how");
    for column in table.columns {
        sheet = sheet.number(*column, "not ours");
    }
    for row in table.rows {
        let provenance = table.provenance_of(row);
        let known = Entry::Word(provenance.name(), tone(provenance));
        let mut entries = vec![Entry::text(row.name), known];
        entries.extend(row.entries.iter().map(|entry| Entry::Foreign(entry)));
        sheet.push(entries);
    }
    sheet
}

pub(super) fn section(question: Question) -> Section {
    let tables = sheets(question);
    let tables = Html::all(tables.iter().map(Sheet::html));
    Section::new(TITLE).add(apart(STAMP, tables))
}
