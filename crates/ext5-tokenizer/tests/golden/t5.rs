//! T5's own vocabulary, where its files are at hand, against recorded hashes of what Python did.

use super::{file, golden, strings};
use ext5_tokenizer::{SentencePiece, TokenId, TokenizerJson, Vocabulary};
use std::path::PathBuf;

fn folder() -> Option<PathBuf> {
    let folder =
        std::env::var_os("EXT5_SHARED").map(|root| PathBuf::from(root).join("data/tokenizer"));
    if folder.is_none() {
        println!("skipped: EXT5_SHARED is not set");
    }
    folder
}

/// FNV-1a, every string ended by 0xFF, as in `export.py`.
fn digest<S: AsRef<str>>(strings: impl IntoIterator<Item = S>) -> String {
    let mut value = 0xcbf2_9ce4_8422_2325_u64;
    for string in strings {
        for byte in string.as_ref().bytes().chain([0xff]) {
            value = (value ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    format!("{value:016x}")
}

fn joined(ids: &[TokenId]) -> String {
    ids.iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(" ")
}

/// The texts of `export.py`'s function of this name.
fn generated(count: usize) -> Vec<String> {
    let mut state = 1_u64;
    let mut draw = |below: u64| {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % below
    };
    let mut text = || {
        let (length, block) = (1 + draw(40), draw(4));
        let below = [0x5f, 0x350, 0xd7e0, 0x10_ffdf][block as usize];
        (0..length)
            .map(|_| char::from_u32(draw(below) as u32 + 0x20).unwrap_or('e'))
            .collect()
    };
    (0..count).map(|_| text()).collect()
}

fn both(folder: &std::path::Path) -> [Box<dyn Vocabulary>; 2] {
    let read = |name| std::fs::read(folder.join(name)).unwrap();
    [
        Box::new(SentencePiece::from_bytes(&read("spiece.model"), 100).unwrap()),
        Box::new(TokenizerJson::from_bytes(&read("tokenizer.json")).unwrap()),
    ]
}

#[test]
fn both_files_reproduce_every_golden_text() {
    let Some(folder) = folder() else { return };
    let lines = std::fs::read_to_string(folder.join("golden_ids.jsonl")).unwrap();
    let [model, json] = both(&folder);
    assert_eq!(model.fingerprint(), json.fingerprint());
    for vocabulary in [&model, &json] {
        assert_eq!((vocabulary.size(), vocabulary.extra_ids()), (32_100, 100));
        let mut equal = 0;
        for line in lines.lines() {
            let row: serde_json::Value = serde_json::from_str(line).unwrap();
            let ids: Vec<TokenId> = serde_json::from_value(row["ids"].clone()).unwrap();
            equal += usize::from(vocabulary.encode(row["text"].as_str().unwrap()).unwrap() == ids);
        }
        assert_eq!(equal, 232);
    }
}

#[test]
fn every_id_decodes_and_encodes_as_sentencepiece_does() {
    let Some(folder) = folder() else { return };
    let facts: serde_json::Value = serde_json::from_str(include_str!("t5.json")).unwrap();
    for vocabulary in both(&folder) {
        let size = facts["pieces"].as_u64().unwrap() as TokenId;
        let decoded: Vec<String> = (0..size).map(|id| vocabulary.decode(&[id])).collect();
        let again: Vec<_> = decoded
            .iter()
            .map(|text| vocabulary.encode(text).unwrap())
            .collect();
        assert_eq!(digest(&decoded), facts["decode_each"]);
        let all: Vec<TokenId> = (2..size).collect();
        assert_eq!(digest([vocabulary.decode(&all)]), facts["decode_all"]);
        assert_eq!(
            digest(again.iter().map(|ids| joined(ids))),
            facts["encode_each"]
        );
        let back = (0..size)
            .zip(&again)
            .filter(|(id, ids)| ids[..] == [*id])
            .count();
        assert_eq!(back, facts["round_trips"].as_u64().unwrap() as usize);
        // Of the sentinels, which SentencePiece does not know, all come back.
        for id in size..size + 100 {
            assert_eq!(vocabulary.encode(&vocabulary.decode(&[id])).unwrap(), [id]);
        }
    }
}

#[test]
fn random_texts_encode_as_sentencepiece_does() {
    let Some(folder) = folder() else { return };
    let facts: serde_json::Value = serde_json::from_str(include_str!("t5.json")).unwrap();
    let texts = [strings(&golden()["texts"]), generated(20_000)].concat();
    assert_eq!(digest(&texts), facts["texts"]);
    for vocabulary in both(&folder) {
        let ids: Vec<_> = texts
            .iter()
            .map(|text| vocabulary.encode(text).unwrap())
            .collect();
        assert_eq!(
            digest(ids.iter().map(|ids| joined(ids))),
            facts["encode_texts"]
        );
        assert_eq!(
            digest(ids.iter().map(|ids| vocabulary.decode(ids))),
            facts["decode_texts"]
        );
    }
}

#[test]
fn the_json_made_from_the_model_is_the_same_vocabulary() {
    let Some(folder) = folder() else { return };
    let [model, json] = both(&folder);
    let made = TokenizerJson::from_bytes(&file(&*model, "tokenizer.json")).unwrap();
    assert_eq!(made.fingerprint(), json.fingerprint());
}
