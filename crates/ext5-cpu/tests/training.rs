//! What only training calls: products whose order of sums is free, dropout, slopes of activations.
#![expect(clippy::float_cmp, reason = "bits are compared on purpose")]
#![expect(
    clippy::many_single_char_names,
    reason = "m, k, n are the names of a product's sizes"
)]
use ext5_cpu::{
    Attention, Dropout, Heads, Matrix, Output, for_each_part, gated_gelu_gradient,
    gated_relu_gradient, gated_silu_gradient, gelu_gradient, gelu_tanh, matmul, multiply, relu,
    relu_gradient, silu, silu_gradient, threads,
};
use std::sync::Mutex;

/// Numbers between -1 and 1 that look random.
fn numbers(count: usize, seed: u64) -> Vec<f32> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 40) as f32 / (1 << 23) as f32 - 1.0
    };
    (0..count).map(|_| next()).collect()
}

/// `values`, `[rows, columns]`, column by column.
fn turned(values: &[f32], columns: usize) -> Vec<f32> {
    (0..columns)
        .flat_map(|column| values.iter().skip(column).step_by(columns).copied())
        .collect()
}

/// Sizes from one place to more than two parts a thread, every way round, operands as they are and transposed.
#[test]
fn a_product_is_the_sum_in_f64() {
    let long = 2 * threads() * 512 + 5;
    let outer = [1, 17, long].map(|m| [1, 17, long].map(|n| (m, n)));
    for (m, n) in outer
        .into_iter()
        .flatten()
        .filter(|&(m, n)| m + n < 2 * long)
    {
        for k in [0, 1, 2, 3, 33] {
            check_product(m, k, n);
        }
    }
}

fn check_product(m: usize, k: usize, n: usize) {
    let (a, b, start) = (numbers(m * k, 1), numbers(k * n, 2), numbers(m * n, 3));
    let mut exact = vec![0.0_f64; m * n];
    for (row, exact) in exact.chunks_mut(n).enumerate() {
        for (&a, b) in a[row * k..(row + 1) * k].iter().zip(b.chunks(n)) {
            for (exact, &b) in exact.iter_mut().zip(b) {
                *exact += f64::from(a) * f64::from(b);
            }
        }
    }
    let (a_turned, b_turned) = (turned(&a, k), turned(&b, n));
    let left = [
        Matrix::strided(&a, m, k, k),
        Matrix::strided(&a_turned, k, m, m).t(),
    ];
    let right = [
        Matrix::strided(&b, k, n, n),
        Matrix::strided(&b_turned, n, k, k).t(),
    ];
    for (way, (a, b)) in left
        .into_iter()
        .flat_map(|a| right.map(|b| (a, b)))
        .enumerate()
    {
        for how in [Output::Replace, Output::Add] {
            let mut out = match how {
                Output::Replace => vec![f32::NAN; m * n],
                Output::Add => start.clone(),
            };
            matmul(a, b, how, &mut out);
            for (at, (&found, &exact)) in out.iter().zip(&exact).enumerate() {
                let before = if how == Output::Add {
                    f64::from(start[at])
                } else {
                    0.0
                };
                assert!(
                    (f64::from(found) - before - exact).abs() < 1e-6 * (k as f64 + 1.0),
                    "{m}x{k}x{n}, way {way}, {how:?}, place {at}: {found}, expected {before} + {exact}"
                );
            }
        }
    }
}

/// Whether `count` of `trials` is what a probability gives, within 5 standard deviations.
fn assert_share(count: usize, trials: usize, probability: f64, what: &str) {
    let expected = trials as f64 * probability;
    let deviation = (expected * (1.0 - probability)).sqrt();
    assert!(
        (count as f64 - expected).abs() < 5.0 * deviation,
        "{what}: {count} of {trials}, expected {expected} +- {deviation}"
    );
}

const RATES: [f64; 3] = [0.1, 0.5, 0.8];
const WIDTH: usize = 1000;

fn kept(dropout: Dropout, key: u64, site: u32) -> Vec<f32> {
    let mut row = vec![1.0; WIDTH];
    dropout.apply(key, site, &mut row);
    row
}

#[test]
fn dropout_drops_its_rate_and_scales_the_rest() {
    for rate in RATES {
        let dropout = Dropout::new(rate).unwrap();
        let rows = 1000;
        let scale = (1.0 / (1.0 - rate)) as f32;
        let mut dropped = 0;
        for key in 0..rows as u64 {
            for value in kept(dropout, (key << 32) | (key * 7), 5 << 12) {
                assert!(value == 0.0 || value == scale, "{value}");
                dropped += usize::from(value == 0.0);
            }
        }
        assert_share(dropped, rows * WIDTH, rate, "dropped");
    }
    assert_eq!(Dropout::new(0.0), None);
}

