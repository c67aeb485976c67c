//! Names that a data set, a Hub or a lock file gives.
use std::fs;
use std::path::Path;

use ext5_data::TaskSpec;
use ext5_hub::{AddOptions, FetchOptions, add, fetch, verify};

use super::catalogued::hub_task;
use super::{Kit, quoted, said};
use crate::row::Failure;
use crate::rows::security::mock_hub::sha256;

const BODY: &[u8] = b"{\"a\":\"plain\"}\n";

pub(super) fn laid_out(kit: &Kit, root: &Path, name: &str) -> Result<String, Failure> {
    let from = root.join("mine.jsonl");
    fs::write(&from, BODY)?;
    let Ok(task) = hub_task(name, "{ id = \"o/n\" }") else {
        return Ok(String::new());
    };
    let options = AddOptions {
        replace: true,
        copy: true,
    };
    let files = [from.display().to_string()];
    let added = add(
        &task,
        "train",
        &files,
        &root.join("data"),
        &options,
        &mut |_| Ok(()),
    );
    Ok(said(&added) + &brought(kit, root, &task, "data/train.jsonl")?)
}

pub(super) fn id(kit: &Kit, root: &Path, name: &str) -> Result<String, Failure> {
    let hub = format!("{{ id = {} }}", quoted(name));
    with(kit, root, &hub, "data/train.jsonl")
}

pub(super) fn config(kit: &Kit, root: &Path, name: &str) -> Result<String, Failure> {
    let hub = format!("{{ id = \"o/n\", config = {} }}", quoted(name));
    with(kit, root, &hub, &format!("{name}/train.jsonl"))
}

pub(super) fn split(kit: &Kit, root: &Path, name: &str) -> Result<String, Failure> {
    let hub = format!(
        "{{ id = \"o/n\", splits = {{ train = {} }} }}",
        quoted(name)
    );
    with(kit, root, &hub, &format!("data/{name}.jsonl"))
}

pub(super) fn revision(kit: &Kit, root: &Path, name: &str) -> Result<String, Failure> {
    let hub = format!("{{ id = \"o/n\", revision = {} }}", quoted(name));
    with(kit, root, &hub, "data/train.jsonl")
}

pub(super) fn listing(kit: &Kit, root: &Path, name: &str) -> Result<String, Failure> {
    let hub = "{ id = \"o/n\", files = { train = [\"**\"] } }";
    with(kit, root, hub, name)
}

fn with(kit: &Kit, root: &Path, hub: &str, listed: &str) -> Result<String, Failure> {
    match hub_task("t.jsonl", hub) {
        Ok(task) => brought(kit, root, &task, listed),
        Err(error) => Ok(error.to_string()),
    }
}

/// Fetches a task's data from a Hub that lists one file.
fn brought(kit: &Kit, root: &Path, task: &TaskSpec, listed: &str) -> Result<String, Failure> {
    kit.hub.publish(vec![(listed.to_owned(), BODY.to_vec())]);
    let hub = kit.client(root)?;
    let options = FetchOptions {
        replace: true,
        ..FetchOptions::default()
    };
    let data = root.join("data");
    Ok(said(&fetch(&hub, task, &data, &options, &mut |_| Ok(()))))
}

/// The lock file names it as a file of the data root, and as a file of the data set.
pub(super) fn pinned(kit: &Kit, root: &Path, name: &str) -> Result<String, Failure> {
    let mut all = String::new();
    for (path, file) in [(name, "data/train.jsonl"), ("t.jsonl", name)] {
        let lock = format!(
            "version = 1\n[[files]]\npath = {}\nbytes = {}\nsha256 = \"{}\"\n[files.origin]\nkind = \"hub\"\n\
             repository = \"o/n\"\nrevision = \"main\"\ncommit = \"{}\"\nfile = {}\n",
            quoted(path),
            BODY.len(),
            sha256(BODY),
            "0".repeat(40),
            quoted(file)
        );
        let data = root.join("data");
        fs::write(data.join("ext5-data.lock"), lock)?;
        all += &said(&verify(&data, &mut |_| Ok(())));
        all += &with(kit, root, "{ id = \"o/n\" }", "data/train.jsonl")?;
    }
    Ok(all)
}
