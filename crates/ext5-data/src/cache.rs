//! Token ids on disk: what a task's texts become under a vocabulary, computed once.
//!
//! A cache is a directory of three files: `tokens.bin` (ids, 32-bit little-endian), `offsets.bin` (for each example the start
//! of its inputs and of its targets, then the end, 64-bit little-endian, in tokens) and `manifest.json`, written last.
mod build;
mod manifest;
#[cfg(test)]
mod tests;

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use ext5_tokenizer::{TokenId, Vocabulary};

use self::build::Texts;
use self::manifest::{FORMAT, Key, Manifest};
use crate::{Error, ErrorKind, Result, Task, door, storage};

pub use manifest::{LengthStatistics, Statistics};

/// Pause between two looks at a cache that another process is building.
const WAIT: Duration = Duration::from_millis(100);

/// Bytes of one entry of `offsets.bin`.
const ENTRY: u64 = 8;

/// What is to be cached, and how fast.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CacheOptions {
    /// Tokens of a chunk of plain text, the raw length of the objective. Needed for self-supervised tasks, and for them alone:
    /// examples of supervised tasks are kept whole, so that their cache serves any length.
    pub chunk: Option<usize>,
    /// Read only so many examples or documents.
    pub limit: Option<u64>,
    /// Threads that encode, 0 for one a processor. The bytes do not depend on it.
    pub workers: usize,
}

/// What happens while a cache is opened or built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CacheEvent {
    /// Another process builds it; this one waits and shares the result.
    Waiting {
        /// Who.
        holder: String,
    },
    /// It is there but cannot be trusted, and is built again.
    Rebuilding {
        /// Why.
        reason: String,
    },
    /// So much is done.
    Encoded {
        /// Examples or documents.
        examples: u64,
        /// Tokens.
        tokens: u64,
    },
}

/// Told what happens; an error it gives ends the work and is passed on, leaving nothing that looks complete.
pub type OnEvent<'a> = &'a mut dyn FnMut(CacheEvent) -> Result<()>;

/// One example as it is cached: without end of sequence.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CachedExample {
    /// The first tokens of the inputs, or a chunk of plain text.
    pub inputs: Vec<TokenId>,
    /// The first tokens of the targets; none for plain text.
    pub targets: Vec<TokenId>,
    /// Tokens of the whole inputs.
    pub inputs_tokens: usize,
    /// Tokens of the whole targets.
    pub targets_tokens: usize,
}

/// The examples of a split as token ids, read by position. Any number of threads may read at once.
#[derive(Debug)]
pub struct TokenCache {
    dir: PathBuf,
    tokens: File,
    offsets: File,
    manifest: Manifest,
}

impl TokenCache {
    /// Opens the cache of a task's split below `root`, building it where it is missing, unfinished or damaged. Its content is
    /// checked against the hashes of its manifest. Of two builders one works and the other waits.
    ///
    /// # Errors
    /// Those of the task's data and of the vocabulary; [`Error::Refused`] of kind `Request` where `options.chunk` does not
    /// suit the task; [`Error::Io`] where `root` cannot be written.
    pub fn open_or_build(
        root: &Path,
        task: &Task,
        split: &str,
        vocabulary: &dyn Vocabulary,
        options: CacheOptions,
        on_event: OnEvent<'_>,
    ) -> Result<Self> {
        let key = Key {
            format: FORMAT,
            task: task.name().to_owned(),
            split: split.to_owned(),
            task_fingerprint: task.fingerprint(split)?,
            vocabulary_fingerprint: vocabulary.fingerprint().to_owned(),
            chunk: options.chunk,
            limit: options.limit,
        };
        let texts = || match (task.is_self_supervised(), options.chunk) {
            (true, Some(chunk)) if chunk > 0 => {
                let documents = task.documents(split, options.limit)?;
                Ok(Texts::Documents(Box::new(documents), chunk))
            }
            (false, None) => {
                let examples = task.examples(split, options.limit)?;
                Ok(Texts::Pairs(Box::new(examples.map(|example| {
                    example.map(|example| (example.inputs, example.targets))
                }))))
            }
            (self_supervised, chunk) => Err(wrong_chunk(task.name(), self_supervised, chunk)),
        };
        Self::of_key(root, &key, &texts, vocabulary, options.workers, on_event)
    }

    /// A cache of inputs and targets made by a program instead of a task file. `name` is task, split and a fingerprint of the
    /// content: where a cache of the same name and vocabulary exists, `pairs` is not asked.
    ///
    /// # Errors
    /// As [`TokenCache::open_or_build`].
    pub fn from_pairs(
        root: &Path,
        name: (&str, &str, &str),
        pairs: impl Fn() -> Vec<(String, String)>,
        vocabulary: &dyn Vocabulary,
    ) -> Result<Self> {
        let texts = || Ok(Texts::Pairs(Box::new(pairs().into_iter().map(Ok))));
        let key = program_key(name, vocabulary, None);
        Self::of_key(root, &key, &texts, vocabulary, 0, &mut |_| Ok(()))
    }

