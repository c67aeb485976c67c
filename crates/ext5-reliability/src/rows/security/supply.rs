//! S8: what this program is made of.
mod licence;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use toml::Table;

use crate::place::{Place, Tier};
use crate::row::{Failure, Figure, Row};

pub(super) const ROW: Row = Row {
    id: "S8",
    what: "licences, sources and excuses of all that is linked, `unsafe` in its place",
    tier: Tier::P,
    defect: "a dependency from git under a licence that is not on the list",
    run,
};

const INDEX: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// Days that an advisory may be ignored for before somebody looks again.
const LONGEST_EXCUSE: i64 = 90;

fn run(place: &Place) -> Result<Figure, Failure> {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
    let rules_text = fs::read_to_string(root.join("deny.toml"))?;
    let rules: Table = rules_text.parse()?;
    let mut packages = packages(root)?;
    if place.seeded {
        packages.push(json!({
            "name": "seeded", "version": "0.0.0", "license": "GPL-3.0-only",
            "source": "git+https://example.org/seeded",
        }));
    }
    let licences = licences(&packages, &rules);
    let sources = sources(&packages);
    let lock: Table = fs::read_to_string(root.join("Cargo.lock"))?.parse()?;
    let unpinned = unpinned(&lock);
    let excuses = excuses(&rules_text, &rules, today()?);
    let stray = stray_blocks(root)?;
    let problems: Vec<&String> = [&licences, &sources, &unpinned, &excuses, &stray]
        .into_iter()
        .flatten()
        .collect();
    let shown = problems
        .first()
        .map(|it| format!("; {it}"))
        .unwrap_or_default();
    Ok(Figure::new(
        format!(
            "{} packages with all features: {} licences not on the list, {} sources not the registry, {} without checksum, \
             {} excuses without reason or date, {} blocks out of their crate{shown}",
            packages.len(),
            licences.len(),
            sources.len(),
            unpinned.len(),
            excuses.len(),
            stray.len()
        ),
        "0 of each, `--locked` resolves",
        problems.is_empty(),
    ))
}

/// All packages that a build with all features needs; fails where the lock file would have to change.
fn packages(root: &Path) -> Result<Vec<Value>, Failure> {
    let mut command = Command::new("cargo");
    command.args([
        "metadata",
        "--locked",
        "--format-version",
        "1",
        "--all-features",
    ]);
    command.args(["--filter-platform", "x86_64-unknown-linux-gnu"]);
    let output = command.current_dir(root).output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into());
    }
    let mut metadata: Value = serde_json::from_slice(&output.stdout)?;
    // Of the packages only those that are resolved are linked.
    let nodes = metadata["resolve"]["nodes"].as_array();
    let used: BTreeSet<String> = nodes
        .into_iter()
        .flatten()
        .filter_map(|node| Some(node["id"].as_str()?.to_owned()))
        .collect();
    let all = match metadata["packages"].take() {
        Value::Array(all) => all,
        _ => Vec::new(),
    };
    let is_used = |package: &Value| package["id"].as_str().is_some_and(|id| used.contains(id));
    Ok(all.into_iter().filter(is_used).collect())
}

fn named(package: &Value) -> String {
    let text = |key: &str| package[key].as_str().unwrap_or_default().to_owned();
    format!("{} {}", text("name"), text("version"))
}

fn licences(packages: &[Value], rules: &Table) -> Vec<String> {
    let list = rules
        .get("licenses")
        .and_then(|it| it.get("allow")?.as_array());
    let allowed: BTreeSet<&str> = list
        .into_iter()
        .flatten()
        .filter_map(|it| it.as_str())
        .collect();
    let clarified = rules
        .get("licenses")
        .and_then(|it| it.get("clarify")?.as_array());
    let clarified: BTreeMap<&str, &str> = clarified
        .into_iter()
        .flatten()
        .filter_map(|it| Some((it.get("crate")?.as_str()?, it.get("expression")?.as_str()?)))
        .collect();
    let refused = |package: &&Value| {
        let name = package["name"].as_str().unwrap_or_default();
        let said = package["license"].as_str().or(clarified.get(name).copied());
        !said.is_some_and(|said| licence::is_allowed(said, &allowed))
    };
    let refused = packages.iter().filter(refused);
    refused
        .map(|it| format!("{}: {}", named(it), it["license"]))
        .collect()
}

