//! BLEU, chrF, TER, NIST, `CIDEr`, SARI and WER against `translation.json`, which `export_translation.py` recorded from the
//! reference packages: each pair alone, and corpora of 2 to all pairs.
use std::borrow::Cow;

use ext5_data::Example;
use ext5_eval::{Accumulator, Answer, Bootstrap, Item, MetricScore, metric, score};
use serde_json::Value;

const TOLERANCE: f64 = 1e-9;

fn recorded() -> Value {
    serde_json::from_str(include_str!("../golden/translation.json")).unwrap()
}

struct Case {
    prediction: String,
    references: Vec<String>,
    source: String,
}

fn cases(recorded: &Value) -> Vec<Case> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let case = |case: &Value| Case {
        prediction: text(&case["prediction"]),
        references: case["references"]
            .as_array()
            .unwrap()
            .iter()
            .map(text)
            .collect(),
        source: text(&case["source"]),
    };
    recorded["cases"]
        .as_array()
        .unwrap()
        .iter()
        .map(case)
        .collect()
}

fn scores<'a>(name: &str, cases: impl Iterator<Item = &'a Case>) -> Vec<MetricScore> {
    accumulated(name, cases).scores(Bootstrap::NONE)
}

fn accumulated<'a>(name: &str, cases: impl Iterator<Item = &'a Case>) -> Accumulator {
    let mut accumulator = Accumulator::new(metric(name).unwrap());
    for case in cases {
        let item = Item {
            id: "",
            prediction: Answer::Text(Cow::Borrowed(&case.prediction)),
            target: Answer::Text("".into()),
            references: Cow::Borrowed(&case.references),
            invalid: false,
            group: None,
            source: &case.source,
            classes: 0,
            ranking: None,
            likelihood: None,
        };
        accumulator.add(&item).unwrap();
    }
    accumulator
}

/// The largest difference to what is recorded, in units of the recorded value where that is above 1; 0 where nothing is.
fn difference(place: &str, found: &[MetricScore], wanted: &Value) -> f64 {
    let Some(wanted) = wanted.as_object() else {
        return 0.0;
    };
    assert_eq!(found.len(), wanted.len(), "{place}");
    let mut largest = 0.0_f64;
    for score in found {
        let (found, wanted) = (score.value.unwrap(), wanted[&score.name].as_f64().unwrap());
        let error = (found - wanted).abs() / wanted.abs().max(1.0);
        assert!(
            error < TOLERANCE,
            "{place} {}: {found} is not {wanted}",
            score.name
        );
        largest = largest.max(error);
    }
    largest
}

fn agree(name: &str) {
    let recorded = recorded();
    let (cases, wanted) = (cases(&recorded), &recorded["scores"][name]);
    assert!(cases.len() >= 600);
    let mut largest = 0.0_f64;
    let mut compared = 0;
    for (number, wanted) in wanted["alone"].as_array().unwrap().iter().enumerate() {
        let place = format!("{name} of pair {number}");
        let found = scores(name, cases.iter().skip(number).take(1));
        largest = largest.max(difference(&place, &found, wanted));
        compared += usize::from(wanted.is_object());
    }
    let subsets = recorded["subsets"].as_array().unwrap();
    for (number, subset) in subsets.iter().enumerate() {
        let chosen = subset.as_array().unwrap().iter();
        let chosen = chosen.map(|place| &cases[place.as_u64().unwrap() as usize]);
        let wanted = &wanted["subsets"][number];
        let found = scores(name, chosen);
        largest = largest.max(difference(
            &format!("{name} of subset {number}"),
            &found,
            wanted,
        ));
        compared += usize::from(wanted.is_object());
        if let Some(signature) = recorded["scores"][name]["signature"].as_str() {
            let parts = signature
                .split('|')
                .filter(|part| !part.starts_with("version") && !part.starts_with("nrefs"));
            for part in parts {
                assert!(
                    found[0].signature.split('|').any(|own| own == part),
                    "{part}: {}",
                    found[0].signature
                );
            }
        }
    }
    assert!(
        compared >= 500,
        "{name}: {compared} scores, largest difference {largest:.1e}"
    );
}

