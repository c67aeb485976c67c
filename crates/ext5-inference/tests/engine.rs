//! The engine against what transformers recorded for five shapes (`crates/ext5-model/tests/golden/export.py`).
#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking and says what it measured"
)]
use ext5_architecture::{SAFETENSORS, T5Config, Weights};
use ext5_inference::{Decoder, Error, Precision, Settings, Strategy, T5, search};
use safetensors::SafeTensors;
use serde_json::Value;
use std::fs;
use std::path::PathBuf;

const SHAPES: [&str; 5] = ["v1_0", "v1_1", "unequal_depth", "wide_heads", "mt5_like"];

struct Case {
    model: T5,
    tensors: Vec<u8>,
    facts: Value,
}

impl Case {
    fn load(shape: &str, precision: Precision) -> Self {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
            .join("../ext5-model/tests/golden")
            .join(shape);
        let read = |name: &str| fs::read(folder.join(name)).unwrap();
        let config = T5Config::from_json(&read("config.json")).unwrap();
        let mut weights = Weights::default();
        weights.add(SAFETENSORS, read(SAFETENSORS)).unwrap();
        Self {
            model: T5::new(&config, weights, precision).unwrap(),
            tensors: read("case.safetensors"),
            facts: serde_json::from_slice(&read("case.json")).unwrap(),
        }
    }

    /// The rows of a recorded matrix of ids, without what `drop` says is padding.
    fn rows(&self, name: &str, drop: impl Fn(i64) -> bool) -> Vec<Vec<u32>> {
        let file = SafeTensors::deserialize(&self.tensors).unwrap();
        let view = file.tensor(name).unwrap();
        let (values, _) = view.data().as_chunks();
        let values: Vec<i64> = values
            .iter()
            .map(|&eight| i64::from_le_bytes(eight))
            .collect();
        values
            .chunks(view.shape()[1])
            .map(|row| {
                row.iter()
                    .filter(|&&id| !drop(id))
                    .map(|&id| id as u32)
                    .collect()
            })
            .collect()
    }

    fn inputs(&self) -> Vec<Vec<u32>> {
        let lengths: Vec<usize> =
            serde_json::from_value(self.facts["inputs_lengths"].clone()).unwrap();
        let mut rows = self.rows("input_ids", |_| false);
        rows.iter_mut()
            .zip(lengths)
            .for_each(|(row, length)| row.truncate(length));
        rows
    }

    fn logits(&self) -> Vec<f32> {
        let file = SafeTensors::deserialize(&self.tensors).unwrap();
        let (values, _) = file.tensor("logits").unwrap().data().as_chunks();
        values
            .iter()
            .map(|&four| f32::from_le_bytes(four))
            .collect()
    }
}

fn slices(rows: &[Vec<u32>]) -> Vec<&[u32]> {
    rows.iter().map(Vec::as_slice).collect()
}

#[test]
fn log_probabilities_are_those_of_transformers() {
    for shape in SHAPES {
        let case = Case::load(shape, Precision::F32);
        let (inputs, targets) = (case.inputs(), case.rows("labels", |id| id < 0));
        let memory = case.model.encode(&slices(&inputs)).unwrap();
        let asked: Vec<(usize, &[u32])> = targets.iter().map(Vec::as_slice).enumerate().collect();
        let found = case.model.log_probabilities(&memory, &asked).unwrap();
        let vocabulary = case.model.config().vocab_size;
        let longest = targets.iter().map(Vec::len).max().unwrap();
        let logits = case.logits();
        let mut most = 0.0_f64;
        for (row, (ids, found)) in targets.iter().zip(&found).enumerate() {
            for (place, (&id, &found)) in ids.iter().zip(found).enumerate() {
                let at = (row * longest + place) * vocabulary;
                let logits: Vec<f64> = logits[at..at + vocabulary]
                    .iter()
                    .map(|&x| f64::from(x))
                    .collect();
                let sum: f64 = logits.iter().map(|x| x.exp()).sum();
                let expected = logits[id as usize] - sum.ln();
                most = most.max((expected - f64::from(found)).abs());
            }
        }
        assert!(most < 1e-4, "{shape}: a log-probability differs by {most}");
        let sum: f64 = found.iter().flatten().map(|&log| f64::from(log)).sum();
        let expected = -case.facts["cross_entropy_sum"].as_f64().unwrap();
        assert!(
            (sum - expected).abs() < 1e-4 * expected.abs(),
            "{shape}: {sum} against {expected}"
        );
    }
}

