//! Every check in order, cheapest first, so that a mistake shows early.
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::tidy;

/// One check.
struct Stage {
    name: &'static str,
    work: Work,
}

enum Work {
    /// The arguments of `cargo`, and a variable set for this command alone.
    Cargo(
        &'static [&'static str],
        Option<(&'static str, &'static str)>,
    ),
    /// As `Cargo`, if the subcommand named first is installed; loudly left out if it is not.
    IfInstalled(&'static [&'static str]),
    Tidy,
}

const STAGES: &[Stage] = &[
    Stage {
        name: "fmt",
        work: Work::Cargo(&["fmt", "--all", "--check"], None),
    },
    Stage {
        name: "tidy",
        work: Work::Tidy,
    },
    Stage {
        name: "clippy",
        work: Work::Cargo(
            &[
                "clippy",
                "--workspace",
                "--all-targets",
                "--",
                "-D",
                "warnings",
            ],
            None,
        ),
    },
    Stage {
        name: "deny",
        work: Work::IfInstalled(&["deny", "check"]),
    },
    // Unit, integration and documentation tests: the README's command.
    Stage {
        name: "test",
        work: Work::Cargo(&["test", "--workspace"], None),
    },
    Stage {
        name: "doc",
        work: Work::Cargo(
            &["doc", "--workspace", "--no-deps"],
            Some(("RUSTDOCFLAGS", "-D warnings")),
        ),
    },
];

/// How a stage ended.
enum Outcome {
    Passed,
    Failed,
    Skipped,
}

/// Runs [`STAGES`] until one fails and prints a table of times; answers whether all passed.
pub(crate) fn run(root: &Path) -> Result<bool> {
    let mut rows = Vec::new();
    let mut passed = true;
    for stage in STAGES {
        println!("== {}", stage.name);
        let start = Instant::now();
        let outcome = stage.run(root)?;
        passed = !matches!(outcome, Outcome::Failed);
        rows.push(row(stage.name, &outcome, start.elapsed()));
        if !passed {
            break;
        }
    }
    println!("\nstage    result     seconds\n{}", rows.join("\n"));
    Ok(passed)
}

impl Stage {
    fn run(&self, root: &Path) -> Result<Outcome> {
        let passed = match self.work {
            Work::Tidy => tidy::run(root)?,
            Work::Cargo(arguments, variable) => cargo(root, arguments, variable)?,
            Work::IfInstalled(arguments) => {
                if !is_installed(arguments)? {
                    println!(
                        "SKIPPED: cargo-{0} is not installed (`cargo install --locked cargo-{0}`)",
                        self.name
                    );
                    return Ok(Outcome::Skipped);
                }
                cargo(root, arguments, None)?
            }
        };
        Ok(if passed {
            Outcome::Passed
        } else {
            Outcome::Failed
        })
    }
}

fn row(name: &str, outcome: &Outcome, time: Duration) -> String {
    let outcome = match outcome {
        Outcome::Passed => "passed",
        Outcome::Failed => "FAILED",
        Outcome::Skipped => "SKIPPED",
    };
    format!("{name:<8} {outcome:<8} {:>9.1}", time.as_secs_f64())
}

fn cargo(root: &Path, arguments: &[&str], variable: Option<(&str, &str)>) -> Result<bool> {
    let status = Command::new("cargo")
        .args(arguments)
        .envs(variable)
        .current_dir(root)
        .status()
        .with_context(|| format!("cannot run `cargo {}`", arguments.join(" ")))?;
    Ok(status.success())
}

fn is_installed(arguments: &[&str]) -> Result<bool> {
    let mut probe = Command::new("cargo");
    probe
        .args(arguments.first())
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    Ok(probe.status().context("cannot run `cargo`")?.success())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_line_up() {
        let row = row("clippy", &Outcome::Skipped, Duration::from_millis(1250));
        assert_eq!(row, "clippy   SKIPPED        1.2");
    }

    #[test]
    fn an_unknown_subcommand_is_not_installed() {
        assert!(is_installed(&["fmt"]).unwrap());
        assert!(!is_installed(&["no-such-subcommand"]).unwrap());
    }
}
