//! What must hold of a study file; each rule adds its problems, naming the key.
mod data;
mod places;
mod runs;
mod score;

use crate::{Error, Result, StudySpec};
use ext5_data::is_name;
use ext5_tasks::Catalogue;
use std::collections::BTreeSet;
use std::fmt::Display;

/// The problems found so far.
type Problems = Vec<String>;

impl StudySpec {
    /// Checks everything that can be known without data.
    ///
    /// # Errors
    /// [`Error::Study`] with all problems, each naming its key.
    pub fn validate(&self, catalogue: &Catalogue) -> Result<()> {
        let mut problems = Problems::new();
        for (key, value) in [("name", &self.name), ("scale", &self.scale)] {
            // They name the study's directory.
            if !is_name(&value.replace('-', "_")) {
                problems.push(format!(
                    "`{key}` is {value:?}, expected letters, digits, `_`, `-`"
                ));
            }
        }
        if self.seeds.is_empty() {
            problems.push("`seeds` is empty, expected at least one".to_owned());
        }
        once("seeds", &self.seeds, &mut problems);
        for (key, value) in [
            ("hours", self.budget.hours),
            ("disk_gib", self.budget.disk_gib),
        ] {
            if value.is_some_and(|value| value.is_nan() || value <= 0.0) {
                problems.push(format!("`budget.{key}` must be above 0"));
            }
        }
        data::check(self, catalogue, &mut problems);
        let runs = runs::check(self, &mut problems);
        places::check(self, catalogue, &runs, &mut problems);
        score::check(self, catalogue, &mut problems);
        if problems.is_empty() {
            Ok(())
        } else {
            Err(Error::study(self, problems))
        }
    }
}

/// No value is in a list twice.
fn once<T: Display>(key: &str, values: &[T], problems: &mut Problems) {
    let mut seen = BTreeSet::new();
    for value in values {
        let value = value.to_string();
        if !seen.insert(value.clone()) {
            problems.push(format!("`{key}` has `{value}` twice"));
        }
    }
}
