//! The page and the record that a measurement leaves.
use serde_json::Value;

use super::plan::{Contestant, Work};
use super::record::{Line, Record, median};
use super::verdict::Row;

/// From this line on a page is a person's.
const READING: &str = "## Reading";

/// Everything, to be computed with.
pub(super) fn json(facts: &Value, rows: &[Row], record: &Record) -> Value {
    let rows: Vec<Value> = rows.iter().map(Row::json).collect();
    let mut all = facts.clone();
    all["targets"] = rows.into();
    all["runs"] = record.json();
    all
}

/// What a person wrote at the end of an earlier page.
pub(super) fn kept(page: &str) -> &str {
    page.find(&format!("\n{READING}\n"))
        .map_or("", |at| &page[at..])
}

/// The page `name` of `docs/benchmarks`.
pub(super) fn page(facts: &Value, rows: &[Row], record: &Record, name: &str, kept: &str) -> String {
    let version = |field: &str| {
        let of_peers = record.jobs().into_iter().find_map(|(work, of)| {
            record
                .lines(&work, of)
                .find_map(|line| line.get(field)?.as_str().map(str::to_owned))
        });
        of_peers.unwrap_or_else(|| "unknown".to_owned())
    };
    let hardware = name.trim_start_matches("training-");
    format!(
        "# Training on {hardware}\n\n{machine}\n\nOne optimizer step on random full rows, no padding, no dropout, every target counts; \
         torch {torch}, transformers {transformers}; all threads each. Programs took turns ({rounds} turns, compiled ones in two, \
         T5.1.1-base in one; {minutes} minutes in all); a median is over all timed steps of all turns, five at least, two for \
         T5.1.1-base; the first step of each process is not timed. Ours is built with the dev profile, which optimises the crates \
         with hot loops as a release does. GFLOP count the products of weights and of attention, three times forward, whatever is \
         computed twice. All single runs: [{name}.json]({name}.json). This page is written by `cargo xtask bench --peers`; what \
         stands under Reading is kept.\n\n{tables}{kept}",
        machine = machine(facts),
        torch = version("torch"),
        transformers = version("transformers"),
        rounds = facts["rounds"],
        minutes = facts["minutes"],
        tables = tables(rows, record),
    )
}

