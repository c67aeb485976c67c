//! `ext5-reliability`: every promise with its test, its bound, what was found, and a defect that the test must find.
mod args;
mod memory;
mod place;
mod row;
mod rows;
mod table;

use std::process::ExitCode;

use args::Args;
use table::Table;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if let Some(answer) = rows::work(&words) {
        return answer.map_or_else(refused, |text| {
            show(&text);
            ExitCode::SUCCESS
        });
    }
    let outcome = Args::parse(&words).and_then(|args| run(&args));
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(failure) => refused(failure),
    }
}

fn refused(failure: row::Failure) -> ExitCode {
    say(&format!("error: {failure}"));
    ExitCode::from(2)
}

/// Runs the rows that are asked for; answers whether every bound holds or, with defects, every defect was found.
fn run(args: &Args) -> Result<bool, row::Failure> {
    let place = args.place()?;
    let mut table = Table::new(&place);
    for row in rows::all().filter(|row| args.wants(row)) {
        say(&format!("{} {} ...", row.id, row.what));
        say(&table.add(row, &place));
    }
    if table.is_empty() {
        return Err("no such row: run without `--only` to see them all".into());
    }
    if let Some(path) = &args.json {
        table.write(path)?;
    }
    show(&table.text());
    Ok(table.is_good())
}

#[expect(clippy::print_stderr, reason = "progress, for a person")]
fn say(line: &str) {
    eprintln!("{line}");
}

#[expect(clippy::print_stdout, reason = "the result")]
fn show(text: &str) {
    println!("{text}");
}
