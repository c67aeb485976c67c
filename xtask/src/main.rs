//! Development commands: `cargo xtask ci|tidy|golden|bench|reliability|reference`.
#![expect(
    clippy::print_stdout,
    reason = "this binary talks to the developer in front of it"
)]
#![expect(
    clippy::case_sensitive_file_extension_comparisons,
    reason = "the names of this repository's files are lower case"
)]

mod bench;
mod ci;
mod golden;
mod reference;
mod reliability;
mod tidy;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Development commands of ext5.
#[derive(Parser)]
#[command(name = "cargo xtask")]
struct Arguments {
    /// Root of the workspace; by default the one xtask was built from.
    #[arg(long, global = true, value_name = "DIR")]
    root: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run every check in order, cheapest first, and print the time each took.
    Ci,
    /// Check the invariants of the design: arrows, owners, lengths, names, doors.
    Tidy,
    /// Run the exporters of golden data again and compare with the recorded files.
    Golden(golden::Options),
    /// Measure training, beside transformers with `--peers`, and judge the targets.
    Bench(bench::Options),
    /// Test every promise of docs/reliability.md until it breaks; print a table.
    Reliability(reliability::Options),
    /// Write the reference page of tasks, mixtures and suites again.
    Reference,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let root = arguments
        .root
        .unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(".."));
    let outcome = match arguments.command {
        Command::Ci => ci::run(&root),
        Command::Tidy => tidy::run(&root),
        Command::Golden(options) => golden::run(&root, &options),
        Command::Bench(options) => bench::run(&root, &options),
        Command::Reliability(options) => reliability::run(&root, &options),
        Command::Reference => reference::run(&root),
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            println!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
