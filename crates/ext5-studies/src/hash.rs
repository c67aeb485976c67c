//! What decides a cell, as hashes that name its directory and its scores.
use crate::cell::{Cell, Grid, Scoring, Subject};
use crate::definitions::{names, subject};
use crate::{Error, Result};
use ext5_data::toml_file;
use ext5_trainer::RunConfig;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Keys of a run's configuration that change none of its weights: where it runs and what it says of itself.
const FREE: &[(&str, &str)] = &[
    ("data", "root"),
    ("data", "cache"),
    ("data", "task_dirs"),
    ("data", "workers"),
    ("data", "prefetch"),
    ("trainer", "device"),
    ("trainer", "log_every"),
    ("trainer", "peak_tflops"),
];
/// Letters of a hash in the name of a directory or file.
const SHORT: usize = 12;

/// The first letters of a hash.
pub(crate) fn short(hash: &str) -> &str {
    hash.get(..SHORT).unwrap_or(hash)
}

/// Name of a cell's directory.
pub(crate) fn folder(cell: &str, hash: &str) -> String {
    format!("{cell}-{}", short(hash))
}

/// The hash of each cell, by name.
///
/// # Errors
/// [`Error::Grid`] where a name is taken twice, or a cell starts from one that does not come before it.
pub(crate) fn hashes(grid: &Grid) -> Result<BTreeMap<String, String>> {
    let mut hashes: BTreeMap<String, String> = BTreeMap::new();
    let mut steps: BTreeMap<&str, u64> = BTreeMap::new();
    for cell in &grid.cells {
        let mut text = toml_text(&deciding(&cell.config, cell.start.is_none())?)?;
        if let Some(start) = &cell.start {
            let known = hashes.get(&start.cell).zip(steps.get(start.cell.as_str()));
            let (hash, last) = known.ok_or_else(|| Error::Grid {
                reason: format!(
                    "the cell `{}` starts from `{}`, which does not come before it",
                    cell.name, start.cell
                ),
            })?;
            let step = start.step.unwrap_or(*last);
            text.push_str(&format!("start = \"{hash}\"\nstart_step = {step}\n"));
        }
        for name in names(&cell.config) {
            let definition = grid.definitions.get(name).map_or("", String::as_str);
            text.push_str(&format!("\"{name}\" = \"{definition}\"\n"));
        }
        let hash = blake3::hash(text.as_bytes()).to_hex().to_string();
        if hashes.insert(cell.name.clone(), hash).is_some() {
            let reason = format!("two cells have the name `{}`", cell.name);
            return Err(Error::Grid { reason });
        }
        steps.insert(&cell.name, cell.config.trainer.steps);
    }
    Ok(hashes)
}

/// The hash of a score: what is scored of the cell, not for whom.
pub(crate) fn scoring_hash(grid: &Grid, cell: &Cell, scoring: &Scoring) -> String {
    let split = match &scoring.subject {
        Subject::Tasks(_) => Some(&scoring.split),
        Subject::Suite(_) => None,
    };
    let step = scoring.step.unwrap_or(cell.config.trainer.steps);
    let what = json!({
        "subject": scoring.subject, "split": split, "limit": scoring.limit, "step": step,
        "definition": grid.definitions.get(&subject(&scoring.subject)),
    });
    blake3::hash(what.to_string().as_bytes())
        .to_hex()
        .to_string()
}

/// The keys of a configuration that decide its weights. A start outside the study does, one inside is known by its hash.
pub(crate) fn deciding(config: &RunConfig, starts_outside: bool) -> Result<toml::Table> {
    let text = config.to_toml()?;
    let mut table: toml::Table = toml_file::parse(Path::new("run.toml"), &text)?;
    table.remove("description");
    if !starts_outside {
        table.remove("init");
    }
    for (section, key) in FREE {
        if let Some(section) = table.get_mut(*section).and_then(toml::Value::as_table_mut) {
            section.remove(*key);
        }
    }
    Ok(table)
}

/// Dotted keys at which two values differ, in order.
pub(crate) fn differing(before: &Value, now: &Value) -> Vec<String> {
    let mut keys = Vec::new();
    collect_differing(before, now, "", &mut keys);
    keys
}