/// Ours have no source; all others are of the registry.
fn sources(packages: &[Value]) -> Vec<String> {
    let ours = |package: &Value| {
        package["name"]
            .as_str()
            .is_some_and(|it| it.starts_with("ext5-") || it == "xtask")
    };
    let strays = packages.iter().filter(|it| match it["source"].as_str() {
        Some(source) => source != INDEX,
        None => !ours(it),
    });
    strays
        .map(|it| format!("{}: {}", named(it), it["source"]))
        .collect()
}

fn unpinned(lock: &Table) -> Vec<String> {
    let packages = lock
        .get("package")
        .and_then(|it| it.as_array())
        .into_iter()
        .flatten();
    let unpinned = packages.filter(|it| it.get("source").is_some() && it.get("checksum").is_none());
    unpinned
        .map(|it| it.get("name").map(ToString::to_string).unwrap_or_default())
        .collect()
}

/// Ignored advisories whose reason is empty, or above which no day to look again is written, or one too far or gone.
fn excuses(text: &str, rules: &Table, today: i64) -> Vec<String> {
    let ignored = rules
        .get("advisories")
        .and_then(|it| it.get("ignore")?.as_array());
    let mut found = Vec::new();
    for entry in ignored.into_iter().flatten() {
        let id = entry
            .get("id")
            .and_then(|it| it.as_str())
            .unwrap_or_default();
        let reason = entry
            .get("reason")
            .and_then(|it| it.as_str())
            .unwrap_or_default();
        let before: Vec<&str> = text.lines().take_while(|line| !line.contains(id)).collect();
        let comment = before
            .iter()
            .rev()
            .take_while(|line| line.trim_start().starts_with('#'));
        let day = comment.flat_map(|line| line.split(' ')).find_map(day);
        let is_soon = day.is_some_and(|day| (today..=today + LONGEST_EXCUSE).contains(&day));
        if reason.len() < 20 || !is_soon {
            found.push(format!(
                "{id}: a reason and a day within {LONGEST_EXCUSE} days"
            ));
        }
    }
    found
}

/// Days since 1970 of `2027-02-15.`
fn day(word: &str) -> Option<i64> {
    let parts: Vec<i64> = word
        .trim_matches(|letter: char| !letter.is_ascii_digit())
        .split('-')
        .map(|part| part.parse().ok())
        .collect::<Option<_>>()?;
    let [year, month, day] = parts.as_slice() else {
        return None;
    };
    // Years begin with March, so that the day that comes and goes is the last.
    let (year, month) = if *month > 2 {
        (*year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    Some(
        365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 1 - 719_468,
    )
}

fn today() -> Result<i64, Failure> {
    Ok((SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs() / 86_400) as i64)
}

/// Blocks that the compiler does not check, in other crates than the one that may have them.
fn stray_blocks(root: &Path) -> Result<Vec<String>, Failure> {
    const WORD: &str = concat!("un", "safe");
    let mut found = Vec::new();
    let mut folders: Vec<PathBuf> =
        vec![root.join("crates"), root.join("xtask"), root.join("tests")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder)? {
            let path = entry?.path();
            if path.is_dir() {
                if !path.ends_with("crates/ext5-cpu") && !path.ends_with("target") {
                    folders.push(path);
                }
            } else if path.extension().is_some_and(|it| it == "rs") {
                let text = fs::read_to_string(&path)?;
                let is_block = |line: &str| {
                    let line = line.split("//").next().unwrap_or_default();
                    let opens = |what: &str| line.contains(&format!("{WORD} {what}"));
                    !line.contains('"') && ["{", "fn ", "impl ", "extern "].into_iter().any(opens)
                };
                let lines = text.lines().filter(|line| is_block(line));
                found.extend(lines.map(|line| format!("{}: {}", path.display(), line.trim())));
            }
        }
    }
    Ok(found)
}
