use crate::observer::Event;
use crate::{BadRows, DataConfig, Observer, Result};
use ext5_data::{
    CacheEvent, CacheOptions, CacheRequest, ErrorKind, ObjectiveKind, Share, Task, TaskFeed,
    TaskSpec, TokenCache,
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
        let chunk = chunk(spec, objective, data.inputs_length)?;
        let options = CacheOptions {
            chunk,
            limit: data.max_examples,
            workers: data.workers.max(1),
            skip_bad_rows: data.bad_rows == BadRows::Skip,
        };
        let opened = open_cache(cache, &task, split, vocabulary, options, observer);
        match opened {
            Ok(cache) => {
                tell_skipped(data, &spec.name, &cache, observer)?;
                caches.insert(spec.name.clone(), (cache, objective));
            }
            Err(error) if error.kind() == ErrorKind::Missing => {
                absent.insert(spec.name.clone(), error.to_string());
            }
            Err(error) => return Err(error.into()),
        }
    }
    let mut resolved = catalogue.resolve(mixture, &|spec| match caches.get(&spec.name) {
        Some((cache, _)) => Ok(cache.len()),
        None => Err(absent.get(&spec.name).cloned().unwrap_or_default()),
    })?;
    if let Some(ratio) = data.ratio {
        let is_plain = |task: &str| matches!(caches.get(task), Some((_, Some(_))));
        resolved.shares = with_ratio(mixture, resolved.shares, ratio, is_plain)?;
    }
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

/// The shares with `ratio` examples of plain text for each supervised one; what has no share left is left out.
pub(crate) fn with_ratio(
    mixture: &str,
    shares: Vec<Share>,
    ratio: f64,
    is_plain: impl Fn(&str) -> bool,
) -> Result<Vec<Share>> {
    let total = |plain: bool| -> f64 {
        let of_kind = shares.iter().filter(|it| is_plain(&it.task) == plain);
        of_kind.map(|it| it.share).sum()
    };
    let (plain, supervised) = (total(true), total(false));
    let part = if ratio.is_infinite() {
        1.0
    } else {
        ratio / (1.0 + ratio)
    };
    for (kind, there, wanted) in [
        ("plain text", plain, part),
        ("supervised task", supervised, 1.0 - part),
    ] {
        if there == 0.0 && wanted > 0.0 {
            let reason = format!(
                "`data.ratio` is `{ratio}`, but `{mixture}` has no {kind} with data: leave the ratio out or name another mixture"
            );
            let kind = ErrorKind::Config;
            return Err(ext5_data::Error::Refused { kind, reason }.into());
        }
    }
    let scaled = shares.into_iter().map(|mut share| {
        let factor = if is_plain(&share.task) {
            part / plain
        } else {
            (1.0 - part) / supervised
        };
        share.share *= factor;
        share.rate = share.share;
        share
    });
    Ok(scaled.filter(|share| share.share > 0.0).collect())
}

/// Says how many rows of a task were left out.
///
/// # Errors
/// [`crate::Error::Data`] where they are more than `data.max_bad_fraction` allows.
fn tell_skipped(
    data: &DataConfig,
    task: &str,
    cache: &TokenCache,
    observer: &mut dyn Observer,
) -> Result<()> {
    let Some(skipped) = &cache.statistics().skipped else {
        return Ok(());
    };
    let most = data.max_bad_fraction;
    if skipped.fraction() > most {
        let reason = format!(
            "task `{task}`: {skipped} are bad, more than `data.max_bad_fraction` = {most} allows: mend them, or raise it"
        );
        let kind = ErrorKind::Data;
        return Err(ext5_data::Error::Refused { kind, reason }.into());
    }
    if skipped.count() > 0 {
        observer.on(&Event::Note(&format!("task `{task}`: left out {skipped}")));
    }
    Ok(())
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

/// The caches that [`feeds`] would open for a mixture, for [`ext5_data::prepare`].
///
/// # Errors
/// [`crate::Error::Tasks`] for an unknown name, [`crate::Error::Data`] where an objective does not suit the length.
pub fn cache_requests(
    data: &DataConfig,
    mixture: &str,
    split: &str,
    catalogue: &Catalogue,
) -> Result<Vec<CacheRequest>> {
    let mut requests = Vec::new();
    for spec in catalogue.tasks_of(mixture)? {
        let task = catalogue.open(&spec.name, &data.root)?;
        if task.splits().iter().any(|name| name == split) {
            requests.push(CacheRequest {
                chunk: chunk(spec, objective(spec), data.inputs_length)?,
                split: split.to_owned(),
                task,
            });
        }
    }
    Ok(requests)
}

/// Raw tokens that the objective of a task makes inputs of `inputs_length` tokens of; none for a supervised task.
fn chunk(
    spec: &TaskSpec,
    objective: Option<Objective>,
    inputs_length: usize,
) -> Result<Option<usize>> {
    let lengths = objective.map(|objective| objective.lengths(inputs_length));
    let lengths = lengths
        .transpose()
        .map_err(|error| refused(&spec.name, &error))?;
    Ok(lengths.map(|lengths| lengths.raw))
}

/// The objective of a self-supervised task; T5's span corruption where its file names none.
fn objective(spec: &TaskSpec) -> Option<Objective> {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn ratio(ratio: f64) -> Vec<(String, f64)> {
        let share = |task: &str, share| Share {
            task: task.to_owned(),
            rate: 1.0,
            share,
        };
        let shares = vec![share("a", 0.1), share("b", 0.3), share("text", 0.6)];
        with_ratio("m", shares, ratio, |task| task == "text")
            .unwrap()
            .into_iter()
            .map(|share| (share.task, (share.share * 1e6).round() / 1e6))
            .collect()
    }

    #[test]
    fn plain_text_gets_r_of_r_plus_one() {
        let named = |task: &str, share: f64| (task.to_owned(), share);
        let half = [named("a", 0.125), named("b", 0.375), named("text", 0.5)];
        assert_eq!(ratio(1.0), half);
        assert_eq!(ratio(0.0), [named("a", 0.25), named("b", 0.75)]);
        assert_eq!(ratio(f64::INFINITY), [named("text", 1.0)]);
        let quarter = [named("a", 0.0625), named("b", 0.1875), named("text", 0.75)];
        assert_eq!(ratio(3.0), quarter);
    }

    #[test]
    fn a_ratio_needs_both_kinds() {
        let share = Share {
            task: "a".to_owned(),
            rate: 1.0,
            share: 1.0,
        };
        let error = with_ratio("m", vec![share], 2.0, |_| false).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.to_string().contains("no plain text"), "{error}");
    }
}
