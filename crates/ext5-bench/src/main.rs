//! `ext5-bench`: how fast the data path and the answers are, one JSON line a measurement.
mod args;
mod data;
mod generate;
mod machine;
mod mixture;
mod span;

use std::io::Write;
use std::process::ExitCode;

use args::Args;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let measured = match words.as_slice() {
        ["data", bench, options @ ..] => {
            Args::parse(options).and_then(|args| data::run(bench, &args))
        }
        ["generate", options @ ..] => Args::parse(options).and_then(|args| generate::run(&args)),
        _ => Err(data::usage()),
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
