use crate::Result;

/// A batch of rows in the middle of decoding: what a search steps. Each row has its own source and its own cache.
pub trait Decoder {
    /// Number of logits of a row, `V`.
    fn vocabulary(&self) -> usize;

    /// Rows now in the batch.
    fn rows(&self) -> usize;

    /// Feeds `tokens[row]` to each row and answers the logits of the token that follows, `[rows, V]` row by row. The
    /// caller may write into them; the next step overwrites them.
    ///
    /// # Errors
    /// [`crate::Error::Token`] for an id beyond the embeddings, [`crate::Error::Device`].
    fn step(&mut self, tokens: &[u32]) -> Result<&mut [f32]>;

    /// Row `i` becomes what row `parents[i]` was; rows that no entry names leave the batch. Entries may repeat, so the
    /// batch can shrink, grow and change order.
    ///
    /// # Errors
    /// [`crate::Error::Device`].
    fn reorder(&mut self, parents: &[usize]) -> Result<()>;
}
