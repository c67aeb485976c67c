use super::{BYTE, SMALL, SPACES};
use ext5_tokenizer::{ByteVocabulary, SentencePiece, Vocabulary};
use proptest::prelude::*;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

static VOCABULARIES: LazyLock<Vec<SentencePiece>> = LazyLock::new(|| {
    [SMALL, BYTE, SPACES]
        .map(|model| SentencePiece::from_bytes(model, 10).unwrap())
        .into()
});

fn any_text() -> impl Strategy<Value = String> {
    let fragment = prop_oneof![
        4 => "\\PC{0,12}",
        2 => any::<char>().prop_map(String::from),
        2 => "[ a-z.\u{301}\u{2581}\u{200d}]{0,20}",
        1 => Just("<extra_id_3>".to_owned()),
        1 => Just("<extra_id_".to_owned()),
    ];
    prop::collection::vec(fragment, 0..8).prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn ids_lie_in_the_vocabulary(text in any_text()) {
        for vocabulary in VOCABULARIES.iter() {
            let ids = vocabulary.encode(&text).unwrap();
            prop_assert!(ids.iter().all(|id| (*id as usize) < vocabulary.size()));
            prop_assert!(ids.iter().all(|id| *id > 1), "padding or end of sequence from text");
            vocabulary.decode(&ids);
        }
    }

    /// Byte fallback knows every character, so that only runs of spaces may change.
    #[test]
    fn decoding_gives_the_normalised_text(text in any_text()) {
        let text = text.replace(['\u{2581}', '<'], "");
        let vocabulary = &VOCABULARIES[1];
        let words: Vec<&str> = text.split(' ').filter(|word| !word.is_empty()).collect();
        prop_assert_eq!(vocabulary.decode(&vocabulary.encode(&text).unwrap()), words.join(" "));
    }

    #[test]
    fn any_ids_decode(ids in prop::collection::vec(any::<u32>().prop_map(|id| id % 600), 0..40)) {
        for vocabulary in VOCABULARIES.iter() {
            vocabulary.decode(&ids);
        }
    }

    #[test]
    fn bytes_give_the_text_back(text in any_text()) {
        let vocabulary = ByteVocabulary::new(100);
        let ids = vocabulary.encode(&text).unwrap();
        prop_assert!(ids.iter().all(|id| (*id as usize) < vocabulary.size()));
        prop_assert_eq!(vocabulary.decode(&ids), text);
    }
}

#[test]
fn time_grows_with_the_text_alone() {
    for text in [
        "a",
        "\u{2581}",
        "\u{301}",
        "🙂",
        " ",
        "<extra_id_",
        "e\u{301}",
        "</s>",
    ] {
        let text = text.repeat(1 << 18);
        for vocabulary in VOCABULARIES.iter() {
            let start = Instant::now();
            vocabulary.encode(&text).unwrap();
            assert!(start.elapsed() < Duration::from_secs(2), "{:?}", &text[..4]);
        }
    }
}

#[test]
fn bytes_follow_byt5() {
    // "hi" and é in UTF-8, 3 above; `<extra_id_0>` is the last id by our convention.
    let vocabulary = ByteVocabulary::new(125);
    assert_eq!(vocabulary.size(), 384);
    assert_eq!(vocabulary.encode("hi é").unwrap(), [107, 108, 35, 198, 172]);
    assert_eq!(vocabulary.encode("<extra_id_124>").unwrap(), [259]);
    // A cut character is left out, as are unknown and padding.
    assert_eq!(vocabulary.decode(&[107, 198, 2, 0, 108, 999, 1, 107]), "hi");
    assert_ne!(
        vocabulary.fingerprint(),
        ByteVocabulary::new(0).fingerprint()
    );
}
