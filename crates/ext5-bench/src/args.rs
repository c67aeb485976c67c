use std::collections::BTreeMap;
use std::path::PathBuf;

/// Why nothing was measured, for a person.
pub(crate) type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Every option there is; each measurement reads its own.
const KNOWN: &[&str] = &[
    "dir",
    "cache",
    "vocabulary",
    "batches",
    "repeats",
    "warmup",
    "examples",
    "positions",
    "workers",
    "model",
    "batch",
    "beams",
    "inputs",
    "targets",
    "tokens",
    "precision",
    "optimizer",
    "dropout",
    "recompute",
    "path",
    "profile",
];

/// The options of the command line, `--name value` each.
#[derive(Debug)]
pub(crate) struct Args(BTreeMap<String, String>);

impl Args {
    /// # Errors
    /// Where an option is unknown or has no value.
    pub(crate) fn parse(words: &[&str]) -> Result<Self, Failure> {
        let mut options = BTreeMap::new();
        for pair in words.chunks(2) {
            let [name, value] = pair else {
                return Err(format!("`{}` has no value", pair.concat()).into());
            };
            let known = name.strip_prefix("--").filter(|name| KNOWN.contains(name));
            let known = known.ok_or_else(|| {
                format!(
                    "unknown option `{name}`, there are `--{}`",
                    KNOWN.join("`, `--")
                )
            })?;
            options.insert(known.to_owned(), (*value).to_owned());
        }
        Ok(Self(options))
    }

    /// # Errors
    /// Where the option is not given.
    pub(crate) fn path(&self, name: &str) -> Result<PathBuf, Failure> {
        let value = self.0.get(name).ok_or_else(|| format!("give `--{name}`"))?;
        Ok(PathBuf::from(value))
    }

    pub(crate) fn text(&self, name: &str, default: &str) -> String {
        self.0.get(name).map_or(default, String::as_str).to_owned()
    }

    /// # Errors
    /// Where the value is no whole number.
    pub(crate) fn number(&self, name: &str, default: u64) -> Result<u64, Failure> {
        match self.0.get(name) {
            None => Ok(default),
            Some(value) => value
                .parse()
                .map_err(|_| format!("`--{name} {value}`: expected a whole number").into()),
        }
    }

    /// # Errors
    /// Where the value is no number.
    pub(crate) fn real(&self, name: &str, default: f64) -> Result<f64, Failure> {
        match self.0.get(name) {
            None => Ok(default),
            Some(value) => value
                .parse()
                .map_err(|_| format!("`--{name} {value}`: expected a number").into()),
        }
    }

    /// # Errors
    /// Where the value is neither `true` nor `false`.
    pub(crate) fn switch(&self, name: &str) -> Result<bool, Failure> {
        match self.0.get(name).map_or("false", String::as_str) {
            "true" => Ok(true),
            "false" => Ok(false),
            value => Err(format!("`--{name} {value}`: expected `true` or `false`").into()),
        }
    }
}
