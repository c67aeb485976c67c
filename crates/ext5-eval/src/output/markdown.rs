use super::Outcome;
use crate::table::{Table, number, title};

/// A page: what was evaluated and how, the suite's table, a table of all scores, what a reader must know, the signatures.
pub(super) fn render(outcome: &Outcome<'_>) -> String {
    let identity = outcome.identity;
    let limit = identity
        .limit
        .map_or(String::new(), |limit| format!(", the first {limit} rows"));
    let decoding = identity.decoding.iter();
    let decoding: String = decoding
        .map(|(name, value)| format!(", {name} `{value}`"))
        .collect();
    let mut text = format!(
        "# {}\n\nModel `{}` (hash `{}`), ext5 {}, reading `{}`{limit}.\n\nProtocol `{}`{decoding}.\n\n",
        identity.what,
        identity.model,
        identity.model_hash,
        identity.ext5,
        identity.reading,
        identity.protocol.name(),
    );
    if let Some(suite) = outcome.suite {
        text.push_str(&format!(
            "{}\n\n{}\n",
            suite.description,
            suite.to_markdown()
        ));
    }
    text.push_str(&scores(outcome));
    let notes: Vec<String> = outcome
        .reports
        .iter()
        .flat_map(|report| {
            let place = format!("{} ({})", report.task, report.split);
            let notes = report.notes.iter();
            notes.map(move |note| format!("- {place}: {note}\n"))
        })
        .collect();
    if !notes.is_empty() {
        text.push_str(&format!("\n## Notes\n\n{}", notes.concat()));
    }
    text.push_str("\n## Signatures\n\n");
    for signature in signatures(outcome) {
        text.push_str(&format!("- `{signature}`\n"));
    }
    text
}

/// All scores in one table.
pub(crate) fn scores(outcome: &Outcome<'_>) -> String {
    let header = [
        "task", "split", "metric", "score", "95 % low", "high", "units",
    ];
    let mut table = Table::new(&header);
    for report in outcome.reports {
        for score in &report.scores {
            table.push(vec![
                report.task.clone(),
                report.split.clone(),
                title(&score.metric, &score.name),
                number(score.value),
                number(score.interval.map(|interval| interval.low)),
                number(score.interval.map(|interval| interval.high)),
                score.units.to_string(),
            ]);
        }
    }
    table.markdown()
}

/// Every signature once, in the order of the reports.
pub(crate) fn signatures<'a>(outcome: &Outcome<'a>) -> Vec<&'a str> {
    let mut all: Vec<&str> = Vec::new();
    let scores = outcome.reports.iter().flat_map(|report| &report.scores);
    for score in scores {
        if !all.contains(&score.signature.as_str()) {
            all.push(&score.signature);
        }
    }
    all
}
