//! Study files, and the grids they give against the built-in catalogue.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod counts;
mod properties;
mod refusals;
mod subsets;

use ext5_studies::{Grid, StudySpec, shipped};
use ext5_tasks::Catalogue;

/// A shipped study with overrides.
fn study(name: &str, scale: &str, overrides: &[&str]) -> StudySpec {
    let overrides: Vec<String> = overrides.iter().map(|it| (*it).to_owned()).collect();
    shipped(name, scale, &overrides).unwrap()
}

/// Its grid.
fn grid(name: &str, scale: &str, overrides: &[&str]) -> Grid {
    let catalogue = Catalogue::built_in().unwrap();
    study(name, scale, overrides).grid(&catalogue).unwrap()
}
