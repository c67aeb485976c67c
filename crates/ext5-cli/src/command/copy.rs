use crate::args::CopyArgs;
use crate::output::Output;
use anyhow::Result;
use ext5_data::storage;
use ext5_trainer::{ModelDir, ModelOptions};
use serde_json::json;

const CONFIG: &str = "config.json";

/// Brings a model in: a directory, or a file of torch's, which no other command reads.
pub(crate) fn import(args: &CopyArgs, output: &Output) -> Result<()> {
    if args.from.is_file() {
        return write(&ModelDir::of_torch_file(&args.from)?, args, output);
    }
    run(args, output)
}

/// Reads a model, checks that its parts belong together, and writes it in Hugging Face's layout.
pub(crate) fn run(args: &CopyArgs, output: &Output) -> Result<()> {
    write(&ModelDir::find(&args.from)?, args, output)
}

fn write(dir: &ModelDir, args: &CopyArgs, output: &Output) -> Result<()> {
    let options = ModelOptions {
        vocabulary: args.vocabulary.clone(),
        ..ModelOptions::default()
    };
    let vocabulary = options.vocabulary(dir)?;
    let files = dir.hugging_face_files(vocabulary.as_ref())?;
    storage::local().create_dir(&args.to)?;
    // Without its configuration a directory is no model: what is written half is not one.
    storage::local().remove(&args.to.join(CONFIG))?;
    let (last, first): (Vec<_>, Vec<_>) = files.iter().partition(|file| file.0 == CONFIG);
    for (name, bytes) in first.into_iter().chain(last) {
        storage::local().write(&args.to.join(name), bytes)?;
    }
    let names: Vec<&String> = files.keys().collect();
    let parameters = dir.config()?.num_parameters();
    let value = json!({
        "from": dir.path(),
        "to": args.to,
        "files": names,
        "parameters": parameters,
        "verified": dir.is_verified(),
    });
    output.print(&value, || {
        let checked = if dir.is_verified() {
            "checked against its manifest"
        } else {
            "unverified"
        };
        format!(
            "{} ({checked}) written to {}: {parameters} parameters, {} files",
            dir.path().display(),
            args.to.display(),
            files.len()
        )
    })
}
