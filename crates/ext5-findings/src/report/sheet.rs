//! A table that becomes HTML or Markdown.
use ext5_report::{Cell, Column, Html, Table, Tone, badge, count, decimal, signed};

use super::markdown::escaped;
use super::words;

/// One entry of a [`Sheet`].
#[derive(Clone, Debug)]
pub(super) enum Entry {
    /// Nothing is known.
    None,
    Text(String),
    Count(u64),
    /// A number with two places.
    Number(f64),
    /// The same with its sign.
    Difference(f64),
    /// The same with four places.
    Small(f64),
    /// A p-value.
    Chance(f64),
    /// A word in a frame.
    Word(&'static str, Tone),
    /// A figure as someone else wrote it.
    Foreign(&'static str),
}

impl Entry {
    /// A number, where there is one.
    pub(super) fn number(value: Option<f64>) -> Self {
        value.map_or(Self::None, Self::Number)
    }

    pub(super) fn chance(value: Option<f64>) -> Self {
        value.map_or(Self::None, Self::Chance)
    }

    pub(super) fn text(text: &str) -> Self {
        Self::Text(text.to_owned())
    }

    fn cell(&self) -> Cell {
        match self {
            Self::None => Cell::none(),
            Self::Count(number) => Cell::count(*number),
            Self::Number(value) => Cell::decimal(*value, 2),
            Self::Difference(value) => Cell::new(signed(*value, 2)).key(*value),
            Self::Small(value) => Cell::new(signed(*value, 4)).key(*value),
            Self::Chance(value) => Cell::new(words::p_value(Some(*value))).key(*value),
            Self::Word(word, tone) => Cell::new(badge(*word, *tone)),
            Self::Text(text) => Cell::new(ext5_report::name(text)),
            Self::Foreign(text) => {
                let digits = |c: char| c.is_ascii_digit() || c == '.' || c == '-';
                let first: String = text
                    .trim_start_matches('+')
                    .chars()
                    .take_while(|c| digits(*c))
                    .collect();
                Cell::new(*text).key(first.parse().unwrap_or(f64::NAN))
            }
        }
    }

    fn markdown(&self) -> String {
        match self {
            Self::None => "–".to_owned(),
            Self::Text(text) => escaped(text),
            Self::Count(number) => count(*number),
            Self::Number(value) => decimal(*value, 2),
            Self::Difference(value) => signed(*value, 2),
            Self::Small(value) => signed(*value, 4),
            Self::Chance(value) => escaped(&words::p_value(Some(*value))),
            Self::Word(word, _) => escaped(word),
            Self::Foreign(text) => escaped(text),
        }
    }
}

/// Rows under columns, of which each has a name, a unit and either numbers or text.
#[derive(Clone, Debug, Default)]
pub(super) struct Sheet {
    title: String,
    note: String,
    columns: Vec<(String, String, bool)>,
    rows: Vec<Vec<Entry>>,
}

impl Sheet {
    pub(super) fn new(title: impl Into<String>, note: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            note: note.into(),
            ..Self::default()
        }
    }

    pub(super) fn text(mut self, name: impl Into<String>) -> Self {
        self.columns.push((name.into(), String::new(), false));
        self
    }

    pub(super) fn number(mut self, name: impl Into<String>, unit: &str) -> Self {
        self.columns.push((name.into(), unit.to_owned(), true));
        self
    }

    pub(super) fn push(&mut self, row: Vec<Entry>) {
        self.rows.push(row);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    pub(super) fn html(&self) -> Html {
        let columns = self.columns.iter().map(|(name, unit, numeric)| {
            if *numeric {
                Column::number(name, unit)
            } else {
                Column::text(name)
            }
        });
        let rows = self
            .rows
            .iter()
            .map(|row| row.iter().map(Entry::cell).collect());
        Table::new(&self.title, columns)
            .note(&self.note)
            .rows(rows)
            .into()
    }

    /// Title, note and a table of GitHub's Markdown.
    pub(super) fn markdown(&self) -> String {
        let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
        let named = self
            .columns
            .iter()
            .map(|(name, unit, _)| match unit.as_str() {
                "" => escaped(name),
                unit => escaped(&format!("{name}, {unit}")),
            });
        let rules = self.columns.iter().map(|(_, _, numeric)| {
            let rule = if *numeric { "---:" } else { "---" };
            rule.to_owned()
        });
        let rows = self
            .rows
            .iter()
            .map(|row| line(row.iter().map(Entry::markdown).collect()));
        let note = match self.note.as_str() {
            "" => String::new(),
            note => format!("{}\n\n", escaped(note)),
        };
        format!(
            "### {}\n\n{note}{}{}{}\n",
            escaped(&self.title),
            line(named.collect()),
            line(rules.collect()),
            rows.collect::<String>()
        )
    }
}
