//! Builds the product and the harness that tests its promises, and runs the latter.
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use clap::Args;

/// What to test.
#[derive(Args)]
pub(crate) struct Options {
    /// `p`: what every change must pass, ten minutes; `n`: what a night has time for, an hour.
    #[arg(long, default_value = "p", value_parser = ["p", "n"])]
    tier: String,
    /// Only this row; may be given again.
    #[arg(long, value_name = "ID")]
    only: Vec<String>,
    /// Break each row's promise on purpose and see that its test says so.
    #[arg(long)]
    seeded: bool,
    /// Also write the table as JSON.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

/// Runs the rows; answers whether every promise holds.
pub(crate) fn run(root: &Path, options: &Options) -> Result<bool> {
    let mut build = Command::new("cargo");
    build.args(["build", "--bin", "ext5", "--bin", "ext5-reliability"]);
    let built = build
        .current_dir(root)
        .status()
        .context("cannot start cargo")?;
    if !built.success() {
        bail!("`ext5` or `ext5-reliability` does not build");
    }
    let mut command = Command::new("cargo");
    command.args(["run", "--quiet", "--bin", "ext5-reliability", "--"]);
    command.args(["--tier", &options.tier]);
    for id in &options.only {
        command.args(["--only", id]);
    }
    if options.seeded {
        command.arg("--seeded");
    }
    if let Some(path) = &options.json {
        let here = std::env::current_dir().context("cannot tell the current directory")?;
        command.arg("--json").arg(here.join(path));
    }
    let ran = command
        .current_dir(root)
        .status()
        .context("cannot start the harness")?;
    Ok(ran.success())
}
