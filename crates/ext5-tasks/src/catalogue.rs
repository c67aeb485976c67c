use std::collections::BTreeSet;
use std::path::Path;

use ext5_data::{Member, Members, Mixture, MixtureSpec, Rate, Resolved, Task, TaskSpec, is_name};
use ext5_eval::SuiteSpec;

use crate::directory;
use crate::error::{Error, Result, nearest};
use crate::families::derive;
use crate::line_of::line_of;
use crate::shelf::Shelf;

/// The files this program carries: path in the catalogue and text, sorted.
const BUILT_IN: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/built_in.rs"));

/// What a file of the catalogue describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    Task,
    Mixture,
    Suite,
}

/// Tasks, mixtures and suites by name. Tasks and mixtures share their names, since a mixture may have both as members; a suite
/// may be called as a mixture.
#[derive(Clone, Debug)]
pub struct Catalogue {
    tasks: Shelf<TaskSpec>,
    mixtures: Shelf<MixtureSpec>,
    suites: Shelf<SuiteSpec>,
    /// Mixtures that follow from another and have no file.
    derived: BTreeSet<String>,
}

impl Catalogue {
    /// What this program carries.
    ///
    /// # Errors
    /// As [`Catalogue::with_dir`]; a test of this crate reads every file, so that a release has none.
    pub fn built_in() -> Result<Self> {
        let mut catalogue = Self::empty();
        for (path, text) in BUILT_IN {
            let what = match path.split('/').next() {
                Some("mixtures") => What::Mixture,
                Some("suites") => What::Suite,
                _ => What::Task,
            };
            catalogue.add(Path::new(path), text, what)?;
        }
        catalogue.derive_families()
    }

    /// A catalogue of nothing.
    pub fn empty() -> Self {
        Self {
            tasks: Shelf::new("task"),
            mixtures: Shelf::new("mixture"),
            suites: Shelf::new("suite"),
            derived: BTreeSet::new(),
        }
    }

    /// Adds the files of a user's folder: `tasks/**/*.toml`, `mixtures/**/*.toml`, `suites/**/*.toml`, and `*.toml` in the folder
    /// itself, where a file with `[[members]]` is a mixture, or a suite if its members name a `task`.
    ///
    /// # Errors
    /// [`Error::Directory`] where the folder cannot be listed, [`Error::Duplicate`] where a name is taken, [`Error::Unclear`]
    /// where a file is neither of the three, [`Error::Data`] or [`Error::Eval`] naming file, line and key.
    pub fn with_dir(mut self, folder: &Path) -> Result<Self> {
        for file in directory::files(folder)? {
            let text = directory::text(&file.path)?;
            let what = match file.what {
                Some(what) => what,
                None => directory::what(&file.path, &text)?,
            };
            self.add(&file.path, &text, what)?;
        }
        self.derive_families()
    }

    /// The task of that name.
    ///
    /// # Errors
    /// [`Error::Unknown`] with the three nearest names.
    pub fn task(&self, name: &str) -> Result<&TaskSpec> {
        self.tasks.find(name)
    }

    /// The mixture of that name.
    ///
    /// # Errors
    /// As [`Catalogue::task`].
    pub fn mixture(&self, name: &str) -> Result<&MixtureSpec> {
        self.mixtures.find(name)
    }

    /// The suite of that name.
    ///
    /// # Errors
    /// As [`Catalogue::task`].
    pub fn suite(&self, name: &str) -> Result<&SuiteSpec> {
        self.suites.find(name)
    }

    /// The tasks in the order of their names.
    pub fn tasks(&self) -> impl Iterator<Item = &TaskSpec> {
        self.tasks.values()
    }

    /// The mixtures in the order of their names.
    pub fn mixtures(&self) -> impl Iterator<Item = &MixtureSpec> {
        self.mixtures.values()
    }

    /// The suites in the order of their names.
    pub fn suites(&self) -> impl Iterator<Item = &SuiteSpec> {
        self.suites.values()
    }

    /// Whether a mixture has no file of its own but follows from one with `families = true`: `<name>_<family>`,
    /// `<name>_without_<family>`, `<name>_<family>_and_<family>`.
    pub fn is_derived(&self, mixture: &str) -> bool {
        self.derived.contains(mixture)
    }

    /// The same catalogue with no cap on any rate, to see what the caps do.
    #[must_use]
    pub fn without_caps(&self) -> Self {
        let mut catalogue = self.clone();
        for mixture in catalogue.mixtures.values_mut() {
            mixture.rate = mixture.rate.uncapped();
            for member in &mut mixture.members {
                member.rate = member.rate.map(Rate::uncapped);
            }
        }
        catalogue
    }

    /// Names of all tasks and mixtures: tasks first, each in order.
    pub fn names(&self) -> Vec<&str> {
        self.tasks.names().chain(self.mixtures.names()).collect()
    }

