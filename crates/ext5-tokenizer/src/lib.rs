//! Text to token ids and back: SentencePiece's unigram model, Hugging Face's `tokenizer.json`,
//! bytes; and the training of a unigram vocabulary.
//!
//! Everything takes bytes and touches no file. No input makes it panic.
//!
//! ```
//! use ext5_tokenizer::{TokenizerJson, UnigramTraining, Vocabulary, train_unigram};
//!
//! let texts = ["the cat sat on the mat", "the dog sat on the cat"].map(String::from);
//! let training = UnigramTraining { vocabulary_size: 60, extra_ids: 10, character_coverage: 1.0 };
//! let trained = train_unigram(texts.into_iter(), &training)?;
//! let vocabulary = TokenizerJson::from_bytes(&trained.tokenizer_json)?;
//! let ids = vocabulary.encode("the cat <extra_id_0> the mat")?;
//! assert_eq!(vocabulary.decode(&ids), "the cat <extra_id_0> the mat");
//! # Ok::<(), ext5_tokenizer::Error>(())
//! ```
#![allow(
    clippy::doc_markdown,
    reason = "SentencePiece and ByT5 are names, not code"
)]

mod byte_vocabulary;
mod charsmap;
mod definition;
mod error;
mod foreign;
mod hugging_face;
mod normalizer;
mod open;
mod protobuf;
mod sentence_piece;
mod sentinels;
mod tokenizer_json;
mod tokenizer_shape;
mod train;
mod trie;
mod unigram;
mod vocabulary;

pub use byte_vocabulary::ByteVocabulary;
pub use error::{Error, Result};
pub use open::vocabulary_from_bytes;
pub use sentence_piece::SentencePiece;
pub use tokenizer_json::TokenizerJson;
pub use train::{Trained, UnigramTraining, train_unigram};
pub use vocabulary::{TokenId, Vocabulary};
