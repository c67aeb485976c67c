use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use ext5_tokenizer::Vocabulary;

use super::encode::{self, Done, Encoder};
use super::join::join;
use super::manifest::{Key, PieceManifest, write_json};
use super::origin::{Origin, Rest};
use super::{COMPLETED, CacheEvent, MANIFEST, OnEvent, TokenCache};
use crate::content::ContentMemory;
use crate::{Error, Result, Skipped, storage};

/// Pause between two looks at what another process is building.
const WAIT: Duration = Duration::from_millis(100);

/// Directory of the pieces of an unfinished cache.
const PIECES: &str = "pieces";

/// A cache that is there or is to be made: in pieces, by any number of processes, which one of them joins.
///
/// Whoever makes a piece holds the lock of its directory, whoever joins them that of the cache. A piece is there once its manifest
/// is, the cache once `COMPLETED` is.
pub(crate) struct Building<'a> {
    dir: PathBuf,
    key: Key,
    origin: Box<dyn Origin + 'a>,
    vocabulary: &'a dyn Vocabulary,
    workers: usize,
    memory: ContentMemory,
}

impl<'a> Building<'a> {
    /// The cache of `key` below `root`; `workers` threads encode, 0 for one a processor.
    pub(super) fn new(
        root: &Path,
        key: Key,
        origin: Box<dyn Origin + 'a>,
        vocabulary: &'a dyn Vocabulary,
        workers: usize,
    ) -> Self {
        Self {
            dir: root.join(key.directory()),
            key,
            origin,
            vocabulary,
            workers: match workers {
                0 => thread::available_parallelism().map_or(1, usize::from),
                workers => workers,
            },
            memory: ContentMemory::below(root),
        }
    }

    /// The complete and undamaged cache, `None` where there is none.
    pub(super) fn open(&self) -> Result<Option<TokenCache>> {
        TokenCache::open(&self.dir, &self.key, &self.memory)
    }

    /// Opens the cache; makes what is missing of it. Of two who do this one works and the other waits.
    pub(super) fn open_or_build(&self, on_event: OnEvent<'_>) -> Result<TokenCache> {
        if let Ok(Some(cache)) = self.open() {
            return Ok(cache);
        }
        storage::local().create_dir(&self.dir)?;
        let _lock = wait_for(&self.dir, on_event)?;
        // Another builder may have finished while this one waited.
        if let Some(cache) = self.open_or_clear(on_event)? {
            return Ok(cache);
        }
        let (mut done, rest) = (Done::default(), Rest::default());
        let pieces = self.origin.pieces()?;
        for piece in 0..pieces {
            self.build_piece(piece, &rest, &mut done, on_event)?;
        }
        let parts = (0..pieces).map(|piece| self.piece_dir(piece));
        let skipped = self.skipped(pieces);
        join(
            &self.dir,
            &self.key,
            self.vocabulary.eos_id(),
            parts,
            skipped,
        )?;
        self.tidy();
        let missing = || Error::damaged(&self.dir, "it is not complete after it was built");
        self.open()?.ok_or_else(missing)
    }

    /// Makes those pieces that `mine` claims, and joins all where all are there. The cache, `None` where others have still to
    /// do their part.
    pub(crate) fn build_some(
        &self,
        mine: &dyn Fn(u64) -> bool,
        on_event: OnEvent<'_>,
    ) -> Result<Option<TokenCache>> {
        match self.open() {
            Ok(Some(cache)) => return Ok(Some(cache)),
            Ok(None) => storage::local().create_dir(&self.dir)?,
            Err(_) => {
                let _lock = wait_for(&self.dir, on_event)?;
                self.open_or_clear(on_event)?;
            }
        }
        let (mut done, rest) = (Done::default(), Rest::default());
        let pieces = self.origin.pieces()?;
        for piece in (0..pieces).filter(|piece| mine(*piece)) {
            if self.dir.join(COMPLETED).is_file() {
                break;
            }
            let built = self.build_piece(piece, &rest, &mut done, on_event);
            // Who completes the cache takes the pieces away, also those that another one has just begun to look at.
            if built.is_err() && !self.dir.join(COMPLETED).is_file() {
                built?;
            }
        }
        self.join_if_whole(on_event)
    }

