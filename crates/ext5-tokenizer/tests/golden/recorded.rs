use super::{BYTE, SMALL, SPACES, file, golden, reference, strings};
use ext5_tokenizer::{ByteVocabulary, vocabulary_from_bytes};
use ext5_tokenizer::{Error, SentencePiece, TokenId, TokenizerJson, Vocabulary};

#[test]
fn three_models_encode_and_decode_as_sentencepiece() {
    let golden = golden();
    let texts = strings(&golden["texts"]);
    for (name, model) in [
        ("small.model", SMALL),
        ("byte.model", BYTE),
        ("spaces.model", SPACES),
    ] {
        let record = &golden["models"][name];
        let expected: Vec<Vec<TokenId>> = serde_json::from_value(record["ids"].clone()).unwrap();
        let decoded = strings(&record["decoded"]);
        let vocabulary = SentencePiece::from_bytes(model, 0).unwrap();
        for ((text, ids), decoded) in texts.iter().zip(&expected).zip(&decoded) {
            assert_eq!(&vocabulary.encode(text).unwrap(), ids, "{name} {text:?}");
            assert_eq!(&vocabulary.decode(ids), decoded, "{name} {text:?}");
        }
        let sequences: Vec<(Vec<TokenId>, String)> =
            serde_json::from_value(record["sequences"].clone()).unwrap();
        for (ids, decoded) in sequences {
            assert_eq!(vocabulary.decode(&ids), decoded, "{name} {ids:?}");
        }
        assert_eq!(texts.len(), expected.len());
    }
}

#[test]
fn sentinels_are_the_last_ids_and_cut_the_text() {
    let vocabulary = SentencePiece::from_bytes(SMALL, 100).unwrap();
    let last = vocabulary.size() as TokenId - 1;
    let words = |text| vocabulary.encode(text).unwrap();
    assert_eq!(words("<extra_id_0>"), [last]);
    assert_eq!(vocabulary.sentinel(99), Some(last - 99));
    assert_eq!(vocabulary.sentinel(100), None);
    let expected = [
        words("the baker"),
        vec![last - 3],
        words("a boat"),
        vec![last],
    ]
    .concat();
    for text in [
        "the baker <extra_id_3> a boat <extra_id_0>",
        "the baker<extra_id_3>a boat\n<extra_id_0> ",
    ] {
        assert_eq!(words(text), expected);
    }
    assert_eq!(
        vocabulary.decode(&expected),
        "the baker <extra_id_3> a boat <extra_id_0>"
    );
    assert_eq!(vocabulary.decode(&[last, 1, last]), "<extra_id_0>");
    assert_eq!(vocabulary.decode(&[0, last + 1]), " \u{2047} ");
}

#[test]
fn an_exported_model_encodes_alike_in_the_tokenizers_package() {
    let texts = strings(&golden()["texts"]);
    let vocabulary = SentencePiece::from_bytes(SMALL, 100).unwrap();
    let json = file(&vocabulary, "tokenizer.json");
    let theirs = tokenizers::Tokenizer::from_bytes(&json).unwrap();
    let ours = TokenizerJson::from_bytes(&json).unwrap();
    assert_eq!(ours.fingerprint(), vocabulary.fingerprint());
    assert_eq!((ours.size(), ours.extra_ids()), (vocabulary.size(), 100));
    // The package replaces whole grapheme clusters, keeps literal space marks and U+0085, and
    // takes the names of special tokens for the tokens.
    let differs =
        |c: char| "\u{2581}\u{85}\u{ff9e}".contains(c) || ('\u{300}'..'\u{370}').contains(&c);
    let special = ["<unk>", "</s>", "<pad>"];
    let mut compared = 0;
    for text in &texts {
        let ids = vocabulary.encode(text).unwrap();
        assert_eq!(ours.encode(text).unwrap(), ids, "{text:?}");
        if !text.contains(differs) && !special.iter().any(|token| text.contains(token)) {
            assert_eq!(reference(&theirs, text), ids, "{text:?}");
            compared += 1;
        }
    }
    assert!(compared > 150, "{compared} of {}", texts.len());
}

#[test]
fn files_name_what_transformers_loads() {
    let names = |vocabulary: &dyn Vocabulary| -> Vec<String> {
        vocabulary
            .files()
            .into_iter()
            .map(|(name, _)| name)
            .collect()
    };
    let model = SentencePiece::from_bytes(SMALL, 10).unwrap();
    let json = [
        "tokenizer.json",
        "tokenizer_config.json",
        "special_tokens_map.json",
    ];
    assert_eq!(names(&model)[..3], json);
    assert_eq!(names(&model)[3..], ["spiece.model"]);
    assert_eq!(file(&model, "spiece.model"), SMALL);
    let config: serde_json::Value =
        serde_json::from_slice(&file(&model, "tokenizer_config.json")).unwrap();
    assert_eq!(config["tokenizer_class"], "T5Tokenizer");
    assert_eq!(config["extra_ids"], 10);
    assert_eq!(names(&ByteVocabulary::new(0)), Vec::<String>::new());
}

