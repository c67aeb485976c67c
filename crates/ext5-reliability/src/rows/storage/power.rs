//! C3: the power goes at any moment of several saves.
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use ext5_data::storage::{self, LocalStorage, Storage};
use ext5_trainer::Checkpoint;

use super::crash::{self, Disk, Tree};
use super::recorder::{Lack, Op, Promise, Recorder};
use super::sets::{self, Files};
use crate::place::{Place, Tier};
use crate::row::{Failure, Figure, Row};

pub(super) const ROW: Row = Row {
    id: "C3",
    what: "power loss at any moment of several saves: unsynced bytes and names lost, torn, zeroed, reordered",
    tier: Tier::P,
    defect: "no file sync; no directory sync; manifest first; rename before sync; old removed first",
    run,
};

/// Steps that are saved, one after another; some twice, with other files.
const STEPS: [u64; 15] = [1, 2, 2, 3, 4, 5, 5, 6, 7, 8, 8, 9, 10, 11, 11];
/// Bytes of a large file.
const LARGE: usize = 10_000;
/// Checkpoints that are kept.
const KEEP: usize = 2;
/// States that must be tried at least.
const LEAST: usize = 20_000;

/// A way to lose what was saved.
#[derive(Clone, Copy)]
enum Defect {
    Lacks(Lack),
    ManifestFirst,
    OldRemovedFirst,
}

const DEFECTS: [Defect; 5] = [
    Defect::Lacks(Lack::File),
    Defect::Lacks(Lack::Dir),
    Defect::ManifestFirst,
    Defect::Lacks(Lack::Order),
    Defect::OldRemovedFirst,
];

fn run(place: &Place) -> Result<Figure, Failure> {
    if place.seeded {
        let caught = DEFECTS.map(|defect| tried(&STEPS[..4], 1500, Some(defect)));
        let caught: Vec<(usize, Option<String>)> = caught.into_iter().collect::<Result<_, _>>()?;
        let count = caught.iter().filter(|it| it.1.is_some()).count();
        let states: usize = caught.iter().map(|it| it.0).sum();
        return Ok(Figure::new(
            format!("{count}/5 seeded bugs caught within {states} states"),
            "5/5",
            count < DEFECTS.len(),
        ));
    }
    let (states, bad) = tried(&STEPS, LARGE, None)?;
    let told = bad
        .as_ref()
        .map_or("0 bad".to_owned(), |it| format!("bad: {it}"));
    Ok(Figure::new(
        format!("{states} states over {} saves, {told}", STEPS.len()),
        format!("at least {LEAST} states, 0 bad"),
        bad.is_none() && states >= LEAST,
    ))
}

/// Records the saves of `steps` and looks at every state that a crash may leave: how many, and what is wrong with the first bad one.
fn tried(
    steps: &[u64],
    large: usize,
    defect: Option<Defect>,
) -> Result<(usize, Option<String>), Failure> {
    let scratch = sets::scratch()?;
    let root = scratch.path().join("recorded");
    std::fs::create_dir(&root)?;
    let saves: Vec<(u64, Files)> = (0..)
        .zip(steps)
        .map(|(version, step)| (*step, sets::files(version, large)))
        .collect();
    let ops = record(&root, &saves, defect)?;
    let mut mirror = Mirror::new(scratch.path().join("found"))?;
    let (mut disk, mut told) = (Disk::new(), Told::default());
    let mut known = BTreeSet::new();
    let mut bad = None;
    for (number, op) in ops.iter().enumerate() {
        disk.apply(op);
        told.hear(op);
        let mut failure = None;
        disk.states(|tree| {
            if !known.insert((crash::hash(&tree), told.key())) {
                return true;
            }
            match mirror
                .show(tree)
                .and_then(|()| told.judge(&mirror.root, &saves))
            {
                Ok(Ok(())) => return true,
                Ok(Err(reason)) => {
                    bad = Some(format!(
                        "after operation {number}, {op}: {reason}",
                        op = short(op)
                    ));
                }
                Err(error) => failure = Some(error),
            }
            false
        });
        if let Some(failure) = failure {
            return Err(failure);
        }
        if bad.is_some() {
            break;
        }
    }
    Ok((known.len(), bad))
}

fn short(op: &Op) -> String {
    match op {
        Op::Write(path, bytes) => format!("write of {} bytes to {}", bytes.len(), path.display()),
        op => format!("{op:?}"),
    }
}

