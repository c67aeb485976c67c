//! C8: compute threads: what is promised is equal bits for equal numbers of them.
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::world::{SMALL, learned, log, number};
use crate::place::{Place, Tier};
use crate::row::{Failure, Figure, Row};

const THREADS: [usize; 3] = [1, 2, 4];
const STEPS: u64 = 10;
/// Runs whose products are cut differently for each number of threads.
const SHAPES: [&[&str]; 2] = [
    &[],
    &[
        "trainer.batch_rows=32",
        "data.inputs_length=128",
        "data.targets_length=64",
    ],
];

pub(super) const ROW: Row = Row {
    id: "C8",
    what: "compute threads {1,2,4} by `EXT5_THREADS`, each twice",
    tier: Tier::P,
    defect: "noise keyed by the process",
    run,
};

fn run(place: &Place) -> Result<Figure, Failure> {
    let (program, root) = (place.ext5()?, place.dir("C8")?);
    let (mut again, mut data, mut across, mut all) = (0, 0, 0, 0);
    let mut most = 0.0_f64;
    let shapes = if place.seeded { 1 } else { SHAPES.len() };
    for (number, shape) in SHAPES.iter().take(shapes).enumerate() {
        let mut first = None;
        for threads in THREADS {
            let train = |seed: u64| {
                let dir = root.join(format!("{number}_{threads}_{seed}"));
                train(&program, &dir, threads, shape, seed)
            };
            let one = train(0)?;
            let two = if place.seeded {
                train(u64::from(std::process::id()))?
            } else {
                std::fs::remove_dir_all(root.join(format!("{number}_{threads}_0")))?;
                train(0)?
            };
            let first = first.get_or_insert_with(|| one.clone());
            all += 1;
            again += usize::from(one == two);
            across += usize::from(one == *first);
            data += usize::from(same_data(&one.0, &first.0)? && same_data(&two.0, &first.0)?);
            most = most.max(difference(&one.0, &first.0)?);
        }
    }
    Ok(Figure::new(
        format!(
            "{again}/{all} runs with equal bits when repeated; {data}/{all} saw equal data; {across}/{all} equal the run of one thread in all bits, loss within {most:.1e}"
        ),
        format!(
            "same number of threads: {all}/{all} equal bits; any number: {all}/{all} equal data, loss within 1e-5"
        ),
        again == all && data == all && most <= 1e-5,
    ))
}

type Outcome = (Vec<String>, [String; 2]);

/// A run by the program; its log, and what it learned.
fn train(
    program: &Path,
    dir: &Path,
    threads: usize,
    shape: &[&str],
    seed: u64,
) -> Result<Outcome, Failure> {
    let mut command = Command::new(program);
    command.env("EXT5_THREADS", threads.to_string());
    command.args(["train", "--recipe", "micro_ext5", "--quiet", "--run-dir"]);
    command.arg(dir);
    let own = [
        format!("trainer.steps={STEPS}"),
        format!("trainer.seed={seed}"),
    ];
    let words = SMALL
        .iter()
        .chain(shape)
        .copied()
        .chain(own.iter().map(String::as_str));
    for word in words {
        command.args(["--set", word]);
    }
    let output = command.output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into());
    }
    Ok((log(dir)?, learned(dir, STEPS)?))
}

/// Whether two logs count the same examples and tokens, task by task.
fn same_data(one: &[String], two: &[String]) -> Result<bool, Failure> {
    for (one, two) in one.iter().zip(two) {
        if counts(serde_json::from_str(one)?) != counts(serde_json::from_str(two)?) {
            return Ok(false);
        }
    }
    Ok(one.len() == two.len())
}

/// A line without its real numbers.
fn counts(line: Value) -> Value {
    match line {
        Value::Object(map) => {
            let map = map.into_iter().map(|(key, value)| (key, counts(value)));
            Value::Object(map.collect())
        }
        Value::Number(number) if number.is_f64() => Value::Null,
        other => other,
    }
}

fn difference(one: &[String], two: &[String]) -> Result<f64, Failure> {
    let mut most = 0.0_f64;
    for (one, two) in one.iter().zip(two) {
        let (one, two) = (number(one, "loss")?, number(two, "loss")?);
        most = most.max((one - two).abs() / two.abs());
    }
    Ok(most)
}