#[test]
fn bleu_agrees_with_sacrebleu_for_each_tokenizer() {
    for name in ["bleu", "bleu_13a", "bleu_char", "bleu_none", "bleu_zh"] {
        agree(name);
    }
}

#[test]
fn chrf_agrees_with_sacrebleu() {
    agree("chrf");
    agree("chrf++");
}

#[test]
fn ter_agrees_with_sacrebleu() {
    agree("ter");
}

#[test]
fn nist_agrees_with_nltk() {
    agree("nist");
}

#[test]
fn merged_nist_agrees_with_its_rule() {
    agree("nist_merged");
}

#[test]
fn cider_agrees_with_pycocoevalcap() {
    agree("cider");
}

#[test]
fn sari_agrees_with_its_rule() {
    agree("sari");
}

#[test]
fn wer_agrees_with_jiwer() {
    agree("wer");
}

#[test]
fn weights_of_a_corpus_have_intervals_and_do_not_depend_on_order() {
    let recorded = recorded();
    let cases = cases(&recorded);
    for name in ["cider", "nist"] {
        let draws = Bootstrap {
            resamples: 200,
            seed: 3,
        };
        let scored = accumulated(name, cases.iter().take(300)).scores(draws);
        let (value, interval) = (scored[0].value.unwrap(), scored[0].interval.unwrap());
        assert!(
            interval.low < value && value < interval.high,
            "{value} {interval:?}"
        );
        assert_eq!(scored[0].units, 300);
        let reversed = accumulated(name, cases.iter().take(300).rev()).scores(Bootstrap::NONE);
        assert!((reversed[0].value.unwrap() - value).abs() < 1e-12);
    }
}

#[test]
fn sari_reads_the_field_source_else_the_inputs() {
    let answers = ["a b c d e".to_owned()];
    let mut target = Example {
        inputs: "a b c d e f".into(),
        references: vec!["a b c d e".into()],
        ..Example::default()
    };
    let sari = |target: &Example| {
        let targets = std::slice::from_ref(target);
        score("sari", "none", &answers, targets, &[], Bootstrap::NONE).unwrap()[0].value
    };
    assert_eq!(sari(&target), Some(100.0));
    target.inputs = format!("simplify: {}", target.inputs);
    // "simplify", ":" and what they begin were rightly deleted too.
    assert_eq!(sari(&target), Some(100.0));
    target.fields.insert("source".into(), "a b c d e".into());
    target.references = vec!["a b".into()];
    let kept = sari(&target).unwrap();
    target.fields.insert("source".into(), "a b".into());
    assert_ne!(kept.to_bits(), sari(&target).unwrap().to_bits());
    target.fields.clear();
    target.inputs.clear();
    let refused = score("sari", "none", &answers, &[target], &[], Bootstrap::NONE).unwrap_err();
    assert!(
        refused
            .to_string()
            .contains("the text that the answer rewrites"),
        "{refused}"
    );
}

#[test]
fn edits_by_hand() {
    for (name, answer, reference, wanted) in [
        ("ter", "c d e a b", "a b c d e", 20.0), // one block moved, of five words
        ("ter", "a x c", "a b c", 100.0 / 3.0),
        ("wer", "c d e a b", "a b c d e", 80.0), // two words before, two behind
        ("wer", "A, b!", "a b", 0.0),
        ("chrf", "ab", "a b", 100.0), // white space does not count
        ("bleu_char", "abcd", "ab cd", 100.0),
    ] {
        let case = Case {
            prediction: answer.into(),
            references: vec![reference.into()],
            source: String::new(),
        };
        let found = scores(name, std::iter::once(&case))[0].value.unwrap();
        assert!((found - wanted).abs() < 1e-9, "{name}: {answer}: {found}");
    }
}
