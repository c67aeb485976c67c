use crate::args::DataViewArgs;
use crate::command::catalogue::{evaluation_sets, expand, training_sets};
use crate::command::config;
use crate::output::{Output, make_room};
use crate::terminal::Terminal;
use anyhow::Result;
use ext5_data::{Cursor, Task, TaskSpec, storage};
use ext5_hub::{Origin, Pins};
use ext5_inspect::{
    LeakOptions, Sample, SampleOptions, SplitOverlap, StatisticsOptions, TaskStatistics, TaskView,
    ViewBytes, ViewInput, ViewKind, leaks, packed, samples, split_overlap, statistics, view,
};
use ext5_tasks::Catalogue;
use ext5_tokenizer::Vocabulary;
use ext5_trainer::{RunConfig, Session, VocabularyConfig, loader_config, plan_mixture};
use serde_json::json;
use std::path::Path;

/// Rows that enter the model, as the page shows them.
const PACKED_ROWS: usize = 8;

/// Rows of each split of a task.
const SAMPLE_ROWS: usize = 3;

/// What a page tells of one task.
struct Told {
    spec: TaskSpec,
    absent: Option<String>,
    commit: Option<String>,
    role: Option<String>,
    statistics: Vec<TaskStatistics>,
    overlaps: Vec<SplitOverlap>,
    samples: Vec<Sample>,
}

pub(crate) fn run(args: &DataViewArgs, output: &Output, terminal: &mut Terminal) -> Result<()> {
    let config = config::load_for(&args.config, Some(&args.name))?;
    make_room(&args.output)?;
    let catalogue = ext5_trainer::catalogue(&config.data.task_dirs)?;
    let is_suite = !catalogue.names().contains(&args.name.as_str());
    let kind = match catalogue.task(&args.name) {
        Ok(_) => ViewKind::Task,
        Err(_) if is_suite => ViewKind::Suite,
        Err(_) => ViewKind::Mixture,
    };
    let html = if is_suite {
        let session = Session::open(&config, Path::new("runs/view"), terminal)?;
        let told = tell(
            &config,
            args,
            &catalogue,
            session.vocabulary.as_ref(),
            terminal,
        )?;
        page(&config, args, kind, &told, ViewInput::default())
    } else {
        of_mixture(&config, args, kind, terminal)?
    };
    terminal.done();
    storage::local().write(&args.output, html.as_bytes())?;
    output.print(
        &json!({ "output": args.output, "bytes": html.len() }),
        || format!("written: {} ({} bytes)", args.output.display(), html.len()),
    )
}

fn of_mixture(
    config: &RunConfig,
    args: &DataViewArgs,
    kind: ViewKind,
    terminal: &mut Terminal,
) -> Result<String> {
    let (plan, found, session) = plan_mixture(config, Path::new("runs/view"), terminal)?;
    let (catalogue, root) = (&session.catalogue, config.data.root.as_path());
    let vocabulary = session.vocabulary.as_ref();
    let loader = loader_config(config);
    let start = Cursor::start(found.feeds.len());
    let mut rows = packed(found.feeds.into(), loader, start, PACKED_ROWS, vocabulary)?;
    for spec in catalogue.tasks_of(&args.name)? {
        let task = catalogue.open(&spec.name, root)?;
        rows.name_examples(&task, &config.data.split)?;
    }
    let told = tell(config, args, catalogue, vocabulary, terminal)?;
    let leaked = if args.leaks.is_empty() {
        None
    } else {
        let training = training_sets(catalogue, root, &args.name)?;
        let evaluation = evaluation_sets(catalogue, root, &args.leaks)?;
        let options = LeakOptions::default();
        let mut progress = terminal.reading();
        Some(leaks(
            &training.present,
            &evaluation.present,
            &options,
            &mut progress,
        )?)
    };
    let input = ViewInput {
        plan: Some(&plan.plan),
        shares_without_caps: Some(&plan.shares_without_caps),
        bytes: Some(ViewBytes {
            source: plan.source_bytes,
            cache: plan.cache_bytes,
            loader: plan.loader_bytes,
        }),
        packed: Some(&rows),
        leaks: leaked.as_ref(),
        ..ViewInput::default()
    };
    Ok(page(config, args, kind, &told, input))
}

