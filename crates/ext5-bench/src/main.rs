//! `ext5-bench`: how fast the data path, the answers and the training step are, one JSON line a measurement.
mod args;
mod data;
mod gemm;
mod generate;
mod machine;
mod mixture;
mod span;
mod step;

use std::io::Write;
use std::process::ExitCode;

use args::{Args, Failure};

fn main() -> ExitCode {
    machine::begin();
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let measured = match words.as_slice() {
        ["data", bench, options @ ..] => {
            Args::parse(options).and_then(|args| data::run(bench, &args))
        }
        ["gemm", options @ ..] => Args::parse(options).and_then(|args| gemm::run(&args)),
        ["generate", options @ ..] => Args::parse(options).and_then(|args| generate::run(&args)),
        ["step", options @ ..] => Args::parse(options).and_then(|args| step::run(&args)),
        _ => Err(usage()),
    };
    match measured {
        Ok(line) => {
            let written = writeln!(std::io::stdout(), "{line}");
            ExitCode::from(u8::from(written.is_err()))
        }
        Err(error) => {
            let written = writeln!(std::io::stderr(), "error: {error}");
            ExitCode::from(if written.is_err() { 1 } else { 64 })
        }
    }
}

/// What there is to measure.
fn usage() -> Failure {
    "usage: ext5-bench data make|open|draw|render|span|seek [--dir DATA] [--cache DIR] [--vocabulary FILE|bytes] \
     [--batches N] [--repeats N] [--examples N] [--positions N] [--workers N]\n       ext5-bench generate --model DIR [--batch N] [--beams N] \
     [--inputs N] [--tokens N] [--precision f32|bf16|int8] [--repeats N]\n       ext5-bench step [--path host|plain] [--model PRESET] \
     [--batch N] [--inputs N] [--targets N] [--optimizer adamw|adafactor] [--precision f32|bf16] [--dropout P] \
     [--recompute true|false] [--batches N] [--warmup N] [--repeats N] [--profile true|false]\n       ext5-bench gemm [--model PRESET] [--batch N] [--inputs N] [--targets N] [--repeats N]"
        .into()
}
