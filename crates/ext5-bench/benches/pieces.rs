//! The pieces of a training step of T5.1.1-small, 8 x 512/114, each alone.
//!
//! `cargo bench --profile dev --bench pieces`: the dev profile optimises these crates, and Burn is not compiled again.
#![expect(clippy::unwrap_used, reason = "a benchmark fails by panicking")]
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use ext5_architecture::preset;
use ext5_backprop::{Optimizer, Parameters, Rule, global_norm};
use ext5_cpu::{
    Attention, DistanceBias, Heads, Matrix, Output, cross_entropy_gradient, for_each_part,
    gated_gelu_gradient, gelu_tanh, matmul, multiply, rms_norm, rms_norm_gradient,
};

const TOKENS: usize = 8 * 512;
const WIDTH: usize = 512;
const HIDDEN: usize = 1024;
const VOCABULARY: usize = 32_128;
const HEADS: Heads = Heads {
    count: 6,
    width: 64,
};
/// Rows a thread takes at once.
const ROWS: usize = 64;

fn numbers(count: usize) -> Vec<f32> {
    (0..count)
        .map(|at| (at * 31 % 257) as f32 / 257.0 - 0.5)
        .collect()
}

fn products(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("product");
    group.throughput(Throughput::Elements(
        (2 * TOKENS * WIDTH * 2 * HIDDEN) as u64,
    ));
    let (x, weight, dy) = (
        numbers(TOKENS * WIDTH),
        numbers(WIDTH * 2 * HIDDEN),
        numbers(TOKENS * 2 * HIDDEN),
    );
    let mut y = vec![0.0; TOKENS * 2 * HIDDEN];
    group.bench_function("forward", |bench| {
        bench.iter(|| {
            matmul(
                Matrix::new(&x, WIDTH),
                Matrix::new(&weight, WIDTH).t(),
                Output::Replace,
                &mut y,
            );
        });
    });
    let mut dx = vec![0.0; TOKENS * WIDTH];
    group.bench_function("gradient of the input", |bench| {
        bench.iter(|| {
            matmul(
                Matrix::new(&dy, 2 * HIDDEN),
                Matrix::new(&weight, WIDTH),
                Output::Replace,
                &mut dx,
            );
        });
    });
    let mut dweight = vec![0.0; WIDTH * 2 * HIDDEN];
    group.bench_function("gradient of the weight", |bench| {
        bench.iter(|| {
            matmul(
                Matrix::new(&dy, 2 * HIDDEN).t(),
                Matrix::new(&x, WIDTH),
                Output::Replace,
                &mut dweight,
            );
        });
    });
    group.finish();
}

fn attention(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("attention");
    let total = HEADS.count * HEADS.width;
    let pairs: Vec<_> = (0..8)
        .map(|row| (row * 512..(row + 1) * 512, row * 512..(row + 1) * 512))
        .collect();
    let bias = DistanceBias::new(HEADS.count, 512, |head, distance| {
        (head as f32 - distance as f32 / 64.0) / 8.0
    });
    let attention = Attention {
        heads: HEADS,
        pairs: &pairs,
        bias: Some(&bias),
        causal: false,
        dropout: None,
    };
    let qkv = numbers(TOKENS * 3 * total);
    let (mut out, mut log_sums) = (vec![0.0; TOKENS * total], vec![0.0; TOKENS * HEADS.count]);
    group.bench_function("forward", |bench| {
        bench.iter(|| attention.within(&qkv, &mut out, &mut log_sums));
    });
    let d_out = numbers(TOKENS * total);
    let (mut d_qkv, mut d_bias) = (vec![0.0; TOKENS * 3 * total], vec![0.0; HEADS.count * 1023]);
    group.bench_function("gradient", |bench| {
        bench.iter(|| {
            attention.within_gradient(&qkv, (&out, &log_sums), &d_out, &mut d_qkv, &mut d_bias);
        });
    });
    group.finish();
}

