use crate::args::CardArgs;
use crate::command::catalogue;
use crate::failure::Refused;
use crate::output::{Output, make_room};
use anyhow::Result;
use ext5_data::{ErrorKind, door, storage};
use ext5_eval::{Card, CardDataset, Outcome, RecordedEvaluation};
use ext5_trainer::{Checkpoint, ModelDir, RunConfig, VocabularyConfig};
use serde_json::json;
use std::collections::BTreeMap;
use std::path::Path;

/// Largest configuration that is read, bytes.
const LARGEST: u64 = 1 << 24;

pub(crate) fn run(args: &CardArgs, output: &Output) -> Result<()> {
    let (catalogue, _) = catalogue::open(&args.places.overrides())?;
    let model = ModelDir::find(&args.model)?;
    let evaluation = RecordedEvaluation::read(&args.run)?;
    check(args, &model, &evaluation)?;
    make_room(&args.out)?;
    let suite = evaluation.suite()?;
    let datasets: BTreeMap<String, CardDataset> = evaluation
        .reports
        .iter()
        .filter_map(|report| {
            let spec = catalogue.task(&report.task).ok()?;
            Some((report.task.clone(), CardDataset::of(spec)))
        })
        .collect();
    let name = args.name.clone().unwrap_or_else(|| {
        let name = std::path::absolute(&args.model).ok();
        let name = name.as_deref().and_then(Path::file_name);
        name.map_or("ext5 model".to_owned(), |name| {
            name.to_string_lossy().into_owned()
        })
    });
    let training = training(&model)?;
    let card = Card {
        name: &name,
        outcome: Outcome {
            identity: &evaluation.identity,
            reports: &evaluation.reports,
            suite: suite.as_ref(),
        },
        datasets: &datasets,
        training: &training,
        licence: args.licence.as_deref(),
    };
    storage::local().write(&args.out, card.render().as_bytes())?;
    let value = json!({ "card": args.out, "name": name, "tasks": evaluation.reports.len(), "licence": args.licence });
    output.print(&value, || {
        let next = if args.licence.is_some() {
            ""
        } else {
            "\nnext: choose a licence, `--licence NAME`"
        };
        format!("written: {}{next}", args.out.display())
    })
}

/// That the evaluation is of this model, and that no file is lost.
fn check(args: &CardArgs, model: &ModelDir, evaluation: &RecordedEvaluation) -> Result<()> {
    let refused = |message| {
        let kind = ErrorKind::Request;
        Err(Refused { kind, message }.into())
    };
    if !args.force && storage::local().exists(&args.out)? {
        return refused(format!(
            "`{}` is there, replace it with `--force` or name another file",
            args.out.display()
        ));
    }
    let (hash, evaluated) = (model.hash()?, &evaluation.identity);
    if hash == evaluated.model_hash {
        return Ok(());
    }
    refused(format!(
        "`{}` scored the model `{}` of hash `{}`, but `{}` has the hash `{hash}`: evaluate it, or name the model that was",
        args.run.display(),
        evaluated.model,
        evaluated.model_hash,
        model.path().display()
    ))
}

/// What a model was trained on and how, as far as its directory says.
fn training(model: &ModelDir) -> Result<Vec<(String, String)>> {
    let mut facts = Vec::new();
    let mut say = |what: &str, value: String| facts.push((what.to_owned(), value));
    let shape = model.config()?;
    say(
        "shape",
        format!(
            "{} encoder and {} decoder layers, width {}, {} heads, {} ids",
            shape.num_layers,
            shape.num_decoder_layers.unwrap_or(shape.num_layers),
            shape.d_model,
            shape.num_heads,
            shape.vocab_size
        ),
    );
    let path = model.path().join("run.toml");
    if !storage::local().exists(&path)? {
        return Ok(facts);
    }
    let config = RunConfig::parse(&path, &door::read_text(&path, LARGEST)?, &[])?;
    say("purpose", config.description.clone());
    let ratio = config.data.ratio.map_or(String::new(), |ratio| {
        format!(", {ratio} examples of plain text for each supervised one")
    });
    say(
        "mixture",
        format!("{} ({}){ratio}", config.data.mixture, config.data.split),
    );
    let start = config.init.from.as_ref().map_or_else(
        || format!("new weights of shape {}", config.model.preset),
        |from| format!("the weights of {}", from.display()),
    );
    say("begun with", start);
    let vocabulary = match &config.data.vocabulary {
        VocabularyConfig::File(path) => path.display().to_string(),
        VocabularyConfig::Bytes { .. } => "bytes".to_owned(),
        VocabularyConfig::Trained { mixture, size } => {
            format!("{size} ids trained on {mixture}")
        }
    };
    say("tokenizer", vocabulary);
    let steps = if Checkpoint::is_at(model.path()) {
        format!(
            "{} of {}",
            Checkpoint::open(model.path())?.step(),
            config.trainer.steps
        )
    } else {
        config.trainer.steps.to_string()
    };
    say("steps", steps);
    say(
        "batch",
        format!(
            "{} rows of {} and {} tokens",
            config.trainer.batch_rows, config.data.inputs_length, config.data.targets_length
        ),
    );
    for (what, value) in [
        ("optimizer", serde_json::to_value(config.optimizer)?),
        ("learning rate", serde_json::to_value(config.schedule)?),
    ] {
        say(what, format!("`{value}`"));
    }
    say("seed", config.trainer.seed.to_string());
    Ok(facts)
}
