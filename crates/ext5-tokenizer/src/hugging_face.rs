//! The files by which Hugging Face's transformers and tokenizers load a unigram vocabulary.

use crate::definition::{Definition, Kind, Rule, SPACE};
use base64::Engine;
use serde_json::{Value, json};

/// `tokenizer.json`, `tokenizer_config.json` and `special_tokens_map.json`.
pub(crate) fn files(definition: &Definition, tokenizer_json: Vec<u8>) -> Vec<(String, Vec<u8>)> {
    vec![
        ("tokenizer.json".to_owned(), tokenizer_json),
        (
            "tokenizer_config.json".to_owned(),
            pretty(&tokenizer_config(definition)),
        ),
        (
            "special_tokens_map.json".to_owned(),
            pretty(&special_tokens_map(definition)),
        ),
    ]
}

/// `tokenizer.json` of the tokenizers package, which encodes as this vocabulary does, but for
/// `</s>`, `<pad>` and `<unk>` in a text, which that package always takes for the tokens.
pub(crate) fn tokenizer_json(definition: &Definition) -> Vec<u8> {
    let vocab: Vec<_> = definition
        .pieces
        .iter()
        .map(|piece| (piece.text.as_str(), piece.score))
        .collect();
    let eos = text(definition, definition.eos_id);
    let prepend = if definition.normalization.add_dummy_prefix {
        "always"
    } else {
        "never"
    };
    let metaspace = json!({
        "type": "Metaspace", "replacement": SPACE, "split": true,
        "prepend_scheme": prepend,
    });
    let sequence = |id| json!({ "Sequence": { "id": id, "type_id": 0 } });
    let end = json!({ "SpecialToken": { "id": eos, "type_id": 0 } });
    pretty(&json!({
        "version": "1.0",
        "truncation": null,
        "padding": null,
        "added_tokens": added_tokens(definition),
        "normalizer": normalizer(definition),
        "pre_tokenizer": metaspace,
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [sequence("A"), end],
            "pair": [sequence("A"), end, sequence("B"), end],
            "special_tokens": {
                eos: { "id": eos, "ids": [definition.eos_id], "tokens": [eos] }
            },
        },
        "decoder": metaspace,
        "model": {
            "type": "Unigram",
            "unk_id": definition.unk_id,
            "vocab": vocab,
            "byte_fallback": definition.byte_fallback,
        },
    }))
}

fn text(definition: &Definition, id: u32) -> &str {
    definition
        .pieces
        .get(id as usize)
        .map_or("", |piece| &piece.text)
}

fn pretty(value: &Value) -> Vec<u8> {
    let mut text = format!("{value:#}");
    text.push('\n');
    text.into_bytes()
}

fn added_tokens(definition: &Definition) -> Vec<Value> {
    let token = |id: usize, content: &str, strip: bool, special: bool| {
        json!({
            "id": id, "content": content, "single_word": false, "lstrip": strip,
            "rstrip": strip, "normalized": false, "special": special,
        })
    };
    let tokens = definition
        .pieces
        .iter()
        .enumerate()
        .filter_map(|(id, piece)| match piece.kind {
            Kind::Unknown | Kind::Control => Some(token(id, &piece.text, false, true)),
            Kind::Sentinel(_) => Some(token(id, &piece.text, true, true)),
            Kind::UserDefined => Some(token(id, &piece.text, false, false)),
            Kind::Normal | Kind::Unused | Kind::Byte(_) => None,
        });
    tokens.collect()
}

fn normalizer(definition: &Definition) -> Value {
    let replace = |pattern: Value, content: &str| json!({ "type": "Replace", "pattern": pattern, "content": content });
    let trims = definition.normalization.remove_extra_whitespaces;
    let steps = match &definition.normalization.rule {
        Rule::Nfkc => vec![
            json!({ "type": "NFKC" }),
            replace(json!({ "String": SPACE }), " "),
            replace(json!({ "Regex": "\\s+" }), " "),
            json!({ "type": "Strip", "strip_left": true, "strip_right": true }),
        ],
        rule => {
            let precompiled = match rule {
                Rule::Charsmap(blob) => {
                    let blob = base64::engine::general_purpose::STANDARD.encode(blob);
                    Some(json!({ "type": "Precompiled", "precompiled_charsmap": blob }))
                }
                _ => None,
            };
            let strip = json!({ "type": "Strip", "strip_left": false, "strip_right": true });
            let join = replace(json!({ "Regex": " {2,}" }), SPACE);
            precompiled
                .into_iter()
                .chain([strip, join].into_iter().filter(|_| trims))
                .collect()
        }
    };
    json!({ "type": "Sequence", "normalizers": steps })
}

fn sentinels(definition: &Definition) -> Vec<String> {
    (0..definition.extra_ids)
        .map(|number| format!("<extra_id_{number}>"))
        .collect()
}

/// True where transformers' `T5Tokenizer` keeps the meaning: it has its own idea of everything
/// else that a `tokenizer.json` says.
fn is_t5(definition: &Definition) -> bool {
    let n = &definition.normalization;
    matches!(n.rule, Rule::Charsmap(_))
        && n.add_dummy_prefix
        && n.remove_extra_whitespaces
        && (definition.pad_id, definition.eos_id, definition.unk_id) == (0, 1, 2)
        && !definition.byte_fallback
}

fn tokenizer_config(definition: &Definition) -> Value {
    let t5 = is_t5(definition);
    let mut config = json!({
        "tokenizer_class": if t5 { "T5Tokenizer" } else { "PreTrainedTokenizerFast" },
        "eos_token": text(definition, definition.eos_id),
        "pad_token": text(definition, definition.pad_id),
        "unk_token": text(definition, definition.unk_id),
        "additional_special_tokens": sentinels(definition),
        "clean_up_tokenization_spaces": false,
        "model_max_length": 512,
    });
    if t5 {
        config["extra_ids"] = json!(definition.extra_ids);
        config["legacy"] = json!(true);
    }
    config
}

fn special_tokens_map(definition: &Definition) -> Value {
    json!({
        "eos_token": text(definition, definition.eos_id),
        "pad_token": text(definition, definition.pad_id),
        "unk_token": text(definition, definition.unk_id),
        "additional_special_tokens": sentinels(definition),
    })
}
