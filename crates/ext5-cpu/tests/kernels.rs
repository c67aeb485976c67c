//! Products and vector operations against sums in f64, and against themselves in other batches.
#![expect(clippy::float_cmp, reason = "bits are compared on purpose")]
#![expect(
    clippy::many_single_char_names,
    reason = "m, k, n are the names of a product's sizes"
)]
use ext5_cpu::{
    Isa, Panels, Precision, argmax, dot, gelu_tanh, log_sum_exp, max, product, relu, rms_norm, run,
    silu, softmax,
};
use std::sync::atomic::{AtomicUsize, Ordering};

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

#[test]
fn a_product_is_the_sum_in_f64() {
    for (m, k, n) in [
        (1, 1, 1),
        (1, 64, 33),
        (2, 7, 32),
        (3, 512, 100),
        (5, 96, 31),
        (6, 33, 64),
        (7, 16, 17),
        (200, 65, 257),
    ] {
        let (a, b) = (numbers(m * k, 1), numbers(n * k, 2));
        let panels = Panels::of_transposed(&b, k, Precision::F32);
        let mut out = vec![f32::NAN; m * n];
        product(&a, &panels, &mut out);
        for (row, out) in out.chunks(n).enumerate() {
            for (column, &found) in out.iter().enumerate() {
                let terms = a[row * k..(row + 1) * k]
                    .iter()
                    .zip(&b[column * k..(column + 1) * k]);
                let exact: f64 = terms.map(|(&a, &b)| f64::from(a) * f64::from(b)).sum();
                assert!(
                    (exact - f64::from(found)).abs() < 1e-6 * k as f64,
                    "{m}x{k}x{n}: {exact} {found}"
                );
            }
        }
    }
}

#[test]
fn a_row_does_not_depend_on_the_others() {
    let (m, k, n) = (203, 130, 515);
    let (a, b) = (numbers(m * k, 3), numbers(n * k, 4));
    for precision in [Precision::F32, Precision::Bf16, Precision::Int8] {
        let panels = Panels::of_transposed(&b, k, precision);
        let mut together = vec![0.0; m * n];
        product(&a, &panels, &mut together);
        for size in [1, 2, 3, 4, 5, 8, 100] {
            for (a, expected) in a.chunks(size * k).zip(together.chunks(size * n)) {
                let mut out = vec![0.0; expected.len()];
                product(a, &panels, &mut out);
                assert_eq!(out, expected, "{} rows of {}", size, precision.name());
            }
        }
    }
}

#[test]
fn stored_numbers_come_back_rounded() {
    let b = numbers(40 * 9, 5);
    for (precision, step) in [
        (Precision::F32, 0.0),
        (Precision::Bf16, 1.0 / 256.0),
        (Precision::Int8, 1.0 / 254.0),
    ] {
        let panels = Panels::of_transposed(&b, 9, precision);
        for (column, expected) in b.chunks(9).enumerate() {
            let mut found = [0.0; 9];
            panels.column(column, &mut found);
            for (found, expected) in found.iter().zip(expected) {
                assert!(
                    (found - expected).abs() <= step,
                    "{}: {expected} {found}",
                    precision.name()
                );
            }
        }
    }
    let all_zero = Panels::of_transposed(&[0.0; 6], 3, Precision::Int8);
    let mut out = [f32::NAN; 2];
    product(&[1.0, 2.0, 3.0], &all_zero, &mut out);
    assert_eq!(out, [0.0, 0.0]);
}

#[test]
fn vectors_are_the_formulas_in_f64() {
    for length in [1, 5, 31, 32, 33, 64, 100, 1000] {
        let x: Vec<f32> = numbers(length, 6).iter().map(|x| x * 20.0).collect();
        let y = numbers(length, 7);
        let wide = |x: &[f32]| x.iter().map(|&x| f64::from(x)).collect::<Vec<f64>>();
        let (dx, dy) = (wide(&x), wide(&y));
        let exact: f64 = dx.iter().zip(&dy).map(|(x, y)| x * y).sum();
        assert!((f64::from(dot(&x, &y)) - exact).abs() < 1e-3);
        let most = dx.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        assert!((f64::from(max(&x)) - most).abs() < f64::EPSILON);
        assert_eq!(f64::from(x[argmax(&x)]), most);
        let sum: f64 = dx.iter().map(|x| x.exp()).sum();
        assert!((f64::from(log_sum_exp(&x)) - sum.ln()).abs() < 1e-5);
        let mut soft = x.clone();
        softmax(&mut soft);
        for (found, x) in soft.iter().zip(&dx) {
            let exact = x.exp() / sum;
            assert!(
                (f64::from(*found) - exact).abs() < 2e-6 * exact + 1e-12,
                "{found} {exact}"
            );
        }
        let (mut gelu, mut swish, mut normed) = (x.clone(), x.clone(), x.clone());
        gelu_tanh(&mut gelu);
        silu(&mut swish);
        rms_norm(&x, &y, 1e-6, &mut normed);
        let mean = dx.iter().map(|x| x * x).sum::<f64>() / length as f64;
        for i in 0..length {
            let u = (2.0 / std::f64::consts::PI).sqrt() * (dx[i] + 0.044_715 * dx[i].powi(3));
            let near = |found: f32, exact: f64| {
                (f64::from(found) - exact).abs() < 2e-6 * exact.abs() + 1e-6
            };
            assert!(
                near(gelu[i], 0.5 * dx[i] * (1.0 + u.tanh())),
                "gelu({}) = {}",
                x[i],
                gelu[i]
            );
            assert!(near(swish[i], dx[i] / (1.0 + (-dx[i]).exp())));
            assert!(near(normed[i], dx[i] / (mean + 1e-6).sqrt() * dy[i]));
        }
    }
}

