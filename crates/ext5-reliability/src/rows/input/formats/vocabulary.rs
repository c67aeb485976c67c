//! Vocabularies: SentencePiece's models, `tokenizer.json` of T5's shape and of another.
#![expect(
    clippy::unnecessary_wraps,
    reason = "all rows of a table have one type"
)]
use std::path::Path;

use ext5_data::{load_vocabulary, micro_world};
use ext5_tokenizer::{UnigramTraining, train_unigram};
use serde_json::json;

use super::{Format, Made, Outcome, refusal, spiece};
use crate::row::Failure;

pub(super) const FORMATS: &[Format] = &[
    Format {
        name: "spiece.model",
        text: false,
        make: sentence_piece,
    },
    Format {
        name: "tokenizer.json",
        text: true,
        make: unigram,
    },
    Format {
        name: "tokenizer.json-bpe",
        text: true,
        make: bpe,
    },
];

/// Loads a vocabulary and has it encode and decode: damage may lie where only use finds it.
pub(super) fn read(path: &Path) -> Outcome {
    const TEXT: &str = "The cat  sat on ABC-the mat <extra_id_0> 日本 Zürich \u{301}\u{0}.";
    let vocabulary = load_vocabulary(&path.to_string_lossy());
    if let Ok(vocabulary) = &vocabulary
        && let Ok(ids) = vocabulary.encode(TEXT)
    {
        vocabulary.decode(&ids);
        vocabulary.decode(&[0, 1, 2, 3, u32::MAX]);
    }
    refusal(vocabulary)
}

/// Texts of the micro-world, at least so many bytes.
pub(in crate::rows::input) fn texts(bytes: usize) -> Result<Vec<String>, Failure> {
    let mut left = bytes as i64;
    let texts = micro_world::rows("text", "train")?.flat_map(|row| {
        row.into_iter()
            .filter_map(|(_, value)| value.as_str().map(str::to_owned))
    });
    Ok(texts
        .take_while(|text| {
            let enough = left > 0;
            left -= text.len() as i64;
            enough
        })
        .collect())
}

/// A unigram vocabulary trained on the micro-world.
pub(in crate::rows::input) fn trained(size: usize, bytes: usize) -> Result<Vec<u8>, Failure> {
    let training = UnigramTraining {
        vocabulary_size: size,
        extra_ids: 4,
        ..UnigramTraining::default()
    };
    Ok(train_unigram(texts(bytes)?.into_iter(), &training)?.tokenizer_json)
}

fn sentence_piece(dir: &Path, times: usize) -> Result<Made, Failure> {
    Ok(Made::file(
        dir.join("spiece.model"),
        spiece::model(times),
        read,
    ))
}

fn unigram(dir: &Path, times: usize) -> Result<Made, Failure> {
    Ok(Made::file(
        dir.join("tokenizer.json"),
        trained(90 * times, 4000 * times)?,
        read,
    ))
}

fn bpe(dir: &Path, _times: usize) -> Result<Made, Failure> {
    let mut vocabulary = json!({ "<pad>": 0, "</s>": 1, "<unk>": 2 });
    for (id, letter) in (3..).zip('a'..='z') {
        vocabulary[letter.to_string()] = id.into();
    }
    for (id, merged) in (29..).zip(["th", "the", "at", "cat"]) {
        vocabulary[merged] = id.into();
    }
    let special = |id: u32, content: &str| json!({ "id": id, "content": content, "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": true });
    let file = json!({
        "version": "1.0", "truncation": null, "padding": null,
        "added_tokens": [special(0, "<pad>"), special(1, "</s>"), special(2, "<unk>")],
        "normalizer": { "type": "Sequence", "normalizers": [{ "type": "NFKC" }, { "type": "Lowercase" }] },
        "pre_tokenizer": { "type": "Whitespace" },
        "post_processor": { "type": "TemplateProcessing", "single": [{ "Sequence": { "id": "A", "type_id": 0 } }],
            "pair": [{ "Sequence": { "id": "A", "type_id": 0 } }, { "Sequence": { "id": "B", "type_id": 1 } }], "special_tokens": {} },
        "decoder": { "type": "BPEDecoder", "suffix": "</w>" },
        "model": { "type": "BPE", "dropout": null, "unk_token": "<unk>", "continuing_subword_prefix": null,
            "end_of_word_suffix": null, "fuse_unk": false, "byte_fallback": false, "ignore_merges": false,
            "vocab": vocabulary, "merges": [["t", "h"], ["th", "e"], ["a", "t"], ["c", "at"]] },
    });
    Ok(Made::file(
        dir.join("tokenizer.json"),
        format!("{file:#}\n").into_bytes(),
        read,
    ))
}
