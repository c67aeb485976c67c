use crate::{Error, Result, StudySpec};
use ext5_data::{ErrorKind, did_you_mean, toml_file};
use std::path::{Path, PathBuf};
use toml::Table;

/// A shipped study file: question, scale, TOML.
macro_rules! study {
    ($question:literal, $scale:literal) => {
        (
            $question,
            $scale,
            include_str!(concat!("../studies/", $question, "_", $scale, ".toml")),
        )
    };
}

/// The studies that this program carries: question, scale and TOML, by question.
pub const STUDIES: &[(&str, &str, &str)] = &[
    study!("transfer", "micro"),
    study!("transfer", "local"),
    study!("transfer", "paper"),
    study!("curation", "micro"),
    study!("curation", "local"),
    study!("curation", "paper"),
    study!("scaling", "micro"),
    study!("scaling", "local"),
    study!("scaling", "paper"),
    study!("ratio", "micro"),
    study!("ratio", "local"),
    study!("ratio", "paper"),
    study!("stage", "micro"),
    study!("stage", "local"),
    study!("stage", "paper"),
    study!("efficiency", "micro"),
    study!("efficiency", "local"),
    study!("efficiency", "paper"),
    study!("suites", "micro"),
    study!("suites", "local"),
    study!("suites", "paper"),
    study!("task-affinity", "micro"),
    study!("task-affinity", "local"),
    study!("task-affinity", "paper"),
];

/// The scales of the shipped studies, the cheapest first.
pub fn scales() -> Vec<&'static str> {
    let mut scales = Vec::new();
    for (_, scale, _) in STUDIES {
        if !scales.contains(scale) {
            scales.push(*scale);
        }
    }
    scales
}

/// A shipped study with overrides `key=value`.
///
/// # Errors
/// [`Error::Shipped`] for a study or scale that is not shipped, else as [`StudySpec::parse`].
pub fn shipped(name: &str, scale: &str, overrides: &[String]) -> Result<StudySpec> {
    let unknown = |what: &'static str, name: &str, known: Vec<&str>| Error::Shipped {
        what,
        name: name.to_owned(),
        hint: did_you_mean(name, known.iter().copied()),
        known: known.join("`, `"),
    };
    let of_name: Vec<_> = STUDIES.iter().filter(|study| study.0 == name).collect();
    if of_name.is_empty() {
        let mut names: Vec<&str> = STUDIES.iter().map(|study| study.0).collect();
        names.dedup();
        return Err(unknown("study", name, names));
    }
    let Some((_, _, text)) = of_name.iter().find(|study| study.1 == scale) else {
        return Err(unknown("scale", scale, scales()));
    };
    let path = PathBuf::from(format!("studies/{name}_{scale}.toml"));
    StudySpec::parse(&path, text, overrides)
}

impl StudySpec {
    /// Reads a study: TOML text, then `key=value` overrides in order, each a dotted path and a TOML value (a word that is no
    /// TOML is taken as a string). What it says is checked by [`StudySpec::validate`].
    ///
    /// # Errors
    /// [`Error::Data`] naming file, line and nearest key, or the override that cannot be.
    pub fn parse(path: &Path, text: &str, overrides: &[String]) -> Result<Self> {
        let mut spec: Self = toml_file::parse(path, text)?;
        let mut table: Table = toml_file::parse(path, text)?;
        for assignment in overrides {
            let refused = |reason: String| ext5_data::Error::Refused {
                kind: ErrorKind::Config,
                reason,
            };
            toml_file::set(&mut table, assignment).map_err(refused)?;
            let text = toml::to_string(&table).map_err(|error| refused(error.to_string()))?;
            spec = toml_file::parse(Path::new(&format!("--set {assignment}")), &text)?;
        }
        Ok(spec)
    }

    /// Reads a study file with overrides `key=value`.
    ///
    /// # Errors
    /// As [`ext5_data::door::read_text`] and [`StudySpec::parse`].
    pub fn read(path: &Path, overrides: &[String]) -> Result<Self> {
        let text = ext5_data::door::read_text(path, 1 << 20)?;
        Self::parse(path, &text, overrides)
    }
}
