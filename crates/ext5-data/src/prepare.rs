//! Preparing data: the token caches of many tasks, made by any number of processes over one cache root.
mod shard;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use ext5_tokenizer::Vocabulary;
use serde::Serialize;

use crate::cache::{self, Building};
use crate::{
    CacheEvent, CacheOptions, Error, ErrorKind, FileRecord, Result, Statistics, Task, TokenCache,
};

pub use shard::Shard;

/// A split of a task to be cached.
#[derive(Clone, Debug)]
pub struct CacheRequest {
    /// The task.
    pub task: Task,
    /// Its split.
    pub split: String,
    /// As [`CacheOptions::chunk`].
    pub chunk: Option<usize>,
}

/// How to prepare. Neither the shard nor the workers change a byte of the result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PrepareOptions {
    /// Which part of the work this process does.
    pub shard: Shard,
    /// As [`CacheOptions::limit`].
    pub limit: Option<u64>,
    /// As [`CacheOptions::workers`].
    pub workers: usize,
    /// As [`CacheOptions::skip_bad_rows`].
    pub skip_bad_rows: bool,
}

/// What came of [`prepare`].
#[derive(Clone, Debug, Serialize)]
pub struct Prepared {
    /// The complete caches, sorted by task and split.
    pub caches: Vec<PreparedCache>,
    /// Those that wait for other shards: task and split.
    pub pending: Vec<(String, String)>,
    /// Those whose data are not here.
    pub absent: Vec<AbsentCache>,
    /// The combined manifest `prepared-<name>.json`, with the split in its name where it is not `train`, and the limit where there
    /// is one: `prepared-<name>-<split>-<limit>.json`. It is there once nothing is pending.
    pub manifest: Option<PathBuf>,
}

/// A complete cache: what a reader of the same bytes can check.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PreparedCache {
    /// The task.
    pub task: String,
    /// The split.
    pub split: String,
    /// Its directory below the cache root.
    pub directory: String,
    /// Tokens of a chunk of plain text.
    pub chunk: Option<usize>,
    /// Numbers and lengths of its examples.
    pub statistics: Statistics,
    /// `tokens.bin`.
    pub tokens: FileRecord,
    /// `offsets.bin`.
    pub offsets: FileRecord,
}

/// A cache that cannot be made because its data are not here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AbsentCache {
    /// The task.
    pub task: String,
    /// The split.
    pub split: String,
    /// What is missing.
    pub reason: String,
}

/// `prepared-<name>.json`: the same bytes however the work was shared, without times and places.
#[derive(Serialize)]
struct Combined<'a> {
    name: &'a str,
    vocabulary_fingerprint: &'a str,
    limit: Option<u64>,
    caches: &'a [PreparedCache],
    absent: &'a [AbsentCache],
}

/// Told what happens to the cache of a request; an error it gives ends the work and is passed on.
pub type OnPrepare<'a> = &'a mut dyn FnMut(&CacheRequest, CacheEvent) -> Result<()>;

