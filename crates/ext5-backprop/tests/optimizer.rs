//! Optimizers against the vectors that the trainer's `golden/export.py` recorded from T5X's rules and `PyTorch`, and their
//! properties.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test fails by panicking and says what it measured"
)]
use ext5_architecture::T5Config;
use ext5_backprop::{Error, Optimizer, Parameters, Rule, global_norm};
use safetensors::SafeTensors;
use std::fs;
use std::path::PathBuf;
use std::sync::Mutex;

const VECTORS: [&str; 6] = ["bias", "norm", "small", "wide", "tall", "edge"];
const ADAFACTOR: Rule = Rule::Adafactor { weight_decay: 0.0 };
const ADAMW: Rule = Rule::AdamW {
    weight_decay: 0.01,
    beta_1: 0.9,
    beta_2: 0.999,
    epsilon: 1e-8,
};
const VECTOR: &str = "encoder.final_layer_norm.weight";
const MATRIX: &str = "shared.weight";
const LINEAR: &str = "encoder.block.0.layer.0.SelfAttention.q.weight";

fn golden(name: &str) -> Vec<u8> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../ext5-trainer/tests/golden");
    fs::read(folder.join(name)).unwrap()
}

fn floats(file: &SafeTensors<'_>, name: &str) -> Option<(Vec<usize>, Vec<f32>)> {
    let view = file.tensor(name).ok()?;
    let (fours, _) = view.data().as_chunks();
    let values = fours.iter().map(|&four| f32::from_le_bytes(four));
    Some((view.shape().to_vec(), values.collect()))
}

/// A model with one layer and a matrix `[vocabulary, width]`.
fn model(vocabulary: usize, width: usize) -> Parameters {
    Parameters::zeros(&T5Config {
        vocab_size: vocabulary,
        d_model: width,
        d_kv: 80,
        d_ff: 144,
        num_layers: 1,
        num_decoder_layers: Some(1),
        num_heads: 2,
        ..T5Config::default()
    })
}

/// Numbers in -1 to 1 that differ by `seed`.
fn fill(parameters: &mut Parameters, seed: u64) {
    let mut state = seed;
    for value in parameters.values_mut() {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        *value = (state >> 40) as f32 / (1 << 23) as f32 - 1.0;
    }
}

fn filled(vocabulary: usize, width: usize, seed: u64) -> Parameters {
    let mut parameters = model(vocabulary, width);
    fill(&mut parameters, seed);
    parameters
}

fn set(parameters: &mut Parameters, name: &str, values: &[f32]) {
    let range = parameters.slot(name).unwrap().range.clone();
    parameters.values_mut()[range].copy_from_slice(values);
}

fn get<'a>(parameters: &'a Parameters, name: &str) -> &'a [f32] {
    &parameters.values()[parameters.slot(name).unwrap().range.clone()]
}

/// Runs five updates on each recorded vector and compares wherever the outcome was recorded.
fn follow(rule: Rule, prefix: &str, rates: &[f64]) {
    let bytes = golden("optimizers.safetensors");
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let (mut compared, mut worst) = (0, 0.0_f32);
    for name in VECTORS {
        let (shape, start) = floats(&file, &format!("start.{name}")).unwrap();
        let (slot, mut parameters) = match *shape.as_slice() {
            [n] => (VECTOR, model(4, n)),
            [n, m] => (MATRIX, model(n, m)),
            _ => unreachable!("rank 1 or 2"),
        };
        set(&mut parameters, slot, &start);
        let mut gradients = parameters.zeros_like();
        let mut optimizer = Optimizer::new(rule, &parameters);
        for update in 1..=rates.len() {
            let (_, gradient) = floats(&file, &format!("gradient.{update}.{name}")).unwrap();
            set(&mut gradients, slot, &gradient);
            optimizer.step(&mut parameters, &gradients, rates[update - 1], 1.0);
            let Some((_, expected)) = floats(&file, &format!("{prefix}.{update}.{name}")) else {
                continue;
            };
            for (found, expected) in get(&parameters, slot).iter().zip(&expected) {
                let difference = (found - expected).abs();
                assert!(difference <= 1e-6, "{name} {update}: {difference}");
                worst = worst.max(difference);
                compared += 1;
            }
        }
    }
    println!("{prefix}: {compared} numbers, at most {worst:.1e} away");
    assert!(compared > 90_000, "{compared} numbers compared");
}