    /// The file that describes a task or mixture, for messages; relative for what this program carries.
    pub fn path(&self, name: &str) -> Option<&Path> {
        self.tasks.path(name).or_else(|| self.mixtures.path(name))
    }

    /// The line of a task's file that a problem is about, from 1.
    pub(crate) fn line_of(&self, task: &str, problem: &str) -> Option<usize> {
        line_of(self.tasks.text(task), task, problem)
    }

    /// The task of that name, compiled and bound to a data root. No data is opened.
    ///
    /// # Errors
    /// As [`Catalogue::task`], and [`Error::Data`] with all problems of the task.
    pub fn open(&self, name: &str, data_root: &Path) -> Result<Task> {
        Ok(Task::from_spec(self.task(name)?.clone(), data_root)?)
    }

    /// The shares of the tasks of a mixture, or of a single task. `size` gives the number of examples of a task's training
    /// split, or why its data are absent; it is asked once for each way that leads to a task.
    ///
    /// # Errors
    /// [`Error::Unknown`] for the name itself, [`Error::Data`] for a mixture that is not valid or has no task with data.
    pub fn resolve(
        &self,
        name: &str,
        size: &dyn Fn(&TaskSpec) -> std::result::Result<u64, String>,
    ) -> Result<Resolved> {
        if self.tasks.get(name).is_none() && self.mixtures.get(name).is_none() {
            return Err(Error::Unknown {
                what: "task or mixture",
                name: name.to_owned(),
                hint: nearest(name, self.names()),
            });
        }
        Ok(Mixture::resolve(
            name,
            &WithSizes {
                catalogue: self,
                size,
            },
        )?)
    }

    /// The tasks that a mixture leads to, each once, sorted by name; or the single task of that name.
    ///
    /// # Errors
    /// As [`Catalogue::resolve`].
    pub fn tasks_of(&self, name: &str) -> Result<Vec<&TaskSpec>> {
        let resolved = self.resolve(name, &|_| Ok(1))?;
        resolved
            .shares
            .iter()
            .map(|share| self.task(&share.task))
            .collect()
    }

    /// Adds what follows from mixtures with `families = true`, where it is not there yet.
    fn derive_families(mut self) -> Result<Self> {
        let bases: Vec<MixtureSpec> = self.mixtures.values().cloned().collect();
        for base in bases.iter().filter(|base| base.families) {
            let path = self.mixtures.path(&base.name).map(Path::to_owned);
            let path = path.unwrap_or_default();
            for mixture in derive(base, |name| self.tasks.get(name)) {
                if self.derived.insert(mixture.name.clone()) {
                    self.tasks.refuse(&mixture.name, &path)?;
                    self.mixtures
                        .add(&mixture.name.clone(), (&path, ""), mixture)?;
                }
            }
        }
        Ok(self)
    }

    fn add(&mut self, path: &Path, text: &str, what: What) -> Result<()> {
        match what {
            What::Task => {
                let task = TaskSpec::parse(path, text)?;
                check("task", &task.name, path)?;
                self.mixtures.refuse(&task.name, path)?;
                self.tasks.add(&task.name.clone(), (path, text), task)
            }
            What::Mixture => {
                let mixture = MixtureSpec::parse(path, text)?;
                check("mixture", &mixture.name, path)?;
                self.tasks.refuse(&mixture.name, path)?;
                self.mixtures
                    .add(&mixture.name.clone(), (path, text), mixture)
            }
            What::Suite => {
                let suite = SuiteSpec::parse(path, text)?;
                check("suite", &suite.name, path)?;
                self.suites.add(&suite.name.clone(), (path, text), suite)
            }
        }
    }
}

/// Refuses a name that could lead out of the directories of which file names are made with it.
fn check(what: &'static str, name: &str, path: &Path) -> Result<()> {
    // Of mixtures and suites hyphens are no harm.
    let fits = is_name(name) || (what != "task" && is_name(&name.replace('-', "_")));
    if fits {
        return Ok(());
    }
    Err(Error::Name {
        what,
        name: name.chars().take(100).collect(),
        path: path.to_owned(),
    })
}

/// The catalogue with the sizes of its tasks, as mixtures want it.
struct WithSizes<'a> {
    catalogue: &'a Catalogue,
    size: &'a dyn Fn(&TaskSpec) -> std::result::Result<u64, String>,
}

impl Members for WithSizes<'_> {
    fn find(&self, name: &str) -> Option<Member> {
        if let Some(mixture) = self.catalogue.mixtures.get(name) {
            return Some(Member::Mixture(mixture.clone()));
        }
        let task = self.catalogue.tasks.get(name)?;
        Some(match (self.size)(task) {
            Ok(examples) => Member::Task { examples },
            Err(reason) => Member::Absent { reason },
        })
    }

    fn names(&self) -> Vec<String> {
        self.catalogue
            .names()
            .into_iter()
            .map(str::to_owned)
            .collect()
    }
}
