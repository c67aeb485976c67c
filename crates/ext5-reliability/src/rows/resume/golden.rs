//! C11: batches and losses of a fixed run, as they were when the trace was recorded.
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use ext5_data::{Cursor, Loader, storage};
use ext5_trainer::{Place as Machine, RunConfig, loader_config};
use serde_json::{Value, json};

use super::digest;
use super::world::{World, finish, log, number};
use crate::place::{Place, Tier};
use crate::row::{Failure, Figure, Row};

const STEPS: u64 = 20;
const TRACE: &str = include_str!("../../../golden/trace.json");
/// Environment variable with the file that takes the trace of today, to be looked at and committed.
const RECORD: &str = "EXT5_TRACE";
/// Bytes are the same vocabulary on every machine.
const OVERRIDES: [&str; 3] = [
    "data.vocabulary={bytes={extra_ids=100}}",
    "data.inputs_length=64",
    "data.targets_length=48",
];

pub(super) const ROW: Row = Row {
    id: "C11",
    what: "20 steps of a fixed run against the committed trace",
    tier: Tier::P,
    defect: "noise keyed by the time of day",
    run,
};

fn run(place: &Place) -> Result<Figure, Failure> {
    let world = World::new(place.dir("C11")?);
    let mut config = world.config(STEPS, &OVERRIDES)?;
    if place.seeded {
        let now = SystemTime::now().duration_since(UNIX_EPOCH)?;
        config.trainer.seed = now.as_secs().max(1);
    }
    let found = trace(&world, &config)?;
    if let Some(path) = std::env::var_os(RECORD) {
        storage::local().write(Path::new(&path), format!("{found:#}\n").as_bytes())?;
    }
    let expected: Value = serde_json::from_str(TRACE)?;
    let same_machine = ["architecture", "processor", "threads"]
        .iter()
        .all(|key| found[key] == expected[key]);
    let (mut data, mut bits, mut most) = (0, 0, 0.0_f64);
    let rows = |trace: &Value| trace["steps"].as_array().cloned().unwrap_or_default();
    for (one, two) in rows(&found).iter().zip(rows(&expected)) {
        data += u64::from(one["data"] == two["data"]);
        bits += u64::from(*one == two);
        for key in ["loss", "gradient_norm"] {
            let [one, two] = [one, &two].map(|row| row[key].as_f64().unwrap_or(f64::NAN));
            let difference = (one - two).abs() / two.abs();
            most = if difference.is_nan() {
                f64::INFINITY
            } else {
                most.max(difference)
            };
        }
    }
    let machine = if same_machine { "the" } else { "another" };
    Ok(Figure::new(
        format!(
            "{data}/{STEPS} data hashes equal, loss and gradient norm within {most:.1e}, {bits}/{STEPS} in all bits; on {machine} machine of the trace"
        ),
        format!("{STEPS}/{STEPS} data hashes, 1e-5; all bits on the machine of the trace"),
        data == STEPS && most <= 1e-5 && (!same_machine || bits == STEPS),
    ))
}

/// What each step of a run saw and found.
fn trace(world: &World, config: &RunConfig) -> Result<Value, Failure> {
    let feeds = world.feeds(config)?;
    let start = Cursor::start(feeds.len());
    let hashes = digest::next(
        &mut Loader::new(feeds, loader_config(config), start)?,
        STEPS as usize,
    )?;
    let dir = world.run("run");
    finish(config, &dir, false)?;
    let mut steps = Vec::with_capacity(hashes.len());
    for (hash, line) in hashes.iter().zip(log(&dir)?) {
        steps.push(json!({
            "data": hash.to_hex().as_str(),
            "loss": number(&line, "loss")?,
            "gradient_norm": number(&line, "gradient_norm")?,
        }));
    }
    let machine = Machine::of("cpu");
    Ok(json!({
        "made_by": format!("{RECORD}=FILE cargo xtask reliability --only C11"),
        "what": "BLAKE3 of every byte of each global batch, loss per target token (nats), global gradient norm",
        "architecture": std::env::consts::ARCH,
        "processor": processor(machine.isa),
        "threads": machine.threads,
        "steps": steps,
    }))
}

/// The processor's name, and the instructions of our own loops: sums may be cut by the size of its caches.
fn processor(isa: &str) -> String {
    let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let line = text.lines().find(|line| line.starts_with("model name"));
    let name = line.and_then(|line| line.split_once(':'));
    format!("{}, {isa}", name.map_or("unknown", |(_, name)| name.trim()))
}
