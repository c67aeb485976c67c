//! One training step as the trainer makes it, on random tokens: no padding, every target counts.
mod batch;
mod learner;

use ext5_architecture::{T5Config, flops_per_step, preset};
use serde_json::{Value, json};

use crate::args::{Args, Failure};
use crate::machine::{age, median, peak_rss_mib};
use batch::{Shape, random_batch};
use learner::{Measured, Parts, Settings};

/// Optimizer updates of a new model: seconds, operations, memory, losses; or why ext5 does not make such steps.
///
/// # Errors
/// What keeps it from being measured.
pub(crate) fn run(args: &Args) -> Result<Value, Failure> {
    let settings = Settings::read(args)?;
    if let Some(reason) = settings.refusal() {
        return Ok(json!({ "bench": "step", "not_available": reason }));
    }
    let name = args.text("model", "t5_1_1_small");
    let config = T5Config {
        dropout_rate: settings.dropout,
        ..preset(&name)?
    };
    let shape = Shape {
        rows: args.number("batch", 8)? as usize,
        inputs: args.number("inputs", 512)? as usize,
        targets: args.number("targets", 114)? as usize,
    };
    let batches: Vec<_> = (0..args.number("batches", 1)?.max(1))
        .map(|number| random_batch(shape, config.vocab_size, number))
        .collect();
    let mut learner = Measured::new(&config, &settings)?;
    let [warmup, repeats] = [args.number("warmup", 1)?, args.number("repeats", 5)?.max(1)];
    let (mut seconds, mut parts, mut losses) = (Vec::new(), Vec::new(), Vec::new());
    let mut first = (0.0, "main");
    for step in 0..warmup + repeats {
        let batch = &batches[step as usize % batches.len()];
        if step == warmup {
            learner.clear_profile();
        }
        let done = learner.step(batch, step)?;
        losses.push(done.loss);
        if step == 0 {
            first = age();
        }
        if step >= warmup {
            seconds.push(done.seconds);
            parts.push(done.parts);
        }
    }
    seconds.sort_by(f64::total_cmp);
    let step_s = median(&seconds);
    let tokens = shape.rows * (shape.inputs + shape.targets);
    let flops = flops_per_step(&config, shape.rows, shape.inputs, shape.targets);
    Ok(json!({
        "bench": "step", "path": settings.path, "model": name, "parameters": config.num_parameters(),
        "batch": shape.rows, "inputs": shape.inputs, "targets": shape.targets,
        "optimizer": settings.optimizer, "precision": settings.precision, "dropout": settings.dropout,
        "recompute": settings.recompute, "warmup": warmup, "repeats": repeats,
        "step_s": step_s, "step_min_s": seconds.first(), "step_max_s": seconds.last(), "steps_s": seconds,
        "forward_s": part(&parts, |parts| parts.forward), "backward_s": part(&parts, |parts| parts.backward),
        "optimizer_s": part(&parts, |parts| parts.optimizer),
        "first_step_s": first.0, "first_step_from": first.1,
        "tokens_per_s": tokens as f64 / step_s, "gflop_per_step": flops / 1e9, "gflops": flops / step_s / 1e9,
        "peak_rss_mib": peak_rss_mib(), "threads": ext5_cpu::threads(), "isa": ext5_cpu::Isa::detect().name(),
        "losses": losses, "profile": learner.profile(repeats),
    }))
}

/// Median of one part of the steps; nothing where the path cannot tell parts.
fn part(parts: &[Option<Parts>], of: fn(&Parts) -> f64) -> Option<f64> {
    let mut seconds: Vec<f64> = parts.iter().flatten().map(of).collect();
    seconds.sort_by(f64::total_cmp);
    (!seconds.is_empty()).then(|| median(&seconds))
}
