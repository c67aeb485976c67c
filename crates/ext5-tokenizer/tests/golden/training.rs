use super::{golden, reference, strings};
use ext5_tokenizer::{Error, TokenizerJson, Trained, UnigramTraining, Vocabulary, train_unigram};

/// Sentences of a few hundred words; rare characters occur once each.
fn texts() -> Vec<String> {
    let stems = [
        "mend", "paint", "carry", "forget", "sail", "read", "build", "wash", "lift", "draw",
    ];
    let nouns = [
        "boat", "lantern", "map", "menu", "letter", "clock", "bridge", "harbour", "floor",
    ];
    let ends = ["s", "ed", "ing", "er", "ers", ""];
    let rare: Vec<char> = "éßñøåçžł日本語한국яжщ".chars().collect();
    (0..4000_usize)
        .map(|n| {
            let stem = stems[n * 7 % stems.len()];
            let end = ends[n * n % ends.len()];
            let noun = nouns[n * 5 % nouns.len()];
            let rare = if n % 250 == 0 {
                rare[n / 250 % rare.len()].to_string()
            } else {
                String::new()
            };
            format!("the {stem}{end} of\t{noun} {} is {noun}{rare}\n", n % 97)
        })
        .collect()
}

fn train(
    vocabulary_size: usize,
    extra_ids: usize,
    character_coverage: f64,
) -> Result<Trained, Error> {
    let training = UnigramTraining {
        vocabulary_size,
        extra_ids,
        character_coverage,
    };
    train_unigram(texts().into_iter(), &training)
}

#[test]
fn two_runs_give_the_same_bytes() {
    for size in [90, 120, 160, 250, 400] {
        let first = train(size, 20, 1.0).unwrap();
        for _ in 0..4 {
            assert_eq!(first, train(size, 20, 1.0).unwrap());
        }
        let training = UnigramTraining {
            vocabulary_size: size,
            extra_ids: 20,
            character_coverage: 1.0,
        };
        assert_eq!(
            first,
            train_unigram(texts().into_iter().rev(), &training).unwrap()
        );
    }
}

#[test]
fn a_trained_vocabulary_has_the_shape_of_t5s() {
    let trained = train(400, 20, 1.0).unwrap();
    let vocabulary = TokenizerJson::from_bytes(&trained.tokenizer_json).unwrap();
    assert!(trained.size <= 400, "{}", trained.size);
    assert_eq!(
        (vocabulary.size(), vocabulary.extra_ids()),
        (trained.size, 20)
    );
    assert_eq!(
        (
            vocabulary.pad_id(),
            vocabulary.eos_id(),
            vocabulary.unk_id()
        ),
        (0, 1, 2)
    );
    assert_eq!(
        vocabulary.encode("<extra_id_0>").unwrap(),
        [trained.size as u32 - 1]
    );
    for text in texts() {
        let ids = vocabulary.encode(&text).unwrap();
        assert!(!ids.contains(&2), "{text}");
        let words: Vec<&str> = text.split_whitespace().collect();
        assert_eq!(vocabulary.decode(&ids), words.join(" "));
    }
    let frequent = vocabulary.encode("the letter").unwrap();
    assert!(frequent.len() <= 3, "{frequent:?}");
}

#[test]
fn the_tokenizers_package_encodes_alike() {
    let trained = train(400, 20, 1.0).unwrap();
    let ours = TokenizerJson::from_bytes(&trained.tokenizer_json).unwrap();
    let theirs = tokenizers::Tokenizer::from_bytes(&trained.tokenizer_json).unwrap();
    let mixed = [
        "a<extra_id_3>b",
        "the <extra_id_0> of <extra_id_19>.",
        "mendmendmendmend zzzz",
    ];
    let awkward = strings(&golden()["texts"]).into_iter().filter(|text| {
        // These are tokens to the package, and characters to us.
        !["</s>", "<pad>", "<unk>"]
            .iter()
            .any(|token| text.contains(token))
    });
    for text in texts()
        .into_iter()
        .chain(mixed.map(String::from))
        .chain(awkward)
    {
        assert_eq!(
            ours.encode(&text).unwrap(),
            reference(&theirs, &text),
            "{text:?}"
        );
    }
}

#[test]
fn uncovered_characters_are_unknown() {
    let trained = train(400, 20, 0.999).unwrap();
    let vocabulary = TokenizerJson::from_bytes(&trained.tokenizer_json).unwrap();
    assert!(vocabulary.encode("the щ").unwrap().contains(&2));
    assert!(!vocabulary.encode("the boat").unwrap().contains(&2));
}

#[test]
fn impossible_requests_are_errors() {
    let message = |result: Result<Trained, Error>| result.err().unwrap().to_string();
    let small = message(train(40, 20, 1.0));
    assert!(
        small.contains("expected a `vocabulary_size` of at least"),
        "{small}"
    );
    assert!(message(train(40, 20, 0.0)).contains("expected `character_coverage` in (0, 1]"));
    let empty = train_unigram([" \n".to_owned()].into_iter(), &UnigramTraining::default());
    assert!(message(empty).contains("the texts are empty"));
}

#[test]
fn tiny_texts_train() {
    for text in ["a", "aa aa", "\0", "\0a", "日", "a\u{0}b a"] {
        let training = UnigramTraining {
            vocabulary_size: 50,
            extra_ids: 2,
            character_coverage: 1.0,
        };
        if let Ok(trained) = train_unigram([text.to_owned()].into_iter(), &training) {
            assert!(
                TokenizerJson::from_bytes(&trained.tokenizer_json).is_ok(),
                "{text:?}"
            );
        }
    }
}
