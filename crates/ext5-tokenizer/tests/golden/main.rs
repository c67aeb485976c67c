//! What SentencePiece and the tokenizers package do, recorded by `export.py` or asked directly.

#![allow(clippy::doc_markdown, reason = "SentencePiece is a name, not code")]
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "test functions' own helpers"
)]

mod mutants;
mod properties;
mod recorded;
mod t5;
mod training;

use ext5_tokenizer::{TokenId, Vocabulary};

const SMALL: &[u8] = include_bytes!("small.model");
const BYTE: &[u8] = include_bytes!("byte.model");
const SPACES: &[u8] = include_bytes!("spaces.model");

/// `export.py`'s record.
fn golden() -> serde_json::Value {
    serde_json::from_str(include_str!("golden.json")).unwrap()
}

fn strings(value: &serde_json::Value) -> Vec<String> {
    serde_json::from_value(value.clone()).unwrap()
}

fn file(vocabulary: &dyn Vocabulary, name: &str) -> Vec<u8> {
    vocabulary
        .files()
        .into_iter()
        .find(|(file, _)| file == name)
        .unwrap()
        .1
}

/// Ids by the tokenizers package.
fn reference(tokenizer: &tokenizers::Tokenizer, text: &str) -> Vec<TokenId> {
    tokenizer
        .encode_fast(text, false)
        .unwrap()
        .get_ids()
        .to_vec()
}
