use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use ext5_data::{ErrorKind, Format, Source, TaskSpec, door, storage};
use glob::Pattern;

use crate::event::OnEvent;
use crate::layout::{Goal, Transfer, lay_out};
use crate::pins::{Origin, Pin};
use crate::place::Place;
use crate::{Error, FetchedFile, Patience, Result, digest, remote};

/// Folder of the data root for what comes from a store and is not yet checked.
const INCOMING: &str = ".ext5-data.incoming";

/// How files of the user's are added.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AddOptions {
    /// Overwrite files in the data root that this program has not put there.
    pub replace: bool,
    /// Copy files into the data root instead of linking to them.
    pub copy: bool,
}

/// What files are added for.
struct Target<'a> {
    task: &'a TaskSpec,
    split: &'a str,
    place: Place,
    root: &'a Path,
    copy: bool,
}

/// Lays files of the user's, in the order given, into the data root `root` as the split `split` of a task, and writes them into
/// the lock file. Each must open as the task's format and have its columns; its first row is read. Addresses (`s3://`,
/// `gs://`, `file://`) are downloaded, where the program was built with the feature `object-store`; the stores read their own
/// environment variables.
///
/// # Errors
/// [`Error::Unknown`] for a split that the task does not list, [`Error::Unfit`] where a file is not what the task reads,
/// [`Error::Empty`], [`Error::Occupied`], [`Error::Address`] for an address that cannot be read from.
pub fn add(
    task: &TaskSpec,
    split: &str,
    files: &[String],
    root: &Path,
    options: &AddOptions,
    on_event: OnEvent<'_>,
) -> Result<Vec<FetchedFile>> {
    let target = Target {
        task,
        split,
        place: Place::of(task, split)?,
        root,
        copy: options.copy,
    };
    if files.is_empty() {
        return Err(target.unfit("", refused("no file is given".to_owned())));
    }
    let added = target.add(files, options.replace, on_event);
    if files.iter().any(|file| is_address(file)) {
        storage::local().remove(&root.join(INCOMING))?;
    }
    added
}

