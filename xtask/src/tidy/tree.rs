//! What the checks look at: the files git knows (tracked, or new and not ignored) and the crates.
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use cargo_metadata::MetadataCommand;

use super::rust::Rust;

/// A workspace as plain data, so that tests can make one up.
#[derive(Default)]
pub(super) struct Tree {
    /// Paths of all files, relative to the root, with `/`.
    pub(super) paths: BTreeSet<String>,
    /// The files that are UTF-8 text.
    pub(super) files: Vec<File>,
    pub(super) crates: Vec<Crate>,
}

pub(super) struct File {
    pub(super) path: String,
    pub(super) text: String,
    /// Present for `.rs` files.
    pub(super) rust: Option<Rust>,
}

pub(super) struct Crate {
    pub(super) name: String,
    /// Path of its `Cargo.toml`.
    pub(super) manifest: String,
    /// Names of its direct dependencies, of every kind.
    pub(super) dependencies: Vec<String>,
    pub(super) publishable: bool,
}

impl Tree {
    /// Reads the workspace at `root` with `git ls-files` and `cargo metadata --no-deps --offline`.
    pub(super) fn read(root: &Path) -> Result<Self> {
        let root = root
            .canonicalize()
            .with_context(|| format!("cannot find the workspace at `{}`", root.display()))?;
        let mut tree = Self {
            crates: crates(&root)?,
            ..Self::default()
        };
        for path in listed(&root)? {
            // A file deleted but not yet committed is still listed.
            let Ok(bytes) = std::fs::read(root.join(&path)) else {
                continue;
            };
            if let Ok(text) = String::from_utf8(bytes) {
                tree.files.push(File::new(&path, text));
            }
            tree.paths.insert(path);
        }
        Ok(tree)
    }

    /// The Rust sources.
    pub(super) fn rust(&self) -> impl Iterator<Item = (&File, &Rust)> {
        self.files
            .iter()
            .filter_map(|file| file.rust.as_ref().map(|rust| (file, rust)))
    }

    /// The text file at `path`.
    pub(super) fn file(&self, path: &str) -> Option<&File> {
        self.files.iter().find(|file| file.path == path)
    }

    #[cfg(test)]
    pub(super) fn of_files(files: &[(&str, &str)]) -> Self {
        Self {
            paths: files.iter().map(|(path, _)| (*path).to_owned()).collect(),
            files: files
                .iter()
                .map(|(path, text)| File::new(path, (*text).to_owned()))
                .collect(),
            crates: Vec::new(),
        }
    }

    #[cfg(test)]
    pub(super) fn of_crates(crates: &[(&str, &[&str])]) -> Self {
        let crates = crates.iter().map(|(name, dependencies)| Crate {
            name: (*name).to_owned(),
            manifest: format!("crates/{name}/Cargo.toml"),
            dependencies: dependencies.iter().map(|name| (*name).to_owned()).collect(),
            publishable: false,
        });
        Self {
            crates: crates.collect(),
            ..Self::default()
        }
    }
}

impl File {
    fn new(path: &str, text: String) -> Self {
        let rust = path.ends_with(".rs").then(|| Rust::new(&text));
        Self {
            path: path.to_owned(),
            text,
            rust,
        }
    }

    /// Whether the whole file is there for tests or benches.
    pub(super) fn is_test(&self) -> bool {
        let mut parts = self.path.split('/');
        parts.any(|part| matches!(part, "tests" | "benches" | "tests.rs"))
    }

    /// Whether it runs while its crate is built, before any crate of ours exists.
    pub(super) fn is_build_script(&self) -> bool {
        self.path.ends_with("/build.rs") && !self.path.contains("/src/")
    }

    /// Lines with their numbers, from 1.
    pub(super) fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text
            .lines()
            .enumerate()
            .map(|(index, line)| (index + 1, line))
    }
}

impl Tree {
    /// The line of `krate`'s manifest that names `dependency`.
    pub(super) fn line_of(&self, krate: &Crate, dependency: &str) -> usize {
        let names = |line: &str| {
            line.strip_prefix(dependency)
                .is_some_and(|rest| rest.starts_with(['.', ' ', '=']))
        };
        self.file(&krate.manifest)
            .and_then(|file| file.lines().find(|(_, line)| names(line)))
            .map_or(1, |(number, _)| number)
    }
}

fn listed(root: &Path) -> Result<BTreeSet<String>> {
    let output = Command::new("git")
        .args([
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ])
        .current_dir(root)
        .env_remove("GIT_DIR")
        .env_remove("GIT_INDEX_FILE")
        .env_remove("GIT_WORK_TREE")
        .output()
        .context("cannot run `git ls-files`: tidy needs git")?;
    ensure!(
        output.status.success(),
        "`git ls-files` failed: {}",
        String::from_utf8_lossy(&output.stderr).trim()
    );
    let listed = String::from_utf8(output.stdout).context("a file name is not UTF-8")?;
    Ok(listed
        .split('\0')
        .filter(|path| !path.is_empty())
        .map(str::to_owned)
        .collect())
}

fn crates(root: &Path) -> Result<Vec<Crate>> {
    let metadata = MetadataCommand::new()
        .manifest_path(root.join("Cargo.toml"))
        .no_deps()
        .other_options(["--offline".to_owned()])
        .exec()
        .context("cannot read the workspace with `cargo metadata`")?;
    let workspace = metadata.workspace_root.clone();
    let crates = metadata.packages.into_iter().map(|package| Crate {
        name: package.name.to_string(),
        manifest: package
            .manifest_path
            .strip_prefix(&workspace)
            .map_or_else(|_| package.manifest_path.to_string(), ToString::to_string),
        dependencies: package.dependencies.into_iter().map(|it| it.name).collect(),
        publishable: package
            .publish
            .is_none_or(|registries| !registries.is_empty()),
    });
    Ok(crates.collect())
}
