use crate::{Condition, Results};

const COLUMNS: &str =
    "condition,label,group,x,replicate,task,family,metrics,value,half_interval,examples,majority";

pub(super) fn render(results: &Results) -> String {
    let mut text = format!("{COLUMNS}\n");
    for score in &results.scores {
        let condition = results
            .conditions
            .iter()
            .find(|it| it.id == score.condition);
        let of = |part: fn(&Condition) -> &str| condition.map_or("", part).to_owned();
        let fields = [
            score.condition.clone(),
            of(|it| &it.label),
            of(|it| &it.group),
            number(condition.and_then(|it| it.x)),
            score.replicate.to_string(),
            score.task.clone(),
            score.family.clone(),
            score.metrics.join(";"),
            score.value.to_string(),
            number(score.half_interval),
            score.examples.to_string(),
            number(score.majority),
        ];
        let fields: Vec<String> = fields.iter().map(|field| quoted(field)).collect();
        text.push_str(&fields.join(","));
        text.push('\n');
    }
    text
}

/// In as few digits as read back to the same number; nothing where there is none.
fn number(value: Option<f64>) -> String {
    value.map_or(String::new(), |it| it.to_string())
}

fn quoted(field: &str) -> String {
    if field.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", field.replace('"', "\"\""))
    } else {
        field.to_owned()
    }
}
