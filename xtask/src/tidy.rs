//! The invariants of the design, each an absence. One check, one file, one table.
mod arrows;
mod decisions;
mod devices;
mod doors;
mod features;
mod file_length;
mod function_length;
mod links;
mod machine;
mod manifests;
mod names;
mod owners;
mod rust;
mod tree;
mod unfinished;
mod unsafety;

use std::fmt;
use std::path::Path;

use anyhow::Result;
use tree::Tree;

/// Every check, in the order of its report.
const CHECKS: &[fn(&Tree) -> Vec<Violation>] = &[
    arrows::check,
    owners::check,
    manifests::check,
    features::check,
    devices::check,
    unsafety::check,
    doors::check,
    file_length::check,
    function_length::check,
    names::check,
    unfinished::check,
    machine::check,
    links::check,
    decisions::check,
];

/// One place that breaks a rule.
#[derive(Debug, PartialEq, Eq)]
struct Violation {
    path: String,
    /// From 1.
    line: usize,
    rule: &'static str,
    /// What is wrong and how to put it right.
    message: String,
}

impl Violation {
    fn new(path: &str, line: usize, rule: &'static str, message: String) -> Self {
        Self {
            path: path.to_owned(),
            line,
            rule,
            message,
        }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}:{}: [{}] {}",
            self.path, self.line, self.rule, self.message
        )
    }
}

/// Checks the workspace at `root` and prints each violation; answers whether there was none.
pub(crate) fn run(root: &Path) -> Result<bool> {
    let tree = Tree::read(root)?;
    let violations: Vec<Violation> = CHECKS.iter().flat_map(|check| check(&tree)).collect();
    for violation in &violations {
        println!("{violation}");
    }
    println!(
        "tidy: {} crates, {} files, {} checks: {} broken",
        tree.crates.len(),
        tree.paths.len(),
        CHECKS.len(),
        violations.len()
    );
    Ok(violations.is_empty())
}