/// Greedy tokens, at least `least` of them.
fn greedy(model: &T5, rows: &[&[u32]], count: usize, least: usize) -> Vec<Vec<u32>> {
    let end = model.config().eos_token_id;
    let mut decoding = model.decode(rows).unwrap();
    let mut answers = vec![Vec::new(); rows.len()];
    let mut active: Vec<usize> = (0..rows.len()).collect();
    let mut last = vec![model.config().decoder_start_token_id; rows.len()];
    for step in 0..count {
        let width = decoding.vocabulary();
        let logits = decoding.step(&last).unwrap();
        if step < least {
            logits
                .chunks_mut(width)
                .for_each(|row| row[end as usize] = f32::NEG_INFINITY);
        }
        let best: Vec<u32> = logits
            .chunks(width)
            .map(|row| ext5_cpu::argmax(row) as u32)
            .collect();
        let mut kept = Vec::new();
        for (place, (&row, &token)) in active.iter().zip(&best).enumerate() {
            answers[row].push(token);
            if token != end {
                kept.push(place);
            }
        }
        if kept.is_empty() {
            break;
        }
        decoding.reorder(&kept).unwrap();
        active = kept.iter().map(|&place| active[place]).collect();
        last = kept.iter().map(|&place| best[place]).collect();
    }
    answers
}

#[test]
fn greedy_tokens_are_those_of_transformers() {
    for shape in SHAPES {
        let case = Case::load(shape, Precision::F32);
        let inputs = case.inputs();
        for (recorded, least) in [("greedy_ids_forced", 64), ("greedy_ids_eos", 0)] {
            let found = greedy(&case.model, &slices(&inputs), 64, least);
            for (found, expected) in found.iter().zip(case.rows(recorded, |_| false)) {
                // The recording begins with the start and ends in padding.
                assert_eq!(found[..], expected[1..=found.len()], "{shape} {recorded}");
                assert!(expected[found.len() + 1..].iter().all(|&id| id == 0));
            }
        }
    }
}

#[test]
fn a_row_equals_itself_in_any_batch_bit_for_bit() {
    for shape in SHAPES {
        let case = Case::load(shape, Precision::F32);
        let model = &case.model;
        let vocabulary = model.config().vocab_size as u32;
        let inputs: Vec<Vec<u32>> = (0..64_u32)
            .map(|row| {
                (0..=(row * 7) % 40)
                    .map(|i| (row * 31 + i * 17) % vocabulary)
                    .collect()
            })
            .collect();
        let logits_of = |rows: &[&[u32]]| {
            let mut decoding = model.decode(rows).unwrap();
            let mut all = Vec::new();
            for token in [0, 5, 9] {
                all.push(decoding.step(&vec![token; rows.len()]).unwrap().to_vec());
            }
            all
        };
        let width = vocabulary as usize;
        let together = logits_of(&slices(&inputs));
        for size in [1, 8] {
            for (number, group) in inputs.chunks(size).enumerate() {
                for (step, logits) in logits_of(&slices(group)).iter().enumerate() {
                    let first = number * size * width;
                    assert_eq!(
                        logits[..],
                        together[step][first..first + logits.len()],
                        "{shape}"
                    );
                }
            }
        }
    }
}