fn collect_differing(before: &Value, now: &Value, at: &str, keys: &mut Vec<String>) {
    let (Some(old), Some(new)) = (before.as_object(), now.as_object()) else {
        if before != now {
            keys.push(at.to_owned());
        }
        return;
    };
    let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    for name in names {
        let at = if at.is_empty() {
            name.clone()
        } else {
            format!("{at}.{name}")
        };
        let of = |map: &serde_json::Map<String, Value>| map.get(name).cloned();
        let (old, new) = (of(old).unwrap_or_default(), of(new).unwrap_or_default());
        collect_differing(&old, &new, &at, keys);
    }
}

fn toml_text(value: &impl serde::Serialize) -> Result<String> {
    toml::to_string(value).map_err(|error| Error::Grid {
        reason: format!("a value of the grid has no form in TOML: {error}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cell::Start;
    use ext5_trainer::recipe;

    fn cell(name: &str, start: Option<&str>, overrides: &[&str]) -> Cell {
        let overrides: Vec<String> = overrides.iter().map(|it| (*it).to_owned()).collect();
        Cell {
            name: name.to_owned(),
            config: recipe("micro_ext5", &overrides).unwrap(),
            start: start.map(|cell| Start {
                cell: cell.to_owned(),
                step: None,
            }),
            scorings: Vec::new(),
            affinity: None,
        }
    }

    /// Hash of the last of some cells, where names stand for what `definitions` says.
    fn last(cells: Vec<Cell>, definitions: &[(&str, &str)]) -> String {
        let name = cells.last().unwrap().name.clone();
        let definitions = definitions.iter();
        let grid = Grid {
            cells,
            definitions: definitions
                .map(|(name, it)| ((*name).to_owned(), (*it).to_owned()))
                .collect(),
            ..Grid::default()
        };
        hashes(&grid).unwrap().remove(&name).unwrap()
    }

    #[test]
    fn a_hash_covers_what_decides_the_weights_and_nothing_else() {
        let alone = |overrides: &[&str]| last(vec![cell("a", None, overrides)], &[]);
        let plain = alone(&[]);
        for key in [
            "trainer.device=cuda",
            "data.workers=7",
            "data.root=elsewhere",
            "trainer.log_every=3",
            "description=other",
        ] {
            assert_eq!(alone(&[key]), plain, "{key}");
        }
        // R without bound is not the mixture's own R.
        let keys = ["trainer.seed=1", "data.ratio=inf", "init.from=\"a\""];
        let others: BTreeSet<String> = keys.iter().map(|key| alone(&[key])).collect();
        assert_eq!((others.len(), others.contains(&plain)), (3, false));
    }

    #[test]
    fn a_hash_covers_the_start_and_what_names_stand_for() {
        let tuned = |overrides: &[&str], step| {
            let mut tuned = cell("b", Some("a"), &[]);
            tuned.start.as_mut().unwrap().step = step;
            last(vec![cell("a", None, overrides), tuned], &[])
        };
        let steps = recipe("micro_ext5", &[]).unwrap().trainer.steps;
        assert_eq!(tuned(&[], None), tuned(&[], Some(steps)));
        assert_ne!(tuned(&[], None), tuned(&[], Some(1)));
        assert_ne!(tuned(&[], None), tuned(&["trainer.seed=1"], None));
        let mixed = |name: &str, definition: &str| {
            let cells = vec![cell("a", None, &["data.mixture=mine"])];
            last(cells, &[(name, definition)])
        };
        assert_ne!(mixed("mine", "one"), mixed("mine", "two"));
        assert_eq!(mixed("others", "one"), mixed("others", "two"));
    }

    #[test]
    fn differing_keys_are_named_with_their_sections() {
        let before = json!({ "a": { "b": 1, "c": [1] }, "d": null });
        let now = json!({ "a": { "b": 2, "c": [1, 2] }, "e": 1 });
        assert_eq!(differing(&before, &now), ["a.b", "a.c", "e"]);
    }
}
