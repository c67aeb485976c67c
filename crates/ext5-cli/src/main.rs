//! The command line `ext5`: answers on stdout, talk on stderr, a distinct exit code per sort of failure.
mod args;
mod command;
mod failure;
mod output;
mod signals;
mod terminal;

use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    // From here on time is counted.
    ext5_trainer::uptime();
    signals::outlive_limits();
    let arguments = args::Arguments::parse();
    let json = arguments.json;
    match command::run(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failure::report(&error, json),
    }
}
