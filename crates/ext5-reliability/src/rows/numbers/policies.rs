//! N2: whatever a run does about what is no number, it does again: when it is run anew, and when it is killed in between.
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};
use std::process::Command;

use ext5_objectives::Stream;
use ext5_trainer::{
    Checkpoint, Error, Event, Observer, RunConfig, Silent, Stop, TrainReport, train, train_among,
};
use serde_json::Value;

use super::ground;
use super::poison::Poison;
use crate::place::{Place, Tier};
use crate::row::{Failure, Figure, Row};

pub(super) const ROW: Row = Row {
    id: "N2",
    what: "stop, skip, roll back: run twice, killed and resumed, and driven to their limits",
    tier: Tier::P,
    defect: "a resumed run forgets what was passed over",
    run,
};

const STEPS: u64 = 48;

/// A policy, and how often numbers go wrong under it.
const POLICIES: &[(&str, u64, &[&str])] = &[
    (
        "skip",
        3,
        &["trainer.non_finite={policy=\"skip\",max_consecutive=40,max_total=400}"],
    ),
    (
        "rollback",
        25,
        &[
            "trainer.non_finite={policy=\"rollback\"}",
            "trainer.rollback={min_steps=8,max_times=40}",
        ],
    ),
    (
        "rollback of spikes",
        u64::MAX,
        &[
            "trainer.spikes={policy=\"rollback\",threshold=2.0,window=8}",
            "trainer.rollback={min_steps=1,max_times=40}",
        ],
    ),
];

/// What the last words of a run name, how often its numbers go wrong, after how many steps, and its settings.
const LIMITS: &[(&str, u64, u64, &[&str])] = &[
    ("step 0", 1, 0, &["trainer.non_finite={policy=\"stop\"}"]),
    (
        "max_consecutive",
        1,
        6,
        &["trainer.non_finite={policy=\"skip\",max_consecutive=3}"],
    ),
    (
        "max_total",
        2,
        0,
        &["trainer.non_finite={policy=\"skip\",max_consecutive=99,max_total=5}"],
    ),
    (
        "max_times",
        4,
        12,
        &[
            "trainer.non_finite={policy=\"rollback\"}",
            "trainer.rollback={min_steps=5,max_times=1}",
        ],
    ),
    (
        "min_steps",
        2,
        0,
        &["trainer.non_finite={policy=\"rollback\"}"],
    ),
];

fn run(place: &Place) -> Result<Figure, Failure> {
    let dir = place.quick_dir("n2")?;
    let mut wrong: Vec<String> = Vec::new();
    let mut told = Vec::new();
    for (name, one_in, settings) in POLICIES {
        let config = config(place, settings)?;
        let kept = |case: &str| dir.join(format!("{name}, {case}").replace(' ', "_"));
        let whole = kept("whole");
        trained(&config, &Poison::new(9, *one_in), &whole, false)?;
        let events = ground::log(&whole)?;
        let events = events.iter().filter(|it| it["kind"] != "train").count();
        if events == 0 {
            wrong.push(format!("{name}: nothing went wrong"));
        }
        let again = kept("again");
        trained(&config, &Poison::new(9, *one_in), &again, false)?;
        if left(&again)? != left(&whole)? {
            wrong.push(format!("{name}: another outcome when run again"));
        }
        let kills = place.count(6, 40).max(3);
        let cut = kept("cut");
        let cuts = killed_often(place, &config, *one_in, &cut, kills)?;
        if left(&cut)? != left(&whole)? {
            wrong.push(format!("{name}: another outcome after {cuts} kills"));
        }
        told.push(format!("{name} {events} times, {cuts} kills"));
    }
    for (named, one_in, spared, settings) in LIMITS {
        let config = config(place, settings)?;
        let ends = ["limit_one", "limit_two"].map(|case| {
            let run_dir = dir.join(format!("{case}_{named}").replace(' ', "_"));
            let ranks = Poison::new(9, *one_in).after(*spared);
            let error = trained(&config, &ranks, &run_dir, false).err();
            error.and_then(|error| error.downcast::<Error>().ok())
        });
        match ends {
            [Some(one), Some(two)]
                if one.to_string() == two.to_string()
                    && one.to_string().contains(named)
                    && one.kind().exit_code() == 65 => {}
            ends => wrong.push(format!("limit {named}: {ends:?}")),
        }
    }
    let code = exit_code(place, &dir.join("program"))?;
    if code != Some(65) {
        wrong.push(format!("the program ended with {code:?}"));
    }
    let found = if wrong.is_empty() {
        format!(
            "{}: equal bytes; {} limits and the program: exit 65",
            told.join("; "),
            LIMITS.len()
        )
    } else {
        wrong.join("; ")
    };
    Ok(Figure::new(found, "equal bytes, exit 65", wrong.is_empty()))
}

