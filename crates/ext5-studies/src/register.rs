//! `study.json`: what a study is and which cells it has, as the directory was claimed with; and what has come of them.
use crate::cell::Cell;
use crate::definitions::names;
use crate::failure::{Failure, read_json, write_json};
use crate::hash::{deciding, differing, folder, hashes, scoring_hash};
use crate::scoring::Scored;
use crate::{AffinityProbe, Error, Grid, Result, StudySpec, finished_affinity};
use ext5_data::storage;
use ext5_findings::{CellRecord, CellState, Condition, Results, ScoreRecord};
use ext5_trainer::{RunConfig, saved_config};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};

const STUDY: &str = "study.json";
const CELL: &str = "cell.json";
const SCORES: &str = "scores";
const RUN: &str = "run.toml";

/// A study's directory, by what it was claimed with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Register {
    /// The study file with all its defaults; R without bound is null.
    spec: Value,
    /// Directory of the runs where it is not `runs` beside this file.
    runs: Option<PathBuf>,
    /// Everything but what has to be run for: no score, no cell.
    header: Results,
    /// The grid's, to say which file has changed.
    definitions: BTreeMap<String, String>,
    /// The cells in the grid's order.
    pub(crate) cells: Vec<Place>,
}

/// A cell and where it lies.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Place {
    /// Name of its directory among the runs.
    pub(crate) folder: String,
    /// Its record while it is missing.
    pub(crate) record: CellRecord,
    /// What is scored of it.
    scorings: Vec<Expected>,
    /// Gradients that are compared.
    affinity: Option<AffinityProbe>,
}

/// A score that is to be there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    condition: String,
    replicate: u64,
    hash: String,
}

impl Register {
    /// The register of a study that lies in a directory with its runs in `runs`, or in `runs` below it.
    pub(crate) fn new(
        spec: &StudySpec,
        grid: &Grid,
        command: &str,
        runs: Option<PathBuf>,
    ) -> Result<Self> {
        let hashes = hashes(grid)?;
        let known: BTreeSet<&str> = grid.conditions.iter().map(|it| it.id.as_str()).collect();
        let mut cells = Vec::new();
        for cell in &grid.cells {
            let hash = hashes.get(&cell.name).cloned().unwrap_or_default();
            let scorings = cell.scorings.iter().map(|scoring| Expected {
                condition: scoring.condition.clone(),
                replicate: scoring.replicate,
                hash: scoring_hash(grid, cell, scoring),
            });
            let scorings: Vec<Expected> = scorings.collect();
            if let Some(unknown) = scorings
                .iter()
                .find(|it| !known.contains(it.condition.as_str()))
            {
                let (cell, condition) = (&cell.name, &unknown.condition);
                let reason =
                    format!("the cell `{cell}` counts for `{condition}`, which is no condition");
                return Err(Error::Grid { reason });
            }
            let folder = folder(&cell.name, &hash);
            let below = if runs.is_none() { "runs/" } else { "" };
            let conditions: BTreeSet<&String> = scorings.iter().map(|it| &it.condition).collect();
            let record = CellRecord {
                name: cell.name.clone(),
                directory: format!("{below}{folder}"),
                conditions: conditions.into_iter().cloned().collect(),
                state: CellState::Missing,
                steps: cell.config.trainer.steps,
                seed: cell.config.trainer.seed,
                mixture: cell.config.data.mixture.clone(),
                start: cell.start.as_ref().map(|start| start.cell.clone()),
                absent: Vec::new(),
                loss: None,
                device: String::new(),
                version: String::new(),
                seconds: None,
                hash,
            };
            cells.push(Place {
                folder,
                record,
                scorings,
                affinity: cell.affinity.clone(),
            });
        }
        Ok(Self {
            spec: serde_json::to_value(spec).unwrap_or_default(),
            runs,
            header: header(spec, &grid.conditions, &grid.facts, command),
            definitions: grid.definitions.clone(),
            cells,
        })
    }

