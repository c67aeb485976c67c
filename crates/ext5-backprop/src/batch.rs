use crate::{Error, Result};
use std::ops::Range;

/// Token ids of segments, one after another.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rows {
    /// Ids, `[N]`.
    pub ids: Vec<u32>,
    /// Where each segment lies: each begins where the one before it ends.
    pub spans: Vec<Range<usize>>,
    /// What dropout is drawn by, `[N]`; none where nothing is dropped.
    pub keys: Vec<u64>,
}

/// Segments to learn from: number n of the targets answers number n of the sources.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Batch {
    /// What the encoder reads.
    pub sources: Rows,
    /// What the decoder reads: the labels shifted right.
    pub targets: Rows,
    /// The ids to be said, one for each of `targets`.
    pub labels: Vec<u32>,
    /// What each label counts, 0 where it does not.
    pub weights: Vec<f32>,
}

impl Rows {
    /// Appends a segment; `keys` are those of its tokens, or none.
    pub fn push(&mut self, ids: &[u32], keys: impl Iterator<Item = u64>) {
        let first = self.ids.len();
        self.ids.extend_from_slice(ids);
        self.spans.push(first..self.ids.len());
        self.keys.extend(keys.take(ids.len()));
    }

    /// Length of the longest segment.
    pub fn longest(&self) -> usize {
        self.spans.iter().map(Range::len).max().unwrap_or(0)
    }

    fn check(&self, vocabulary: usize, dropout: bool) -> Result<()> {
        let mut end = 0;
        for span in &self.spans {
            equal("first token of a segment", span.start, end)?;
            // Not before its start, for lengths are taken of it.
            equal("last token of a segment", span.end, span.end.max(end))?;
            end = span.end;
        }
        equal("covered tokens", end, self.ids.len())?;
        if dropout {
            equal("dropout keys", self.keys.len(), self.ids.len())?;
        }
        known(&self.ids, vocabulary)
    }
}

impl Batch {
    /// # Errors
    /// [`Error::Batch`], [`Error::Token`].
    pub(crate) fn check(&self, vocabulary: usize, dropout: bool) -> Result<()> {
        self.sources.check(vocabulary, dropout)?;
        self.targets.check(vocabulary, dropout)?;
        equal(
            "targets",
            self.targets.spans.len(),
            self.sources.spans.len(),
        )?;
        equal("labels", self.labels.len(), self.targets.ids.len())?;
        equal("weights", self.weights.len(), self.targets.ids.len())?;
        known(&self.labels, vocabulary)
    }
}

fn equal(what: &'static str, found: usize, expected: usize) -> Result<()> {
    if found == expected {
        Ok(())
    } else {
        Err(Error::Batch {
            what,
            found,
            expected,
        })
    }
}

fn known(ids: &[u32], vocabulary: usize) -> Result<()> {
    match ids.iter().find(|&&id| id as usize >= vocabulary) {
        Some(&id) => Err(Error::Token { id, vocabulary }),
        None => Ok(()),
    }
}
