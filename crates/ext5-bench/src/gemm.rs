//! What the products of a training step reach alone, results reused: the ceiling of the step.
use std::time::Instant;

use ext5_architecture::{T5Config, preset};
use ext5_cpu::{Matrix, Output, matmul};
use serde_json::{Value, json};

use crate::args::{Args, Failure};
use crate::machine::median;

/// A linear layer as it occurs in a step: `rows` tokens from `inner` to `columns` numbers, `count` times.
struct Layer {
    name: &'static str,
    rows: usize,
    inner: usize,
    columns: usize,
    count: usize,
}

/// GFLOP/s of every product of weights in a training step, forward and backward, and of all together, each as often as it
/// occurs. Attention's own products are left out: they are as narrow as a head.
///
/// # Errors
/// Where an option is no number, or the preset unknown.
pub(crate) fn run(args: &Args) -> Result<Value, Failure> {
    let name = args.text("model", "t5_1_1_small");
    let config = preset(&name)?;
    let rows = args.number("batch", 8)? as usize;
    let inputs = rows * args.number("inputs", 512)? as usize;
    let targets = rows * args.number("targets", 114)? as usize;
    let repeats = args.number("repeats", 5)?.max(1);
    let (mut products, mut flops, mut seconds) = (Vec::new(), 0.0, 0.0);
    let mut best = 0.0_f64;
    for layer in layers(&config, inputs, targets) {
        let flop = 2.0
            * [layer.rows, layer.inner, layer.columns]
                .map(|n| n as f64)
                .iter()
                .product::<f64>();
        for (pass, taken) in layer.seconds(repeats) {
            flops += flop * layer.count as f64;
            seconds += taken * layer.count as f64;
            best = best.max(flop / taken);
            products.push(json!({
                "layer": layer.name, "pass": pass, "rows": layer.rows, "inner": layer.inner, "columns": layer.columns,
                "count": layer.count, "gflops": flop / taken / 1e9,
            }));
        }
    }
    Ok(json!({
        "bench": "gemm", "model": name, "precision": "f32", "tokens": [inputs, targets], "repeats": repeats,
        "threads": ext5_cpu::threads(), "isa": ext5_cpu::Isa::detect().name(), "gflop": flops / 1e9,
        "gflops": flops / seconds / 1e9, "best_gflops": best / 1e9, "products": products,
    }))
}

/// All linear layers; those of one input are one.
fn layers(config: &T5Config, inputs: usize, targets: usize) -> Vec<Layer> {
    let (width, inner, hidden) = (config.d_model, config.d_attention(), config.d_ff);
    let wide = if config.feed_forward_proj.is_gated() {
        2 * hidden
    } else {
        hidden
    };
    let (encoder, decoder) = (config.num_layers, config.decoder_layers());
    let layer = |name, rows, inner, columns, count| Layer {
        name,
        rows,
        inner,
        columns,
        count,
    };
    vec![
        layer("encoder q, k, v", inputs, width, 3 * inner, encoder),
        layer("encoder o", inputs, inner, width, encoder),
        layer("encoder wi", inputs, width, wide, encoder),
        layer("encoder wo", inputs, hidden, width, encoder),
        layer("decoder q, k, v", targets, width, 3 * inner, decoder),
        layer("decoder q to the encoder", targets, width, inner, decoder),
        layer("decoder o, both", targets, inner, width, 2 * decoder),
        layer(
            "decoder k, v of the encoder",
            inputs,
            width,
            2 * inner,
            decoder,
        ),
        layer("decoder wi", targets, width, wide, decoder),
        layer("decoder wo", targets, hidden, width, decoder),
        layer("output layer", targets, width, config.vocab_size, 1),
    ]
}

impl Layer {
    /// Median seconds of the three products: forward, gradient of the input, gradient of the weight.
    fn seconds(&self, repeats: u64) -> [(&'static str, f64); 3] {
        let numbers = |count: usize| -> Vec<f32> {
            (0..count).map(|at| (at % 61) as f32 / 61.0 - 0.5).collect()
        };
        let mut x = numbers(self.rows * self.inner);
        let mut weight = numbers(self.inner * self.columns);
        let mut y = vec![0.0; self.rows * self.columns];
        let (inner, columns) = (self.inner, self.columns);
        let forward = middle(repeats, || {
            let weight = Matrix::new(&weight, inner).t();
            matmul(Matrix::new(&x, inner), weight, Output::Replace, &mut y);
        });
        let input = middle(repeats, || {
            let weight = Matrix::new(&weight, inner);
            matmul(Matrix::new(&y, columns), weight, Output::Replace, &mut x);
        });
        let gradient = middle(repeats, || {
            let dy = Matrix::new(&y, columns).t();
            matmul(dy, Matrix::new(&x, inner), Output::Replace, &mut weight);
        });
        [
            ("forward", forward),
            ("input gradient", input),
            ("weight gradient", gradient),
        ]
    }
}

/// Median seconds of `work` after one run that is not counted.
fn middle(repeats: u64, mut work: impl FnMut()) -> f64 {
    work();
    let mut seconds: Vec<f64> = (0..repeats)
        .map(|_| {
            let start = Instant::now();
            work();
            start.elapsed().as_secs_f64()
        })
        .collect();
    seconds.sort_by(f64::total_cmp);
    median(&seconds)
}