#[test]
fn extremes_stay_what_they_are() {
    let mut none = [f32::NEG_INFINITY; 3];
    assert_eq!(log_sum_exp(&none), f32::NEG_INFINITY);
    softmax(&mut none);
    assert_eq!(none, [0.0; 3]);
    let mut far = [1000.0, -1000.0, f32::NEG_INFINITY];
    assert_eq!(log_sum_exp(&far), 1000.0);
    softmax(&mut far);
    assert_eq!(far, [1.0, 0.0, 0.0]);
    assert!(log_sum_exp(&[1.0, f32::NAN]).is_nan());
    assert!(log_sum_exp(&[f32::NAN]).is_nan());
    let mut damaged = [f32::NAN, f32::NAN];
    softmax(&mut damaged);
    assert!(damaged[0].is_nan());
    let mut damaged = [f32::NAN, -1.0];
    relu(&mut damaged);
    assert!(damaged[0].is_nan() && damaged[1] == 0.0);
    for precision in [Precision::F32, Precision::Bf16, Precision::Int8] {
        let panels = Panels::of_transposed(&[1.0, f32::NAN], 2, precision);
        let mut out = [0.0];
        product(&[1.0, 1.0], &panels, &mut out);
        assert!(out[0].is_nan(), "{}", precision.name());
        product(&[], &Panels::of_transposed(&[], 2, precision), &mut []);
    }
    assert_eq!(argmax(&[1.0, 3.0, 3.0]), 1);
    let mut small = [-100.0, 100.0];
    gelu_tanh(&mut small);
    assert!(small[0].abs() < 1e-30 && small[1] == 100.0, "{small:?}");
}

#[test]
fn every_task_runs_once_and_nested_calls_finish() {
    let counts: Vec<AtomicUsize> = (0..1000).map(|_| AtomicUsize::new(0)).collect();
    for _ in 0..100 {
        run(1000, &|task| {
            run(3, &|inner| {
                if inner == 2 {
                    counts[task].fetch_add(1, Ordering::Relaxed);
                }
            });
        });
    }
    assert!(
        counts
            .iter()
            .all(|count| count.load(Ordering::Relaxed) == 100)
    );
    let threads: Vec<_> = (0..4)
        .map(|_| {
            std::thread::spawn(|| {
                let sum = AtomicUsize::new(0);
                (0..200).for_each(|_| run(50, &|task| _ = sum.fetch_add(task, Ordering::Relaxed)));
                sum.into_inner()
            })
        })
        .collect();
    for thread in threads {
        assert_eq!(thread.join().ok(), Some(200 * 49 * 50 / 2));
    }
}

#[test]
fn a_panic_in_a_task_reaches_the_caller_and_the_team_goes_on() {
    let caught = std::panic::catch_unwind(|| run(100, &|task| assert!(task != 57, "task 57")));
    assert!(caught.is_err());
    let seen = std::sync::Mutex::new(std::collections::BTreeSet::new());
    let several = || {
        seen.lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .len()
            > 1
    };
    for _ in 0..10_000 {
        run(8, &|_| {
            std::thread::sleep(std::time::Duration::from_micros(100));
            let id = format!("{:?}", std::thread::current().id());
            seen.lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner)
                .insert(id);
        });
        if several() || ext5_cpu::threads() == 1 {
            break;
        }
    }
    assert!(
        several() || ext5_cpu::threads() == 1,
        "the workers have left"
    );
    let sum = AtomicUsize::new(0);
    run(10, &|task| _ = sum.fetch_add(task, Ordering::Relaxed));
    assert_eq!(sum.into_inner(), 45);
    assert!(!Isa::detect().name().is_empty());
}
