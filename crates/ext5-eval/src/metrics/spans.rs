use super::multiset::common;
use super::one_if;
use crate::bootstrap::Finish;
use crate::error::Result;
use crate::metric::Unit;
use crate::{Item, Kind, Metric};

pub(crate) const SPAN_F1: Metric = Metric {
    name: "span_f1",
    doc: "Precision, recall and F1 of typed spans over the corpus, as `conlleval` and `seqeval` (micro average), on texts like \
          `PER = Ada Elm ; LOC = Upton`: parts between ` ; `, of which one with ` = ` is a span of its type and words, in any \
          order; other parts, such as `none`, are no span. A type and its words said twice must be said twice. Of several right \
          answers the one with the highest F1 counts; not defined where there is no span at all.",
    higher_is_better: true,
    kinds: &[Kind::Text],
    scores: &["f1", "precision", "recall"],
    version: 1,
    settings: "match:type+text|avg:micro|agg:corpus",
    unit: Unit::Example,
    measure: |item| Ok(counts(item, "span_f1")?.to_vec()),
    finish: Finish::Sums(|sums| match *sums {
        [hits, given, wanted] => vec![
            f1(hits, given, wanted),
            share(hits, given, wanted),
            share(hits, wanted, given),
        ],
        _ => Vec::new(),
    }),
};

pub(crate) const SLOT_F1: Metric = Metric {
    name: "slot_f1",
    doc: "For an intent with slots, as `flight ; city = new york ; day = monday`: F1 of the slots over the corpus (`span_f1`), \
          share of examples with the right intent (the part before the first ` ; `), and with the right intent and all slots \
          right in any order, called frame or sentence accuracy (SNIPS and ATIS, Goo et al. 2018). Of several right answers \
          the one with the highest F1 counts.",
    higher_is_better: true,
    kinds: &[Kind::Text],
    scores: &["slot_f1", "intent_accuracy", "frame_accuracy"],
    version: 1,
    settings: "match:type+text|avg:micro|agg:corpus",
    unit: Unit::Example,
    measure: |item| {
        let (prediction, references) = item.texts("slot_f1")?;
        let slots = counts(item, "slot_f1")?;
        let [hits, given, wanted] = slots;
        let intent = references
            .iter()
            .any(|right| named(right) == named(prediction));
        let frame = references
            .iter()
            .any(|right| named(right) == named(prediction) && spans(right) == spans(prediction));
        Ok(vec![
            hits,
            given,
            wanted,
            one_if(intent),
            one_if(frame),
            1.0,
        ])
    },
    finish: Finish::Sums(|sums| match *sums {
        [hits, given, wanted, intents, frames, count] => vec![
            f1(hits, given, wanted),
            Some(100.0 * intents / count),
            Some(100.0 * frames / count),
        ],
        _ => Vec::new(),
    }),
};

/// A span: its type and its words.
type Span<'a> = (&'a str, &'a str);

/// The spans of a text, sorted.
fn spans(text: &str) -> Vec<Span<'_>> {
    let parts = text.split(" ; ").filter_map(|part| part.split_once(" = "));
    let mut spans: Vec<Span<'_>> = parts
        .map(|(kind, words)| (kind.trim(), words.trim()))
        .collect();
    spans.sort_unstable();
    spans
}

/// The part that names the intent.
fn named(text: &str) -> &str {
    text.split(" ; ").next().unwrap_or_default().trim()
}

/// Hits, spans of the answer and spans of the nearest right answer.
fn counts(item: &Item<'_>, metric: &'static str) -> Result<[f64; 3]> {
    let (prediction, references) = item.texts(metric)?;
    let given = spans(prediction);
    let mut best: Option<[f64; 3]> = None;
    for reference in references {
        let wanted = spans(reference);
        let hits = common(&given, &wanted);
        let row = [hits, given.len(), wanted.len()].map(|count| count as f64);
        let value = |[hits, given, wanted]: [f64; 3]| f1(hits, given, wanted).unwrap_or(100.0);
        if best.is_none_or(|best| value(row) > value(best)) {
            best = Some(row);
        }
    }
    Ok(best.unwrap_or_default())
}

/// In percent; `None` where there is neither an answer's span nor a right one.
fn f1(hits: f64, given: f64, wanted: f64) -> Option<f64> {
    (given + wanted > 0.0).then(|| 200.0 * hits / (given + wanted))
}

/// Hits in percent of `all`; 0 where there is nothing to share but something on the other side.
fn share(hits: f64, all: f64, other: f64) -> Option<f64> {
    if all > 0.0 {
        Some(100.0 * hits / all)
    } else {
        (other > 0.0).then_some(0.0)
    }
}
