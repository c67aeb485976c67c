use crate::observer::Event;
use crate::{DataConfig, Observer, Result};
use ext5_data::{
    CacheEvent, CacheOptions, ErrorKind, ObjectiveKind, Share, Task, TaskFeed, TokenCache,
};
use ext5_objectives::{Objective, Sentinels};
use ext5_tasks::Catalogue;
use ext5_tokenizer::Vocabulary;
use std::collections::BTreeMap;
use std::path::Path;

/// A mixture with its data: what a loader draws from.
#[derive(Debug)]
pub struct Feeds {
    /// The tasks present, sorted by name.
    pub feeds: Vec<TaskFeed>,
    /// Rate and share of each of them.
    pub shares: Vec<Share>,
    /// Tasks whose data are not here, and why.
    pub absent: Vec<(String, String)>,
}

/// Opens or builds the token caches of a mixture's tasks and settles its rates by their sizes.
///
/// # Errors
/// [`crate::Error::Tasks`] for an unknown name, [`crate::Error::Data`] where data are damaged or none are there.
pub fn feeds(
    data: &DataConfig,
    mixture: &str,
    split: &str,
    catalogue: &Catalogue,
    (vocabulary, cache): (&dyn Vocabulary, &Path),
    observer: &mut dyn Observer,
) -> Result<Feeds> {
    let mut caches = BTreeMap::new();
    let mut absent = BTreeMap::new();
    for spec in catalogue.tasks_of(mixture)? {
        let task = catalogue.open(&spec.name, &data.root)?;
        if !task.splits().iter().any(|name| name == split) {
            absent.insert(spec.name.clone(), format!("it has no split `{split}`"));
            continue;
        }
        let objective = objective(spec);
        let chunk = match &objective {
            Some(objective) => {
                let lengths = objective.lengths(data.inputs_length);
                Some(lengths.map_err(|error| refused(&spec.name, &error))?.raw)
            }
            None => None,
        };
        let options = CacheOptions {
            chunk,
            limit: data.max_examples,
            workers: data.workers.max(1),
        };
        let opened = open_cache(cache, &task, split, vocabulary, options, observer);
        match opened {
            Ok(cache) => {
                caches.insert(spec.name.clone(), (cache, objective));
            }
            Err(error) if error.kind() == ErrorKind::Missing => {
                absent.insert(spec.name.clone(), error.to_string());
            }
            Err(error) => return Err(error.into()),
        }
    }
    let resolved = catalogue.resolve(mixture, &|spec| match caches.get(&spec.name) {
        Some((cache, _)) => Ok(cache.len()),
        None => Err(absent.get(&spec.name).cloned().unwrap_or_default()),
    })?;
    let sentinels = Sentinels {
        first: vocabulary.size().saturating_sub(1) as u32,
        count: vocabulary.extra_ids(),
    };
    let mut feeds = Vec::with_capacity(resolved.shares.len());
    for share in &resolved.shares {
        if let Some((cache, objective)) = caches.remove(&share.task) {
            let objective = objective.map(|objective| (objective, sentinels));
            feeds.push(TaskFeed {
                name: share.task.clone(),
                share: share.share,
                cache,
                objective,
            });
        }
    }
    Ok(Feeds {
        feeds,
        shares: resolved.shares,
        absent: resolved.absent,
    })
}

/// Opens or builds one task's cache, telling `observer` what happens.
fn open_cache(
    cache: &Path,
    task: &Task,
    split: &str,
    vocabulary: &dyn Vocabulary,
    options: CacheOptions,
    observer: &mut dyn Observer,
) -> ext5_data::Result<TokenCache> {
    let mut on_event = |event: CacheEvent| {
        match &event {
            CacheEvent::Encoded { examples, .. } => {
                observer.on(&Event::Caching {
                    task: task.name(),
                    examples: *examples,
                });
            }
            CacheEvent::Waiting { holder } => {
                observer.on(&Event::Note(&format!(
                    "waiting for {holder} to build the cache"
                )));
            }
            CacheEvent::Rebuilding { reason } => {
                let note = format!("building the cache of `{}` again: {reason}", task.name());
                observer.on(&Event::Note(&note));
            }
        }
        Ok(())
    };
    TokenCache::open_or_build(cache, task, split, vocabulary, options, &mut on_event)
}

/// The objective of a self-supervised task; T5's span corruption where its file names none.
fn objective(spec: &ext5_data::TaskSpec) -> Option<Objective> {
    spec.text.as_ref()?;
    Some(match &spec.objective {
        None => Objective::span_corruption(0.15, 3.0),
        Some(objective) => match objective.kind {
            ObjectiveKind::PrefixLm => Objective::PrefixLm {
                noise_density: objective.noise_density,
            },
            _ => Objective::span_corruption(
                objective.noise_density,
                objective.mean_noise_span_length,
            ),
        },
    })
}

fn refused(task: &str, error: &ext5_objectives::Error) -> ext5_data::Error {
    ext5_data::Error::Refused {
        kind: ErrorKind::Config,
        reason: format!("task `{task}`: {error}"),
    }
}
