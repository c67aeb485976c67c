use super::Outcome;
use crate::TaskReport;

const COLUMNS: &str = "task,split,protocol,metric,score,value,low,high,units,examples,invalid,higher_is_better,signature";

/// One line a score, fields quoted where they must be (RFC 4180); an undefined value or bound is an empty field.
pub(super) fn render(outcome: &Outcome<'_>) -> String {
    let mut text = format!("{COLUMNS}\n");
    for report in outcome.reports {
        for score in &report.scores {
            let optional = |value: Option<f64>| value.map_or(String::new(), |it| it.to_string());
            let fields = [
                report.task.clone(),
                report.split.clone(),
                protocol(report),
                score.metric.clone(),
                score.name.clone(),
                optional(score.value),
                optional(score.interval.map(|it| it.low)),
                optional(score.interval.map(|it| it.high)),
                score.units.to_string(),
                report.examples.to_string(),
                report.invalid.to_string(),
                score.higher_is_better.to_string(),
                score.signature.clone(),
            ];
            let fields: Vec<String> = fields.iter().map(|field| quoted(field)).collect();
            text.push_str(&fields.join(","));
            text.push('\n');
        }
    }
    text
}

/// The word for a report's protocol, as JSON has it.
pub(super) fn protocol(report: &TaskReport) -> String {
    let word = serde_json::to_value(report.protocol).unwrap_or_default();
    word.as_str().unwrap_or_default().to_owned()
}

fn quoted(field: &str) -> String {
    if field.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", field.replace('"', "\"\""))
    } else {
        field.to_owned()
    }
}
