use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use glob::{MatchOptions, Pattern};

use crate::{Error, ErrorKind, Result, storage};

/// The files that `patterns` match under `root`, sorted and without repetition.
///
/// A pattern without a wildcard names a file, or the shards into which it was cut: `x/train.parquet` also stands for
/// `x/train-00000-of-00003.parquet` and its fellows, which must all be there.
///
/// # Errors
/// [`Error::Missing`] where the root does not exist, a pattern matches no file or a shard is not there, [`Error::Refused`]
/// for a pattern that is none or leaves the root (kind `Config`) and for a file that is there both whole and in shards
/// (kind `Data`), [`Error::Damaged`] where two sets of shards lie side by side.
pub(super) fn files(root: &Path, patterns: &[String], task: &str) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for pattern in patterns {
        inside(pattern)?;
        let found = if pattern.contains(['*', '?', '[']) {
            matches(root, pattern)?
        } else {
            whole_or_shards(root, pattern)?
        };
        if found.is_empty() {
            return Err(absent(root, pattern, task));
        }
        files.extend(found);
    }
    if files.is_empty() {
        return Err(absent(root, "", task));
    }
    files.sort();
    files.dedup();
    Ok(files)
}

/// Refuses what could lead out of the data root.
pub(crate) fn inside(pattern: &str) -> Result<()> {
    let stays = |part| matches!(part, Component::Normal(_) | Component::CurDir);
    if Path::new(pattern).components().all(stays) {
        return Ok(());
    }
    Err(Error::Refused {
        kind: ErrorKind::Config,
        reason: format!(
            "`{pattern}` leaves the data root, expected a path relative to `data.root` without `..`"
        ),
    })
}

