use crate::{ByteVocabulary, Error, Result, SentencePiece, TokenizerJson, Vocabulary};
use std::path::Path;
use std::sync::Arc;

/// Vocabulary of a file, by its name or, where that says nothing, its first byte.
///
/// `*.json` is a [`TokenizerJson`], `*.model` a [`SentencePiece`], and the name `bytes` a
/// [`ByteVocabulary`] (whose content is not looked at). `extra_ids` of `None` means: as many
/// sentinels as the file holds; 100 for a SentencePiece model that holds none, 0 for bytes.
///
/// # Errors
/// Those of the vocabulary chosen; [`Error::ExtraIds`] where a `tokenizer.json` holds another
/// number of sentinels; [`Error::UnknownVocabulary`] where nothing fits.
pub fn vocabulary_from_bytes(
    file_name: &str,
    bytes: &[u8],
    extra_ids: Option<usize>,
) -> Result<Arc<dyn Vocabulary>> {
    let extension = Path::new(file_name).extension();
    let is = |wanted: &str| extension.is_some_and(|it| it.eq_ignore_ascii_case(wanted));
    let first = bytes.iter().find(|byte| !byte.is_ascii_whitespace());
    if file_name.eq_ignore_ascii_case("bytes") {
        Ok(Arc::new(ByteVocabulary::new(extra_ids.unwrap_or(0))))
    } else if is("model") {
        Ok(Arc::new(SentencePiece::with(bytes, extra_ids)?))
    } else if is("json") || first == Some(&b'{') {
        let tokenizer = TokenizerJson::from_bytes(bytes)?;
        let got = tokenizer.extra_ids();
        match extra_ids {
            Some(expected) if expected != got => Err(Error::ExtraIds { expected, got }),
            _ => Ok(Arc::new(tokenizer)),
        }
    } else if bytes.first() == Some(&0x0a) {
        // Field 1, length-delimited: the first piece of a SentencePiece model.
        Ok(Arc::new(SentencePiece::with(bytes, extra_ids)?))
    } else {
        Err(Error::UnknownVocabulary {
            file_name: file_name.to_owned(),
        })
    }
}
