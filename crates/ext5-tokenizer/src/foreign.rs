use crate::tokenizer_json::FORMAT;
use crate::{Error, Result, TokenId};
use std::panic::{AssertUnwindSafe, catch_unwind};
use tokenizers::Tokenizer;

/// A tokenizer of another kind, run by the tokenizers package.
///
/// That package panics on some damaged files; every call into it is contained.
pub(crate) struct Foreign {
    tokenizer: Tokenizer,
    pub(crate) size: usize,
    pub(crate) extra_ids: usize,
    pub(crate) pad_id: TokenId,
    pub(crate) eos_id: TokenId,
    pub(crate) unk_id: TokenId,
}

/// Result of `call`, its error or its panic as text.
pub(crate) fn contained<T>(
    call: impl FnOnce() -> tokenizers::Result<T>,
) -> std::result::Result<T, String> {
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(result) => result.map_err(|error| error.to_string()),
        Err(panic) => Err(panic
            .downcast_ref::<String>()
            .cloned()
            .or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()))
            .unwrap_or_else(|| "the tokenizers package panicked".to_owned())),
    }
}

fn malformed(reason: impl Into<String>) -> Error {
    Error::Malformed {
        format: FORMAT,
        reason: reason.into(),
    }
}

impl Foreign {
    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let tokenizer = contained(|| Tokenizer::from_bytes(bytes)).map_err(malformed)?;
        let ids = contained(|| Ok(tokenizer.get_vocab(true))).map_err(malformed)?;
        let Some(last) = ids.values().max() else {
            return Err(malformed("the vocabulary is empty"));
        };
        let size = *last as usize + 1;
        let id = |names: &[&str]| names.iter().find_map(|name| tokenizer.token_to_id(name));
        let unk_id = id(&["<unk>", "[UNK]", "<|endoftext|>"]).unwrap_or(0);
        let eos_id = id(&["</s>", "<eos>", "[SEP]", "<|endoftext|>"]).ok_or_else(|| {
            malformed(
                "no token ends a sequence; expected `</s>`, `<eos>`, `[SEP]` or `<|endoftext|>`",
            )
        })?;
        let pad_id = id(&["<pad>", "[PAD]"]).unwrap_or(0);
        let is_sentinel = |number: &usize| {
            let id = size.checked_sub(1 + number).map(|id| id as TokenId);
            id.is_some() && tokenizer.token_to_id(&format!("<extra_id_{number}>")) == id
        };
        let extra_ids = (0..size).take_while(is_sentinel).count();
        Ok(Self {
            tokenizer,
            size,
            extra_ids,
            pad_id,
            eos_id,
            unk_id,
        })
    }

    pub(crate) fn encode(&self, text: &str) -> Result<Vec<TokenId>> {
        let encoding = contained(|| self.tokenizer.encode_fast(text, false));
        encoding
            .map(|encoding| encoding.get_ids().to_vec())
            .map_err(Error::Encode)
    }

    /// Empty where the package cannot decode at all.
    pub(crate) fn decode(&self, ids: &[TokenId]) -> String {
        let sequence = ids.iter().copied().take_while(|id| *id != self.eos_id);
        let known = |id| {
            if (id as usize) < self.size {
                id
            } else {
                self.unk_id
            }
        };
        let ids: Vec<_> = sequence
            .filter(|id| *id != self.pad_id)
            .map(known)
            .collect();
        contained(|| self.tokenizer.decode(&ids, false)).unwrap_or_default()
    }

    pub(crate) fn files(&self, json: Vec<u8>) -> Vec<(String, Vec<u8>)> {
        let token = |id| self.tokenizer.id_to_token(id);
        let mut special = serde_json::json!({
            "eos_token": token(self.eos_id),
            "pad_token": token(self.pad_id),
            "unk_token": token(self.unk_id),
            "additional_special_tokens":
                (0..self.extra_ids).map(|n| format!("<extra_id_{n}>")).collect::<Vec<_>>(),
        });
        let map = format!("{special:#}\n").into_bytes();
        special["tokenizer_class"] = "PreTrainedTokenizerFast".into();
        vec![
            ("tokenizer.json".to_owned(), json),
            (
                "tokenizer_config.json".to_owned(),
                format!("{special:#}\n").into_bytes(),
            ),
            ("special_tokens_map.json".to_owned(), map),
        ]
    }
}
