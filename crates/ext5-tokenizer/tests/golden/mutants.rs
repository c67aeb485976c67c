use super::{BYTE, SMALL, SPACES, file};
use ext5_tokenizer::{Result, SentencePiece, TokenizerJson, Vocabulary};
use proptest::prelude::Rng;
use proptest::test_runner::{RngAlgorithm, TestRng};

const TEXT: &str = "the baker mends \u{301}the caf\u{e9}'s ﬁ menu 🙂 \u{0} [NLU] <extra_id_0> x";

/// Changed, cut, doubled or swapped bytes; about half of the mutants differ in a single byte.
fn mutant(original: &[u8], rng: &mut TestRng) -> Vec<u8> {
    let mut bytes = original.to_vec();
    for _ in 0..=rng.next_u32() % 3 {
        let at = rng.next_u32() as usize % bytes.len().max(1);
        let length = (rng.next_u32() as usize % 16).min(bytes.len() - at);
        match rng.next_u32() % 8 {
            0 => bytes.truncate(at.max(1)),
            1 => drop(bytes.drain(at..at + length)),
            2 => {
                let piece = bytes[at..at + length].to_vec();
                bytes.splice(at..at, piece);
            }
            3 => bytes[at] = 0xff,
            4 => bytes[at] = 0,
            _ => bytes[at] = rng.next_u32() as u8,
        }
        if bytes.is_empty() {
            break;
        }
    }
    bytes
}

fn survives<V: Vocabulary>(vocabulary: Result<V>) -> usize {
    let Ok(vocabulary) = vocabulary else { return 0 };
    if let Ok(ids) = vocabulary.encode(TEXT) {
        vocabulary.decode(&ids);
        assert!(ids.iter().all(|id| (*id as usize) < vocabulary.size()));
    }
    vocabulary.files();
    1
}

#[test]
fn damaged_models_are_errors_or_work() {
    let mut rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut worked = 0;
    for model in [SMALL, BYTE, SPACES] {
        for _ in 0..2000 {
            let bytes = mutant(model, &mut rng);
            worked += survives(SentencePiece::from_bytes(&bytes, 3));
        }
        for end in (0..model.len()).step_by(7) {
            worked += survives(SentencePiece::from_bytes(&model[..end], 3));
        }
    }
    assert!(
        worked > 500,
        "only {worked} mutants were loaded: the engine was hardly tried"
    );
}

#[test]
fn damaged_json_is_an_error_or_works() {
    let mut rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let vocabulary = SentencePiece::from_bytes(SPACES, 3).unwrap();
    let json = file(&vocabulary, "tokenizer.json");
    for _ in 0..2000 {
        survives(TokenizerJson::from_bytes(&mutant(&json, &mut rng)));
    }
}
