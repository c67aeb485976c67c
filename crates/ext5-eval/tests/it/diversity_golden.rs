//! GEM's light metrics against `diversity.json`, which `tests/golden/export_diversity.py` recorded.
use ext5_data::Example;
use ext5_eval::{Bootstrap, score};
use serde_json::Value;

#[test]
fn each_corpus_scores_as_gem_metrics_has_it() {
    let recorded: Value = serde_json::from_str(include_str!("../golden/diversity.json")).unwrap();
    let (mut pairs, mut compared, mut largest) = (0, 0, 0.0_f64);
    for case in recorded["cases"].as_array().unwrap() {
        let answers: Vec<String> = serde_json::from_value(case["predictions"].clone()).unwrap();
        let references: Vec<Vec<String>> =
            serde_json::from_value(case["references"].clone()).unwrap();
        let targets: Vec<Example> = references
            .into_iter()
            .map(|references| Example {
                references,
                ..Example::default()
            })
            .collect();
        pairs += answers.len();
        for (name, wanted) in case["scores"].as_object().unwrap() {
            let found = score(name, "none", &answers, &targets, &[], Bootstrap::NONE).unwrap();
            assert_eq!(found.len(), wanted.as_object().unwrap().len());
            for score in found {
                let place = format!("{name}.{} of {answers:.60?}", score.name);
                assert_eq!(score.units, answers.len());
                let wanted = &wanted[&score.name];
                let (Some(found), Some(wanted)) = (score.value, wanted.as_f64()) else {
                    assert_eq!(score.value, wanted.as_f64(), "{place}");
                    continue;
                };
                let error = (found - wanted).abs() / wanted.abs().max(1.0);
                assert!(error < 1e-9, "{place}: {found} is not {wanted}");
                largest = largest.max(error);
                compared += 1;
            }
        }
    }
    assert!(pairs >= 500 && compared > 800);
    println!("{pairs} pairs, {compared} scores, largest relative difference {largest:e}");
}

#[test]
fn variety_has_no_interval_and_says_so() {
    let answers = vec!["a b a".to_owned(); 300];
    let target = Example {
        references: vec!["a".to_owned()],
        ..Example::default()
    };
    let targets = vec![target; 300];
    for (name, kind) in [
        ("diversity", "ci:none"),
        ("text_length", "ci:bootstrap-1000-seed-0"),
    ] {
        let scores = score(name, "none", &answers, &targets, &[], Bootstrap::default()).unwrap();
        for score in scores {
            assert!(score.signature.ends_with(kind), "{}", score.signature);
            assert_eq!(score.interval.is_none(), name == "diversity");
        }
    }
}

/// Figures of GEM-metrics' own tests, to six places.
#[test]
fn figures_of_gem_metrics_are_met() {
    let text = "token number one token number two token number three";
    let answers = ["", text, ""].map(str::to_owned);
    let target = Example {
        references: vec![String::new()],
        ..Example::default()
    };
    let targets = vec![target; 3];
    let mut found = Vec::new();
    for name in ["diversity", "text_length"] {
        found.extend(score(name, "none", &answers, &targets, &[], Bootstrap::NONE).unwrap());
    }
    for (name, wanted) in [
        ("distinct-1", 55.555_556),
        ("vocab_size-1", 5.0),
        ("unique-1", 3.0),
        ("entropy-1", 2.113_283),
        ("distinct-2", 75.0),
        ("unique-2", 5.0),
        ("entropy-2", 2.405_639),
        ("cond_entropy-2", 0.424_436),
        ("vocab_size-3", 7.0),
        ("entropy-3", 2.807_355),
        ("cond_entropy-3-nopunct", 0.486_625),
        ("mean_pred_length", 3.0),
        ("std_pred_length", 4.242_641),
        ("median_pred_length", 0.0),
        ("max_pred_length-nopunct", 9.0),
    ] {
        let score = found.iter().find(|score| score.name == name).unwrap();
        let value = score.value.unwrap();
        assert!(
            (value - wanted).abs() < 1e-6,
            "{name}: {value} is not {wanted}"
        );
    }
}
