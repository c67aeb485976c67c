//! Whole searches with the model crate's tiny T5s, as `golden/export_search.py` and `golden/export_t5x_beam.py` recorded
//! them.
use ext5_architecture::{T5Config, Weights};
use ext5_inference::{
    Answer, Beam, BeamRule, EarlyStopping, Precision, Settings, Strategy, T5, search,
};
use serde_json::Value;
use std::path::PathBuf;

macro_rules! get {
    ($value:expr, $key:literal) => {
        serde_json::from_value($value[$key].clone()).unwrap_or_default()
    };
}

/// Settings of a run by transformers' names.
fn of_transformers(run: &Value, end: u32) -> Settings {
    let early_stopping = match &run["early_stopping"] {
        Value::String(_) => EarlyStopping::Never,
        Value::Bool(true) => EarlyStopping::Yes,
        _ => EarlyStopping::No,
    };
    let own_end: bool = get!(run, "own_end");
    let beam = Beam {
        beams: get!(run, "num_beams"),
        rule: BeamRule::Transformers {
            length_penalty: get!(run, "length_penalty"),
            early_stopping,
        },
    };
    let answers: usize = get!(run, "num_return_sequences");
    Settings {
        start: 0,
        end: if own_end { 1 } else { end },
        max_tokens: 24,
        min_tokens: get!(run, "min_new_tokens"),
        strategy: if beam.beams == 1 {
            Strategy::Greedy
        } else {
            Strategy::Beam(beam)
        },
        answers: answers.max(1),
        no_repeat_ngram: get!(run, "no_repeat_ngram_size"),
        suppressed: get!(run, "suppress_tokens"),
        prefix: get!(run, "prefix"),
        choices: Vec::new(),
    }
}

fn of_t5x(run: &Value, end: u32) -> Settings {
    let beam = Beam {
        beams: get!(run, "beams"),
        rule: BeamRule::T5 {
            alpha: get!(run, "alpha"),
        },
    };
    Settings {
        end,
        max_tokens: get!(run, "tokens"),
        answers: beam.beams,
        strategy: Strategy::Beam(beam),
        prefix: get!(run, "prefix"),
        ..Settings::default()
    }
}

fn model(shape: &str) -> T5 {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../ext5-model/tests/golden")
        .join(shape);
    let read = |name: &str| std::fs::read(folder.join(name)).unwrap();
    let config = T5Config::from_json(&read("config.json")).unwrap();
    let mut weights = Weights::default();
    weights
        .add("model.safetensors", read("model.safetensors"))
        .unwrap();
    T5::new(&config, weights, Precision::F32).unwrap()
}

/// Compares every answer of every run, in batches of a size that differs from run to run; answers how many were equal.
fn compare(recorded: &str, settings: impl Fn(&Value, u32) -> Settings) -> usize {
    let recorded: Value = serde_json::from_str(recorded).unwrap();
    let (mut compared, mut wrong) = (0, Vec::new());
    for (name, shape) in recorded["shapes"].as_object().unwrap() {
        let model = model(name);
        let inputs: Vec<Vec<u32>> = get!(shape, "inputs");
        for (number, (key, made)) in shape["runs"].as_object().unwrap().iter().enumerate() {
            let settings = settings(&recorded["runs"][key], get!(shape, "end"));
            let rows: Vec<usize> = get!(made, "rows");
            let expected: Vec<Vec<Vec<u32>>> = get!(made, "answers");
            let scores: Vec<Vec<f64>> = get!(made, "scores");
            let answers = rows.chunks([1, 7, 32, 200][number % 4]).flat_map(|rows| {
                let inputs: Vec<&[u32]> = rows.iter().map(|&row| inputs[row].as_slice()).collect();
                let mut decoder = model.decode(&inputs).unwrap();
                search(&mut decoder, &settings, &vec![0; rows.len()]).unwrap()
            });
            for (at, answers) in answers.enumerate() {
                compared += 1;
                if !equal(&answers, &expected[at], scores.get(at)) {
                    let row = rows[at];
                    wrong.push(format!(
                        "{name} {key} {row}: {answers:?} for {:?}",
                        expected[at]
                    ));
                }
            }
        }
    }
    let some = wrong[..wrong.len().min(3)].join("\n");
    assert!(wrong.is_empty(), "{} of {compared}:\n{some}", wrong.len());
    compared
}

fn equal(answers: &[Answer], ids: &[Vec<u32>], scores: Option<&Vec<f64>>) -> bool {
    let same = answers.iter().map(|answer| &answer.ids).eq(ids);
    let near = |(answer, score): (&Answer, &f64)| {
        (answer.score - score).abs() < 1e-4 * score.abs().max(1.0)
    };
    same && scores.is_none_or(|scores| answers.iter().zip(scores).all(near))
}

#[test]
fn every_token_and_score_is_transformers() {
    let compared = compare(include_str!("../golden/search.json"), of_transformers);
    assert!(compared > 4_900, "{compared}");
}

#[test]
fn every_token_and_score_is_t5x() {
    let compared = compare(include_str!("../golden/t5x_beam.json"), of_t5x);
    assert_eq!(compared, 3 * 5 * 100);
}
