//! Log-likelihoods of choices and of targets against `rank.json`, which `tests/golden/export_rank.py` recorded from t5 and
//! lm-evaluation-harness.
use std::borrow::Cow;

use ext5_eval::{
    Accumulator, Answer, Bootstrap, Item, MetricScore, Ranking, Score, Scored, metric,
};
use serde_json::Value;

fn recorded() -> Value {
    serde_json::from_str(include_str!("../golden/rank.json")).unwrap()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap()
}

fn item(classes: u64) -> Item<'static> {
    Item {
        id: "",
        prediction: Answer::Text(Cow::Borrowed("")),
        target: Answer::Text(Cow::Borrowed("")),
        references: Cow::Owned(Vec::new()),
        invalid: false,
        group: None,
        source: "",
        classes: classes as usize,
        ranking: None,
        likelihood: None,
    }
}

fn scored(text: &Value, score: &Value) -> Scored {
    let score = Score {
        log_likelihood: score[0].as_f64().unwrap(),
        tokens: score[1].as_u64().unwrap() as usize,
    };
    Scored::new(text.as_str().unwrap(), score)
}

fn ranking(example: &Value) -> Ranking {
    let right: Vec<u64> = list(&example["right"])
        .iter()
        .map(|index| index.as_u64().unwrap())
        .collect();
    let choices = list(&example["choices"]).iter();
    Ranking {
        choices: choices
            .zip(list(&example["scores"]))
            .map(|(text, score)| scored(text, score))
            .collect(),
        correct: (0..list(&example["choices"]).len() as u64)
            .map(|index| right.contains(&index))
            .collect(),
        weight: example["weight"].as_f64().unwrap(),
    }
}

fn compare(place: &str, found: &Accumulator, wanted: &Value, tolerance: f64) {
    let scores = found.scores(Bootstrap::NONE);
    assert_eq!(scores.len(), wanted.as_object().unwrap().len(), "{place}");
    for score in scores {
        let wanted = wanted[&score.name].as_f64().unwrap();
        let error = (score.value.unwrap() - wanted).abs() / wanted.abs().max(1.0);
        assert!(error < tolerance, "{place}, {}: {error:e}", score.name);
    }
}

#[test]
fn choices_rank_as_t5_and_lm_eval_have_it() {
    let mut compared = 0;
    for case in list(&recorded()["cases"]) {
        let classes = case["classes"].as_u64().unwrap_or(0);
        for (name, wanted) in case["scores"].as_object().unwrap() {
            let mut accumulator = Accumulator::new(metric(name).unwrap());
            for example in list(&case["examples"]) {
                let mut item = item(classes);
                item.ranking = Some(ranking(example));
                accumulator.add(&item).unwrap();
                compared += 1;
            }
            let place = format!("{}, {name}", case["name"]);
            compare(&place, &accumulator, wanted, 1e-9);
        }
    }
    assert!(compared > 6000, "{compared}");
}

#[test]
fn targets_are_as_surprising_as_lm_eval_finds_them() {
    for case in list(&recorded()["perplexity"]) {
        let mut accumulator = Accumulator::new(metric("perplexity").unwrap());
        let targets = list(&case["targets"]).iter();
        for (text, score) in targets.zip(list(&case["scores"])) {
            let mut item = item(0);
            item.likelihood = Some(scored(text, score));
            accumulator.add(&item).unwrap();
        }
        compare("perplexity", &accumulator, &case["wanted"], 1e-9);
    }
}

#[test]
fn what_is_impossible_has_no_interval_that_files_cannot_hold() {
    let mut accumulator = Accumulator::new(metric("perplexity").unwrap());
    for log_likelihood in [-1.0, f64::NEG_INFINITY] {
        let tokens = 1;
        let mut item = item(0);
        item.likelihood = Some(Scored::new(
            "a",
            Score {
                log_likelihood,
                tokens,
            },
        ));
        accumulator.add(&item).unwrap();
    }
    let scores = accumulator.scores(Bootstrap::default());
    assert!(
        scores
            .iter()
            .all(|it| it.value.is_none() && it.interval.is_none())
    );
    let json = serde_json::to_string(&scores).unwrap();
    assert_eq!(
        serde_json::from_str::<Vec<MetricScore>>(&json).unwrap(),
        scores
    );
}

#[test]
fn impossible_and_empty_choices_have_a_place() {
    let choice = |text: &str, log_likelihood: f64| {
        Scored::new(
            text,
            Score {
                log_likelihood,
                tokens: 1,
            },
        )
    };
    let score = |name: &str, choices: Vec<Scored>| {
        let mut item = item(0);
        item.ranking = Some(Ranking {
            correct: vec![false, true],
            choices,
            weight: 1.0,
        });
        let mut accumulator = Accumulator::new(metric(name).unwrap());
        accumulator.add(&item).unwrap();
        let scores = accumulator.scores(Bootstrap::NONE);
        scores.iter().map(|score| score.value).collect::<Vec<_>>()
    };
    let never = f64::NEG_INFINITY;
    // Both impossible: the first is taken, and the second is neither more nor less likely.
    let both = vec![choice("a", never), choice("b", never)];
    assert_eq!(score("rank_accuracy", both.clone()), [Some(0.0); 4]);
    assert_eq!(score("rank_binary", both), [Some(0.0), None, None]);
    // The empty choice is the likeliest as a whole and per token, and per byte or character it is not in the running.
    let empty = vec![choice("", -1.0), choice("long", -4.0)];
    let wanted = [Some(0.0), Some(0.0), Some(100.0), Some(100.0)];
    assert_eq!(score("rank_accuracy", empty), wanted);
}
