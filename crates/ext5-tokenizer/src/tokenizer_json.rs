use crate::definition::{Definition, trailing_sentinels};
use crate::foreign::Foreign;
use crate::unigram::Unigram;
use crate::{Error, Result, TokenId, Vocabulary, hugging_face, tokenizer_shape};

pub(crate) const FORMAT: &str = "tokenizer.json";

/// A Hugging Face `tokenizer.json`.
///
/// T5's shape (unigram model, `Precompiled` normaliser or that of [`crate::train_unigram`],
/// `Metaspace`, no added tokens but the special ones and sentinels) is encoded by this crate's own
/// engine, with the ids and the rules of [`crate::SentencePiece`]. Any other goes through the
/// tokenizers package as the file says.
pub struct TokenizerJson {
    engine: Engine,
    fingerprint: String,
    json: Vec<u8>,
}

enum Engine {
    Unigram(Box<Unigram>),
    Foreign(Box<Foreign>),
}

impl TokenizerJson {
    /// Reads the bytes of a `tokenizer.json`. Its sentinels are the `<extra_id_n>` it ends with.
    ///
    /// # Errors
    /// [`Error::Malformed`] where the bytes are no tokenizer, or where it has no end of sequence.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let (engine, fingerprint) = if let Some(definition) = tokenizer_shape::definition(bytes) {
            let (unigram, fingerprint) = unigram(definition)?;
            (Engine::Unigram(Box::new(unigram)), fingerprint)
        } else {
            let foreign = Foreign::from_bytes(bytes)?;
            (
                Engine::Foreign(Box::new(foreign)),
                blake3::hash(bytes).to_hex().to_string(),
            )
        };
        Ok(Self {
            engine,
            fingerprint,
            json: bytes.to_vec(),
        })
    }
}

fn unigram(definition: Definition) -> Result<(Unigram, String)> {
    let extra_ids = trailing_sentinels(&definition.pieces);
    let definition = definition.with_extra_ids(extra_ids)?;
    let fingerprint = definition.fingerprint();
    let unigram = Unigram::new(definition).map_err(|reason| Error::Malformed {
        format: FORMAT,
        reason,
    })?;
    Ok((unigram, fingerprint))
}

impl Vocabulary for TokenizerJson {
    fn size(&self) -> usize {
        match &self.engine {
            Engine::Unigram(unigram) => unigram.definition.pieces.len(),
            Engine::Foreign(foreign) => foreign.size,
        }
    }

    fn extra_ids(&self) -> usize {
        match &self.engine {
            Engine::Unigram(unigram) => unigram.definition.extra_ids,
            Engine::Foreign(foreign) => foreign.extra_ids,
        }
    }

    fn pad_id(&self) -> TokenId {
        match &self.engine {
            Engine::Unigram(unigram) => unigram.definition.pad_id,
            Engine::Foreign(foreign) => foreign.pad_id,
        }
    }

    fn eos_id(&self) -> TokenId {
        match &self.engine {
            Engine::Unigram(unigram) => unigram.definition.eos_id,
            Engine::Foreign(foreign) => foreign.eos_id,
        }
    }

    fn unk_id(&self) -> TokenId {
        match &self.engine {
            Engine::Unigram(unigram) => unigram.definition.unk_id,
            Engine::Foreign(foreign) => foreign.unk_id,
        }
    }

    fn encode(&self, text: &str) -> Result<Vec<TokenId>> {
        match &self.engine {
            Engine::Unigram(unigram) => unigram.encode_with_sentinels(text),
            Engine::Foreign(foreign) => foreign.encode(text),
        }
    }

    fn decode(&self, ids: &[TokenId]) -> String {
        match &self.engine {
            Engine::Unigram(unigram) => unigram.decode_sequence(ids),
            Engine::Foreign(foreign) => foreign.decode(ids),
        }
    }

    fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    fn files(&self) -> Vec<(String, Vec<u8>)> {
        match &self.engine {
            Engine::Unigram(unigram) => hugging_face::files(&unigram.definition, self.json.clone()),
            Engine::Foreign(foreign) => foreign.files(self.json.clone()),
        }
    }
}