#[test]
fn adafactor_follows_t5x() {
    let recorded: serde_json::Value = serde_json::from_slice(&golden("adafactor.json")).unwrap();
    let rates = recorded["learning_rates"].as_array().unwrap().iter();
    let rates: Vec<f64> = rates.map(|rate| rate.as_f64().unwrap()).collect();
    follow(ADAFACTOR, "adafactor", &rates);
}

#[test]
fn adamw_follows_pytorch() {
    follow(ADAMW, "adamw", &[1e-3; 5]);
}

/// Three steps from the same weights by the same gradients.
fn three_steps(rule: Rule) -> (Vec<f32>, f64) {
    let mut parameters = filled(1031, 144, 1);
    let mut optimizer = Optimizer::new(rule, &parameters);
    for step in 0..3 {
        let gradients = filled(1031, 144, 2 + step);
        optimizer.step(&mut parameters, &gradients, 1e-2, 0.5);
    }
    let norm = global_norm(&parameters);
    (parameters.values().to_vec(), norm)
}

#[test]
fn threads_change_no_bit() {
    for rule in [ADAFACTOR, ADAMW] {
        let together = three_steps(rule);
        // A call from within a task runs on the thread of the task alone.
        let alone = Mutex::new(None);
        ext5_cpu::run(2, &|task| {
            if task == 0 {
                *alone.lock().unwrap() = Some(three_steps(rule));
            }
        });
        assert!(Some(together) == alone.into_inner().unwrap());
    }
}

#[test]
fn scaling_is_that_of_the_gradients() {
    for rule in [ADAFACTOR, ADAMW] {
        let (mut one, mut other) = (filled(130, 128, 1), filled(130, 128, 1));
        let (gradients, mut halves) = (filled(130, 128, 2), filled(130, 128, 2));
        halves.values_mut().iter_mut().for_each(|it| *it *= 0.5);
        Optimizer::new(rule, &one).step(&mut one, &gradients, 1e-2, 0.5);
        Optimizer::new(rule, &other).step(&mut other, &halves, 1e-2, 1.0);
        let pairs = one.values().iter().zip(other.values());
        let worst = pairs.fold(0.0_f32, |worst, (a, b)| worst.max((a - b).abs()));
        assert!(worst <= 1e-7, "{rule:?}: {worst}");
    }
}

#[test]
fn the_norm_is_that_of_all_numbers() {
    let parameters = filled(1031, 144, 7);
    let squares = parameters.values().iter().map(|&it| f64::from(it).powi(2));
    let expected = squares.sum::<f64>().sqrt();
    let found = global_norm(&parameters);
    assert!(
        (found - expected).abs() <= 1e-12 * expected,
        "{found} {expected}"
    );
}

#[test]
fn without_gradients_only_the_weights_decay() {
    for decay in [0.0, 0.1] {
        let adafactor = Rule::Adafactor {
            weight_decay: decay,
        };
        let adamw = Rule::AdamW {
            weight_decay: decay,
            beta_1: 0.9,
            beta_2: 0.999,
            epsilon: 1e-8,
        };
        for rule in [adafactor, adamw] {
            let start = filled(130, 128, 1);
            let mut parameters = start.clone();
            let gradients = parameters.zeros_like();
            let mut optimizer = Optimizer::new(rule, &parameters);
            for _ in 0..2 {
                optimizer.step(&mut parameters, &gradients, 0.5, 1.0);
            }
            let keep = (1.0 - 0.5 * decay).powi(2);
            for (found, start) in parameters.values().iter().zip(start.values()) {
                assert!((found - keep * start).abs() <= 1e-7, "{found} {start}");
            }
        }
    }
}

#[test]
fn one_number_moves_by_the_rate() {
    // With a width of 1 the norms are single numbers. A first step is rate * sign(gradient), which Adafactor multiplies by
    // the number's own size.
    for (rule, moved) in [(ADAFACTOR, 0.02), (ADAMW, 0.01 + 2.0 * 0.01 * 0.01)] {
        let (mut parameters, mut gradients) = (model(3, 1), model(3, 1));
        set(&mut parameters, VECTOR, &[2.0]);
        set(&mut gradients, VECTOR, &[0.3]);
        Optimizer::new(rule, &parameters).step(&mut parameters, &gradients, 0.01, 1.0);
        let found = get(&parameters, VECTOR)[0];
        assert!((found - (2.0 - moved)).abs() <= 1e-6, "{rule:?}: {found}");
    }
}