    /// What a directory was claimed with.
    pub(crate) fn read(dir: &Path) -> Result<Self> {
        let path = dir.join(STUDY);
        let register: Self = read_json(&path)?.ok_or_else(|| Error::NoStudy {
            path: dir.to_owned(),
        })?;
        // They become directories among the runs.
        let stray = |place: &&Place| {
            let mut parts = Path::new(&place.folder).components();
            !matches!(
                (parts.next(), parts.next()),
                (Some(Component::Normal(_)), None)
            )
        };
        if let Some(place) = register.cells.iter().find(stray) {
            let reason = format!("{:?} is no name of a run", place.folder);
            return Err(ext5_data::Error::Damaged { path, reason }.into());
        }
        Ok(register)
    }

    /// Claims a directory that passes [`Register::check`].
    pub(crate) fn claim(&self, dir: &Path, grid: &Grid) -> Result<()> {
        let before = self.check(dir, grid)?;
        storage::local().create_dir(dir)?;
        if before.as_ref() != Some(self) {
            write_json(&dir.join(STUDY), self)?;
        }
        storage::local().create_dir(&self.runs(dir))?;
        Ok(())
    }

    /// What a directory was claimed with. Another study there is refused, and cells whose directories hold other runs.
    pub(crate) fn check(&self, dir: &Path, grid: &Grid) -> Result<Option<Self>> {
        let refused = |what: &str, keys| Error::Claimed {
            path: dir.to_owned(),
            what: what.to_owned(),
            keys,
        };
        let before: Option<Self> = read_json(&dir.join(STUDY))?;
        if let Some(before) = &before {
            let mut keys = differing(&before.spec, &self.spec);
            // What a study may cost decides nothing of it.
            keys.retain(|key| !key.starts_with("budget"));
            if before.runs.as_deref().map(absolute) != self.runs {
                keys.push("--runs".to_owned());
            }
            if !keys.is_empty() {
                return Err(refused("a study", keys));
            }
        }
        let runs = self.runs(dir);
        for (cell, place) in grid.cells.iter().zip(&self.cells) {
            let outside = cell.start.is_none();
            let old = before.iter().flat_map(|register| &register.cells);
            let old = old.filter(|it| it.record.name == cell.name);
            let folders: BTreeSet<&str> = old.chain([place]).map(|it| it.folder.as_str()).collect();
            for folder in folders {
                let path = runs.join(folder);
                let mut keys = begun_with_other(&path, &cell.config, outside)?;
                let moved = folder != place.folder && storage::local().exists(&path.join(RUN))?;
                if moved && keys.is_empty() {
                    keys.extend(before.iter().map(|before| moved_by(before, cell, grid)));
                }
                if !keys.is_empty() {
                    return Err(refused(&format!("the cell `{}`", cell.name), keys));
                }
            }
        }
        Ok(before)
    }

    /// Directory of the runs of a study in `dir`.
    pub(crate) fn runs(&self, dir: &Path) -> PathBuf {
        self.runs.clone().unwrap_or_else(|| dir.join("runs"))
    }

    /// What has come of a cell so far.
    pub(crate) fn state(runs: &Path, place: &Place) -> Result<CellState> {
        let path = runs.join(&place.folder);
        let record: Option<CellRecord> = read_json(&path.join(CELL))?;
        if record.is_some() && place.is_scored(&path)? {
            return Ok(CellState::Finished);
        }
        Ok(match Failure::read(&path)? {
            Some(failure) => CellState::Failed {
                reason: failure.reason,
            },
            None => CellState::Missing,
        })
    }

