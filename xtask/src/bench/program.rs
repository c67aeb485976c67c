//! The programs that are measured.
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::plan::Contestant;
use super::record::Line;

/// Our program, built, and the peers' scripts.
pub(super) struct Programs {
    ours: PathBuf,
    python: PathBuf,
    scripts: PathBuf,
    /// What `torch.compile` made in this run and no earlier one.
    compiled: PathBuf,
}

impl Programs {
    /// Builds `ext5-bench` with the dev profile, whose crates with hot loops are optimised as in a release.
    ///
    /// # Errors
    /// Where it does not build.
    pub(super) fn build(root: &Path, python: &Path) -> Result<Self> {
        let output = Command::new("cargo")
            .args([
                "build",
                "--bin",
                "ext5-bench",
                "--message-format",
                "json-render-diagnostics",
            ])
            .current_dir(root)
            .stderr(std::process::Stdio::inherit())
            .output()
            .context("cannot start cargo")?;
        if !output.status.success() {
            bail!("`ext5-bench` does not build");
        }
        let messages = String::from_utf8_lossy(&output.stdout);
        let found = messages.lines().rev().find_map(executable);
        let ours = found.context("cargo names no executable of `ext5-bench`")?;
        let compiled = ours.with_file_name("ext5-bench-compiled-by-torch");
        let programs = Self {
            ours,
            python: python.to_owned(),
            scripts: root.join("crates/ext5-bench/peers"),
            compiled,
        };
        programs.forget_compiled();
        Ok(programs)
    }

    /// Removes what `torch.compile` made, so that the next run compiles again.
    pub(super) fn forget_compiled(&self) {
        // Not there: nothing to forget.
        let _ = fs::remove_dir_all(&self.compiled);
    }

    /// Runs one process.
    ///
    /// # Errors
    /// Where it cannot be started.
    pub(super) fn line(&self, contestant: Contestant, arguments: &[String]) -> Result<Line> {
        let mut command = if contestant.is_peer() {
            let script = if contestant.is_product() {
                "gemm.py"
            } else {
                "train_step.py"
            };
            let mut command = Command::new(&self.python);
            command.arg(self.scripts.join(script));
            command
        } else {
            Command::new(&self.ours)
        };
        let output = command
            .args(arguments)
            .env("TORCHINDUCTOR_CACHE_DIR", &self.compiled)
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .output()
            .with_context(|| {
                format!("cannot start `{}`", command.get_program().to_string_lossy())
            })?;
        let text = String::from_utf8_lossy(&output.stdout);
        let line = text
            .lines()
            .rev()
            .find_map(|line| serde_json::from_str(line).ok());
        Ok(match line {
            Some(line) if output.status.success() => Line::new(line),
            _ => Line::Failed(reason(&output.stderr)),
        })
    }
}

/// The path of `ext5-bench` in a message of cargo.
fn executable(message: &str) -> Option<PathBuf> {
    let message: Value = serde_json::from_str(message).ok()?;
    let target = message.get("target")?.get("name")?;
    let path = message.get("executable")?.as_str()?;
    (target == "ext5-bench").then(|| path.into())
}

/// The last line a program complained with.
fn reason(stderr: &[u8]) -> String {
    let text = String::from_utf8_lossy(stderr);
    let last = text.lines().rev().find(|line| !line.trim().is_empty());
    let last = last.unwrap_or("it ended without a word").trim();
    last.strip_prefix("error: ")
        .unwrap_or(last)
        .chars()
        .take(200)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_executable_is_found_among_messages() {
        let message = r#"{"reason":"compiler-artifact","target":{"name":"ext5-bench"},"executable":"/t/ext5-bench"}"#;
        assert_eq!(executable(message), Some("/t/ext5-bench".into()));
        assert_eq!(
            executable(&message.replace("\"ext5-bench\"}", "\"ext5\"}")),
            None
        );
        assert_eq!(executable("not JSON"), None);
    }

    #[test]
    fn the_last_word_is_the_reason() {
        assert_eq!(reason(b"warning: x\nerror: no bf16\n\n"), "no bf16");
        assert_eq!(reason(b""), "it ended without a word");
    }
}
