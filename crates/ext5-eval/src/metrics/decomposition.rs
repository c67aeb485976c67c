use std::borrow::Cow;

use super::{PERCENT_OF_LAST, one_if};
use crate::metric::Unit;
use crate::{Kind, Metric, text};

pub(crate) const METRIC: Metric = Metric {
    name: "break_exact_match",
    doc: "Share of questions whose steps are all right: case, the runs of white space and the word `return` that begins a step \
          do not count, the order of steps does (`exact_match` of Break's leaderboard; its normalised match and graph distance \
          need a parser and are not here).",
    higher_is_better: true,
    kinds: &[Kind::Text],
    scores: &["exact_match"],
    version: 1,
    settings: "match:exact|norm:break|agg:mean",
    unit: Unit::Example,
    measure: |item| {
        let (prediction, references) = item.texts("break_exact_match")?;
        let steps = normal(prediction);
        let right = references.iter().any(|right| normal(right) == steps);
        Ok(vec![one_if(right), 1.0])
    },
    finish: PERCENT_OF_LAST,
};

/// The steps as the leaderboard compares them.
fn normal(decomposition: &str) -> Vec<String> {
    let words: Vec<&str> = text::split(decomposition).collect();
    let joined = words.join(" ");
    let steps = joined.split(';').map(|step| {
        // The word vanishes wherever it stands; what it leaves are two spaces, of which one goes.
        let bare = step.trim_matches(text::is_space).replace("return", "");
        let bare = bare.replace("  ", " ");
        let bare = referring(bare.trim_matches(text::is_space));
        text::lower(&bare).into_owned()
    });
    steps.collect()
}

/// `#2` and `@@2@@` are the same reference to a step.
fn referring(step: &str) -> Cow<'_, str> {
    if !step.contains('#') {
        return step.into();
    }
    let mut written = String::with_capacity(step.len() + 8);
    let mut parts = step.split('#');
    written.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let end = part.find(|character: char| !character.is_ascii_digit());
        let (number, rest) = part.split_at(end.unwrap_or(part.len()));
        if number.is_empty() {
            written.push('#');
        } else {
            written.push_str("@@");
            written.push_str(number);
            written.push_str("@@");
        }
        written.push_str(rest);
    }
    written.into()
}
