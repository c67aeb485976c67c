use std::path::{Path, PathBuf};

use glob::Pattern;

use crate::{Error, Result};

/// The files that `patterns` match under `root`, sorted and without repetition.
///
/// # Errors
/// [`Error::Missing`] where the root does not exist or a pattern matches no file, [`Error::Refused`] for a pattern that
/// is none.
pub(super) fn files(root: &Path, patterns: &[String]) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for pattern in patterns {
        let found = matches(root, pattern)?;
        if found.is_empty() {
            return Err(absent(root, pattern));
        }
        files.extend(found);
    }
    if files.is_empty() {
        return Err(absent(root, ""));
    }
    files.sort();
    files.dedup();
    Ok(files)
}

fn matches(root: &Path, pattern: &str) -> Result<Vec<PathBuf>> {
    let refused = |reason: String| Error::Refused {
        kind: crate::ErrorKind::Config,
        reason,
    };
    let Some(root) = root.to_str() else {
        return Err(refused(format!(
            "the data root `{}` is not UTF-8",
            root.display()
        )));
    };
    let full = Path::new(&Pattern::escape(root)).join(pattern);
    let paths = glob::glob(&full.to_string_lossy())
        .map_err(|error| refused(format!("`{pattern}` is not a pattern of files: {error}")))?;
    let mut files = Vec::new();
    for path in paths {
        let path = path.map_err(|error| {
            let path = error.path().to_owned();
            Error::Io {
                action: "list",
                path,
                source: error.into(),
            }
        })?;
        if path.is_file() {
            files.push(path);
        }
    }
    Ok(files)
}

fn absent(root: &Path, pattern: &str) -> Error {
    if !root.as_os_str().is_empty() && !root.exists() {
        let hint = ", set `data.root` to the directory of the data sets".to_owned();
        return Error::Missing {
            what: "data root",
            path: root.to_owned(),
            hint,
        };
    }
    let hint = if root.as_os_str().is_empty() {
        ", set `data.root` to the directory of the data sets".to_owned()
    } else {
        format!(
            " under the data root `{}`, put it there or set `data.root`",
            root.display()
        )
    };
    Error::Missing {
        what: "data file",
        path: PathBuf::from(pattern),
        hint,
    }
}