#[test]
fn reordered_rows_take_their_history_along() {
    let case = Case::load("v1_1", Precision::F32);
    let inputs = case.inputs();
    let mut decoding = case.model.decode(&slices(&inputs)).unwrap();
    decoding.step(&[0, 0, 0]).unwrap();
    decoding.reorder(&[2, 0, 0]).unwrap();
    decoding.step(&[7, 8, 9]).unwrap();
    decoding.reorder(&[2, 0]).unwrap();
    let found = decoding.step(&[11, 12]).unwrap().to_vec();
    let width = case.model.config().vocab_size;
    for (row, (source, history)) in [(0, [0, 9, 11]), (2, [0, 7, 12])].into_iter().enumerate() {
        let mut alone = case.model.decode(&[&inputs[source]]).unwrap();
        let mut last = Vec::new();
        for token in history {
            last = alone.step(&[token]).unwrap().to_vec();
        }
        assert_eq!(last[..], found[row * width..(row + 1) * width]);
    }
}

#[test]
fn fewer_bits_stay_near() {
    for (precision, near) in [(Precision::Bf16, 0.05), (Precision::Int8, 0.1)] {
        let (exact, case) = (
            Case::load("v1_1", Precision::F32),
            Case::load("v1_1", precision),
        );
        let (inputs, targets) = (case.inputs(), case.rows("labels", |id| id < 0));
        let asked: Vec<(usize, &[u32])> = targets.iter().map(Vec::as_slice).enumerate().collect();
        let score = |model: &T5| {
            let memory = model.encode(&slices(&inputs)).unwrap();
            model.log_probabilities(&memory, &asked).unwrap().concat()
        };
        let (expected, found) = (score(&exact.model), score(&case.model));
        for (expected, found) in expected.iter().zip(&found) {
            assert!(
                (expected - found).abs() < near * expected.abs(),
                "{expected} {found}"
            );
        }
        assert_ne!(expected, found);
    }
}

#[test]
fn wrong_rows_are_named() {
    let case = Case::load("v1_1", Precision::F32);
    let error = case.model.encode(&[&[1], &[]]).unwrap_err();
    assert!(matches!(error, Error::EmptyRow { row: 1 }), "{error}");
    let error = case.model.encode(&[&[1, 96]]).unwrap_err();
    assert!(
        matches!(
            error,
            Error::Token {
                id: 96,
                vocabulary: 96
            }
        ),
        "{error}"
    );
    let memory = case.model.encode(&[&[1]]).unwrap();
    let error = case
        .model
        .log_probabilities(&memory, &[(1, &[1])])
        .unwrap_err();
    assert!(matches!(error, Error::Row { row: 1, rows: 1 }), "{error}");
    let mut decoding = case.model.decode(&[&[1]]).unwrap();
    assert!(matches!(
        decoding.step(&[0, 0]),
        Err(Error::TokenCount { rows: 1, tokens: 2 })
    ));
    assert!(matches!(
        decoding.reorder(&[3]),
        Err(Error::Row { row: 3, rows: 1 })
    ));
}

#[test]
fn nothing_is_cut_off_and_nothing_is_warped_unasked() {
    // CTranslate2 cuts inputs at 1,024 tokens by default; ours reads all.
    let case = Case::load("v1_1", Precision::F32);
    let long: Vec<u32> = (0..1500_u32).map(|place| 2 + place % 90).collect();
    let mut other = long.clone();
    other[1400] = 95;
    let logits = |row: &[u32]| {
        case.model
            .decode(&[row])
            .unwrap()
            .step(&[0])
            .unwrap()
            .to_vec()
    };
    let whole = logits(&long);
    assert_ne!(whole, logits(&long[..1024]));
    assert_ne!(whole, logits(&other));
    // candle's example samples at temperature 0.8 with a penalty on repetition by default; ours takes the likeliest token.
    let settings = Settings::default();
    assert_eq!(settings.strategy, Strategy::Greedy);
    let answers = search(&mut case.model.decode(&[&long]).unwrap(), &settings, &[0]).unwrap();
    assert_eq!(answers[0][0].ids[0] as usize, ext5_cpu::argmax(&whole));
}