    /// Joins the pieces where all are there; the cache, `None` where some are missing.
    pub(crate) fn join_if_whole(&self, on_event: OnEvent<'_>) -> Result<Option<TokenCache>> {
        if let Ok(Some(cache)) = self.open() {
            self.tidy();
            return Ok(Some(cache));
        }
        let there = |piece| self.piece(piece).is_some();
        if (0..self.origin.pieces()?).all(there) {
            return self.open_or_build(on_event).map(Some);
        }
        // Who completed it meanwhile has taken the pieces away.
        self.open()
    }

    /// The cache, where it is complete after all. One that cannot be trusted stops looking complete.
    fn open_or_clear(&self, on_event: OnEvent<'_>) -> Result<Option<TokenCache>> {
        match self.open() {
            Err(error @ (Error::Damaged { .. } | Error::Missing { .. })) => {
                let reason = error.to_string();
                on_event(CacheEvent::Rebuilding { reason })?;
                storage::local().remove(&self.dir.join(COMPLETED))?;
                Ok(None)
            }
            opened => opened,
        }
    }

    /// Takes the pieces of a complete cache away. What stays, because someone looks at it just now, is only untidy.
    fn tidy(&self) {
        let _ = storage::local().remove(&self.dir.join(PIECES));
    }

    /// Makes a piece where it is not there or is damaged.
    fn build_piece(
        &self,
        piece: u64,
        rest: &Rest,
        done: &mut Done,
        on_event: OnEvent<'_>,
    ) -> Result<()> {
        let dir = self.piece_dir(piece);
        storage::local().create_dir(&dir)?;
        let _lock = wait_for(&dir, on_event)?;
        if let Some(manifest) = self.piece(piece)
            && manifest.verify(&dir).is_ok()
        {
            done.examples += manifest.examples;
            done.tokens += manifest.tokens.ids();
            return Ok(());
        }
        let path = dir.join(MANIFEST);
        storage::local().remove(&path)?;
        let encoder = Encoder {
            key: &self.key,
            vocabulary: self.vocabulary,
            workers: self.workers,
        };
        let before = done.examples;
        let texts = self.origin.texts(piece, rest)?;
        let [tokens, offsets] = encode::write(&dir, encoder, texts, done, on_event)?;
        let manifest = PieceManifest {
            piece,
            key: self.key.clone(),
            examples: done.examples - before,
            tokens,
            offsets,
            skipped: self.origin.skipped(),
        };
        write_json(&path, &manifest).map(drop)
    }

    /// Bad rows that were left out of all pieces.
    fn skipped(&self, pieces: u64) -> Option<Skipped> {
        let mut sum = self.key.skip_bad_rows.then(Skipped::default)?;
        let manifests = (0..pieces).filter_map(|piece| self.piece(piece));
        manifests
            .filter_map(|it| it.skipped)
            .for_each(|it| sum.join(&it));
        Some(sum)
    }

    /// The manifest of a piece that is there.
    fn piece(&self, piece: u64) -> Option<PieceManifest> {
        let manifest = PieceManifest::read(&self.piece_dir(piece)).ok().flatten()?;
        (manifest.piece == piece && manifest.key == self.key).then_some(manifest)
    }

    fn piece_dir(&self, piece: u64) -> PathBuf {
        self.dir.join(PIECES).join(format!("{piece:06}"))
    }
}

/// The lock of a directory, as soon as nobody else has it.
pub(super) fn wait_for(dir: &Path, on_event: OnEvent<'_>) -> Result<storage::DirLock> {
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
