use std::sync::{Arc, Mutex, OnceLock};

use super::CacheOptions;
use crate::skip::Skipping;
use crate::source::Census;
use crate::{Error, ErrorKind, Result, Rows, Skipped, SourceRow, Task};

/// Rows of a piece, the part of a cache that is made at once. It decides where plain text is cut, hence is part of the format.
pub(super) const PIECE_ROWS: u64 = 32_768;

/// The texts of a piece in order, each with the number of its row in the split.
pub(super) enum Texts<'a> {
    /// Inputs and targets.
    Pairs(Box<dyn Iterator<Item = Result<(u64, String, String)>> + 'a>),
    /// Documents, joined in order and cut to chunks of so many tokens.
    Documents(Box<dyn Iterator<Item = Result<(u64, String)>> + 'a>, usize),
}

/// Where the texts of a cache come from.
pub(super) trait Origin {
    /// Number of pieces, at least 1; the same for whoever asks.
    fn pieces(&self) -> Result<u64>;

    /// The texts of a piece. `rest` is what the piece before it left, or nothing; what this one leaves is put there.
    fn texts(&self, piece: u64, rest: &Rest) -> Result<Texts<'_>>;

    /// Bad rows among the texts that were read last; none where they are errors.
    fn skipped(&self) -> Option<Skipped> {
        None
    }
}

/// The rows behind the last piece. Lines and records can only be counted from the start of their file: without these each piece
/// would read again all that comes before it.
#[derive(Clone, Default)]
pub(super) struct Rest(Arc<Mutex<Option<Rows>>>);

impl Rest {
    /// The rows that begin with number `first`, where these do.
    fn take(&self, first: u64) -> Option<Rows> {
        let rows = self.0.lock().ok()?.take()?;
        (rows.next_number() == first).then_some(rows)
    }

    fn put(&self, rows: Option<Rows>) {
        if let Ok(mut kept) = self.0.lock() {
            *kept = rows;
        }
    }
}

/// The rows of a piece; gives the others back when it is dropped.
struct PieceRows {
    rows: Option<Rows>,
    end: u64,
    rest: Rest,
}

impl Iterator for PieceRows {
    type Item = Result<SourceRow>;

    fn next(&mut self) -> Option<Self::Item> {
        let rows = self.rows.as_mut()?;
        if rows.next_number() < self.end {
            rows.next()
        } else {
            None
        }
    }
}

impl Drop for PieceRows {
    fn drop(&mut self) {
        self.rest.put(self.rows.take());
    }
}

/// A split of a task.
pub(super) struct TaskOrigin<'a> {
    task: &'a Task,
    split: &'a str,
    chunk: Option<usize>,
    limit: Option<u64>,
    skipping: Option<Skipping>,
    census: OnceLock<Census>,
}

impl<'a> TaskOrigin<'a> {
    /// # Errors
    /// [`Error::Refused`] where plain text has no `chunk`, or inputs and targets have one.
    pub(super) fn new(task: &'a Task, split: &'a str, options: &CacheOptions) -> Result<Self> {
        let CacheOptions { chunk, limit, .. } = *options;
        match (task.is_self_supervised(), chunk) {
            (true, None | Some(0)) | (false, Some(_)) => {
                Err(wrong_chunk(task.name(), task.is_self_supervised(), chunk))
            }
            _ => Ok(Self {
                task,
                split,
                chunk,
                limit,
                skipping: options.skip_bad_rows.then(Skipping::default),
                census: OnceLock::new(),
            }),
        }
    }

    fn census(&self) -> Result<&Census> {
        if let Some(census) = self.census.get() {
            return Ok(census);
        }
        let census = self.task.source().census(self.split)?;
        Ok(self.census.get_or_init(|| census))
    }
}

impl Origin for TaskOrigin<'_> {
    /// The first so many examples are found by reading from the start alone: where there is a limit, all is one piece.
    fn pieces(&self) -> Result<u64> {
        match self.limit {
            Some(_) => Ok(1),
            None => Ok(self.census()?.rows().div_ceil(PIECE_ROWS).max(1)),
        }
    }

    fn texts(&self, piece: u64, rest: &Rest) -> Result<Texts<'_>> {
        let source = self.task.source();
        let (rows, end) = if self.limit.is_some() {
            (source.rows(self.split)?, u64::MAX)
        } else {
            let first = piece * PIECE_ROWS;
            let rows = match rest.take(first) {
                Some(rows) => rows,
                None => source.rows_from(self.split, self.census()?, first)?,
            };
            (rows, first + PIECE_ROWS)
        };
        let rows = PieceRows {
            rows: Some(rows),
            end,
            rest: rest.clone(),
        };
        Ok(if let Some(chunk) = self.chunk {
            let skipping = self.skipping.clone();
            let documents = self
                .task
                .numbered_documents(self.split, rows, self.limit, skipping)?;
            Texts::Documents(Box::new(documents), chunk)
        } else {
            let skipping = self.skipping.clone();
            let pairs = self.task.pairs(self.split, rows, self.limit, skipping)?;
            Texts::Pairs(Box::new(pairs))
        })
    }

    fn skipped(&self) -> Option<Skipped> {
        self.skipping.as_ref().map(Skipping::take)
    }
}

/// Inputs and targets made by a program.
pub(super) struct PairsOrigin<F>(pub(super) F);

impl<F: Fn() -> Vec<(String, String)>> Origin for PairsOrigin<F> {
    fn pieces(&self) -> Result<u64> {
        Ok(1)
    }

    fn texts(&self, _piece: u64, _rest: &Rest) -> Result<Texts<'_>> {
        let pairs = (0..).zip((self.0)());
        let numbered = pairs.map(|(row, (inputs, targets))| Ok((row, inputs, targets)));
        Ok(Texts::Pairs(Box::new(numbered)))
    }
}

/// Plain text made by a program, and the length of its chunks.
pub(super) struct DocumentsOrigin<F>(pub(super) F, pub(super) usize);

impl<F: Fn() -> Vec<String>> Origin for DocumentsOrigin<F> {
    fn pieces(&self) -> Result<u64> {
        Ok(1)
    }

    fn texts(&self, _piece: u64, _rest: &Rest) -> Result<Texts<'_>> {
        let documents = (0..).zip((self.0)()).map(Ok);
        Ok(Texts::Documents(Box::new(documents), self.1))
    }
}

pub(super) fn wrong_chunk(task: &str, self_supervised: bool, chunk: Option<usize>) -> Error {
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
