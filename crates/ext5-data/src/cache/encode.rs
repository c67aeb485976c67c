use std::io::{self, Write};
use std::path::Path;
use std::thread;

use ext5_tokenizer::{TokenId, Vocabulary};

use super::manifest::{FileRecord, Key};
use super::origin::Texts;
use super::{CacheEvent, OFFSETS, OnEvent, TOKENS};
use crate::{Error, ErrorKind, Result, door, storage};

/// Texts and bytes encoded between two writes; what is written does not depend on them.
const BATCH_TEXTS: usize = 4096;
const BATCH_BYTES: usize = 8 << 20;

/// Who encodes, and for which cache.
#[derive(Clone, Copy)]
pub(super) struct Encoder<'a> {
    pub(super) key: &'a Key,
    pub(super) vocabulary: &'a dyn Vocabulary,
    /// Threads.
    pub(super) workers: usize,
}

/// Examples or documents, and tokens, that are done.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Done {
    pub(super) examples: u64,
    pub(super) tokens: u64,
}

/// Writes `tokens.bin` and `offsets.bin` of texts into `dir`; `done` is what was done before and grows.
pub(super) fn write(
    dir: &Path,
    encoder: Encoder<'_>,
    mut texts: Texts<'_>,
    done: &mut Done,
    on_event: OnEvent<'_>,
) -> Result<[FileRecord; 2]> {
    let mut encoding = Encoding {
        encoder,
        starts: Vec::new(),
        written: 0,
        bytes: Vec::new(),
        done,
        on_event,
    };
    let tokens = write_hashed(&dir.join(TOKENS), &mut |file| match &mut texts {
        Texts::Pairs(pairs) => encoding.pairs(pairs, file),
        Texts::Documents(documents, chunk) => encoding.documents(documents, *chunk, file),
    })?;
    let mut starts = encoding.starts;
    starts.push(encoding.written);
    let offsets = write_hashed(&dir.join(OFFSETS), &mut |file| {
        starts
            .iter()
            .try_for_each(|start| file.write_all(&start.to_le_bytes()))
            .map_err(Failure::Write)
    })?;
    Ok([tokens, offsets])
}

/// Why a body stopped: the file could not be written, or there was nothing right to write.
pub(super) enum Failure {
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
    encoder: Encoder<'a>,
    /// Start of the inputs and start of the targets of each example, in tokens.
    starts: Vec<u64>,
    written: u64,
    /// Room for the bytes of one example.
    bytes: Vec<u8>,
    done: &'a mut Done,
    on_event: OnEvent<'b>,
}

impl Encoding<'_, '_> {
    fn pairs(
        &mut self,
        pairs: &mut dyn Iterator<Item = Result<(u64, String, String)>>,
        file: &mut dyn Write,
    ) -> std::result::Result<(), Failure> {
        let mut sides = pairs.flat_map(|pair| {
            let sides = match pair {
                Ok((row, inputs, targets)) => [Some(Ok((row, inputs))), Some(Ok((row, targets)))],
                Err(error) => [Some(Err(error)), None],
            };
            sides.into_iter().flatten()
        });
        while let Some(encoded) = self.encoder.encode(&mut sides)? {
            for tokens in &encoded {
                self.starts.push(self.written);
                self.write(tokens, file)?;
            }
            self.report(encoded.len() as u64 / 2)?;
        }
        Ok(())
    }

    /// Joins documents without a separator, as T5's `reduce_concat_tokens` does: a chunk may end one document and begin another
    /// that has nothing to do with it. The last chunk is shorter.
    fn documents(
        &mut self,
        documents: &mut dyn Iterator<Item = Result<(u64, String)>>,
        chunk: usize,
        file: &mut dyn Write,
    ) -> std::result::Result<(), Failure> {
        let mut joined: Vec<TokenId> = Vec::new();
        while let Some(encoded) = self.encoder.encode(documents)? {
            let count = encoded.len() as u64;
            joined.extend(encoded.into_iter().flatten());
            let whole = joined.len() / chunk * chunk;
            for tokens in joined[..whole].chunks(chunk) {
                self.chunk(tokens, file)?;
            }
            joined.drain(..whole);
            self.report(count)?;
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
        self.bytes.clear();
        self.bytes
            .extend(tokens.iter().flat_map(|token| token.to_le_bytes()));
        self.written += tokens.len() as u64;
        self.done.tokens += tokens.len() as u64;
        file.write_all(&self.bytes)
    }

    fn report(&mut self, examples: u64) -> Result<()> {
        self.done.examples += examples;
        (self.on_event)(CacheEvent::Encoded {
            examples: self.done.examples,
            tokens: self.done.tokens,
        })
    }
}

impl Encoder<'_> {
    /// The ids of the next texts in their order, `None` at the end. An even number of texts keeps pairs together.
    fn encode(
        &self,
        texts: &mut dyn Iterator<Item = Result<(u64, String)>>,
    ) -> Result<Option<Vec<Vec<TokenId>>>> {
        let mut batch = Vec::new();
        let mut bytes = 0;
        while batch.len() < BATCH_TEXTS && (bytes < BATCH_BYTES || batch.len() % 2 == 1) {
            let Some(text) = texts.next() else { break };
            let text = text?;
            bytes += text.1.len();
            batch.push(text);
        }
        if batch.is_empty() {
            return Ok(None);
        }
        if self.workers < 2 {
            return self.encode_part(&batch).map(Some);
        }
        let share = batch.len().div_ceil(self.workers);
        let parts: Vec<Result<Vec<Vec<TokenId>>>> = thread::scope(|scope| {
            let threads: Vec<_> = batch
                .chunks(share)
                .map(|texts| scope.spawn(move || self.encode_part(texts)))
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

    fn encode_part(&self, texts: &[(u64, String)]) -> Result<Vec<Vec<TokenId>>> {
        let encode = |(row, text): &(u64, String)| {
            let encoded = door::contain(|| self.vocabulary.encode(text))
                .map_err(|panic| format!("panic: {panic}"));
            encoded
                .and_then(|encoded| encoded.map_err(|error| error.to_string()))
                .map_err(|reason| Error::Refused {
                    kind: ErrorKind::Data,
                    reason: format!(
                        "task `{}`, split `{}`: a text of row {} cannot be encoded: {reason}",
                        self.key.task,
                        self.key.split,
                        row + 1
                    ),
                })
        };
        texts.iter().map(encode).collect()
    }
}

fn lost() -> Error {
    Error::Refused {
        kind: ErrorKind::Other,
        reason: "a thread that encodes texts was lost".to_owned(),
    }
}

/// Writes a file durably and says what it holds.
pub(super) fn write_hashed(
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
