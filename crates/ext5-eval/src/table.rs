/// A table of text: the first column to the left, the others to the right.
pub(crate) struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(crate) fn new(header: &[&str]) -> Self {
        Self {
            rows: vec![header.iter().map(|cell| (*cell).to_owned()).collect()],
        }
    }

    pub(crate) fn push(&mut self, row: Vec<String>) {
        self.rows.push(row);
    }

    /// Columns aligned by spaces, a line under the header.
    pub(crate) fn text(&self) -> String {
        let lines = self.rows.iter().map(|row| self.aligned(row).join("  "));
        let mut lines: Vec<String> = lines.map(|line| line.trim_end().to_owned()).collect();
        let width: usize =
            self.widths().iter().sum::<usize>() + 2 * self.widths().len().saturating_sub(1);
        lines.insert(lines.len().min(1), "-".repeat(width));
        lines.join("\n") + "\n"
    }

    /// A Markdown table, aligned as well.
    pub(crate) fn markdown(&self) -> String {
        let escaped = Self {
            rows: self
                .rows
                .iter()
                .map(|row| row.iter().map(|cell| escape(cell)).collect())
                .collect(),
        };
        let row = |cells: Vec<String>| format!("| {} |", cells.join(" | "));
        let mut lines: Vec<String> = escaped
            .rows
            .iter()
            .map(|cells| row(escaped.aligned(cells)))
            .collect();
        let rule = escaped
            .widths()
            .into_iter()
            .enumerate()
            .map(|(column, width)| {
                if column == 0 {
                    format!(":{}", "-".repeat(width.saturating_sub(1).max(2)))
                } else {
                    format!("{}:", "-".repeat(width.saturating_sub(1).max(2)))
                }
            });
        lines.insert(lines.len().min(1), row(rule.collect()));
        lines.join("\n") + "\n"
    }

    fn widths(&self) -> Vec<usize> {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let width = |column| {
            let cells = self.rows.iter().filter_map(|row| row.get(column));
            cells
                .map(|cell: &String| cell.chars().count())
                .max()
                .unwrap_or(0)
                .max(3)
        };
        (0..columns).map(width).collect()
    }

    fn aligned(&self, row: &[String]) -> Vec<String> {
        let cells = self
            .widths()
            .into_iter()
            .enumerate()
            .map(|(column, width)| {
                let cell = row.get(column).map_or("", String::as_str);
                if column == 0 {
                    format!("{cell:<width$}")
                } else {
                    format!("{cell:>width$}")
                }
            });
        cells.collect()
    }
}

fn escape(cell: &str) -> String {
    cell.replace('|', "\\|").replace('\n', " ")
}

/// The name of a score of a metric: one word where both have the same.
pub(crate) fn title(metric: &str, score: &str) -> String {
    if metric == score {
        score.to_owned()
    } else {
        format!("{metric}.{score}")
    }
}

/// A score with two decimals; `-` where there is none.
pub(crate) fn number(value: Option<f64>) -> String {
    value.map_or("-".to_owned(), |value| format!("{value:.2}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned() {
        let mut table = Table::new(&["task", "score"]);
        table.push(vec!["rte".into(), number(Some(71.25))]);
        table.push(vec!["a|b".into(), number(None)]);
        assert_eq!(
            table.text(),
            "task  score\n-----------\nrte   71.25\na|b       -\n"
        );
        assert_eq!(
            table.markdown(),
            "| task | score |\n| :--- | ----: |\n| rte  | 71.25 |\n| a\\|b |     - |\n"
        );
    }
}
