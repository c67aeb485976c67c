use std::io::{self, Write};
use std::path::Path;
use std::thread;

use ext5_tokenizer::{TokenId, Vocabulary};

use super::manifest::{FileRecord, Key, LengthStatistics, Manifest, Statistics};
use super::{CacheEvent, OnEvent};
use crate::{Error, ErrorKind, Result, door, storage};

/// Texts and bytes encoded between two writes; what is written does not depend on them.
const BATCH_TEXTS: usize = 4096;
const BATCH_BYTES: usize = 8 << 20;

/// The texts of a cache, in order.
pub(super) enum Texts {
    /// Inputs and targets.
    Pairs(Box<dyn Iterator<Item = Result<(String, String)>> + Send>),
    /// Documents, joined in order and cut to chunks of so many tokens.
    Documents(Box<dyn Iterator<Item = Result<String>> + Send>, usize),
}

/// Writes a whole cache into `dir`, the manifest last.
pub(super) fn build(
    dir: &Path,
    key: Key,
    mut texts: Texts,
    vocabulary: &dyn Vocabulary,
    workers: usize,
    on_event: OnEvent<'_>,
) -> Result<()> {
    let storage = storage::local();
    let manifest = dir.join("manifest.json");
    // A damaged cache stops looking complete before its files change.
    storage.remove(&manifest)?;
    let mut encoding = Encoding {
        key: &key,
        vocabulary,
        workers: workers.max(1),
        starts: Vec::new(),
        written: 0,
        texts: 0,
        on_event,
    };
    let tokens = write_hashed(&dir.join("tokens.bin"), &mut |file| match &mut texts {
        Texts::Pairs(pairs) => encoding.pairs(pairs, file),
        Texts::Documents(documents, chunk) => encoding.documents(documents, *chunk, file),
    })?;
    let mut starts = encoding.starts;
    starts.push(encoding.written);
    let offsets = write_hashed(&dir.join("offsets.bin"), &mut |file| {
        starts
            .iter()
            .try_for_each(|start| file.write_all(&start.to_le_bytes()))
            .map_err(Failure::Write)
    })?;
    let complete = Manifest {
        completed: true,
        eos_id: vocabulary.eos_id(),
        tokens,
        offsets,
        statistics: statistics(&starts),
        key,
    };
    let json = serde_json::to_vec_pretty(&complete).map_err(|error| Error::Refused {
        kind: ErrorKind::Other,
        reason: format!("cannot write the manifest of a cache: {error}"),
    })?;
    storage.write(&manifest, &json)
}

/// Why a body stopped: the file could not be written, or there was nothing right to write.
enum Failure {
    Write(io::Error),
    Content(Error),
}

impl From<io::Error> for Failure {
    fn from(source: io::Error) -> Self {
        Self::Write(source)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Content(error)
    }
}

struct Encoding<'a, 'b> {
    key: &'a Key,
    vocabulary: &'a dyn Vocabulary,
    workers: usize,
    /// Start of the inputs and start of the targets of each example, in tokens.
    starts: Vec<u64>,
    written: u64,
    texts: u64,
    on_event: OnEvent<'b>,
}

impl Encoding<'_, '_> {
    fn pairs(
        &mut self,
        pairs: &mut dyn Iterator<Item = Result<(String, String)>>,
        file: &mut dyn Write,
    ) -> std::result::Result<(), Failure> {
        let mut sides = pairs.flat_map(|pair| match pair {
            Ok((inputs, targets)) => vec![Ok(inputs), Ok(targets)],
            Err(error) => vec![Err(error)],
        });
        while let Some(encoded) = self.encode(&mut sides)? {
            for tokens in encoded {
                self.starts.push(self.written);
                self.write(&tokens, file)?;
            }
            self.report(2)?;
        }
        Ok(())
    }

    /// Joins documents without a separator, as T5's `reduce_concat_tokens` does: a chunk may end one document and begin another
    /// that has nothing to do with it. The last chunk is shorter.
    fn documents(
        &mut self,
        documents: &mut dyn Iterator<Item = Result<String>>,
        chunk: usize,
        file: &mut dyn Write,
    ) -> std::result::Result<(), Failure> {
        let mut joined: Vec<TokenId> = Vec::new();
        while let Some(encoded) = self.encode(documents)? {
            joined.extend(encoded.into_iter().flatten());
            let whole = joined.len() / chunk * chunk;
            for tokens in joined[..whole].chunks(chunk) {
                self.chunk(tokens, file)?;
            }
            joined.drain(..whole);
            self.report(1)?;
        }
        if !joined.is_empty() {
            self.chunk(&joined, file)?;
        }
        Ok(())
    }

    fn chunk(&mut self, tokens: &[TokenId], file: &mut dyn Write) -> io::Result<()> {
        self.starts.push(self.written);
        self.write(tokens, file)?;
        self.starts.push(self.written);
        Ok(())
    }

