//! A study, run cell by cell: what is finished is not repeated, what was begun goes on, what fails is reported.
mod estimate;
mod weights;
mod work;

use crate::cell::Cell;
use crate::failure::Failure;
use crate::register::{Place, Register, absolute};
use crate::{Error, Grid, Result, StudySpec};
use ext5_data::{Shard, door, storage};
use ext5_findings::{CellState, Results};
use ext5_trainer::{Event, Observer, Stop};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;
use work::Work;

/// One JSON object for each cell that was begun, finished or failed.
const LOG: &str = "study.jsonl";
/// Largest such log that is read, bytes.
const LOG_LIMIT: u64 = 1 << 28;
/// Between two looks at whether another process has finished what is waited for.
const PATIENCE: Duration = Duration::from_millis(500);

/// A study and where it lies.
#[derive(Debug)]
pub struct Study {
    /// What is asked.
    pub spec: StudySpec,
    /// What is run for it.
    pub grid: Grid,
    /// Its directory.
    pub dir: PathBuf,
    /// Directory of its runs; one that is not `runs` in `dir` may be shared by several studies.
    pub runs: PathBuf,
    register: Register,
}

/// How a study is run. Nothing of it changes a score.
#[derive(Clone, Debug, Default)]
pub struct StudyOptions {
    /// The part of the work this process does: every n-th of the cells from which no other starts, and what they start from.
    pub shard: Shard,
    /// Whether cells that failed are tried again, and suites scored again of which some data were absent.
    pub retry: bool,
    /// Whether weights are kept that no cell needs any more.
    pub keep_weights: bool,
    /// Directory under which the tasks' files lie; as the recipes say where absent.
    pub data_root: Option<PathBuf>,
    /// Further directories with task, mixture and suite files.
    pub task_dirs: Vec<PathBuf>,
    /// Device; as the recipes say where absent.
    pub device: Option<String>,
}

impl Study {
    /// A study in `dir`. `runs` is where its runs lie if not below that, from the current directory; `command` is what a report says
    /// how to repeat it.
    ///
    /// # Errors
    /// [`Error::Grid`] for a grid that contradicts itself.
    pub fn new(
        spec: StudySpec,
        grid: Grid,
        dir: &Path,
        runs: Option<PathBuf>,
        command: &str,
    ) -> Result<Self> {
        let runs = runs.map(|runs| absolute(&runs));
        let register = Register::new(&spec, &grid, command, runs)?;
        Ok(Self {
            runs: register.runs(dir),
            dir: dir.to_owned(),
            spec,
            grid,
            register,
        })
    }

    /// Runs what is not done yet, and answers all there is by then: of a shard, what the others have done as well.
    ///
    /// # Errors
    /// [`Error::Claimed`] before anything runs where the directory holds another study, or a cell's a run of another
    /// configuration; [`Error::OverBudget`] and [`Error::NoRoom`] where it would cost too much; [`Error::Failed`] at the end, naming the cells that failed now or before; [`Error::Stopped`].
    pub fn run(
        &self,
        options: &StudyOptions,
        stop: &Stop,
        observer: &mut dyn Observer,
    ) -> Result<Results> {
        // The directory is taken last, so that a study that costs too much can be changed.
        self.register.check(&self.dir, &self.grid)?;
        self.within_budget(options, observer)?;
        self.claim()?;
        let work = Work {
            study: self,
            mine: self.share(options.shard),
            options,
            stop,
        };
        let mine = || work.mine.iter().filter_map(|cell| self.item(*cell));
        if options.retry {
            for item in mine() {
                Failure::forget(&self.run_dir(item))?;
                item.place.forget_absent(&self.run_dir(item))?;
            }
        }
        let mut told = None;
        while let Some(holder) = work.pass(observer)? {
            if told.as_ref() != Some(&holder) {
                observer.on(&Event::Note(&format!("waiting: {holder}")));
            }
            told = Some(holder);
            std::thread::sleep(PATIENCE);
        }
        let failed = mine().map(|item| Ok((item, Failure::read(&self.run_dir(item))?)));
        self.ended(failed.collect::<Result<_>>()?)
    }

    /// What has come of it so far, from what lies on the disk.
    ///
    /// # Errors
    /// [`Error::Data`] naming a file that is damaged.
    pub fn collect(&self) -> Result<Results> {
        self.register.collect(&self.dir)
    }

