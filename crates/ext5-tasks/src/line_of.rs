//! Which line of a task file a problem is about.

/// The line, from 1, of what a problem names in backticks: its key, a table or one of the examples. None where it names
/// nothing that the text has.
pub(crate) fn line_of(text: &str, task: &str, problem: &str) -> Option<usize> {
    if let Some(number) = problem.strip_prefix("example ") {
        let number: usize = number.split_whitespace().next()?.parse().ok()?;
        let examples = lines(text).filter(|(_, line)| *line == "[[examples]]");
        let start = examples.map(|(line, _)| line).nth(number.checked_sub(1)?)?;
        let rest = problem.split_once("`: ").map(|(_, rest)| rest);
        // A template that fails is at fault itself; a text that differs is that of the example.
        let template = rest
            .and_then(|rest| {
                rest.strip_prefix('`')?
                    .strip_prefix(task)?
                    .strip_prefix('.')
            })
            .and_then(|rest| find(text, rest.split('`').next()?));
        if template.is_some() {
            return template;
        }
        let part = rest.and_then(|rest| rest.split(':').next());
        return key_after(text, start, part.unwrap_or_default()).or(Some(start));
    }
    let quoted = problem.split('`').skip(1).step_by(2);
    quoted
        .map(|name| name.strip_prefix(task).unwrap_or(name))
        .map(|name| name.trim_start_matches('.'))
        .filter(|name| !name.is_empty())
        .find_map(|name| find(text, name))
}

/// The line of a key: `inputs`, `source.columns`, `let.words`, `fields.label`; or of a value in quotes.
fn find(text: &str, name: &str) -> Option<usize> {
    let last = name.rsplit('.').next().unwrap_or(name);
    let table = name.rsplit_once('.').map(|(table, _)| table);
    if table == Some("let") {
        let definition = format!("\"{last}\"");
        return lines(text)
            .find(|(_, line)| is_key(line, "name") && line.contains(&definition))
            .map(|(line, _)| line);
    }
    let start = table.and_then(|table| header(text, table)).unwrap_or(0);
    key_after(text, start, last)
        .or_else(|| header(text, name))
        .or_else(|| {
            let value = format!("\"{name}\"");
            lines(text)
                .find(|(_, line)| line.contains(&value))
                .map(|(line, _)| line)
        })
}

fn header(text: &str, table: &str) -> Option<usize> {
    let (plain, list) = (format!("[{table}]"), format!("[[{table}]]"));
    lines(text)
        .find(|(_, line)| *line == plain || *line == list)
        .map(|(line, _)| line)
}

/// The line of the first `key = …` below a line.
fn key_after(text: &str, start: usize, key: &str) -> Option<usize> {
    lines(text)
        .find(|(line, content)| *line > start && is_key(content, key))
        .map(|(line, _)| line)
}

fn is_key(line: &str, key: &str) -> bool {
    line.strip_prefix(key)
        .is_some_and(|rest| !key.is_empty() && rest.trim_start().starts_with('='))
}

fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    (1..).zip(text.lines().map(str::trim))
}

#[cfg(test)]
mod tests {
    use super::line_of;

    const TEXT: &str = "name = \"t\"\n\
        inputs = \"{{ a }}\"\n\
        targets = \"{{ b }}\"\n\
        metrics = [\"acuracy\"]\n\
        [[let]]\n\
        name = \"words\"\n\
        value = \"a\"\n\
        [source]\n\
        columns = [\"a\"]\n\
        [[examples]]\n\
        inputs = \"x\"\n\
        [[examples]]\n\
        row = '{}'\n\
        targets = \"y\"\n";

    #[test]
    fn the_line_of_what_is_named() {
        for (problem, line) in [
            ("`inputs` reads the unknown name `c`", Some(2)),
            ("`t.targets` from `b`: it is undefined", Some(3)),
            ("unknown metric `acuracy`", Some(4)),
            ("`t.let.words`: no such filter", Some(6)),
            ("`source.columns` is empty", Some(9)),
            ("example 2 of `t`: its row has no column `a`", Some(12)),
            ("example 2 of `t`: targets: expected `y`, got `z`", Some(14)),
            (
                "example 1 of `t`: `t.targets` from `b`: it is no list",
                Some(3),
            ),
            ("nothing is said", None),
        ] {
            assert_eq!(line_of(TEXT, "t", problem), line, "{problem}");
        }
    }
}