/// Two independent draws agree with probability `p² + (1 - p)²`.
#[test]
fn dropout_of_neighbours_is_independent() {
    const SITE: u32 = (3 << 16) | (2 << 12);
    for rate in RATES {
        let dropout = Dropout::new(rate).unwrap();
        let agreement = rate * rate + (1.0 - rate) * (1.0 - rate);
        let rows = 400;
        for (name, key, site) in [
            ("columns", 0, 0),
            ("token", 1, 0),
            ("high half", 1 << 32, 0),
            ("both halves", (1 << 32) | 1, 0),
            ("top bit", 1 << 63, 0),
            ("head", 0, 1),
            ("place", 0, 1 << 12),
            ("layer", 0, 1 << 16),
            ("stack", 0, 1 << 31),
            ("token and head", 1, 1),
        ] {
            let mut agree = 0;
            for number in 0..rows as u64 {
                // Even numbers, so that no row of one pair is in another.
                let own = (number << 33) | (number << 1);
                let row = kept(dropout, own, SITE);
                if name == "columns" {
                    let both = row.as_chunks::<2>().0.iter();
                    agree += both.filter(|both| both[0] == both[1]).count();
                } else {
                    let other = kept(dropout, own ^ key, SITE ^ site);
                    agree += row.iter().zip(&other).filter(|(a, b)| a == b).count();
                }
            }
            let trials = if name == "columns" { WIDTH / 2 } else { WIDTH } * rows;
            assert_share(agree, trials, agreement, name);
        }
    }
}

type Gradient = fn(&mut [f32], &mut [f32]);
type Forward = fn(&mut [f32]);
type Exact = fn(f64) -> f64;

fn exact_relu(x: f64) -> f64 {
    x.max(0.0)
}

fn exact_silu(x: f64) -> f64 {
    x / (1.0 + (-x).exp())
}

fn exact_gelu(x: f64) -> f64 {
    let u = (2.0 / std::f64::consts::PI).sqrt() * (x + 0.044_715 * x.powi(3));
    0.5 * x * (1.0 + u.tanh())
}

fn assert_near(found: f32, exact: f64, what: &str) {
    assert!(
        (f64::from(found) - exact).abs() < 4e-6 * exact.abs() + 4e-6,
        "{what}: {found}, expected {exact}"
    );
}

#[test]
fn gradients_of_activations_are_slopes_and_outputs_those_of_the_forward_kernels() {
    let all: [(&str, Exact, Forward, Gradient, Gradient); 3] = [
        ("relu", exact_relu, relu, relu_gradient, gated_relu_gradient),
        ("silu", exact_silu, silu, silu_gradient, gated_silu_gradient),
        (
            "gelu",
            exact_gelu,
            gelu_tanh,
            gelu_gradient,
            gated_gelu_gradient,
        ),
    ];
    for (name, exact, forward, plain, gated) in all {
        for length in [1, 31, 33, 1000] {
            let scaled =
                |seed: u64| -> Vec<f32> { numbers(length, seed).iter().map(|x| 6.0 * x).collect() };
            let (x, linear, d) = (scaled(4), scaled(5), numbers(length, 6));
            let step = 1e-6;
            let slope = |x: f32| {
                let x = f64::from(x);
                (exact(x + step) - exact(x - step)) / (2.0 * step)
            };
            let mut value = x.clone();
            forward(&mut value);
            let (mut wide, mut output) = (x.clone(), d.clone());
            plain(&mut wide, &mut output);
            for at in 0..length {
                let what = format!("{name} of {}", x[at]);
                assert_near(wide[at], f64::from(d[at]) * slope(x[at]), &what);
                assert_near(output[at], exact(f64::from(x[at])), &what);
                assert_near(value[at], f64::from(output[at]), &what);
            }
            multiply(&mut value, &linear);
            let (mut wide, mut output) = ([x.clone(), linear.clone()].concat(), d.clone());
            gated(&mut wide, &mut output);
            for at in 0..length {
                let what = format!("gated {name} of {}", x[at]);
                let (d, linear) = (f64::from(d[at]), f64::from(linear[at]));
                assert_near(wide[at], d * linear * slope(x[at]), &what);
                assert_near(wide[length + at], d * exact(f64::from(x[at])), &what);
                assert_near(value[at], f64::from(output[at]), &what);
            }
        }
    }
}

/// Sizes whose products wrap to small numbers, and buffers of other sizes than the ranges name.
#[test]
fn sizes_that_do_not_fit_are_refused() {
    let panics = |work: &(dyn Fn() + std::panic::RefUnwindSafe)| std::panic::catch_unwind(work);
    let wrapped = panics(&|| {
        let _ = Matrix::strided(&[0.0; 4], usize::MAX / 2 + 2, 1, 2);
    });
    assert!(wrapped.is_err(), "rows beyond all memory");
    let attend = |queries: usize, log_sums: usize| {
        let attention = Attention {
            heads: Heads { count: 2, width: 1 },
            pairs: &[(0..queries, 0..3)],
            bias: None,
            causal: false,
            dropout: None,
        };
        let mut log_sums = vec![0.0; log_sums];
        attention.across(&[0.5; 8], &[0.5; 12], &mut [0.0; 6], &mut log_sums);
    };
    attend(3, 6);
    assert!(panics(&|| attend(4, 6)).is_err(), "more queries than rows");
    assert!(panics(&|| attend(3, 7)).is_err(), "log sums of other rows");
}

#[test]
fn parts_of_any_size_are_apart() {
    let (mut one, mut many) = (vec![0.0; 3], vec![0.0; 5]);
    let lengths = Mutex::new(Vec::new());
    for_each_part(
        [(&mut one, 1 << (usize::BITS - 1)), (&mut many, 1)],
        &|part, [one, many]| {
            lengths.lock().unwrap().push((part, one.len(), many.len()));
        },
    );
    let mut lengths = lengths.into_inner().unwrap();
    lengths.sort_unstable();
    assert_eq!(
        lengths,
        [(0, 3, 1), (1, 0, 1), (2, 0, 1), (3, 0, 1), (4, 0, 1)]
    );
}