    /// A cache of plain text made by a program, cut to chunks of `chunk` tokens (above 0); else as [`TokenCache::from_pairs`].
    ///
    /// # Errors
    /// As [`TokenCache::open_or_build`].
    pub fn from_documents(
        root: &Path,
        name: (&str, &str, &str),
        documents: impl Fn() -> Vec<String>,
        chunk: usize,
        vocabulary: &dyn Vocabulary,
    ) -> Result<Self> {
        let texts = || match chunk {
            0 => Err(wrong_chunk(name.0, true, Some(0))),
            _ => Ok(Texts::Documents(
                Box::new(documents().into_iter().map(Ok)),
                chunk,
            )),
        };
        let key = program_key(name, vocabulary, Some(chunk));
        Self::of_key(root, &key, &texts, vocabulary, 0, &mut |_| Ok(()))
    }

    fn of_key(
        root: &Path,
        key: &Key,
        texts: &dyn Fn() -> Result<Texts>,
        vocabulary: &dyn Vocabulary,
        workers: usize,
        on_event: OnEvent<'_>,
    ) -> Result<Self> {
        let dir = root.join(key.directory());
        if let Ok(Some(cache)) = Self::open(&dir, key) {
            return Ok(cache);
        }
        storage::local().create_dir(&dir)?;
        let _lock = wait_for(&dir, on_event)?;
        // Another builder may have finished while this one waited.
        match Self::open(&dir, key) {
            Ok(Some(cache)) => return Ok(cache),
            Ok(None) => {}
            Err(error @ (Error::Damaged { .. } | Error::Missing { .. })) => {
                let reason = error.to_string();
                on_event(CacheEvent::Rebuilding { reason })?;
            }
            Err(error) => return Err(error),
        }
        let workers = match workers {
            0 => thread::available_parallelism().map_or(1, usize::from),
            workers => workers,
        };
        build::build(&dir, key.clone(), texts()?, vocabulary, workers, on_event)?;
        let missing = || Error::damaged(&dir, "it has no manifest after it was built");
        Self::open(&dir, key)?.ok_or_else(missing)
    }

    /// The complete and undamaged cache in `dir`, `None` where there is none.
    fn open(dir: &Path, key: &Key) -> Result<Option<Self>> {
        let Some(manifest) = Manifest::read(dir)? else {
            return Ok(None);
        };
        if manifest.key != *key || !manifest.completed {
            let reason = "its manifest is that of other data";
            return Err(Error::damaged(&dir.join("manifest.json"), reason));
        }
        let (tokens_path, offsets_path) = (dir.join("tokens.bin"), dir.join("offsets.bin"));
        let (tokens, offsets) = (door::open(&tokens_path)?, door::open(&offsets_path)?);
        manifest.tokens.verify(&tokens_path, &tokens)?;
        manifest.offsets.verify(&offsets_path, &offsets)?;
        Ok(Some(Self {
            dir: dir.to_owned(),
            tokens,
            offsets,
            manifest,
        }))
    }

    /// The cache's directory.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Number of examples; for plain text, of chunks.
    pub fn len(&self) -> u64 {
        self.manifest.statistics.examples
    }

    /// Whether it has no example.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Numbers and lengths of its examples.
    pub fn statistics(&self) -> &Statistics {
        &self.manifest.statistics
    }

    /// Length of the chunks of plain text, `None` for a supervised task.
    pub fn chunk(&self) -> Option<usize> {
        self.manifest.key.chunk
    }

    /// Fingerprint of the vocabulary that made the ids.
    pub fn vocabulary_fingerprint(&self) -> &str {
        &self.manifest.key.vocabulary_fingerprint
    }

    /// That vocabulary's end of sequence.
    pub fn eos_id(&self) -> TokenId {
        self.manifest.eos_id
    }

    /// One example, at most so many tokens of its inputs and of its targets.
    ///
    /// # Errors
    /// [`Error::Unknown`] for an index past the end; [`Error::Io`] where reading fails, [`Error::Damaged`] where the files
    /// changed since they were opened.
    pub fn example(
        &self,
        index: u64,
        inputs_limit: usize,
        targets_limit: usize,
    ) -> Result<CachedExample> {
        let [start, middle, end] = self.bounds(index)?;
        let (inputs_tokens, targets_tokens) = ((middle - start) as usize, (end - middle) as usize);
        Ok(CachedExample {
            inputs: self.read(start, inputs_tokens.min(inputs_limit))?,
            targets: self.read(middle, targets_tokens.min(targets_limit))?,
            inputs_tokens,
            targets_tokens,
        })
    }

