//! METEOR against `meteor.json`, which `tests/golden/export_meteor.py` recorded from nltk.
use std::path::Path;

use ext5_data::Example;
use ext5_eval::{Bootstrap, load_wordnet, score};
use serde_json::Value;

/// Where Debian's `wordnet-base` puts the database; `EXT5_WORDNET` may name another place.
const WORDNET: &str = "/usr/share/wordnet";

fn compare(name: &str) -> String {
    let recorded: Value = serde_json::from_str(include_str!("../golden/meteor.json")).unwrap();
    let cases: Vec<(String, Vec<String>)> =
        serde_json::from_value(recorded["cases"].clone()).unwrap();
    assert!(cases.len() >= 500);
    let (mut largest, mut sum) = (0.0_f64, 0.0);
    let (mut answers, mut targets) = (Vec::new(), Vec::new());
    for ((answer, references), wanted) in cases.iter().zip(recorded[name].as_array().unwrap()) {
        answers.push(answer.clone());
        targets.push(Example {
            references: references.clone(),
            ..Example::default()
        });
        let last = answers.len() - 1;
        let found = score(
            name,
            "none",
            &answers[last..],
            &targets[last..],
            &[],
            Bootstrap::NONE,
        );
        let found = found.unwrap()[0].value.unwrap();
        let wanted = wanted.as_f64().unwrap();
        largest = largest.max((found - wanted).abs());
        assert!(
            (found - wanted).abs() < 1e-9,
            "{found} {wanted} {answer:?} {references:?}"
        );
        sum += wanted;
    }
    let all = score(name, "none", &answers, &targets, &[], Bootstrap::NONE).unwrap();
    assert!((all[0].value.unwrap() - sum / cases.len() as f64).abs() < 1e-9);
    format!(
        "{name}: {} pairs, largest difference {largest:e}",
        cases.len()
    )
}

#[test]
fn each_pair_scores_as_nltk_has_it_without_wordnet() {
    println!("{}", compare("meteor"));
}

#[test]
fn each_pair_scores_as_nltk_has_it_with_wordnet() {
    if std::env::var_os("EXT5_WORDNET").is_none() {
        let path = Path::new(WORDNET);
        if !path.join("index.noun").is_file() {
            println!(
                "SKIPPED: METEOR WITH WORDNET IS NOT TESTED HERE: no WordNet 3.0 in {WORDNET}, EXT5_WORDNET is not set"
            );
            return;
        }
        load_wordnet(path).unwrap();
    }
    println!("{}", compare("meteor_wordnet"));
}
