use crate::Result;

/// A token id. T5's vocabularies keep 0 for padding, 1 for end of sequence, 2 for unknown.
pub type TokenId = u32;

/// Text to token ids and back. Implementations are immutable and shared between threads.
pub trait Vocabulary: Send + Sync {
    /// Number of ids this vocabulary can produce, `extra_ids` included (32,100 for T5's).
    fn size(&self) -> usize;

    /// Number of sentinels `<extra_id_n>`; they are the last ids, `<extra_id_0>` being `size() - 1`.
    fn extra_ids(&self) -> usize;

    /// Id of the padding token.
    fn pad_id(&self) -> TokenId {
        0
    }

    /// Id that ends a sequence.
    fn eos_id(&self) -> TokenId {
        1
    }

    /// Id of the unknown token.
    fn unk_id(&self) -> TokenId {
        2
    }

    /// Token ids of `text`, without end of sequence.
    ///
    /// # Errors
    /// [`crate::Error::Encode`] where the underlying tokenizer refuses the text.
    fn encode(&self, text: &str) -> Result<Vec<TokenId>>;

    /// Text of `ids`, cut before the first end of sequence; padding is dropped and ids outside the vocabulary read as unknown.
    fn decode(&self, ids: &[TokenId]) -> String;

    /// Hash of everything that decides the ids, in lower-case hexadecimal: two equal fingerprints encode alike.
    fn fingerprint(&self) -> &str;

    /// The files by which another program loads this vocabulary: (name, content), empty where there are none (bytes).
    fn files(&self) -> Vec<(String, Vec<u8>)> {
        Vec::new()
    }

    /// Id of `<extra_id_n>`, `None` where there is no such sentinel.
    fn sentinel(&self, n: usize) -> Option<TokenId> {
        (n < self.extra_ids()).then(|| (self.size() - 1 - n) as TokenId)
    }
}