    /// Tokens of the inputs and of the targets of one example.
    ///
    /// # Errors
    /// As [`TokenCache::example`].
    pub fn lengths(&self, index: u64) -> Result<(usize, usize)> {
        let [start, middle, end] = self.bounds(index)?;
        Ok(((middle - start) as usize, (end - middle) as usize))
    }

    /// Calls `each` with tokens of inputs and targets of all examples in order.
    ///
    /// # Errors
    /// As [`TokenCache::example`].
    pub fn for_each_length(&self, mut each: impl FnMut(usize, usize)) -> Result<()> {
        const EXAMPLES: u64 = 4096;
        let mut block = vec![0; ((2 * EXAMPLES + 1) * ENTRY) as usize];
        let mut first = 0;
        while first < self.len() {
            let examples = EXAMPLES.min(self.len() - first);
            let bytes = &mut block[..((2 * examples + 1) * ENTRY) as usize];
            self.offsets
                .read_exact_at(bytes, 2 * first * ENTRY)
                .map_err(|source| Error::io("read", &self.dir.join("offsets.bin"), source))?;
            let starts: Vec<u64> = entries(bytes).collect();
            for example in starts.windows(3).step_by(2) {
                let [inputs, targets] = [example[1] - example[0], example[2] - example[1]];
                each(inputs as usize, targets as usize);
            }
            first += examples;
        }
        Ok(())
    }

    /// Start of the inputs, start of the targets and end of an example, in tokens.
    fn bounds(&self, index: u64) -> Result<[u64; 3]> {
        if index >= self.len() {
            return Err(Error::Unknown {
                what: "example",
                name: index.to_string(),
                hint: format!(", `{}` has {}", self.dir.display(), self.len()),
            });
        }
        let path = || self.dir.join("offsets.bin");
        let mut bytes = [0; 3 * ENTRY as usize];
        self.offsets
            .read_exact_at(&mut bytes, 2 * index * ENTRY)
            .map_err(|source| Error::io("read", &path(), source))?;
        let mut starts = entries(&bytes);
        let bounds: [u64; 3] = std::array::from_fn(|_| starts.next().unwrap_or_default());
        let end = self.manifest.tokens.bytes / size_of::<TokenId>() as u64;
        if bounds[0] <= bounds[1] && bounds[1] <= bounds[2] && bounds[2] <= end {
            return Ok(bounds);
        }
        let reason = format!("example {index} changed since the cache was opened");
        Err(Error::damaged(&path(), reason))
    }

    fn read(&self, start: u64, tokens: usize) -> Result<Vec<TokenId>> {
        let mut bytes = vec![0; tokens * size_of::<TokenId>()];
        self.tokens
            .read_exact_at(&mut bytes, start * size_of::<TokenId>() as u64)
            .map_err(|source| Error::io("read", &self.dir.join("tokens.bin"), source))?;
        let (ids, _) = bytes.as_chunks();
        Ok(ids.iter().map(|id| TokenId::from_le_bytes(*id)).collect())
    }
}

fn program_key(
    (task, split, fingerprint): (&str, &str, &str),
    vocabulary: &dyn Vocabulary,
    chunk: Option<usize>,
) -> Key {
    Key {
        format: FORMAT,
        task: task.to_owned(),
        split: split.to_owned(),
        task_fingerprint: fingerprint.to_owned(),
        vocabulary_fingerprint: vocabulary.fingerprint().to_owned(),
        chunk,
        limit: None,
    }
}

fn entries(bytes: &[u8]) -> impl Iterator<Item = u64> {
    let (entries, _) = bytes.as_chunks();
    entries.iter().map(|entry| u64::from_le_bytes(*entry))
}

/// The lock of a cache's directory, as soon as nobody else has it.
fn wait_for(dir: &Path, on_event: OnEvent<'_>) -> Result<storage::DirLock> {
    loop {
        match storage::lock(dir) {
            Err(Error::Locked { holder, .. }) => {
                on_event(CacheEvent::Waiting { holder })?;
                thread::sleep(WAIT);
            }
            lock => return lock,
        }
    }
}

fn wrong_chunk(task: &str, self_supervised: bool, chunk: Option<usize>) -> Error {
    let reason = match (self_supervised, chunk) {
        (true, None) => "is plain text: give the raw length of its objective as `chunk`".to_owned(),
        (true, _) => {
            "is plain text: `chunk` is `0`, expected the raw length of its objective".to_owned()
        }
        (false, _) => "has inputs and targets: only plain text is cut to a `chunk`".to_owned(),
    };
    Error::Refused {
        kind: ErrorKind::Request,
        reason: format!("task `{task}` {reason}"),
    }
}
