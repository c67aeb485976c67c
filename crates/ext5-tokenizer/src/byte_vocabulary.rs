use crate::sentinels::split_at_sentinels;
use crate::{Result, TokenId, Vocabulary};

/// Ids below the bytes: padding, end of sequence, unknown.
const SPECIAL: usize = 3;

/// ByT5's vocabulary: every byte of the text is an id, 3 above its value.
///
/// Ids 0 to 2 are special, 3 to 258 bytes, and the sentinels follow, `<extra_id_0>` being the last
/// id as in every [`Vocabulary`]. Two other conventions exist for the same checkpoints: seqio's
/// `ByteVocabulary()` has no sentinels at all, and ByT5 was trained with those falling on the top
/// byte values (258 and below), while Hugging Face's `ByT5Tokenizer` counts upwards, `<extra_id_n>`
/// being 259 + n. Texts without sentinels have the same ids in all three.
///
/// Unlike with pieces, white space around a sentinel stays: decoding gives the text back.
///
/// ```
/// # use ext5_tokenizer::{ByteVocabulary, Vocabulary};
/// let bytes = ByteVocabulary::new(125);
/// assert_eq!(bytes.encode("hé<extra_id_0>").unwrap(), [107, 198, 172, 383]);
/// ```
pub struct ByteVocabulary {
    extra_ids: usize,
    fingerprint: String,
}

impl ByteVocabulary {
    /// With `extra_ids` sentinels behind the bytes (ByT5's model has room for 125).
    pub fn new(extra_ids: usize) -> Self {
        let fingerprint = blake3::hash(format!("ext5 bytes 1 {extra_ids}").as_bytes());
        Self {
            extra_ids,
            fingerprint: fingerprint.to_hex().to_string(),
        }
    }
}

impl Vocabulary for ByteVocabulary {
    fn size(&self) -> usize {
        SPECIAL + 256 + self.extra_ids
    }

    fn extra_ids(&self) -> usize {
        self.extra_ids
    }

    fn encode(&self, text: &str) -> Result<Vec<TokenId>> {
        let mut ids = Vec::with_capacity(text.len());
        for (stretch, sentinel) in split_at_sentinels(text, self.extra_ids) {
            ids.extend(
                stretch
                    .bytes()
                    .map(|byte| TokenId::from(byte) + SPECIAL as TokenId),
            );
            ids.extend(sentinel.and_then(|number| self.sentinel(number)));
        }
        Ok(ids)
    }

    /// Bytes that form no character are left out, as seqio does; unknown ids likewise.
    fn decode(&self, ids: &[TokenId]) -> String {
        let mut bytes = Vec::with_capacity(ids.len());
        for &id in ids.iter().take_while(|id| **id != self.eos_id()) {
            let id = id as usize;
            if let Some(byte) = id
                .checked_sub(SPECIAL)
                .and_then(|byte| u8::try_from(byte).ok())
            {
                bytes.push(byte);
            } else if id >= SPECIAL && id < self.size() {
                bytes.extend(format!("<extra_id_{}>", self.size() - 1 - id).bytes());
            }
        }
        bytes.utf8_chunks().map(|chunk| chunk.valid()).collect()
    }

    fn fingerprint(&self) -> &str {
        &self.fingerprint
    }
}
