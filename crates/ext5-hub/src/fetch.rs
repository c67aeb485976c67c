use std::collections::BTreeSet;
use std::path::Path;

use ext5_data::{Format, Source, TaskSpec};

use crate::event::{Event, OnEvent};
use crate::hub::Hub;
use crate::layout::{Goal, Transfer, check_free, lay_out};
use crate::pins::{Pin, Pins};
use crate::place::Place;
use crate::plan::{Errand, Plan, plan, wanted_splits};
use crate::{Error, Result, digest, names};

/// How data are fetched.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of the command"
)]
pub struct FetchOptions {
    /// These splits alone; all of the task where empty.
    pub splits: Vec<String>,
    /// Look what the Hub has now instead of what the lock file pins.
    pub update: bool,
    /// Overwrite files in the data root that this program has not put there.
    pub replace: bool,
    /// Copy files into the data root instead of linking to the cache.
    pub copy: bool,
    /// Accept the beginning of a split where the Hub has converted no more.
    pub partial: bool,
}

/// What was fetched for a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// The task.
    pub task: String,
    /// The files that now lie in the data root, by split and in order.
    pub files: Vec<FetchedFile>,
    /// Splits whose files the user has put there, with `add` or by hand; nothing is fetched for them.
    pub here: Vec<String>,
    /// Splits that the data set does not have.
    pub absent: Vec<AbsentSplit>,
    /// Splits of which only the beginning is to be had.
    pub partial: Vec<String>,
    /// Bytes that came over the network.
    pub downloaded: u64,
}

/// A file in the data root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FetchedFile {
    /// The split.
    pub split: String,
    /// Relative to the data root.
    pub path: String,
    /// What it is.
    pub pin: Pin,
    /// Bytes of it that came over the network.
    pub downloaded: u64,
}

/// A split that the task lists and the data set does not have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AbsentSplit {
    /// The split.
    pub split: String,
    /// Where it was looked for.
    pub reason: String,
}

/// Fetches the data of a task from the Hub into the data root `root`: what [`crate::LOCK_FILE`] pins is had with that commit and
/// that content, what it does not pin is looked for and pinned. Files are in the cache first, checked byte by byte, then all of
/// the task are laid out. A task whose rows this program makes up itself needs nothing.
///
/// # Errors
/// [`Error::Manual`] where a person has to get the data, [`Error::Denied`], [`Error::NotFound`], [`Error::NoSplit`] where the
/// data set has none of the splits, [`Error::Hash`] and [`Error::Size`] for content that is not the announced or pinned one,
/// [`Error::Occupied`], [`Error::UnsafeName`], and whatever `on_event` gives.
pub fn fetch(
    hub: &Hub,
    task: &TaskSpec,
    root: &Path,
    options: &FetchOptions,
    on_event: OnEvent<'_>,
) -> Result<Fetched> {
    let mut fetched = Fetched {
        task: task.name.clone(),
        files: Vec::new(),
        here: Vec::new(),
        absent: Vec::new(),
        partial: Vec::new(),
        downloaded: 0,
    };
    if task.source.format == Format::MicroWorld {
        return Ok(fetched);
    }
    let Some(spec) = &task.source.hub else {
        fetched.here = all_here(task, root, options).ok_or_else(|| by_hand(task, None))?;
        return Ok(fetched);
    };
    names::repository(&spec.id)?;
    if let Some(revision) = &spec.revision {
        names::revision(revision)?;
    }
    let errand = Errand {
        hub,
        task,
        spec,
        root,
        pins: Pins::read(root)?,
        options,
    };
    let plans = plan(&errand, &mut fetched, on_event).map_err(|error| explain(task, error))?;
    let done = done(&errand, &plans, on_event)?;
    check(&errand, &plans, &done, on_event)?;
    let goals = obtain(&errand, &plans, &done, &mut fetched, on_event)
        .map_err(|error| explain(task, error))?;
    let places: Vec<Place> = plans.into_iter().map(|plan| plan.place).collect();
    let patience = &hub.http.patience;
    lay_out(root, &places, &goals, options.replace, patience, on_event)?;
    Ok(fetched)
}

/// The splits that are wanted, where the files of all of them lie in the data root.
fn all_here(task: &TaskSpec, root: &Path, options: &FetchOptions) -> Option<Vec<String>> {
    let source = Source::new(task.source.clone(), root);
    let splits = wanted_splits(task, options).into_iter();
    splits
        .map(|split| source.files(split).ok().map(|_| split.to_owned()))
        .collect()
}

/// Paths of the files that lie in the data root as the lock file has them. Sizes tell, for a large data root could not be read
/// each time; what may be replaced is read.
fn done(errand: &Errand<'_>, plans: &[Plan], on_event: OnEvent<'_>) -> Result<BTreeSet<String>> {
    let Errand { root, pins, .. } = errand;
    let mut done = BTreeSet::new();
    for aim in plans.iter().flat_map(|plan| &plan.aims) {
        let Some(pin) = pins
            .files
            .get(&aim.path)
            .filter(|_| aim.is_done(root, pins))
        else {
            continue;
        };
        if !errand.options.replace
            || digest::file(&root.join(&aim.path), &aim.path, on_event)?.sha256 == pin.sha256
        {
            done.insert(aim.path.clone());
        }
    }
    Ok(done)
}

