use std::collections::BTreeMap;

use minijinja::Error;
use minijinja::value::Value;

use super::{Filter, labels, refuse};

pub(super) const FILTERS: &[Filter] = &[Filter {
    name: "bio_spans",
    example: "{{ ['to', 'New', 'York', 'now'] | bio_spans(['O', 'B-city', 'I-city', 'O']) \
              | join_fields(': ', '; ', ['type', 'text']) }} -> city: New York",
    doc: "The spans that BIO tags mark in a list of tokens: objects with `type`, `text` (tokens joined by spaces), `start` and \
          `end` (token places, end excluded). Tags are texts, or ids with their names: `tokens | bio_spans(tags, names)`. \
          `I-x` after another type begins a span.",
    register: |environment| environment.add_filter("bio_spans", bio_spans),
}];

struct Span {
    kind: String,
    start: usize,
    end: usize,
}

fn bio_spans(
    tokens: Vec<String>,
    tags: Vec<Value>,
    names: Option<Vec<String>>,
) -> Result<Vec<Value>, Error> {
    if tokens.len() != tags.len() {
        let (tokens, tags) = (tokens.len(), tags.len());
        return Err(refuse(format!(
            "expected as many tags as tokens, got {tags} and {tokens}"
        )));
    }
    let mut spans: Vec<Span> = Vec::new();
    let mut open = false;
    for (place, tag) in tags.iter().enumerate() {
        let tag = match &names {
            Some(names) => labels::label_name(tag, names.clone())?,
            None => tag.to_string(),
        };
        let Some((begin, kind)) = split_tag(&tag) else {
            open = false;
            continue;
        };
        match spans
            .last_mut()
            .filter(|span| open && !begin && span.kind == kind)
        {
            Some(span) => span.end = place + 1,
            None => spans.push(Span {
                kind: kind.to_owned(),
                start: place,
                end: place + 1,
            }),
        }
        open = true;
    }
    Ok(spans.iter().map(|span| span.value(&tokens)).collect())
}

/// Whether a tag begins a span, and its type; `None` outside of spans.
fn split_tag(tag: &str) -> Option<(bool, &str)> {
    tag.strip_prefix("B-")
        .map(|kind| (true, kind))
        .or_else(|| Some((false, tag.strip_prefix("I-")?)))
}

impl Span {
    fn value(&self, tokens: &[String]) -> Value {
        let text = tokens
            .get(self.start..self.end)
            .unwrap_or_default()
            .join(" ");
        Value::from(BTreeMap::from([
            ("type", Value::from(self.kind.as_str())),
            ("text", Value::from(text)),
            ("start", Value::from(self.start)),
            ("end", Value::from(self.end)),
        ]))
    }
}