fn config(place: &Place, settings: &[&str]) -> Result<RunConfig, Failure> {
    let steps = format!("trainer.steps={STEPS}");
    let mut all = vec![
        steps.as_str(),
        "trainer.checkpoint_every=4",
        "trainer.keep=2",
        "model.dropout_rate=0.1",
    ];
    all.extend(settings);
    ground::config(place, &all)
}

fn trained(
    config: &RunConfig,
    ranks: &Poison,
    run_dir: &Path,
    resume: bool,
) -> Result<TrainReport, Failure> {
    let stop = Stop::default();
    Ok(train_among(
        ranks,
        config,
        run_dir,
        resume,
        &stop,
        &mut Silent,
    )?)
}

/// Somebody who ends everything at some event, as a kill would: nothing is said or saved.
struct Killer(u64);

impl Observer for Killer {
    fn on(&mut self, event: &Event<'_>) {
        if matches!(
            event,
            Event::Step { .. } | Event::Note(_) | Event::Checkpoint { .. }
        ) {
            if self.0 == 0 {
                resume_unwind(Box::new("killed"));
            }
            self.0 -= 1;
        }
    }
}

/// Trains with kills in between, each within the next 30 events; answers how many there were.
fn killed_often(
    place: &Place,
    config: &RunConfig,
    one_in: u64,
    run_dir: &Path,
    kills: usize,
) -> Result<usize, Failure> {
    let mut stream = Stream::new(&[10, one_in]);
    for kill in 0..kills {
        let ranks = Poison::new(9, one_in);
        let mut killer = Killer(2 + stream.below(30));
        let begun = run_dir.join("run.toml").exists();
        let ended = catch_unwind(AssertUnwindSafe(|| {
            train_among(
                &ranks,
                config,
                run_dir,
                begun,
                &Stop::default(),
                &mut killer,
            )
        }));
        match ended {
            Ok(outcome) => {
                outcome?;
                return Ok(kill);
            }
            Err(_) if place.seeded => forget(run_dir)?,
            Err(_) => {}
        }
    }
    trained(config, &Poison::new(9, one_in), run_dir, true)?;
    Ok(kills)
}

/// Everything of a finished run that must not depend on how it came about.
fn left(run_dir: &Path) -> Result<BTreeMap<String, Vec<u8>>, Failure> {
    let last = ground::checkpoint(run_dir, STEPS);
    let of_last = ["model.safetensors", "optimizer.safetensors", "state.json"];
    let mut paths: Vec<PathBuf> = of_last.iter().map(|name| last.join(name)).collect();
    paths.extend(["metrics.jsonl", "ledger.json"].map(|name| run_dir.join(name)));
    let mut found = BTreeMap::new();
    for path in paths {
        let name = path.file_name().unwrap_or_default();
        found.insert(name.to_string_lossy().into_owned(), std::fs::read(&path)?);
    }
    Ok(found)
}

/// Takes what was passed over out of the newest checkpoint.
fn forget(run_dir: &Path) -> Result<(), Failure> {
    change(run_dir, |files| {
        let state = files.get("state.json").ok_or("no state")?;
        let mut state: Value = serde_json::from_slice(state)?;
        if let Some(state) = state.as_object_mut() {
            state.remove("mishaps");
        }
        files.insert("state.json".to_owned(), serde_json::to_vec(&state)?);
        Ok(())
    })
}

/// The files of a checkpoint by name.
type Files = BTreeMap<String, Vec<u8>>;

/// Writes the newest checkpoint anew, with other files.
fn change(run_dir: &Path, edit: fn(&mut Files) -> Result<(), Failure>) -> Result<(), Failure> {
    let Ok(entries) = std::fs::read_dir(run_dir.join("checkpoints")) else {
        return Ok(());
    };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.retain(|path| Checkpoint::is_at(path));
    paths.sort();
    let Some(path) = paths.pop() else {
        return Ok(());
    };
    let step = Checkpoint::open(&path)?.step();
    let mut files = Files::new();
    for entry in std::fs::read_dir(&path)?.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name != "manifest.json" {
            files.insert(name, std::fs::read(entry.path())?);
        }
    }
    edit(&mut files)?;
    Checkpoint::commit(ext5_data::storage::local(), run_dir, step, &files)?;
    Ok(())
}

/// The exit code of the program on a run whose checkpoint holds a weight that is no number.
fn exit_code(place: &Place, run_dir: &Path) -> Result<Option<i32>, Failure> {
    let mut config = config(place, &[])?;
    config.trainer.steps = 4;
    train(&config, run_dir, false, &Stop::default(), &mut Silent)?;
    change(run_dir, |files| {
        let weights = files.get_mut("model.safetensors").ok_or("no weights")?;
        let last = weights.len().saturating_sub(4);
        weights.truncate(last);
        weights.extend(f32::NAN.to_le_bytes());
        Ok(())
    })?;
    let mut command = Command::new(place.ext5()?);
    command
        .args(["train", "--resume", "--run-dir"])
        .arg(run_dir);
    command.args(["--set", "trainer.steps=8"]);
    Ok(command.output()?.status.code())
}
