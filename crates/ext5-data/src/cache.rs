//! Token ids on disk: what a task's texts become under a vocabulary, computed once.
//!
//! A cache is a directory of four files: `tokens.bin` (ids, 32-bit little-endian), `offsets.bin` (for each example the start
//! of its inputs and of its targets, then the end, 64-bit little-endian, in tokens), `manifest.json` with what decides the bytes
//! and their hashes, and `COMPLETED`, written last, with the hash of the manifest. It is made of pieces, each the work of a fixed
//! number of rows, so that several processes can share the work and get the same bytes.
mod building;
mod check;
mod encode;
mod join;
mod manifest;
mod origin;
#[cfg(test)]
mod tests;

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use ext5_tokenizer::{TokenId, Vocabulary};

use self::manifest::{FORMAT, Key, Manifest};
use self::origin::{DocumentsOrigin, Origin, PairsOrigin, TaskOrigin, wrong_chunk};
use crate::content::{Content, ContentMemory};
use crate::{Error, Result, Task, door};

pub(crate) use building::Building;
pub use check::{CacheCheck, check_caches};
pub(crate) use manifest::write_json;
pub use manifest::{FileRecord, LengthStatistics, Statistics};

/// Bytes of one entry of `offsets.bin`.
const ENTRY: u64 = 8;

/// The files of a cache.
const TOKENS: &str = "tokens.bin";
const OFFSETS: &str = "offsets.bin";
const MANIFEST: &str = "manifest.json";
const COMPLETED: &str = "COMPLETED";

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
    /// Leave bad rows out and count them ([`Statistics::skipped`]) in place of stopping at the first.
    pub skip_bad_rows: bool,
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
    /// Opens the cache of a task's split below `root`, building it where it is missing, unfinished or damaged. Of two builders
    /// one works and the other waits.
    ///
    /// Source files and cache files are hashed when they are first met; later they are trusted as long as size, times and inode
    /// stay what they were. [`TokenCache::verify`] reads everything again.
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
        of_task(root, task, split, vocabulary, options)?.open_or_build(on_event)
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
        let key = program_key(name, vocabulary, None);
        let origin = Box::new(PairsOrigin(pairs));
        Building::new(root, key, origin, vocabulary, 0).open_or_build(&mut |_| Ok(()))
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
        if chunk == 0 {
            return Err(wrong_chunk(name.0, true, Some(0)));
        }
        let key = program_key(name, vocabulary, Some(chunk));
        let origin = Box::new(DocumentsOrigin(documents, chunk));
        Building::new(root, key, origin, vocabulary, 0).open_or_build(&mut |_| Ok(()))
    }

    /// The complete cache in `dir`, `None` where there is none. Its files hold what they should by their hashes, or by the memory of
    /// an earlier look at them.
    fn open(dir: &Path, key: &Key, memory: &ContentMemory) -> Result<Option<Self>> {
        let Some(manifest) = Manifest::read(dir)? else {
            return Ok(None);
        };
        if manifest.key != *key {
            let reason = "its manifest is that of other data";
            return Err(Error::damaged(&dir.join(MANIFEST), reason));
        }
        let (tokens_path, offsets_path) = (dir.join(TOKENS), dir.join(OFFSETS));
        let (tokens, offsets) = (door::open(&tokens_path)?, door::open(&offsets_path)?);
        let content = memory.content_of_open(&tokens_path, &tokens)?;
        manifest.tokens.verify(&tokens_path, &content)?;
        let content = memory.content_of_open(&offsets_path, &offsets)?;
        manifest.offsets.verify(&offsets_path, &content)?;
        Ok(Some(Self {
            dir: dir.to_owned(),
            tokens,
            offsets,
            manifest,
        }))
    }

    /// Reads all files of the cache and checks them against the hashes of its manifest, whatever is remembered of them.
    ///
    /// # Errors
    /// [`Error::Damaged`] naming the file that is not as it should be, [`Error::Missing`] where one is gone.
    pub fn verify(&self) -> Result<()> {
        verify(&self.dir)
    }

    /// The cache's directory.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Task and split whose examples they are.
    pub(crate) fn task_and_split(&self) -> (&str, &str) {
        (&self.manifest.key.task, &self.manifest.key.split)
    }

    /// `tokens.bin` and `offsets.bin`.
    pub(crate) fn files(&self) -> [&FileRecord; 2] {
        [&self.manifest.tokens, &self.manifest.offsets]
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
        let (inputs, targets) = if inputs_tokens <= inputs_limit {
            // Both lie together: one look at the file is enough.
            let mut inputs = self.read(start, inputs_tokens + targets_tokens.min(targets_limit))?;
            let targets = inputs.split_off(inputs_tokens);
            (inputs, targets)
        } else {
            let targets = self.read(middle, targets_tokens.min(targets_limit))?;
            (self.read(start, inputs_limit)?, targets)
        };
        Ok(CachedExample {
            inputs,
            targets,
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
                .map_err(|source| Error::io("read", &self.dir.join(OFFSETS), source))?;
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
        let path = || self.dir.join(OFFSETS);
        let mut bytes = [0; 3 * ENTRY as usize];
        self.offsets
            .read_exact_at(&mut bytes, 2 * index * ENTRY)
            .map_err(|source| Error::io("read", &path(), source))?;
        let mut starts = entries(&bytes);
        let bounds: [u64; 3] = std::array::from_fn(|_| starts.next().unwrap_or_default());
        let end = self.manifest.tokens.ids();
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
            .map_err(|source| Error::io("read", &self.dir.join(TOKENS), source))?;
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
        skip_bad_rows: false,
    }
}

fn entries(bytes: &[u8]) -> impl Iterator<Item = u64> {
    let (entries, _) = bytes.as_chunks();
    entries.iter().map(|entry| u64::from_le_bytes(*entry))
}

/// The cache of a task's split, whether it is there or not.
pub(crate) fn of_task<'a>(
    root: &Path,
    task: &'a Task,
    split: &'a str,
    vocabulary: &'a dyn Vocabulary,
    options: CacheOptions,
) -> Result<Building<'a>> {
    let origin = TaskOrigin::new(task, split, &options)?;
    let origin: Box<dyn Origin> = Box::new(origin);
    let key = Key {
        format: FORMAT,
        task: task.name().to_owned(),
        split: split.to_owned(),
        task_fingerprint: task.fingerprint_remembered(split, root)?,
        vocabulary_fingerprint: vocabulary.fingerprint().to_owned(),
        chunk: options.chunk,
        limit: options.limit,
        skip_bad_rows: options.skip_bad_rows,
    };
    Ok(Building::new(
        root,
        key,
        origin,
        vocabulary,
        options.workers,
    ))
}

/// Reads all files of the complete cache in `dir` and checks them.
fn verify(dir: &Path) -> Result<()> {
    let Some(manifest) = Manifest::read(dir)? else {
        return Err(Error::damaged(dir, format!("it has no `{COMPLETED}`")));
    };
    for (name, record) in [(TOKENS, &manifest.tokens), (OFFSETS, &manifest.offsets)] {
        let path = dir.join(name);
        record.verify(&path, &Content::of_file(&path)?)?;
    }
    Ok(())
}