fn matches(root: &Path, pattern: &str) -> Result<Vec<PathBuf>> {
    let refused = |reason: String| Error::Refused {
        kind: ErrorKind::Config,
        reason,
    };
    let Some(root) = root.to_str() else {
        return Err(refused(format!(
            "the data root `{}` is not UTF-8",
            root.display()
        )));
    };
    let full = Path::new(&Pattern::escape(root)).join(pattern);
    // Files that are not yet written to their end have names that begin with a dot.
    let options = MatchOptions {
        require_literal_leading_dot: true,
        ..MatchOptions::new()
    };
    let paths = glob::glob_with(&full.to_string_lossy(), options)
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

fn whole_or_shards(root: &Path, name: &str) -> Result<Vec<PathBuf>> {
    let whole = root.join(name);
    let shards = shards(&whole)?;
    let (Some(first), Some(last)) = (shards.first_key_value(), shards.last_key_value()) else {
        return Ok(whole.is_file().then_some(whole).into_iter().collect());
    };
    let ((count, first), present) = first;
    if whole.is_file() {
        let reason = format!(
            "`{}` is there whole and in {count} shards, remove the one or the others",
            whole.display()
        );
        let kind = ErrorKind::Data;
        return Err(Error::Refused { kind, reason });
    }
    let ((other, number), path) = last;
    if other != count {
        let reason =
            format!("shards of {count} and of {other} lie side by side, remove one set of them");
        return Err(Error::damaged(path, reason));
    }
    if number >= count {
        let reason = format!("by its name it is none of the {count} shards beside it");
        return Err(Error::damaged(path, reason));
    }
    if let Some(number) = (0..*count).find(|number| !shards.contains_key(&(*count, *number))) {
        let file = present.strip_prefix(root).unwrap_or(present);
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        let name = name.replacen(&format!("-{first:05}-of-"), &format!("-{number:05}-of-"), 1);
        return Err(Error::Missing {
            what: "shard",
            path: file.with_file_name(name),
            hint: format!(
                ", but `{}` does: fetch it with `ext5 data fetch` or put it there",
                present.display()
            ),
        });
    }
    Ok(shards.into_values().collect())
}

/// The shards of `whole` that are there: count and number to path.
fn shards(whole: &Path) -> Result<BTreeMap<(u32, u32), PathBuf>> {
    let (Some(directory), Some(name)) = (whole.parent(), whole.file_name()) else {
        return Ok(BTreeMap::new());
    };
    let entries = match storage::local().list(directory) {
        Err(Error::Missing { .. }) => return Ok(BTreeMap::new()),
        entries => entries?,
    };
    let name = name.to_string_lossy();
    let shard = |path: PathBuf| {
        let (number, count) = shard_of(&path.file_name()?.to_string_lossy(), &name)?;
        path.is_file().then_some(((count, number), path))
    };
    Ok(entries.into_iter().filter_map(shard).collect())
}

/// Number and count in `train-00000-of-00003.parquet`, where it is a shard of `train.parquet`.
fn shard_of(file: &str, whole: &str) -> Option<(u32, u32)> {
    /// Characters of `-00000-of-00003`.
    const MARK: usize = 15;
    let start = (0..=file.len().checked_sub(MARK)?).find(|start| {
        let parts = (file.get(..*start), file.get(start + MARK..));
        matches!(parts, (Some(head), Some(tail)) if whole.len() == head.len() + tail.len()
            && tail.starts_with('.') && whole.starts_with(head) && whole.ends_with(tail))
    })?;
    let (number, count) = file
        .get(start..start + MARK)?
        .strip_prefix('-')?
        .split_once("-of-")?;
    let digits = |text: &str| text.len() == 5 && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(number) || !digits(count) {
        return None;
    }
    Some((number.parse().ok()?, count.parse().ok()?))
}

fn absent(root: &Path, pattern: &str, task: &str) -> Error {
    let fetch = format!("ext5 data fetch {task}");
    let fetch = fetch.trim_end();
    if !root.as_os_str().is_empty() && !root.exists() {
        let hint = format!(
            ": fill it with `{fetch}` or `ext5 data add`, or set `data.root` to the directory of the data sets"
        );
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
            " under the data root `{}`: fetch it with `{fetch}`, put it there or set `data.root`",
            root.display()
        )
    };
    Error::Missing {
        what: "data file",
        path: PathBuf::from(pattern),
        hint,
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn found(root: &Path, pattern: &str) -> Result<Vec<String>> {
        let files = files(root, &[pattern.to_owned()], "")?;
        let name = |path: &PathBuf| path.strip_prefix(root).unwrap().display().to_string();
        Ok(files.iter().map(name).collect())
    }

    fn put(root: &Path, names: &[&str]) {
        for name in names {
            let path = root.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
    }

    #[test]
    fn a_plain_name_stands_for_its_shards() {
        let root = tempfile::tempdir().unwrap();
        let shards = [
            "x/train-00000-of-00003.jsonl.gz",
            "x/train-00001-of-00003.jsonl.gz",
            "x/train-00002-of-00003.jsonl.gz",
        ];
        put(root.path(), &shards);
        // None of these is a shard of it.
        put(
            root.path(),
            &[
                "x/train-00000-of-00001.jsonl",
                "x/train2-00000-of-00001.jsonl.gz",
                "x/train-0000a-of-00003.jsonl.gz",
                "x/train-00000-of-00003-ab.jsonl.gz",
                "x/strain-00000-of-00003.jsonl.gz",
            ],
        );
        assert_eq!(found(root.path(), "x/train.jsonl.gz").unwrap(), shards);
        put(root.path(), &["x/train.parquet"]);
        assert_eq!(
            found(root.path(), "x/train.parquet").unwrap(),
            ["x/train.parquet"]
        );
    }

    #[test]
    fn shards_must_all_be_there_and_agree() {
        let root = tempfile::tempdir().unwrap();
        put(
            root.path(),
            &["a-00000-of-00003.parquet", "a-00002-of-00003.parquet"],
        );
        let error = found(root.path(), "a.parquet").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Missing);
        let told = error.to_string();
        assert!(
            told.starts_with("shard `a-00001-of-00003.parquet` does not exist"),
            "{told}"
        );
        put(root.path(), &["a-00001-of-00003.parquet", "a.parquet"]);
        let error = found(root.path(), "a.parquet").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Data);
        assert!(
            error.to_string().contains("whole and in 3 shards"),
            "{error}"
        );
        fs::remove_file(root.path().join("a.parquet")).unwrap();
        assert_eq!(found(root.path(), "a.parquet").unwrap().len(), 3);
        for other in ["a-00003-of-00003.parquet", "a-00004-of-00005.parquet"] {
            put(root.path(), &[other]);
            let error = found(root.path(), "a.parquet").unwrap_err();
            assert!(error.to_string().contains(other), "{error}");
            fs::remove_file(root.path().join(other)).unwrap();
        }
    }

    #[test]
    fn two_sets_of_shards_are_refused() {
        let root = tempfile::tempdir().unwrap();
        for count in [2, 3] {
            for number in 0..count {
                put(root.path(), &[&format!("a-{number:05}-of-{count:05}.csv")]);
            }
        }
        let error = found(root.path(), "a.csv").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Data);
        assert!(error.to_string().contains("of 2 and of 3 lie"), "{error}");
        for number in 0..3 {
            fs::remove_file(root.path().join(format!("a-{number:05}-of-00003.csv"))).unwrap();
        }
        assert_eq!(found(root.path(), "a.csv").unwrap().len(), 2);
    }

    #[test]
    fn a_star_does_not_match_what_is_still_being_written() {
        let root = tempfile::tempdir().unwrap();
        put(
            root.path(),
            &["x/a.csv", "x/.tmp-7-0-b.csv", ".hidden/c.csv"],
        );
        for pattern in ["x/*.csv", "*/*.csv", "**/*.csv", "x/?*.csv"] {
            assert_eq!(
                found(root.path(), pattern).unwrap(),
                ["x/a.csv"],
                "{pattern}"
            );
        }
        assert_eq!(found(root.path(), ".hidden/*.csv").unwrap().len(), 1);
    }

    #[test]
    fn nothing_outside_the_root_is_looked_at() {
        let root = tempfile::tempdir().unwrap();
        put(root.path(), &["in/a.csv", "b.csv"]);
        let inner = root.path().join("in");
        let absolute = root.path().join("b.csv").display().to_string();
        for pattern in ["../b.csv", "../*.csv", "x/../../b.csv", &absolute, "/*.csv"] {
            let error = found(&inner, pattern).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Config, "{pattern}");
            assert!(error.to_string().contains(pattern), "{error}");
        }
        assert_eq!(found(&inner, "./a.csv").unwrap(), ["a.csv"]);
    }
}
