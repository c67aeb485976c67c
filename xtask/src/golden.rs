//! Runs the exporters of golden data again and says what changed.
mod compare;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use clap::Args;
use compare::{Difference, compare};

/// Folders that hold exporters, from the root; `*` is one folder.
const PLACES: &[&str] = &["crates/*/tests", "tests"];

/// What to run and what to do with it.
#[derive(Args)]
pub(crate) struct Options {
    /// The Python that has the reference packages.
    #[arg(long, default_value = "python3", value_name = "PROGRAM")]
    python: PathBuf,
    /// Run only the exporters whose path contains this.
    #[arg(long, value_name = "TEXT")]
    only: Option<String>,
    /// List the exporters and run none.
    #[arg(long)]
    list: bool,
    /// Keep what the exporters wrote; without it the recorded files are put back.
    #[arg(long)]
    accept: bool,
}

/// Runs every `export*.py` in its own folder, compares, restores; answers whether nothing changed.
pub(crate) fn run(root: &Path, options: &Options) -> Result<bool> {
    let mut unchanged = true;
    for exporter in exporters(root)? {
        let shown = exporter
            .strip_prefix(root)
            .unwrap_or(&exporter)
            .display()
            .to_string();
        if options
            .only
            .as_ref()
            .is_some_and(|only| !shown.contains(only))
        {
            continue;
        }
        println!("{shown}");
        if !options.list {
            unchanged &= run_one(&exporter, options)?;
        }
    }
    Ok(unchanged)
}

fn run_one(exporter: &Path, options: &Options) -> Result<bool> {
    let Some(folder) = exporter.parent() else {
        bail!("`{}` has no folder", exporter.display())
    };
    let before = artefacts(folder)?;
    let status = Command::new(&options.python)
        .arg(exporter)
        .current_dir(folder)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .status()
        .with_context(|| {
            format!(
                "cannot run `{}`: name a Python with --python",
                options.python.display()
            )
        });
    let after = artefacts(folder)?;
    if !options.accept {
        restore(folder, &before, &after)?;
    }
    if !status?.success() {
        println!("  FAILED: the exporter did not finish");
        return Ok(false);
    }
    let mut unchanged = true;
    for (name, difference) in differences(&before, &after) {
        println!("  {name}: {difference}");
        unchanged &= difference.is_none();
    }
    Ok(unchanged)
}

/// Contents by file name.
type Artefacts = BTreeMap<String, Vec<u8>>;

fn differences(before: &Artefacts, after: &Artefacts) -> Vec<(String, Difference)> {
    let names = before
        .keys()
        .chain(after.keys().filter(|name| !before.contains_key(*name)));
    let difference = |name: &String| match (before.get(name), after.get(name)) {
        (Some(before), Some(after)) => compare(name, before, after),
        (None, _) => Difference::New,
        (_, None) => Difference::Gone,
    };
    names.map(|name| (name.clone(), difference(name))).collect()
}

/// What lies in `folder` and its folders, except the exporters and Rust sources.
fn artefacts(folder: &Path) -> Result<Artefacts> {
    let mut artefacts = Artefacts::new();
    for path in walk(folder)? {
        let source = path.extension().is_some_and(|it| it == "py" || it == "rs");
        if let (false, Ok(name)) = (source, path.strip_prefix(folder)) {
            let bytes =
                fs::read(&path).with_context(|| format!("cannot read `{}`", path.display()))?;
            artefacts.insert(name.to_string_lossy().into_owned(), bytes);
        }
    }
    Ok(artefacts)
}

fn restore(folder: &Path, before: &Artefacts, after: &Artefacts) -> Result<()> {
    for name in after.keys().filter(|name| !before.contains_key(*name)) {
        fs::remove_file(folder.join(name))
            .with_context(|| format!("cannot remove new `{name}`"))?;
    }
    for (name, bytes) in before
        .iter()
        .filter(|(name, bytes)| after.get(*name) != Some(bytes))
    {
        fs::write(folder.join(name), bytes).with_context(|| format!("cannot put back `{name}`"))?;
    }
    Ok(())
}

/// All exporters, sorted.
fn exporters(root: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for place in PLACES {
        let folders = match place.split_once("/*/") {
            Some((above, below)) => children(&root.join(above))?
                .iter()
                .map(|it| it.join(below))
                .collect(),
            None => vec![root.join(place)],
        };
        for folder in folders.iter().filter(|folder| folder.is_dir()) {
            found.extend(walk(folder)?.into_iter().filter(|path| is_exporter(path)));
        }
    }
    found.sort();
    Ok(found)
}

fn is_exporter(path: &Path) -> bool {
    let name = path
        .file_name()
        .and_then(|name| name.to_str())
        .unwrap_or_default();
    let python = path.extension().is_some_and(|extension| extension == "py");
    python && name.starts_with("export")
}

fn walk(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for path in children(folder)? {
        if path.is_dir() {
            files.extend(walk(&path)?);
        } else {
            files.push(path);
        }
    }
    Ok(files)
}

fn children(folder: &Path) -> Result<Vec<PathBuf>> {
    let name = || format!("cannot list `{}`", folder.display());
    let entries = fs::read_dir(folder).with_context(name)?;
    entries
        .map(|entry| Ok(entry.with_context(name)?.path()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Any interpreter serves as "Python" here: these exporters are shell scripts.
    fn run_with(script: &str, accept: bool) -> (bool, Option<String>) {
        let root = tempfile::tempdir().unwrap();
        let golden = root.path().join("crates/ext5-x/tests/golden");
        fs::create_dir_all(&golden).unwrap();
        fs::write(golden.join("export_x.py"), script).unwrap();
        fs::write(golden.join("x.json"), "[1]").unwrap();
        let options = Options {
            python: "sh".into(),
            only: None,
            list: false,
            accept,
        };
        let unchanged = run(root.path(), &options).unwrap();
        assert!(!golden.join("new.txt").exists() || accept);
        (unchanged, fs::read_to_string(golden.join("x.json")).ok())
    }

    #[test]
    fn recorded_files_are_put_back_unless_accepted() {
        let recorded = Some("[1]".to_owned());
        assert_eq!(
            run_with("echo '[1]' > x.json", false),
            (true, recorded.clone())
        );
        assert_eq!(
            run_with("echo '[2]' > x.json", false),
            (false, recorded.clone())
        );
        assert_eq!(run_with("rm x.json", false), (false, recorded.clone()));
        assert_eq!(
            run_with("echo a > new.txt", false),
            (false, recorded.clone())
        );
        assert_eq!(
            run_with("echo '[2]' > x.json; exit 1", false),
            (false, recorded)
        );
        assert_eq!(
            run_with("printf '[2]' > x.json", true),
            (false, Some("[2]".to_owned()))
        );
    }
}