/// Nothing that is in the way is found out only after a long download.
fn check(
    errand: &Errand<'_>,
    plans: &[Plan],
    done: &BTreeSet<String>,
    on_event: OnEvent<'_>,
) -> Result<()> {
    let Errand {
        task, root, pins, ..
    } = errand;
    for plan in plans {
        for aim in &plan.aims {
            if !fits(task.source.format, &aim.file.path, plan.place.suffix()) {
                return Err(Error::Layout {
                    task: task.name.clone(),
                    split: plan.split.clone(),
                    reason: format!(
                        "`{}` is of another format than `{}`",
                        aim.file.path, aim.path
                    ),
                });
            }
        }
        if !errand.options.replace {
            let sizes = plan.aims.iter();
            let sizes = sizes.map(|aim| (aim.path.clone(), aim.file.bytes));
            check_free(root, &plan.place, &sizes.collect::<Vec<_>>(), pins)?;
        }
    }
    let aims = plans.iter().flat_map(|plan| &plan.aims);
    let missing: Vec<u64> = aims
        .filter(|aim| !done.contains(&aim.path))
        .map(|aim| aim.file.bytes)
        .collect();
    on_event(Event::Planned {
        task: task.name.clone(),
        files: missing.len(),
        bytes: missing.iter().sum(),
    })
}

/// Whether the end of a file's name leaves it possible that the reader of a format reads it at its place.
fn fits(format: Format, file: &str, suffix: &str) -> bool {
    let ending = file.rfind('.').map_or("", |dot| &file[dot..]);
    match ending {
        ".parquet" => format == Format::Parquet,
        ".arrow" => format == Format::Arrow,
        ".jsonl" => format == Format::Jsonl,
        // The name of a file tells commas from tabs.
        ".csv" | ".tsv" => format == Format::Csv && suffix == ending,
        // Lines are unpacked as they are read, whatever the name they lie under.
        ".gz" => {
            let lines = matches!(format, Format::Jsonl | Format::Csv);
            lines && fits(format, file.trim_end_matches(".gz"), suffix)
        }
        ".zst" | ".bz2" | ".xz" | ".zip" | ".7z" => false,
        _ => true,
    }
}

/// Brings every file that does not lie in the data root already into the cache.
fn obtain(
    errand: &Errand<'_>,
    plans: &[Plan],
    done: &BTreeSet<String>,
    fetched: &mut Fetched,
    on_event: OnEvent<'_>,
) -> Result<Vec<Goal>> {
    let (hub, id) = (errand.hub, &errand.spec.id);
    let transfer = if errand.options.copy {
        Transfer::Copy
    } else {
        Transfer::Link
    };
    let mut goals = Vec::new();
    for plan in plans {
        for aim in &plan.aims {
            let known = errand.pins.files.get(&aim.path);
            let known = known.filter(|_| done.contains(&aim.path));
            let (content, sha256, downloaded) = if let Some(pin) = known {
                (errand.root.join(&aim.path), pin.sha256.clone(), 0)
            } else {
                let got = hub
                    .cache
                    .obtain(hub, id, &aim.commit, &aim.file, on_event)?;
                (got.path, got.sha256, got.downloaded)
            };
            let pin = aim.pin(id, sha256);
            fetched.downloaded += downloaded;
            fetched.files.push(FetchedFile {
                split: plan.split.clone(),
                path: aim.path.clone(),
                pin: pin.clone(),
                downloaded,
            });
            goals.push(Goal {
                path: aim.path.clone(),
                content,
                pin,
                transfer,
            });
        }
    }
    Ok(goals)
}

/// A refusal of the Hub says what a person has to do, where the task file knows.
fn explain(task: &TaskSpec, error: Error) -> Error {
    match error {
        Error::Denied { .. } if task.source.manual.is_some() => by_hand(task, Some(&error)),
        Error::Offline { what, .. } => {
            let files: Vec<&str> = task
                .source
                .splits
                .values()
                .flatten()
                .map(String::as_str)
                .collect();
            Error::Offline {
                what: format!("{what} (for `{}`)", files.join("`, `")),
                command: format!("ext5 data fetch {}", task.name),
            }
        }
        other => other,
    }
}

/// The error of a task whose data no program may fetch.
fn by_hand(task: &TaskSpec, cause: Option<&Error>) -> Error {
    let split = task.source.splits.keys().find(|split| *split == "train");
    let split = split
        .or(task.source.splits.keys().next())
        .map_or("train", String::as_str);
    let command = format!("ext5 data add {} --split {split} FILE...", task.name);
    let task_name = task.name.clone();
    match &task.source.manual {
        Some(steps) => Error::Manual {
            task: task_name,
            because: cause.map(|it| format!(" ({it})")).unwrap_or_default(),
            steps: steps.trim().trim_end_matches('.').to_owned(),
            next: if steps.contains("ext5 data ") {
                String::new()
            } else {
                format!("; add them with `{command}`")
            },
        },
        None => Error::NoOrigin {
            task: task_name,
            command,
        },
    }
}