impl Target<'_> {
    fn add(
        &self,
        files: &[String],
        replace: bool,
        on_event: OnEvent<'_>,
    ) -> Result<Vec<FetchedFile>> {
        let mut goals = Vec::new();
        for (path, file) in self.place.paths(files.len()).into_iter().zip(files) {
            goals.push(self.goal(path, file, on_event)?);
        }
        let places = [self.place.clone()];
        let patience = Patience::default();
        lay_out(self.root, &places, &goals, replace, &patience, on_event)?;
        let added = goals.into_iter().map(|goal| FetchedFile {
            split: self.split.to_owned(),
            path: goal.path,
            downloaded: match goal.pin.origin {
                Origin::Url { .. } => goal.pin.bytes,
                _ => 0,
            },
            pin: goal.pin,
        });
        Ok(added.collect())
    }

    /// Where the content of a file or address is, checked and hashed.
    fn goal(&self, path: String, file: &str, on_event: OnEvent<'_>) -> Result<Goal> {
        let (content, origin, transfer) = if is_address(file) {
            let content = self.root.join(INCOMING).join(&path);
            if let Some(folder) = content.parent() {
                storage::local().create_dir(folder)?;
            }
            remote::download(file, &content, on_event)?;
            let url = remote::shown(file);
            (content, Origin::Url { url }, Transfer::Move)
        } else {
            // Said of the file itself: to the source it would be one of a data set's that is missing.
            door::open(Path::new(file))?;
            let failed = |source| Error::io("find", Path::new(file), source);
            let content = std::path::absolute(file).map_err(failed)?;
            self.stands_apart(&path, &content, file)?;
            let path = content.to_string_lossy().into_owned();
            let transfer = if self.copy {
                Transfer::Copy
            } else {
                Transfer::Link
            };
            (content, Origin::Local { path }, transfer)
        };
        self.check(&content, file)?;
        let found = digest::file(&content, file, on_event)?;
        let pin = Pin {
            sha256: found.sha256,
            bytes: found.bytes,
            origin,
        };
        Ok(Goal {
            path,
            content,
            pin,
            transfer,
        })
    }

    /// Laying out replaces and removes the files of a place: but for a file that stays where it is, none of them can be the
    /// content of one, neither itself nor as a link to elsewhere.
    fn stands_apart(&self, goal: &str, content: &Path, file: &str) -> Result<()> {
        let Ok(folder) = self.root.join(self.place.folder()).canonicalize() else {
            return Ok(());
        };
        let inside = |file: &PathBuf| {
            let name = file.file_name().and_then(|name| name.to_str());
            let path = name.map(|name| self.place.path(name)).unwrap_or_default();
            file.parent() == Some(&folder) && path != goal && self.place.holds(&path)
        };
        let parent = content.parent().and_then(|it| it.canonicalize().ok());
        let named = parent.zip(content.file_name());
        let named = named.map(|(parent, name)| parent.join(name));
        if [named, content.canonicalize().ok()]
            .iter()
            .flatten()
            .any(inside)
        {
            let reason = "it lies where this split is laid out, move it out of the data root first";
            return Err(self.unfit(file, refused(reason.to_owned())));
        }
        Ok(())
    }

    /// Whether a file can stand in for the task's own: its format opens and the first row has the task's columns.
    fn check(&self, content: &Path, file: &str) -> Result<()> {
        let source = &self.task.source;
        // The name tells commas from tabs, in letters of either case.
        let tabs = |name: &str| {
            let name = name.to_ascii_lowercase();
            let ending = name.trim_end_matches(".gz").rsplit('.').next();
            ending == Some("tsv")
        };
        if source.format == Format::Csv && tabs(file) != tabs(self.place.suffix()) {
            let reason = format!("its name must end in `{}`", self.place.suffix());
            return Err(self.unfit(file, refused(reason)));
        }
        let name = content.file_name().and_then(|name| name.to_str());
        let (folder, name) = match (content.parent(), name) {
            (Some(folder), Some(name)) => (folder.to_owned(), name),
            _ => (PathBuf::new(), ""),
        };
        let mut spec = source.clone();
        spec.splits = BTreeMap::from([(self.split.to_owned(), vec![only(name)])]);
        let mut rows = Source::new(spec, &folder)
            .rows(self.split)
            .map_err(|source| self.unfit(file, source))?;
        match rows.next() {
            Some(Ok(_)) => Ok(()),
            Some(Err(source)) => Err(self.unfit(file, source)),
            None => Err(Error::Empty {
                path: remote::shown(file),
            }),
        }
    }

    fn unfit(&self, file: &str, source: ext5_data::Error) -> Error {
        let format = match self.task.source.format {
            Format::Parquet => "Parquet",
            Format::Arrow => "Arrow IPC",
            Format::Jsonl => "JSON lines",
            Format::Csv => "CSV",
            _ => "rows that this program makes up",
        };
        let columns = self.task.source.columns.join("`, `");
        Error::Unfit {
            path: remote::shown(file),
            task: self.task.name.clone(),
            split: self.split.to_owned(),
            expected: format!("{format} with the columns `{columns}`"),
            source,
        }
    }
}

/// A pattern for the file of this name alone: a plain name would also stand for its shards.
fn only(name: &str) -> String {
    match name
        .char_indices()
        .find(|(_, letter)| letter.is_alphanumeric())
    {
        None => Pattern::escape(name),
        Some((at, letter)) => {
            let (before, after) = (&name[..at], &name[at + letter.len_utf8()..]);
            format!(
                "{}[{letter}]{}",
                Pattern::escape(before),
                Pattern::escape(after)
            )
        }
    }
}

fn is_address(file: &str) -> bool {
    file.contains("://")
}

fn refused(reason: String) -> ext5_data::Error {
    ext5_data::Error::Refused {
        kind: ErrorKind::Request,
        reason,
    }
}