fn machine(facts: &Value) -> String {
    let facts = &facts["machine"];
    let text = |name: &str| facts[name].as_str().unwrap_or("unknown").to_owned();
    let features: Vec<&str> = facts["features"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    format!(
        "Machine: {}, {} cores, {}; {} GiB; {}; GPU: {}.",
        text("processor"),
        facts["cores"],
        features.join(", "),
        facts["memory_gib"],
        text("system"),
        facts["gpu"].as_str().unwrap_or("none"),
    )
}

/// Targets, programs and the profile, as Markdown.
pub(super) fn tables(rows: &[Row], record: &Record) -> String {
    let parts = [
        targets(rows),
        programs(record),
        products(record),
        profile(record),
    ];
    parts
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join("\n")
}

fn targets(rows: &[Row]) -> String {
    let mut text = "## Targets\n\n| what | against | target | ours | theirs | ratio | verdict |\n|---|---|---|---|---|---|---|\n".to_owned();
    for row in rows {
        let number = |of: fn(&super::verdict::Found) -> f64| {
            row.found
                .as_ref()
                .map_or_else(String::new, |it| short(of(it)))
        };
        text += &format!(
            "| {} | {} | {} | {} | {} | {} | {} |\n",
            row.what,
            row.against,
            row.target,
            number(|it| it.ours),
            number(|it| it.theirs),
            row.found
                .as_ref()
                .map_or_else(String::new, |it| format!("{:.2}", it.ratio)),
            row.verdict(),
        );
    }
    text
}

fn programs(record: &Record) -> String {
    let mut text = "## Steps\n\n| work | program | step s (least to most) | forward | backward | optimizer | tokens/s | GFLOP/s | first step s | peak MiB |\n\
                    |---|---|---|---|---|---|---|---|---|---|\n"
        .to_owned();
    for (work, of) in record.jobs().into_iter().filter(|(_, of)| !of.is_product()) {
        text += &step_row(record, &work, of);
    }
    text
}

fn step_row(record: &Record, work: &Work, of: Contestant) -> String {
    let steps = record.steps(work, of);
    let field = |name: &str| record.field(work, of, name);
    let Some(step) = median(&steps) else {
        let reason = match record.refusal(work, of) {
            Some(Line::NotAvailable(reason)) => format!("not available: {reason}"),
            Some(Line::Failed(reason)) => format!("failed: {reason}"),
            _ => "not run".to_owned(),
        };
        return format!(
            "| {} | {} | {reason} | | | | | | | |\n",
            work.name(),
            of.word()
        );
    };
    let shown = |number: Option<f64>| number.map_or_else(String::new, short);
    let starts: Vec<String> = record
        .lines(work, of)
        .filter_map(|line| line.get("first_step_s")?.as_f64().map(short))
        .collect();
    format!(
        "| {} | {} | {} ({} to {}) | {} | {} | {} | {:.0} | {} | {} | {} |\n",
        work.name(),
        of.word(),
        short(step),
        shown(steps.first().copied()),
        shown(steps.last().copied()),
        shown(field("forward_s")),
        shown(field("backward_s")),
        shown(field("optimizer_s")),
        work.tokens() / step,
        shown(field("gflop_per_step").map(|flop| flop / step)),
        starts.join(", "),
        shown(field("peak_rss_mib")),
    )
}

/// The products of weights, each alone, in the first turn.
fn products(record: &Record) -> String {
    let mut text = String::new();
    for (work, of) in record.jobs().into_iter().filter(|(_, of)| of.is_product()) {
        let Some(line) = record.lines(&work, of).next() else {
            continue;
        };
        let whole = record
            .field(&work, of, "gflops")
            .map_or_else(String::new, short);
        text += &format!(
            "{}, {}: {whole} GFLOP/s over all products of a step, ",
            work.name(),
            of.word()
        );
        let mut each: Vec<(String, f64)> = Vec::new();
        for product in line["products"].as_array().into_iter().flatten() {
            let size = |name: &str| product[name].as_u64().unwrap_or_default();
            let shape = format!(
                "{}x{}x{} {}",
                size("rows"),
                size("inner"),
                size("columns"),
                product["pass"].as_str().unwrap_or_default()
            );
            each.push((shape, product["gflops"].as_f64().unwrap_or_default()));
        }
        each.sort_by(|a, b| a.1.total_cmp(&b.1));
        for (word, found) in [("slowest", each.first()), ("fastest", each.last())] {
            if let Some((shape, gflops)) = found {
                text += &format!(
                    "{word} {} ({shape}){}",
                    short(*gflops),
                    if word == "slowest" { ", " } else { ".\n\n" }
                );
            }
        }
    }
    if text.is_empty() {
        text
    } else {
        format!("## Products of weights alone\n\n{}", text.trim_end()) + "\n"
    }
}

/// Where the time of our step goes, in the first piece of work.
fn profile(record: &Record) -> String {
    let found = record.jobs().into_iter().find_map(|(work, of)| {
        let line = record.lines(&work, of).last()?;
        Some((work, of, line["profile"].as_array()?.clone()))
    });
    let Some((work, of, entries)) = found else {
        return String::new();
    };
    let whole: f64 = entries
        .iter()
        .filter_map(|entry| entry["seconds"].as_f64())
        .sum();
    let mut text = format!(
        "## Where the time of a step goes\n\n{}, {}: seconds and calls of a step, mean of the timed steps of the last turn.\n\n\
         | operation | seconds | share | calls |\n|---|---|---|---|\n",
        work.name(),
        of.word()
    );
    for entry in &entries {
        let seconds = entry["seconds"].as_f64().unwrap_or_default();
        text += &format!(
            "| {} | {} | {:.1} % | {} |\n",
            entry["operation"].as_str().unwrap_or_default(),
            short(seconds),
            100.0 * seconds / whole.max(f64::MIN_POSITIVE),
            entry["calls"].as_f64().map_or_else(String::new, short),
        );
    }
    text
}

/// Three digits, or as many as a whole number has.
fn short(number: f64) -> String {
    match number.abs() {
        size if size >= 100.0 => format!("{number:.0}"),
        size if size >= 10.0 => format!("{number:.1}"),
        size if size >= 1.0 => format!("{number:.2}"),
        _ => format!("{number:.3}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_person_wrote_stays() {
        assert_eq!(
            kept("# A\n\ntable\n\n## Reading\n\nwords\n"),
            "\n## Reading\n\nwords\n"
        );
        assert_eq!(kept("# A\n\n## Readings\n"), "");
    }

    #[test]
    fn numbers_are_short() {
        for (number, text) in [
            (1234.5, "1234"),
            (12.34, "12.3"),
            (1.234, "1.23"),
            (0.0123, "0.012"),
        ] {
            assert_eq!(short(number), text);
        }
    }

    #[test]
    fn a_failure_and_a_refusal_are_rows_too() {
        for (line, row) in [
            (Line::Failed("no torch".to_owned()), "failed: no torch"),
            (
                Line::NotAvailable("no bf16".to_owned()),
                "not available: no bf16",
            ),
        ] {
            let mut record = Record::default();
            for job in super::super::plan::jobs(true) {
                record.add(&job, 0, line.clone());
            }
            let text = tables(&[], &record);
            assert!(text.contains(&format!("| ext5 | {row} |")), "{text}");
        }
    }
}
