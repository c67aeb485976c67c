use super::{answer, apart, tables, words};
use crate::{Findings, Results};

pub(super) fn render(results: &Results, findings: &Findings) -> String {
    let mut text = format!(
        "# {}\n\nStudy {}, scale {}. {}\n\n",
        words::question(results.question),
        escaped(&results.name),
        escaped(&results.scale),
        prose(&results.description)
    );
    text.push_str(&points(
        "## Incomplete",
        &answer::missing(results, findings),
    ));
    text.push_str(&answered(findings));
    text.push_str("## Numbers\n\n");
    let sheets = tables::found(results, findings);
    if sheets.is_empty() {
        text.push_str("None yet.\n\n");
    }
    for sheet in &sheets {
        text.push_str(&sheet.markdown());
    }
    text.push_str(&format!("## {}\n\n**{}**\n\n", apart::TITLE, apart::STAMP));
    for sheet in apart::sheets(results.question) {
        text.push_str(&sheet.markdown());
    }
    text.push_str(&points("## How the numbers were made", &findings.method));
    let facts = results.facts.iter();
    let facts = facts.map(|(name, value)| format!("{name}: {value}"));
    text.push_str(&points("## What was run", &facts.collect::<Vec<_>>()));
    text.push_str(&format!("## Again\n\n{}", fenced(&results.command)));
    text
}

/// Verdicts, what else the numbers say, and whether the models have learned.
fn answered(findings: &Findings) -> String {
    let mut text = format!("## Answer\n\n{}\n\n", escaped(&answer::summary(findings)));
    for verdict in &findings.verdicts {
        let paper = verdict.paper.iter();
        let paper = paper.map(|paper| format!(" The paper's, not ours: {}", prose(paper)));
        text.push_str(&format!(
            "- **{}**: {} {} (The paper: {}{})\n",
            words::answer(verdict.answer),
            prose(&verdict.finding),
            prose(&verdict.because),
            prose(verdict.source.trim_end_matches('.')),
            paper.collect::<String>()
        ));
    }
    if !findings.verdicts.is_empty() {
        text.push('\n');
    }
    for note in &findings.notes {
        text.push_str(&format!("{}\n\n", prose(note)));
    }
    if let Some(learning) = &findings.learning {
        text.push_str(&format!("{}\n\n", prose(&learning.because)));
    }
    text
}

/// A list under a heading, or nothing where it is empty.
fn points(heading: &str, lines: &[String]) -> String {
    if lines.is_empty() {
        return String::new();
    }
    let lines: String = lines
        .iter()
        .map(|line| format!("- {}\n", prose(line)))
        .collect();
    format!("{heading}\n\n{lines}\n")
}

/// Text that Markdown shows as it is, in one line.
pub(super) fn escaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut before = ' ';
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        // A low line inside a word stresses nothing.
        let inside = is_word(before) && letters.peek().copied().is_some_and(is_word);
        match letter {
            '_' if inside => plain.push('_'),
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '&' | '~' | '#' => {
                plain.push('\\');
                plain.push(letter);
            }
            letter if letter.is_control() => plain.push(' '),
            letter => plain.push(letter),
        }
        before = letter;
    }
    plain
}

/// The same for a sentence, in which words between backticks are code, with a capital at its beginning and a full stop at its end.
fn prose(text: &str) -> String {
    let text = text.trim();
    let parts: Vec<&str> = text.split('`').collect();
    let closed = parts.len() % 2 == 1;
    let mut written = String::new();
    for (index, part) in parts.iter().enumerate() {
        let is_code = closed && index % 2 == 1 && !part.trim().is_empty();
        if is_code {
            let line: String = part
                .chars()
                .map(|c| if c.is_control() { ' ' } else { c })
                .collect();
            written.push_str(&format!("`{line}`"));
        } else if index % 2 == 1 || (index > 0 && !closed) {
            written.push_str(&format!("\\`{}", escaped(part)));
            if closed {
                written.push_str("\\`");
            }
        } else {
            written.push_str(&escaped(part));
        }
    }
    let mut letters = written.chars();
    let first = letters.next().map(|c| c.to_uppercase().collect::<String>());
    let end = if text.is_empty() || text.ends_with(['.', '!', '?']) {
        ""
    } else {
        "."
    };
    format!("{}{}{end}", first.unwrap_or_default(), letters.as_str())
}

/// A block of code whose fence is longer than any in it.
fn fenced(code: &str) -> String {
    let longest = code.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}console\n{}\n{fence}\n", code.trim_end())
}
