//! A user's folder of task, mixture and suite files.
use std::path::{Path, PathBuf};
use std::{fs, io};

use ext5_data::{door, toml_file};

use crate::catalogue::What;
use crate::error::{Error, Result};

/// Largest file read, in bytes.
const LIMIT: u64 = 16 << 20;

/// Folders nested deeper than this are a loop of links.
const DEPTH: usize = 32;

/// A TOML file, and what its folder says that it is.
pub(crate) struct Listed {
    pub(crate) path: PathBuf,
    pub(crate) what: Option<What>,
}

/// The TOML files of a folder, sorted by path.
pub(crate) fn files(folder: &Path) -> Result<Vec<Listed>> {
    let mut files = Vec::new();
    for path in list(folder)? {
        if is_toml(&path) {
            files.push(Listed { path, what: None });
        }
    }
    for (name, what) in [
        ("mixtures", What::Mixture),
        ("suites", What::Suite),
        ("tasks", What::Task),
    ] {
        let below = folder.join(name);
        if below.is_dir() {
            collect(&below, what, DEPTH, &mut files)?;
        }
    }
    files.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(files)
}

/// The text of a file.
pub(crate) fn text(path: &Path) -> Result<String> {
    Ok(door::read_text(path, LIMIT)?)
}

/// What a file is by its keys.
pub(crate) fn what(path: &Path, text: &str) -> Result<What> {
    let table: toml::Table = toml_file::parse(path, text)?;
    let names_task = |members: &toml::Value| {
        members
            .as_array()
            .into_iter()
            .flatten()
            .any(|member| member.get("task").is_some())
    };
    match table.get("members") {
        Some(members) if names_task(members) => Ok(What::Suite),
        Some(_) => Ok(What::Mixture),
        None if table.contains_key("source") => Ok(What::Task),
        None => Err(Error::Unclear {
            path: path.to_owned(),
        }),
    }
}

fn collect(folder: &Path, what: What, depth: usize, files: &mut Vec<Listed>) -> Result<()> {
    for path in list(folder)? {
        if path.is_dir() {
            if depth == 0 {
                let source = io::Error::other("its folders are nested too deep");
                return Err(Error::Directory { path, source });
            }
            collect(&path, what, depth - 1, files)?;
        } else if is_toml(&path) {
            files.push(Listed {
                path,
                what: Some(what),
            });
        }
    }
    Ok(())
}

fn list(folder: &Path) -> Result<Vec<PathBuf>> {
    let failed = |source| Error::Directory {
        path: folder.to_owned(),
        source,
    };
    fs::read_dir(folder)
        .map_err(failed)?
        .map(|entry| entry.map(|entry| entry.path()).map_err(failed))
        .collect()
}

fn is_toml(path: &Path) -> bool {
    path.extension()
        .is_some_and(|extension| extension == "toml")
        && path.is_file()
}
