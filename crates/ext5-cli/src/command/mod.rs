mod card;
mod catalogue;
mod compare;
mod config;
mod copy;
mod data;

mod doctor;
mod evaluate;
mod inspect;
mod lines;
mod metric;
mod mixture;
mod plan;
mod prepare;
mod quickstart;
mod run_plan;
mod study;
mod study_plan;
mod submit;
mod suite;
mod task;
mod train;
mod view;

use crate::args::{Arguments, Command};
use crate::output::Output;
use crate::terminal::Terminal;
use anyhow::Result;

/// Carries out one command.
pub(crate) fn run(arguments: Arguments) -> Result<()> {
    let output = Output {
        json: arguments.json,
    };
    let mut terminal = Terminal::new(arguments.quiet);
    match arguments.command {
        Command::Quickstart(args) => quickstart::run(&args, &output, &mut terminal),
        Command::Study(command) => study::run(&command, &output, &mut terminal),
        Command::Train(args) => train::run(&args, &output, &mut terminal),
        Command::Plan(args) => run_plan::run(&args, &output, &mut terminal),
        Command::Evaluate(args) => evaluate::run(&args, &output, &mut terminal),
        Command::Compare(args) => compare::run(&args, &output, &mut terminal),
        Command::Submit(command) => submit::run(&command, &output),
        Command::Card(args) => card::run(&args, &output),
        Command::Predict(args) => lines::predict(&args, &output, &mut terminal),
        Command::Score(args) => lines::score(&args, &output, &mut terminal),
        Command::Metric(args) => metric::run(&args, &output),
        Command::Tokenize(args) => lines::tokenize(&args, &output),
        Command::Task(command) => task::run(command, &output, &mut terminal),
        Command::Mixture(command) => mixture::run(command, &output, &mut terminal),
        Command::Suite(command) => suite::run(command, &output),

        Command::Data(command) => data::run(command, &output, &mut terminal),
        Command::Import(args) => copy::import(&args, &output),
        Command::Export(args) => copy::run(&args.copy, &output),
        Command::Config(command) => config::run(command, &output),
        Command::Doctor => doctor::run(&output),
    }
}