    /// Takes the directory for this study, and writes the mixtures there that its runs need. [`Study::run`] does it before any run.
    ///
    /// # Errors
    /// [`Error::Claimed`] where the directory holds another study, or a cell's a run of another configuration.
    pub fn claim(&self) -> Result<()> {
        self.register.claim(&self.dir, &self.grid)?;
        let folder = self.dir.join("mixtures");
        if !self.grid.mixtures.is_empty() {
            storage::local().create_dir(&folder)?;
        }
        for mixture in &self.grid.mixtures {
            let text = toml::to_string(mixture).map_err(|error| Error::Grid {
                reason: format!(
                    "the mixture `{}` has no form in TOML: {error}",
                    mixture.name
                ),
            })?;
            let path = folder.join(format!("{}.toml", mixture.name));
            storage::local().write(&path, text.as_bytes())?;
        }
        Ok(())
    }

    /// The cells of a shard: its part of those from which no other starts, and what they start from.
    fn share(&self, shard: Shard) -> BTreeSet<usize> {
        let cells = &self.grid.cells;
        let number = |name: &str| cells.iter().position(|cell| cell.name == name);
        let starts: BTreeSet<&str> = cells
            .iter()
            .filter_map(|cell| Some(cell.start.as_ref()?.cell.as_str()))
            .collect();
        let leaves = (0..).zip(cells);
        let leaves = leaves.filter(|(_, cell)| !starts.contains(cell.name.as_str()));
        let mut mine = BTreeSet::new();
        for (piece, (leaf, _)) in (0..).zip(leaves) {
            let mut next = shard.owns(piece).then_some(leaf);
            while let Some(cell) = next {
                mine.insert(cell);
                let start = cells.get(cell).and_then(|cell| cell.start.as_ref());
                next = start.and_then(|start| number(&start.cell));
            }
        }
        mine
    }

    /// The results; an error where a cell has failed, now or before.
    fn ended(&self, cells: Vec<(Item<'_>, Option<Failure>)>) -> Result<Results> {
        let results = self.collect()?;
        let mut kind = None;
        let mut failed = Vec::new();
        for (item, failure) in cells {
            if let Some(failure) = failure {
                kind = kind.or(Some(failure.kind()));
                failed.push((item.cell.name.clone(), failure.reason));
            }
        }
        match kind {
            None => Ok(results),
            Some(kind) => Err(Error::Failed {
                failed,
                cells: results.cells.len(),
                kind,
            }),
        }
    }

    /// The cells with their places, in order.
    fn items(&self) -> impl Iterator<Item = Item<'_>> {
        let cells = self.grid.cells.iter().zip(&self.register.cells);
        cells.enumerate().map(|(number, (cell, place))| Item {
            number,
            cell,
            place,
        })
    }

    fn item(&self, number: usize) -> Option<Item<'_>> {
        let cell = self.grid.cells.get(number)?;
        let place = self.register.cells.get(number)?;
        Some(Item {
            number,
            cell,
            place,
        })
    }

    fn run_dir(&self, item: Item<'_>) -> PathBuf {
        self.runs.join(&item.place.folder)
    }

    /// What has come of a cell so far. One that is done, but whose weights could not be made again for those that start from it, has
    /// failed.
    fn state(&self, item: Item<'_>) -> Result<CellState> {
        Ok(match Failure::read(&self.run_dir(item))? {
            Some(failure) => CellState::Failed {
                reason: failure.reason,
            },
            None => Register::state(&self.runs, item.place)?,
        })
    }

    /// Adds a line to the study's log.
    fn log(&self, event: &str, cell: &str, key: &str, value: Value) -> Result<()> {
        let line = format!("{}\n", json!({ "event": event, "cell": cell, key: value }));
        Ok(storage::local().append(&self.dir.join(LOG), line.as_bytes())?)
    }

    /// Seconds that a cell had taken when processes before this one were stopped in it; of one that was killed none are known.
    fn spent(&self, cell: &str) -> Result<f64> {
        let text = door::read_text(&self.dir.join(LOG), LOG_LIMIT)?;
        let lines = text.lines();
        let lines = lines.filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let stopped = lines.filter(|line| line["event"] == "stopped" && line["cell"] == cell);
        Ok(stopped.filter_map(|line| line["seconds"].as_f64()).sum())
    }
}

/// A cell of the study and where it lies.
#[derive(Clone, Copy)]
struct Item<'a> {
    number: usize,
    cell: &'a Cell,
    place: &'a Place,
}

/// What has come so far of the study in a directory, finished or not, from what lies there.
///
/// # Errors
/// [`Error::NoStudy`] where the directory holds none, [`Error::NoRuns`] where that of its runs is not there, [`Error::Data`] naming a
/// file that is damaged.
pub fn collect(dir: &Path) -> Result<Results> {
    let register = Register::read(dir)?;
    let runs = register.runs(dir);
    if !storage::local().exists(&runs)? {
        return Err(Error::NoRuns {
            path: dir.to_owned(),
            runs,
        });
    }
    register.collect(dir)
}