fn rows(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("rows");
    let (x, weight) = (numbers(TOKENS * WIDTH), numbers(WIDTH));
    let mut out = vec![0.0; TOKENS * WIDTH];
    group.bench_function("norm", |bench| {
        bench.iter(|| {
            for_each_part([(&mut out, ROWS * WIDTH)], &|part, [out]| {
                let x = &x[part * ROWS * WIDTH..];
                for (x, out) in x.chunks_exact(WIDTH).zip(out.chunks_exact_mut(WIDTH)) {
                    rms_norm(x, &weight, 1e-6, out);
                }
            });
        });
    });
    let mut sums = vec![0.0; TOKENS / ROWS * WIDTH];
    group.bench_function("norm gradient", |bench| {
        bench.iter(|| {
            for_each_part(
                [(&mut out, ROWS * WIDTH), (&mut sums, WIDTH)],
                &|part, [dx, sum]| {
                    let x = &x[part * ROWS * WIDTH..];
                    for (x, dx) in x.chunks_exact(WIDTH).zip(dx.chunks_exact_mut(WIDTH)) {
                        rms_norm_gradient(x, &weight, 1e-6, x, dx, sum);
                    }
                },
            );
        });
    });
    let (mut wide, gate) = (numbers(TOKENS * HIDDEN), numbers(TOKENS * HIDDEN));
    group.bench_function("gated gelu", |bench| {
        bench.iter(|| {
            for_each_part([(&mut wide, ROWS * HIDDEN)], &|part, [wide]| {
                gelu_tanh(wide);
                multiply(wide, &gate[part * ROWS * HIDDEN..][..wide.len()]);
            });
        });
    });
    let (mut wide, mut d) = (numbers(TOKENS * 2 * HIDDEN), numbers(TOKENS * HIDDEN));
    group.bench_function("gated gelu gradient", |bench| {
        bench.iter(|| {
            for_each_part(
                [(&mut wide, ROWS * 2 * HIDDEN), (&mut d, ROWS * HIDDEN)],
                &|_, [wide, d]| {
                    for (wide, d) in wide
                        .chunks_exact_mut(2 * HIDDEN)
                        .zip(d.chunks_exact_mut(HIDDEN))
                    {
                        gated_gelu_gradient(wide, d);
                    }
                },
            );
        });
    });
    let mut logits = numbers(256 * VOCABULARY);
    group.bench_function("cross-entropy of 256 tokens", |bench| {
        bench.iter(|| {
            for_each_part([(&mut logits, 16 * VOCABULARY)], &|_, [logits]| {
                for row in logits.chunks_exact_mut(VOCABULARY) {
                    cross_entropy_gradient(row, 7, 1.0, 0.0);
                }
            });
        });
    });
    group.finish();
}

fn updates(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("update");
    group.sample_size(10);
    let mut weights = Parameters::zeros(&preset("t5_1_1_small").unwrap());
    let mut gradients = weights.zeros_like();
    let count = weights.values().len();
    weights.values_mut().copy_from_slice(&numbers(count));
    gradients.values_mut().copy_from_slice(&numbers(count));
    group.bench_function("norm of the gradients", |bench| {
        bench.iter(|| global_norm(&gradients));
    });
    let adamw = Rule::AdamW {
        weight_decay: 0.0,
        beta_1: 0.9,
        beta_2: 0.999,
        epsilon: 1e-8,
    };
    for (name, rule) in [
        ("adamw", adamw),
        ("adafactor", Rule::Adafactor { weight_decay: 0.0 }),
    ] {
        let mut optimizer = Optimizer::new(rule, &weights);
        group.bench_function(name, |bench| {
            bench.iter(|| optimizer.step(&mut weights, &gradients, 1e-4, 1.0));
        });
    }
    group.finish();
}

criterion_group!(pieces, products, attention, rows, updates);
criterion_main!(pieces);