/// Saves as a run does: a small file that is replaced, then a checkpoint, then retention.
fn record(root: &Path, saves: &[(u64, Files)], defect: Option<Defect>) -> Result<Vec<Op>, Failure> {
    let lack = match defect {
        Some(Defect::Lacks(lack)) => Some(lack),
        _ => None,
    };
    let storage = LocalStorage::over(Recorder::new(root, lack));
    let run_dir = root.join("run");
    storage.create_dir(&run_dir)?;
    for (number, (step, files)) in saves.iter().enumerate() {
        storage.write(&run_dir.join("run.toml"), &files["run.toml"])?;
        storage.disk().tell(Promise::File(number));
        let place = run_dir.join(format!("checkpoints/step_{step:08}"));
        match defect {
            Some(Defect::ManifestFirst) => manifest_first(&storage, root, &place, (*step, files))?,
            Some(Defect::OldRemovedFirst) => storage.remove(&place)?,
            _ => {}
        }
        if !matches!(defect, Some(Defect::ManifestFirst)) {
            let written = Checkpoint::commit(&storage, &run_dir, *step, files)?;
            written.retain(&storage, KEEP, None)?;
        }
        storage.disk().tell(Promise::Checkpoint(number));
    }
    Ok(storage.disk().ops())
}

/// A save without a temporary directory that begins with the manifest.
fn manifest_first(
    storage: &dyn Storage,
    root: &Path,
    place: &Path,
    (step, files): (u64, &Files),
) -> Result<(), Failure> {
    let draft = root.with_extension("draft");
    let draft = Checkpoint::commit(storage::local(), &draft, step, files)?;
    let manifest = std::fs::read(draft.path().join("manifest.json"))?;
    storage.create_dir(place)?;
    storage.write(&place.join("manifest.json"), &manifest)?;
    for (name, bytes) in files {
        storage.write(&place.join(name), bytes)?;
    }
    Ok(())
}

/// What was reported so far, by number of the save.
#[derive(Default)]
struct Told {
    file: Option<usize>,
    checkpoint: Option<usize>,
}

impl Told {
    fn hear(&mut self, op: &Op) {
        match op {
            Op::Told(Promise::File(number)) => self.file = Some(*number),
            Op::Told(Promise::Checkpoint(number)) => self.checkpoint = Some(*number),
            _ => {}
        }
    }

    fn key(&self) -> (Option<usize>, Option<usize>) {
        (self.file, self.checkpoint)
    }

    /// What is wrong with a run directory below `root`: the newest must be what was reported last or the one after it.
    fn judge(&self, root: &Path, saves: &[(u64, Files)]) -> Result<Result<(), String>, Failure> {
        let run_dir = root.join("run");
        let next = |told: Option<usize>| told.map_or(0, |it| it + 1);
        let file = std::fs::read(run_dir.join("run.toml")).ok();
        let allowed = [self.file, Some(next(self.file))];
        let is_save = |it: Option<usize>| match it {
            None => file.is_none(),
            Some(it) => saves
                .get(it)
                .is_some_and(|save| file.as_ref() == Some(&save.1["run.toml"])),
        };
        if !allowed.into_iter().any(is_save) {
            return Ok(Err(
                "`run.toml` is neither the old one nor the new one".to_owned()
            ));
        }
        let found = sets::newest(&run_dir)?;
        let allowed = [self.checkpoint, Some(next(self.checkpoint))];
        let is_save = |it: Option<usize>| match (it, &found) {
            (None, found) => found.is_none(),
            (Some(it), Some((step, files))) => saves
                .get(it)
                .is_some_and(|save| save.0 == *step && files.as_ref() == Some(&save.1)),
            (Some(_), None) => false,
        };
        if !allowed.into_iter().any(is_save) {
            let found = found.map(|it| it.0);
            return Ok(Err(format!(
                "save {:?} was reported, step {found:?} is found",
                self.checkpoint
            )));
        }
        let steps: BTreeSet<u64> = saves[..next(self.checkpoint)]
            .iter()
            .map(|it| it.0)
            .collect();
        let good = sets::good(&run_dir)?;
        if good < steps.len().min(KEEP) {
            return Ok(Err(format!(
                "{good} checkpoints are good of {}",
                steps.len()
            )));
        }
        Ok(Ok(()))
    }
}

/// A directory that is made equal to one tree after another.
struct Mirror {
    root: PathBuf,
    tree: Tree,
}

impl Mirror {
    fn new(root: PathBuf) -> Result<Self, Failure> {
        std::fs::create_dir(&root)?;
        let tree = Tree::from([(PathBuf::new(), None)]);
        Ok(Self { root, tree })
    }

    fn show(&mut self, tree: Tree) -> Result<(), Failure> {
        for (path, content) in self.tree.iter().rev() {
            let stays = tree
                .get(path)
                .is_some_and(|new| new.is_some() == content.is_some());
            match content {
                _ if stays => {}
                Some(_) => std::fs::remove_file(self.root.join(path))?,
                None => std::fs::remove_dir(self.root.join(path))?,
            }
        }
        for (path, content) in &tree {
            match content {
                _ if self.tree.get(path) == Some(content) => {}
                Some(content) => std::fs::write(self.root.join(path), content.bytes.as_slice())?,
                None => std::fs::create_dir(self.root.join(path))?,
            }
        }
        self.tree = tree;
        Ok(())
    }
}
