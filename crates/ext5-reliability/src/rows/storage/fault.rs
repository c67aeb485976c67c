//! C2: every operation of a save goes wrong in five ways.
use std::path::Path;

use ext5_data::storage::{self, LocalStorage, Storage};
use ext5_trainer::Checkpoint;

use super::faulty::{FAULTS, Fault, FaultyDisk};
use super::sets::{self, Files};
use crate::place::{Place, Tier};
use crate::row::{Failure, Figure, Row};

pub(super) const ROW: Row = Row {
    id: "C2",
    what: "every storage operation of a save: killed, EIO, ENOSPC, short write, EINTR",
    tier: Tier::P,
    defect: "the old checkpoint of the step is removed before the new one is in place",
    run,
};

/// Bytes of a large file.
const LARGE: usize = 5000;
/// Checkpoints that are kept.
const KEEP: usize = 2;
/// The step that is saved.
const STEP: u64 = 4;

/// Steps that the run has before the save, and whether the last one is damaged.
const BEFORE: [(&[u64], bool); 5] = [
    (&[], false),
    (&[1, 2, 3], false),
    (&[4], false),
    (&[1, 2, 3, 4], false),
    (&[2, 3, 4], true),
];

/// What was seen.
#[derive(Default)]
struct Seen {
    operations: usize,
    cases: usize,
    bad: usize,
    first: Option<String>,
}

fn run(place: &Place) -> Result<Figure, Failure> {
    let scratch = sets::scratch()?;
    let mut seen = Seen::default();
    for (number, (steps, damaged)) in BEFORE.into_iter().enumerate() {
        let base = scratch.path().join(format!("base{number}"));
        prepare(&base, steps, damaged)?;
        let case = scratch.path().join("case");
        let calls = tried(&base, &case, usize::MAX, Fault::Kill, place.seeded)?.1;
        seen.operations += calls;
        for (at, fault) in (0..calls).flat_map(|at| FAULTS.map(|fault| (at, fault))) {
            let (outcome, _) = tried(&base, &case, at, fault, place.seeded)?;
            let Some(verdict) = outcome else { continue };
            seen.cases += 1;
            if let Err(reason) = verdict {
                seen.bad += 1;
                let told = format!("over {steps:?}, {fault:?} at {at}: {reason}");
                seen.first.get_or_insert(told);
            }
        }
    }
    let first = seen
        .first
        .map_or(String::new(), |it| format!("; first: {it}"));
    Ok(Figure::new(
        format!(
            "{} operations of {} saves, {} cases, {} bad{first}",
            seen.operations,
            BEFORE.len(),
            seen.cases,
            seen.bad
        ),
        "0 bad: old or new, bit for bit; 2 good ones stay; no leftovers after the next start",
        seen.bad == 0 && seen.cases >= 300,
    ))
}

/// A run that has the checkpoints of `steps`.
fn prepare(base: &Path, steps: &[u64], damaged: bool) -> Result<(), Failure> {
    std::fs::create_dir_all(base)?;
    for step in steps {
        let files = sets::files(*step, LARGE);
        let path = Checkpoint::commit(storage::local(), base, *step, &files)?;
        if damaged && Some(step) == steps.last() {
            std::fs::write(path.path().join("state.json"), b"{}")?;
        }
    }
    Ok(())
}

/// What is wrong after a save in a copy of `base` whose operation `at` goes wrong, nothing where it did not come to pass; and the
/// number of operations.
fn tried(
    base: &Path,
    case: &Path,
    at: usize,
    fault: Fault,
    seeded: bool,
) -> Result<(Option<Result<(), String>>, usize), Failure> {
    if case.exists() {
        std::fs::remove_dir_all(case)?;
    }
    sets::copy(base, case)?;
    let old = sets::newest(case)?;
    let least = sets::good(case)?.min(KEEP);
    let new = sets::files(STEP + 100, LARGE);
    let storage = LocalStorage::over(FaultyDisk::new(at, fault));
    let done = save(&storage, case, &new, seeded);
    let calls = storage.disk().calls();
    if !storage.disk().has_struck() {
        done?;
        return Ok((None, calls));
    }
    let verdict = judge(
        case,
        done.is_ok(),
        fault,
        old.as_ref(),
        (STEP, Some(new)),
        least,
    )?;
    Ok((Some(verdict), calls))
}

fn save(storage: &dyn Storage, run_dir: &Path, new: &Files, seeded: bool) -> Result<(), Failure> {
    if seeded {
        storage.remove(&run_dir.join(format!("checkpoints/step_{STEP:08}")))?;
    }
    let written = Checkpoint::commit(storage, run_dir, STEP, new)?;
    Ok(written.retain(storage, KEEP, None)?)
}

type Found = (u64, Option<Files>);

fn judge(
    run_dir: &Path,
    done: bool,
    fault: Fault,
    old: Option<&Found>,
    new: Found,
    least: usize,
) -> Result<Result<(), String>, Failure> {
    let new = Some(new);
    let found = sets::newest(run_dir)?;
    if found != new && found.as_ref() != old {
        return Ok(Err("neither the old nor the new one loads".to_owned()));
    }
    if done && found != new {
        return Ok(Err("it was reported and does not load".to_owned()));
    }
    if !done && matches!(fault, Fault::Short | Fault::Interrupt) {
        return Ok(Err("a fault that is none ended the save".to_owned()));
    }
    if sets::good(run_dir)? < least {
        return Ok(Err("a good one is gone".to_owned()));
    }
    Checkpoint::clear(storage::local(), run_dir)?;
    if sets::newest(run_dir)? != found {
        return Ok(Err("the next start changes what loads".to_owned()));
    }
    let parent = run_dir.join("checkpoints");
    for dir in [run_dir, &parent] {
        for entry in std::fs::read_dir(dir).into_iter().flatten() {
            let name = entry?.file_name().to_string_lossy().into_owned();
            let is_lone = |new: &str| !parent.join(new).exists();
            if name.starts_with(".tmp-") || name.strip_suffix(".old").is_some_and(|it| !is_lone(it))
            {
                return Ok(Err(format!("`{name}` is left over")));
            }
        }
    }
    Ok(Ok(()))
}
