//! Every name of a foreign file or server that becomes a path, handed to the product.
mod catalogued;
mod fetched;
mod stored;

use std::fmt::Debug;
use std::path::Path;

use ext5_hub::{Environment, Hub, Patience};
use ext5_tasks::Catalogue;

use super::Named;
use crate::row::Failure;
use crate::rows::security::mock_hub::MockHub;

/// What all of them need and what takes long to make.
pub(super) struct Kit {
    pub(super) hub: MockHub,
    pub(super) catalogue: Catalogue,
}

impl Kit {
    pub(super) fn new() -> Result<Self, Failure> {
        Ok(Self {
            hub: MockHub::start(|_, answer| answer)?,
            catalogue: Catalogue::built_in()?,
        })
    }

    /// A client of the Hub with its cache in `root`.
    fn client(&self, root: &Path) -> Result<Hub, Failure> {
        let environment = Environment::from_lookup(|name| match name {
            "HF_ENDPOINT" => Some(self.hub.url().into()),
            "HF_HUB_CACHE" => Some(root.join("cache").into()),
            "HOME" => Some(root.into()),
            _ => None,
        })?;
        let patience = Patience {
            attempts: 1,
            ..Patience::default()
        };
        Ok(Hub::new(environment, patience)?)
    }
}

/// All of them.
pub(super) const PLACES: &[Named] = &[
    named("task name", catalogued::task),
    named("mixture name", catalogued::mixture),
    named("suite name", catalogued::suite),
    named("split name", catalogued::split),
    named("data file of a split, read", catalogued::file),
    named("template include", catalogued::include),
    named("name of a study", catalogued::study),
    named("data file of a split, laid out", fetched::laid_out),
    named("data set id", fetched::id),
    named("data set configuration", fetched::config),
    named("split at the Hub", fetched::split),
    named("revision", fetched::revision),
    named("file in a listing of the Hub", fetched::listing),
    named("file in the lock file", fetched::pinned),
    named("`weight_map` of an index", stored::weight_map),
    named("file in a checkpoint's manifest", stored::manifest),
    named("run in `study.json`", stored::study_folder),
    named("task in a recorded evaluation", stored::report_task),
    named("split in a recorded evaluation", stored::report_split),
    named("member of an archive", stored::archive),
];

const fn named(
    what: &'static str,
    hand: fn(&Kit, &Path, &str) -> Result<String, Failure>,
) -> Named {
    Named { what, hand }
}

/// A text as TOML and JSON write it.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// All that an outcome says.
fn said(outcome: &impl Debug) -> String {
    format!("{outcome:?}")
}