/// Renders, tokenizes and caches the splits of tasks below `root`, as far as they are this shard's.
///
/// The work is cut into pieces of 32,768 rows (one piece a split where there is a limit). Piece `k` of request `r`, in the order of
/// task and split, belongs to shard `(r + k) mod n`. Pieces are durable: a process that ended in any way is run again and goes on
/// behind the last whole piece. Whoever finishes a cache's last piece joins them; whoever finishes the last cache writes the combined
/// manifest. Shards may run at once or one after another, on several machines, in any order and with any `n`.
///
/// # Errors
/// [`Error::Refused`] of kind `Request` for a `name` or a split that is no plain file name; the first error of a task's data or of
/// its vocabulary. What was done stays and is not done again.
pub fn prepare(
    root: &Path,
    name: &str,
    requests: &[CacheRequest],
    vocabulary: &dyn Vocabulary,
    options: PrepareOptions,
    on_event: OnPrepare<'_>,
) -> Result<Prepared> {
    let manifest = root.join(manifest_name(name, requests, options.limit)?);
    let mut requests: Vec<&CacheRequest> = requests.iter().collect();
    let place = |request: &CacheRequest| (request.task.name().to_owned(), request.split.clone());
    requests.sort_by_key(|request| (place(request), request.chunk));
    requests.dedup_by_key(|request| (place(request), request.chunk));
    let mut absent = Vec::new();
    let mut caches = Vec::new();
    let mut pending = Vec::new();
    for (number, request) in (0..).zip(requests) {
        let building = match building(root, request, vocabulary, options) {
            Err(error) if error.kind() == ErrorKind::Missing => {
                let (task, split) = place(request);
                let reason = without_place(&error);
                absent.push(AbsentCache {
                    task,
                    split,
                    reason,
                });
                continue;
            }
            building => building?,
        };
        let mine = |piece: u64| options.shard.owns(piece + number);
        let cache = building.build_some(&mine, &mut |event| on_event(request, event))?;
        match cache {
            Some(cache) => caches.push(PreparedCache::of(&cache)),
            None => pending.push((request, building)),
        }
    }
    // Other shards may have done their part meanwhile; of those that end together the last one sees all.
    let mut left = Vec::new();
    for (request, building) in pending {
        match building.join_if_whole(&mut |event| on_event(request, event))? {
            Some(cache) => caches.push(PreparedCache::of(&cache)),
            None => left.push(place(request)),
        }
    }
    caches.sort_by(|a, b| (&a.task, &a.split, a.chunk).cmp(&(&b.task, &b.split, b.chunk)));
    let complete = left.is_empty();
    if complete {
        let combined = Combined {
            name,
            vocabulary_fingerprint: vocabulary.fingerprint(),
            limit: options.limit,
            caches: &caches,
            absent: &absent,
        };
        cache::write_json(&manifest, &combined)?;
    }
    Ok(Prepared {
        caches,
        pending: left,
        absent,
        manifest: complete.then_some(manifest),
    })
}

fn building<'a>(
    root: &Path,
    request: &'a CacheRequest,
    vocabulary: &'a dyn Vocabulary,
    options: PrepareOptions,
) -> Result<Building<'a>> {
    if !request.task.splits().contains(&request.split) {
        return Err(Error::Missing {
            what: "split",
            path: PathBuf::from(&request.split),
            hint: String::new(),
        });
    }
    let cache_options = CacheOptions {
        chunk: request.chunk,
        limit: options.limit,
        workers: options.workers,
        skip_bad_rows: options.skip_bad_rows,
    };
    cache::of_task(
        root,
        &request.task,
        &request.split,
        vocabulary,
        cache_options,
    )
}

impl PreparedCache {
    fn of(cache: &TokenCache) -> Self {
        let [tokens, offsets] = cache.files().map(FileRecord::clone);
        let (task, split) = cache.task_and_split();
        let directory = cache.dir().file_name().unwrap_or_default();
        Self {
            task: task.to_owned(),
            split: split.to_owned(),
            directory: directory.to_string_lossy().into_owned(),
            chunk: cache.chunk(),
            statistics: cache.statistics().clone(),
            tokens,
            offsets,
        }
    }
}

/// What is missing, without the next step, which names where this machine keeps its data.
fn without_place(error: &Error) -> String {
    match error {
        Error::Missing {
            what: what @ "data root",
            ..
        } => format!("the {what} does not exist"),
        Error::Missing { what, path, .. } => format!("{what} `{}` does not exist", path.display()),
        other => other.to_string(),
    }
}

/// Work on other splits or on fewer examples does not overwrite the manifest of the whole `train`.
fn manifest_name(name: &str, requests: &[CacheRequest], limit: Option<u64>) -> Result<String> {
    let mut file = format!("prepared-{}", plain(name)?);
    let splits: BTreeSet<&str> = requests.iter().map(|it| it.split.as_str()).collect();
    if splits.iter().any(|split| *split != "train") {
        for split in splits {
            file.push('-');
            file.push_str(plain(split)?);
        }
    }
    if let Some(limit) = limit {
        file.push_str(&format!("-{limit}"));
    }
    Ok(file + ".json")
}

fn plain(name: &str) -> Result<&str> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b':');
    if !name.is_empty() && name.len() <= 100 && name.bytes().all(fits) {
        return Ok(name);
    }
    Err(Error::Refused {
        kind: ErrorKind::Request,
        reason: format!(
            "`{name}` cannot name a manifest, expected 1 to 100 letters, digits and `_-.:`"
        ),
    })
}