/// The page of `input`, with its tasks and its head.
fn page(
    config: &RunConfig,
    args: &DataViewArgs,
    kind: ViewKind,
    told: &[Told],
    input: ViewInput<'_>,
) -> String {
    let catalogue = ext5_trainer::catalogue(&config.data.task_dirs);
    let described = catalogue.ok().and_then(|it| {
        let mixture = it.mixture(&args.name).map(|it| it.description.clone());
        let suite = || it.suite(&args.name).map(|it| it.description.clone());
        mixture.or_else(|_| suite()).ok()
    });
    let tasks = told.iter().map(|it| TaskView {
        spec: &it.spec,
        absent: it.absent.as_deref(),
        commit: it.commit.as_deref(),
        role: it.role.as_deref(),
        statistics: &it.statistics,
        overlaps: &it.overlaps,
        samples: &it.samples,
    });
    view(&ViewInput {
        kind,
        name: &args.name,
        description: described.as_deref().unwrap_or_default(),
        tasks: tasks.collect(),
        made_by: concat!("ext5 ", env!("CARGO_PKG_VERSION")),
        vocabulary: &vocabulary(config),
        ..input
    })
}

/// What the tokens are of, in a few words.
fn vocabulary(config: &RunConfig) -> String {
    match &config.data.vocabulary {
        VocabularyConfig::File(path) => path.display().to_string(),
        VocabularyConfig::Bytes { .. } => "bytes".to_owned(),
        VocabularyConfig::Trained { mixture, size } => {
            format!("{size} ids trained on {mixture}")
        }
    }
}

/// What is told of each task: its passport always, numbers and rows where its data are here.
fn tell(
    config: &RunConfig,
    args: &DataViewArgs,
    catalogue: &Catalogue,
    vocabulary: &dyn Vocabulary,
    terminal: &mut Terminal,
) -> Result<Vec<Told>> {
    let data = &config.data;
    let pins = Pins::read(&data.root)?;
    let mut all = Vec::new();
    for (spec, split) in expand(catalogue, std::slice::from_ref(&args.name), false)? {
        let task = catalogue.open(&spec.name, &data.root)?;
        let wanted = split.as_ref().unwrap_or(&data.split);
        let mut told = Told {
            spec: spec.clone(),
            absent: task.source().files(wanted).err().map(|it| it.to_string()),
            commit: commit(&pins, spec),
            role: split
                .as_ref()
                .map(|split| role(catalogue, args, spec, split)),
            statistics: Vec::new(),
            overlaps: Vec::new(),
            samples: Vec::new(),
        };
        let mut splits: Vec<String> = task.splits();
        splits.retain(|split| task.source().files(split).is_ok());
        splits.sort_by_key(|split| (split != wanted, split.clone()));
        count(
            &task, &splits, config, args, vocabulary, terminal, &mut told,
        )?;
        all.push(told);
    }
    Ok(all)
}

/// What the suite takes of a task: the split and what it scores there.
fn role(catalogue: &Catalogue, args: &DataViewArgs, spec: &TaskSpec, split: &str) -> String {
    let members = catalogue.suite(&args.name).map(|suite| &suite.members);
    let mut members = members.into_iter().flatten();
    let member = members.find(|it| it.task == spec.name && it.split == split);
    let own = member.map(|it| &it.metrics).filter(|it| !it.is_empty());
    let metrics = own.unwrap_or(&spec.metrics);
    format!("{split}: {}", metrics.join(", "))
}

fn count(
    task: &Task,
    splits: &[String],
    config: &RunConfig,
    args: &DataViewArgs,
    vocabulary: &dyn Vocabulary,
    terminal: &mut Terminal,
    told: &mut Told,
) -> Result<()> {
    let (inputs_length, targets_length) = (config.data.inputs_length, config.data.targets_length);
    let options = StatisticsOptions {
        inputs_length: Some(inputs_length),
        targets_length: Some(targets_length),
        limit: Some(args.limit),
        workers: 0,
    };
    let rows = SampleOptions {
        rows: SAMPLE_ROWS,
        inputs_length,
        targets_length,
    };
    for split in splits {
        let mut progress = terminal.reading();
        let counted = statistics(task, split, Some(vocabulary), &options, &mut progress)?;
        told.statistics.push(counted);
        told.samples
            .extend(samples(task, split, Some(vocabulary), &rows)?);
    }
    let whole = told.statistics.iter().all(|it| it.complete);
    if whole && splits.len() > 1 {
        let names: Vec<&str> = splits.iter().map(String::as_str).collect();
        told.overlaps = split_overlap(task, &names, 0, &mut terminal.reading())?;
    }
    Ok(())
}

/// The commit that a task's files are of.
fn commit(pins: &Pins, spec: &TaskSpec) -> Option<String> {
    let hub = spec.source.hub.as_ref()?;
    pins.files.values().find_map(|pin| match &pin.origin {
        Origin::Hub {
            repository, commit, ..
        } if *repository == hub.id => Some(commit.clone()),
        _ => None,
    })
}