    fn write(&mut self, tokens: &[TokenId], file: &mut dyn Write) -> io::Result<()> {
        let bytes: Vec<u8> = tokens
            .iter()
            .flat_map(|token| token.to_le_bytes())
            .collect();
        self.written += tokens.len() as u64;
        file.write_all(&bytes)
    }

    fn report(&mut self, texts_per_example: u64) -> Result<()> {
        (self.on_event)(CacheEvent::Encoded {
            examples: self.texts / texts_per_example,
            tokens: self.written,
        })
    }

    /// The ids of the next texts in their order, `None` at the end. An even number of texts keeps pairs together.
    fn encode(
        &mut self,
        texts: &mut dyn Iterator<Item = Result<String>>,
    ) -> Result<Option<Vec<Vec<TokenId>>>> {
        let mut batch = Vec::new();
        let mut bytes = 0;
        while batch.len() < BATCH_TEXTS && (bytes < BATCH_BYTES || batch.len() % 2 == 1) {
            let Some(text) = texts.next() else { break };
            let text = text?;
            bytes += text.len();
            batch.push(text);
        }
        if batch.is_empty() {
            return Ok(None);
        }
        let first = self.texts;
        self.texts += batch.len() as u64;
        let share = batch.len().div_ceil(self.workers);
        let this = &*self;
        let parts: Vec<Result<Vec<Vec<TokenId>>>> = thread::scope(|scope| {
            let threads: Vec<_> = batch
                .chunks(share)
                .enumerate()
                .map(|(part, texts)| {
                    let first = first + (part * share) as u64;
                    let (vocabulary, key) = (this.vocabulary, this.key);
                    scope.spawn(move || encode_part(vocabulary, key, texts, first))
                })
                .collect();
            threads
                .into_iter()
                .map(|thread| thread.join().unwrap_or_else(|_| Err(lost())))
                .collect()
        });
        let mut encoded = Vec::with_capacity(batch.len());
        for part in parts {
            encoded.extend(part?);
        }
        Ok(Some(encoded))
    }
}

/// Encodes texts, of which the first has number `first` in its split.
fn encode_part(
    vocabulary: &dyn Vocabulary,
    key: &Key,
    texts: &[String],
    first: u64,
) -> Result<Vec<Vec<TokenId>>> {
    let encode = |(number, text): (u64, &String)| {
        let encoded =
            door::contain(|| vocabulary.encode(text)).map_err(|panic| format!("panic: {panic}"));
        encoded
            .and_then(|encoded| encoded.map_err(|error| error.to_string()))
            .map_err(|reason| Error::Refused {
                kind: ErrorKind::Data,
                reason: format!(
                    "task `{}`, split `{}`: text {number} (from 0) cannot be encoded: {reason}",
                    key.task, key.split
                ),
            })
    };
    (first..).zip(texts).map(encode).collect()
}

fn lost() -> Error {
    Error::Refused {
        kind: ErrorKind::Other,
        reason: "a thread that encodes texts was lost".to_owned(),
    }
}

/// Writes a file durably and says what it holds.
fn write_hashed(
    path: &Path,
    body: &mut dyn FnMut(&mut dyn Write) -> std::result::Result<(), Failure>,
) -> Result<FileRecord> {
    let mut hashed = None;
    let mut failure = None;
    let written = storage::local().write_with(path, &mut |file| {
        let mut writer = Hashing {
            file,
            hasher: blake3::Hasher::new(),
            bytes: 0,
        };
        match body(&mut writer) {
            Ok(()) => {}
            Err(Failure::Write(source)) => return Err(source),
            Err(Failure::Content(error)) => {
                failure = Some(error);
                return Err(io::Error::other("its content could not be made"));
            }
        }
        hashed = Some(FileRecord {
            bytes: writer.bytes,
            blake3: writer.hasher.finalize().to_hex().to_string(),
        });
        Ok(())
    });
    match failure {
        Some(error) => Err(error),
        None => written.and_then(|()| hashed.ok_or_else(lost)),
    }
}

struct Hashing<'a> {
    file: &'a mut dyn Write,
    hasher: blake3::Hasher,
    bytes: u64,
}

impl Write for Hashing<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.hasher.update(&bytes[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

fn statistics(starts: &[u64]) -> Statistics {
    let lengths = |side: usize| -> Vec<u64> {
        let ends = starts.iter().skip(side + 1).step_by(2);
        starts
            .iter()
            .skip(side)
            .step_by(2)
            .zip(ends)
            .map(|(start, end)| end - start)
            .collect()
    };
    let (mut inputs, mut targets) = (lengths(0), lengths(1));
    Statistics {
        examples: inputs.len() as u64,
        inputs: LengthStatistics::of(&mut inputs),
        targets: LengthStatistics::of(&mut targets),
    }
}