#[test]
fn a_file_is_chosen_by_name_and_content() {
    let model = vocabulary_from_bytes("spiece.model", SMALL, None).unwrap();
    assert_eq!(model.extra_ids(), 100);
    let json = file(&*model, "tokenizer.json");
    assert_eq!(
        vocabulary_from_bytes("unnamed", SMALL, Some(7))
            .unwrap()
            .extra_ids(),
        7
    );
    assert_eq!(
        vocabulary_from_bytes("unnamed", &json, None)
            .unwrap()
            .size(),
        model.size()
    );
    assert_eq!(
        vocabulary_from_bytes("bytes", &[], Some(125))
            .unwrap()
            .size(),
        384
    );
    let error = vocabulary_from_bytes("tokenizer.json", &json, Some(7)).err();
    assert!(matches!(
        error,
        Some(Error::ExtraIds {
            expected: 7,
            got: 100
        })
    ));
    let error = vocabulary_from_bytes("notes.txt", b"hello", None)
        .err()
        .unwrap()
        .to_string();
    assert!(
        error.starts_with("`notes.txt` is no vocabulary: expected"),
        "{error}"
    );
}

#[test]
fn errors_say_what_is_wrong() {
    let message = |bytes: &[u8]| {
        SentencePiece::from_bytes(bytes, 0)
            .err()
            .unwrap()
            .to_string()
    };
    assert_eq!(
        message(b""),
        "not a usable SentencePiece model: expected one piece of type UNKNOWN; fetch or make the file again"
    );
    assert!(
        message(&SMALL[..500]).contains("damaged field at byte"),
        "{}",
        message(&SMALL[..500])
    );
    // trainer_spec { model_type: BPE }
    assert_eq!(
        message(b"\x12\x02\x18\x02"),
        "SentencePiece model asks for model type BPE, which is not supported; \
         T5 uses UNIGRAM; convert the model to a `tokenizer.json`"
    );
}

#[test]
fn a_model_that_holds_its_sentinels_gets_no_more() {
    // As mT5: user-defined pieces with a space mark, the last being number 0.
    let piece = |text: &str| {
        let body = [
            &[0x0a, text.len() as u8],
            text.as_bytes(),
            &[0x15, 0, 0, 0, 0, 0x18, 4],
        ]
        .concat();
        [&[0x0a, body.len() as u8][..], &body].concat()
    };
    let sentinels = (0..3)
        .rev()
        .flat_map(|n| piece(&format!("\u{2581}<extra_id_{n}>")));
    let model: Vec<u8> = SMALL.iter().copied().chain(sentinels).collect();
    let plain = SentencePiece::from_bytes(SMALL, 3).unwrap();
    let vocabulary = SentencePiece::from_bytes(&model, 3).unwrap();
    assert_eq!(vocabulary.fingerprint(), plain.fingerprint());
    let text = "the baker <extra_id_2> mends <extra_id_0>";
    assert_eq!(
        vocabulary.encode(text).unwrap(),
        plain.encode(text).unwrap()
    );
    assert_eq!(
        vocabulary_from_bytes("spiece.model", &model, None)
            .unwrap()
            .extra_ids(),
        3
    );
    let error = SentencePiece::from_bytes(&model, 100).err();
    assert!(matches!(
        error,
        Some(Error::ExtraIds {
            expected: 100,
            got: 3
        })
    ));
}

#[test]
fn another_kind_of_tokenizer_goes_through_the_tokenizers_package() {
    let json = r#"{"version":"1.0","truncation":null,"padding":null,"added_tokens":[
        {"id":0,"content":"<pad>","single_word":false,"lstrip":false,"rstrip":false,"normalized":false,"special":true},
        {"id":5,"content":"<extra_id_0>","single_word":false,"lstrip":false,"rstrip":false,"normalized":false,"special":true}],
        "normalizer":null,"pre_tokenizer":{"type":"Whitespace"},"post_processor":null,"decoder":null,
        "model":{"type":"WordLevel","vocab":{"<pad>":0,"</s>":1,"<unk>":2,"hello":3,"world":4},"unk_token":"<unk>"}}"#;
    let vocabulary = TokenizerJson::from_bytes(json.as_bytes()).unwrap();
    assert_eq!((vocabulary.size(), vocabulary.extra_ids()), (6, 1));
    assert_eq!(
        (
            vocabulary.pad_id(),
            vocabulary.eos_id(),
            vocabulary.unk_id()
        ),
        (0, 1, 2)
    );
    assert_eq!(
        vocabulary.encode("hello there world<extra_id_0>").unwrap(),
        [3, 2, 4, 5]
    );
    assert_eq!(
        vocabulary.decode(&[0, 3, 4, 5, 99, 1, 3]),
        "hello world <extra_id_0> <unk>"
    );
    let without_end = json.replace("</s>", "xxxx");
    let error = TokenizerJson::from_bytes(without_end.as_bytes())
        .err()
        .unwrap()
        .to_string();
    assert!(error.contains("no token ends a sequence"), "{error}");
}
