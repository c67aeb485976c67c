use ext5_findings::{PaperTable, Provenance, Question, paper};

fn table(question: Question, place: &str) -> &'static PaperTable {
    paper(question)
        .iter()
        .find(|table| table.place == place)
        .unwrap()
}

/// An entry, of a pair the mean, as T5 averages two metrics of a task.
fn value(entry: &str) -> f64 {
    let parts: Vec<f64> = entry
        .split('/')
        .map(|part| part.trim().parse().unwrap())
        .collect();
    parts.iter().sum::<f64>() / parts.len() as f64
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

#[test]
fn every_row_has_an_entry_for_each_column() {
    let questions = crate::synthetic::QUESTIONS;
    for table in questions.iter().flat_map(|(question, _)| paper(*question)) {
        assert!(
            !table.note.is_empty() && !table.rows.is_empty(),
            "{}",
            table.place
        );
        assert_ne!(table.provenance, Provenance::Verified, "{}", table.place);
        for row in table.rows {
            assert_eq!(
                row.entries.len(),
                table.columns.len(),
                "{} {}",
                table.place,
                row.name
            );
        }
    }
}

/// The cross-check that the remembered numbers passed: copied wrongly they would fail it.
#[test]
fn means_of_rows_recompute_where_the_table_says_so() {
    for (place, tolerance) in [("Table 5", 0.051), ("Table 7", 0.006)] {
        for row in table(Question::Suites, place).rows {
            let (last, tasks) = row.entries.split_last().unwrap();
            if tasks[0] == "?" || last.contains("or") {
                continue;
            }
            let tasks: Vec<f64> = tasks.iter().map(|entry| value(entry)).collect();
            let (found, said) = (mean(&tasks), value(last));
            assert!(
                (found - said).abs() < tolerance,
                "{place} {}: {found} {said}",
                row.name
            );
        }
    }
}

#[test]
fn the_matrix_agrees_with_itself_where_the_note_says_so() {
    let table = table(Question::Transfer, "Table 2");
    let (means, rows) = table.rows.split_last().unwrap();
    let mut below = 0;
    for (column, name) in table.columns.iter().take(8).enumerate() {
        let others: Vec<f64> = (0..8)
            .filter(|row| *row != column)
            .map(|row| value(rows[row].entries[column]))
            .collect();
        let alone = value(rows[column].entries[column]);
        below += others.iter().filter(|other| **other < alone).count();
        let off = (mean(&others) - value(means.entries[column])).abs();
        let most = match *name {
            "SUM" | "DLG" | "CBQA" | "RC" => 0.0101,
            "CLS" => 0.03,
            _ => 0.31,
        };
        assert!(off < most, "{name} is {off} off");
    }
    assert_eq!(below, 22);
}

#[test]
fn gains_over_unicorn_recompute() {
    let rows = table(Question::Suites, "Table 7").rows;
    let gains = rows[1]
        .entries
        .iter()
        .zip(rows[2].entries)
        .map(|(unicorn, ext5)| 100.0 * (value(ext5) / value(unicorn) - 1.0));
    let said = [3.5, 3.2, 7.2, 3.5, 5.6, 4.9, 4.6];
    for (gain, said) in gains.zip(said) {
        assert!((gain - said).abs() < 0.051, "{gain} {said}");
    }
}