#[test]
fn damage_shows() {
    for rule in [ADAFACTOR, ADAMW] {
        let (mut parameters, mut gradients) = (filled(130, 128, 1), filled(130, 128, 2));
        gradients.values_mut()[5] = f32::NAN;
        assert!(global_norm(&gradients).is_nan());
        Optimizer::new(rule, &parameters).step(&mut parameters, &gradients, 0.01, 1.0);
        assert!(parameters.values()[5].is_nan(), "{rule:?}");
    }
}

#[test]
fn a_restored_optimizer_goes_on() {
    for rule in [ADAFACTOR, ADAMW] {
        let mut parameters = filled(130, 144, 1);
        let mut optimizer = Optimizer::new(rule, &parameters);
        assert!(optimizer.state().is_empty());
        optimizer.step(&mut parameters, &filled(130, 144, 2), 1e-2, 1.0);
        let mut other = Optimizer::new(rule, &parameters);
        other.restore(optimizer.state()).unwrap();
        assert!(other.state() == optimizer.state());
        let mut copy = parameters.clone();
        let gradients = filled(130, 144, 3);
        optimizer.step(&mut parameters, &gradients, 1e-2, 1.0);
        other.step(&mut copy, &gradients, 1e-2, 1.0);
        assert!(parameters.values() == copy.values());
    }
}

#[test]
fn linear_layers_are_written_transposed() {
    let mut parameters = filled(130, 144, 1);
    let gradients = filled(130, 144, 2);
    let mut optimizer = Optimizer::new(ADAMW, &parameters);
    optimizer.step(&mut parameters, &gradients, 1e-2, 1.0);
    let state = optimizer.state();
    assert_eq!(state[LINEAR].updates, 1);
    let moment = &state[LINEAR].tensors["moment_1"];
    let gradient = get(&gradients, LINEAR);
    assert_eq!(moment.shape, [160 * 144]);
    for (place, moment) in moment.values.iter().enumerate() {
        let (input, output) = (place / 160, place % 160);
        let expected = 0.1 * gradient[output * 144 + input];
        assert!((moment - expected).abs() <= 1e-7);
    }
    let mut optimizer = Optimizer::new(ADAFACTOR, &parameters);
    optimizer.step(&mut parameters, &gradients, 1e-2, 1.0);
    let state = optimizer.state();
    let shape = |name: &str, part: &str| state[name].tensors[part].shape.clone();
    assert_eq!(shape(LINEAR, "row"), [144, 1]);
    assert_eq!(shape(LINEAR, "column"), [1, 160]);
    assert_eq!(shape(MATRIX, "row"), [130, 1]);
    assert_eq!(shape(MATRIX, "column"), [1, 144]);
    assert_eq!(shape(VECTOR, "second_moment"), [144]);
    let square = |input: usize| {
        let squares = (0..160).map(|output| gradient[output * 144 + input].powi(2));
        squares.sum::<f32>() / 160.0
    };
    for (input, row) in state[LINEAR].tensors["row"].values.iter().enumerate() {
        assert!((row - square(input)).abs() <= 1e-6);
    }
}

#[test]
fn state_of_another_model_is_refused_and_of_another_rule_begins_anew() {
    let mut parameters = filled(130, 144, 1);
    let gradients = filled(130, 144, 2);
    let mut optimizer = Optimizer::new(ADAFACTOR, &parameters);
    optimizer.step(&mut parameters, &gradients, 1e-2, 1.0);
    let mut adamw = Optimizer::new(ADAMW, &parameters);
    adamw.restore(optimizer.state()).unwrap();
    assert!(adamw.state().is_empty());
    let error = Optimizer::new(ADAFACTOR, &model(131, 144))
        .restore(optimizer.state())
        .unwrap_err();
    let Error::OptimizerState {
        name,
        found,
        expected,
    } = error
    else {
        panic!("{error}");
    };
    assert_eq!(
        (name.as_str(), found, expected),
        ("shared.weight/row", 130, 131)
    );
}
