use crate::feeds::with_ratio;
use crate::{DataConfig, Feeds, Observer, Result, RunConfig, Session, feeds};
use ext5_data::{LoaderConfig, Plan, Resolved, Task, plan};
use ext5_tasks::Catalogue;
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::Path;

/// What a run would see of a mixture, and what it costs on disk and in memory, before a step is taken.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MixturePlan {
    /// The mixture.
    pub mixture: String,
    /// Shares, tokens, epochs, truncation.
    pub plan: Plan,
    /// Share of each task if no rate had a cap; the difference is what the caps do.
    pub shares_without_caps: BTreeMap<String, f64>,
    /// Published training examples of each task, where they are known: data at hand may be a part of them.
    pub published: BTreeMap<String, u64>,
    /// Tasks without data, and why. Their shares went to the others.
    pub absent: Vec<(String, String)>,
    /// Bytes of the tasks' source files.
    pub source_bytes: u64,
    /// Bytes of the token caches.
    pub cache_bytes: u64,
    /// Bytes of examples and batches that the loader holds at most.
    pub loader_bytes: u64,
}

/// What the published sizes say about a mixture whose data are not here.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PublishedPlan {
    /// The mixture.
    pub mixture: String,
    /// The tasks with a published size, sorted by name.
    pub tasks: Vec<PublishedTask>,
    /// Tasks without a published size.
    pub absent: Vec<(String, String)>,
}

/// One task of a [`PublishedPlan`].
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PublishedTask {
    /// The task.
    pub task: String,
    /// Published training examples; documents, for plain text.
    pub examples: u64,
    /// Share of the examples drawn.
    pub share: f64,
    /// Share without caps.
    pub share_without_caps: f64,
    /// How often each example is drawn, one example a row.
    pub epochs: f64,
}

/// Plans a run of `config`; caches are built where they are not there.
///
/// # Errors
/// As [`Session::open`], [`feeds`] and [`ext5_data::plan`].
pub fn plan_mixture(
    config: &RunConfig,
    run_dir: &Path,
    observer: &mut dyn Observer,
) -> Result<(MixturePlan, Feeds, Session)> {
    let session = Session::open(config, run_dir, observer)?;
    let data = &config.data;
    let place = (session.vocabulary.as_ref(), session.cache.as_path());
    let found = feeds(
        data,
        &data.mixture,
        &data.split,
        &session.catalogue,
        place,
        observer,
    )?;
    let loader = crate::loader_config(config);
    let sizes: BTreeMap<&str, u64> = found
        .feeds
        .iter()
        .map(|feed| (feed.name.as_str(), feed.cache.len()))
        .collect();
    let uncapped = session.catalogue.without_caps();
    let uncapped = uncapped.resolve(&data.mixture, &|spec| {
        let size = sizes.get(spec.name.as_str()).copied();
        size.ok_or_else(String::new)
    });
    let uncapped = mixed(&session.catalogue, data, uncapped?)?;
    let mut cache_bytes = 0;
    for feed in &found.feeds {
        cache_bytes += bytes_below(feed.cache.dir())?;
    }
    let plan = MixturePlan {
        mixture: data.mixture.clone(),
        plan: plan(&found.feeds, config.trainer.steps, &loader)?,
        shares_without_caps: shares(&uncapped),
        published: published(&session.catalogue, &found)?,
        absent: found.absent.clone(),
        source_bytes: source_bytes(&session.catalogue, data, &found)?,
        cache_bytes,
        loader_bytes: loader_bytes(&loader),
    };
    Ok((plan, found, session))
}

/// The shares that `data.ratio` leaves.
fn mixed(catalogue: &Catalogue, data: &DataConfig, mut resolved: Resolved) -> Result<Resolved> {
    if let Some(ratio) = data.ratio {
        let is_plain = |task: &str| catalogue.task(task).is_ok_and(|task| task.text.is_some());
        resolved.shares = with_ratio(&data.mixture, resolved.shares, ratio, is_plain)?;
    }
    Ok(resolved)
}

/// Plans the steps of `config` by published sizes alone.
///
/// # Errors
/// [`crate::Error::Tasks`] for an unknown name or a mixture none of whose tasks has a published size.
pub fn plan_published(config: &RunConfig) -> Result<PublishedPlan> {
    let (data, trainer) = (&config.data, &config.trainer);
    let catalogue = &crate::catalogue(&data.task_dirs)?;
    let mixture = &data.mixture;
    let size = |spec: &ext5_data::TaskSpec| {
        let published = spec.source.train_examples;
        published.ok_or_else(|| "its published size is not known".to_owned())
    };
    let resolved = mixed(catalogue, data, catalogue.resolve(mixture, &size)?)?;
    let uncapped = catalogue.without_caps().resolve(mixture, &size)?;
    let uncapped = shares(&mixed(catalogue, data, uncapped)?);
    let draws = trainer.steps as f64 * trainer.batch_rows as f64;
    let mut tasks = Vec::new();
    for share in &resolved.shares {
        let spec = catalogue.task(&share.task)?;
        let examples = spec.source.train_examples.unwrap_or_default();
        tasks.push(PublishedTask {
            task: share.task.clone(),
            examples,
            share: share.share,
            share_without_caps: uncapped.get(&share.task).copied().unwrap_or_default(),
            epochs: share.share * draws / examples.max(1) as f64,
        });
    }
    Ok(PublishedPlan {
        mixture: mixture.clone(),
        tasks,
        absent: resolved.absent,
    })
}

fn shares(resolved: &Resolved) -> BTreeMap<String, f64> {
    let shares = resolved.shares.iter();
    shares.map(|it| (it.task.clone(), it.share)).collect()
}

fn published(catalogue: &Catalogue, found: &Feeds) -> Result<BTreeMap<String, u64>> {
    let mut published = BTreeMap::new();
    for feed in &found.feeds {
        if let Some(examples) = catalogue.task(&feed.name)?.source.train_examples {
            published.insert(feed.name.clone(), examples);
        }
    }
    Ok(published)
}

/// Size of the source files of the tasks present, each file once.
fn source_bytes(catalogue: &Catalogue, data: &DataConfig, found: &Feeds) -> Result<u64> {
    let mut files = BTreeMap::new();
    for feed in &found.feeds {
        let task: Task = catalogue.open(&feed.name, &data.root)?;
        for path in task.source().files(&data.split)? {
            let bytes = std::fs::metadata(&path).map_or(0, |it| it.len());
            files.insert(path, bytes);
        }
    }
    Ok(files.values().sum())
}

fn bytes_below(dir: &Path) -> Result<u64> {
    let files = ext5_data::storage::local().list(dir)?;
    let sizes = files.iter().filter_map(|path| std::fs::metadata(path).ok());
    Ok(sizes.map(|it| it.len()).sum())
}

/// Examples prepared ahead, and the batch being filled: ids of four bytes; a batch also has segments, inputs shifted and weights.
pub(crate) fn loader_bytes(loader: &LoaderConfig) -> u64 {
    let example = 4 * (loader.inputs_length + loader.targets_length);
    let ahead = (loader.prefetch * loader.rows + 32 * (loader.workers + 1)) * example;
    let batch = 4 * loader.rows * (2 * loader.inputs_length + 4 * loader.targets_length);
    (ahead + batch) as u64
}