    /// Everything that lies there by now.
    pub(crate) fn collect(&self, dir: &Path) -> Result<Results> {
        let runs = self.runs(dir);
        let mut results = self.header.clone();
        let (mut untrained, mut absent) = (BTreeSet::new(), BTreeSet::new());
        for place in &self.cells {
            let path = runs.join(&place.folder);
            let mut record = place.record.clone();
            record.state = Self::state(&runs, place)?;
            if record.state == CellState::Finished {
                let ran: Option<CellRecord> = read_json(&path.join(CELL))?;
                if let Some(ran) = ran {
                    untrained.extend(ran.absent.iter().cloned());
                    record.absent = ran.absent;
                    record.loss = ran.loss;
                    record.device = ran.device;
                    record.version = ran.version;
                    record.seconds = ran.seconds;
                }
                for expected in &place.scorings {
                    let scored: Option<Scored> = read_json(&score_path(&path, &expected.hash))?;
                    let scored = scored.unwrap_or_default();
                    absent.extend(scored.absent);
                    results
                        .scores
                        .extend(scored.scores.into_iter().map(|score| ScoreRecord {
                            condition: expected.condition.clone(),
                            replicate: expected.replicate,
                            ..score
                        }));
                }
            }
            if let Some(probe) = &place.affinity
                && let Some(found) = finished_affinity(probe, &path)?
            {
                results.affinities.extend(found.pairs);
                results.probes.extend(found.families);
            }
            results.cells.push(record);
        }
        for (what, names) in [("trained on", untrained), ("scored", absent)] {
            if !names.is_empty() {
                let key = format!("not {what}, their data are not here");
                let names: Vec<String> = names.into_iter().collect();
                results.facts.push((key, names.join(", ")));
            }
        }
        results.scores.sort_by(|one, other| {
            let key = |it: &ScoreRecord| (it.condition.clone(), it.replicate, it.task.clone());
            key(one).cmp(&key(other))
        });
        Ok(results)
    }
}

impl Place {
    /// Forgets the scores that lack tasks, so that they are taken again now that their data may be there.
    pub(crate) fn forget_absent(&self, run_dir: &Path) -> Result<()> {
        for expected in &self.scorings {
            let path = score_path(run_dir, &expected.hash);
            let scored: Option<Scored> = read_json(&path)?;
            if scored.is_some_and(|scored| !scored.absent.is_empty()) {
                storage::local().remove(&path)?;
            }
        }
        Ok(())
    }

    /// Whether all is there that is measured of it.
    fn is_scored(&self, path: &Path) -> Result<bool> {
        for expected in &self.scorings {
            if !storage::local().exists(&score_path(path, &expected.hash))? {
                return Ok(false);
            }
        }
        match &self.affinity {
            Some(probe) => Ok(finished_affinity(probe, path)?.is_some()),
            None => Ok(true),
        }
    }
}

/// A path from the root of the file system, as it is where the current directory is not known.
pub(crate) fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

/// The file of a score.
pub(crate) fn score_path(run_dir: &Path, hash: &str) -> PathBuf {
    let short = crate::hash::short(hash);
    run_dir.join(SCORES).join(format!("{short}.json"))
}

/// The file that says that a cell is done.
pub(crate) fn record_path(run_dir: &Path) -> PathBuf {
    run_dir.join(CELL)
}

/// The directory of a cell's scores, which whoever works on the cell has locked.
pub(crate) fn scores_dir(run_dir: &Path) -> PathBuf {
    run_dir.join(SCORES)
}

/// Keys in which a run that was begun differs from what is wanted; none where none was.
fn begun_with_other(run_dir: &Path, wanted: &RunConfig, outside: bool) -> Result<Vec<String>> {
    if !storage::local().exists(&run_dir.join(RUN))? {
        return Ok(Vec::new());
    }
    let json = |config: &RunConfig| -> Result<Value> {
        Ok(serde_json::to_value(deciding(config, outside)?).unwrap_or_default())
    };
    let before = saved_config(run_dir, &[])?;
    Ok(differing(&json(&before)?, &json(wanted)?))
}

/// What has changed of a cell whose configuration is the same: the files of what it reads, else what it starts from.
fn moved_by(before: &Register, cell: &Cell, grid: &Grid) -> String {
    let changed = names(&cell.config)
        .into_iter()
        .find(|name| before.definitions.get(*name) != grid.definitions.get(*name));
    match changed {
        Some(name) => format!("the files of {name}"),
        None => "init.from".to_owned(),
    }
}

fn header(
    spec: &StudySpec,
    conditions: &[Condition],
    facts: &[(String, String)],
    command: &str,
) -> Results {
    Results {
        name: spec.name.clone(),
        question: spec.question,
        scale: spec.scale.clone(),
        description: spec.description.clone(),
        command: command.to_owned(),
        facts: facts.to_vec(),
        conditions: conditions.to_vec(),
        scores: Vec::new(),
        cells: Vec::new(),
        affinities: Vec::new(),
        probes: Vec::new(),
    }
}
