//! Settings that contradict themselves, and models that are broken.
use crate::scripted::{Scripted, noise};
use ext5_inference::{Beam, BeamRule, EarlyStopping, Error, Sample, Settings, Strategy, search};
use ext5_objectives::Stream;

fn refused(settings: Settings) -> &'static str {
    match settings.validate() {
        Err(Error::Setting { key, .. }) => key,
        other => panic!("{settings:?}: {other:?}"),
    }
}

fn with(change: impl Fn(&mut Settings)) -> Settings {
    let mut settings = Settings::default();
    change(&mut settings);
    settings
}

fn sampling(change: impl Fn(&mut Sample)) -> Settings {
    let mut sample = Sample::default();
    change(&mut sample);
    with(|it| it.strategy = Strategy::Sample(sample))
}

fn beams(beams: usize, alpha: f64) -> Settings {
    let rule = BeamRule::T5 { alpha };
    with(|it| it.strategy = Strategy::Beam(Beam { beams, rule }))
}

#[test]
fn every_impossible_setting_is_named() {
    for (key, settings) in [
        ("max_tokens", with(|it| it.max_tokens = 0)),
        ("min_tokens", with(|it| it.min_tokens = 128)),
        ("answers", with(|it| it.answers = 2)),
        ("answers", with(|it| it.answers = 0)),
        ("prefix", with(|it| it.prefix = vec![4, 1])),
        ("suppressed", with(|it| it.suppressed = vec![1])),
        ("choices", with(|it| it.choices = vec![vec![1]])),
        (
            "min_tokens",
            with(|it| (it.choices, it.min_tokens) = (vec![vec![3]], 1)),
        ),
        (
            "no_repeat_ngram",
            with(|it| (it.choices, it.no_repeat_ngram) = (vec![vec![3]], 2)),
        ),
        (
            "suppressed",
            with(|it| (it.choices, it.suppressed) = (vec![vec![3]], vec![4])),
        ),
        (
            "max_tokens",
            with(|it| (it.choices, it.max_tokens) = (vec![vec![3; 5]], 5)),
        ),
        ("beams", beams(0, 0.6)),
        ("length_penalty", beams(4, f64::NAN)),
        ("length_penalty", beams(4, -1.0)),
        ("temperature", sampling(|it| it.temperature = 0.0)),
        ("temperature", sampling(|it| it.temperature = f32::NAN)),
        ("top_p", sampling(|it| it.top_p = 0.0)),
        ("top_p", sampling(|it| it.top_p = 1.1)),
    ] {
        assert_eq!(refused(settings), key);
    }
    let error = beams(0, 0.6).validate().unwrap_err().to_string();
    assert_eq!(
        error,
        "the setting `beams` is `0`, expected 1 to 1,024 beams"
    );
}

#[test]
fn a_token_the_model_does_not_have_is_named() {
    for settings in [
        with(|it| it.prefix = vec![2, 77]),
        with(|it| it.choices = vec![vec![77]]),
        with(|it| it.suppressed = vec![77]),
        with(|it| it.end = 77),
    ] {
        let result = search(&mut Scripted::new(5, &[0], noise(5)), &settings, &[0]);
        assert!(matches!(
            result,
            Err(Error::Token {
                id: 77,
                vocabulary: 5
            })
        ));
    }
}

#[test]
fn each_row_needs_a_key() {
    let result = search(
        &mut Scripted::new(5, &[0, 1], noise(5)),
        &Settings::default(),
        &[0],
    );
    assert!(matches!(result, Err(Error::Setting { key: "keys", .. })));
    let none = search(
        &mut Scripted::new(5, &[], noise(5)),
        &Settings::default(),
        &[],
    );
    assert_eq!(none.unwrap(), Vec::<Vec<_>>::new());
}

#[test]
fn logits_that_are_no_numbers_are_an_error_for_every_strategy() {
    let sample = Strategy::Sample(Sample::default());
    for strategy in [Strategy::Greedy, Strategy::Beam(Beam::default()), sample] {
        for bad in [f32::NAN, f32::INFINITY] {
            let mut decoder = Scripted::new(5, &[0], |_, _: &[u32]| vec![0.0, -1.0, bad, 0.5, 0.1]);
            let settings = with(|it| it.strategy = strategy.clone());
            let result = search(&mut decoder, &settings, &[0]);
            assert!(matches!(result, Err(Error::NotANumber)), "{strategy:?}");
        }
    }
}

/// Settings of any kind, many of them impossible.
fn any_settings(stream: &mut Stream, vocabulary: u64) -> Settings {
    let ids = |stream: &mut Stream, most: u64| -> Vec<u32> {
        let count = stream.below(most);
        (0..count)
            .map(|_| stream.below(vocabulary) as u32)
            .collect()
    };
    let rule = match stream.below(4) {
        0 => BeamRule::T5 {
            alpha: stream.uniform(),
        },
        kind => BeamRule::Transformers {
            length_penalty: 2.0 * stream.normal(),
            early_stopping: [EarlyStopping::No, EarlyStopping::Yes, EarlyStopping::Never]
                [kind as usize - 1],
        },
    };
    let beam = Beam {
        beams: 1 + stream.below(9) as usize,
        rule,
    };
    let sample = Sample {
        temperature: stream.normal().abs() as f32,
        top_k: stream.below(5) as usize,
        top_p: (1.1 * stream.uniform()) as f32,
        seed: 0,
    };
    let strategies = [
        Strategy::Greedy,
        Strategy::Beam(beam),
        Strategy::Sample(sample),
    ];
    let listed = stream.below(4) / 3 * 5;
    Settings {
        start: stream.below(vocabulary + 1) as u32,
        end: stream.below(vocabulary) as u32,
        max_tokens: 1 + stream.below(7) as usize,
        min_tokens: stream.below(4) as usize / 3,
        strategy: strategies[stream.below(3) as usize].clone(),
        answers: 1 + stream.below(4) as usize / 3,
        no_repeat_ngram: stream.below(4) as usize,
        suppressed: ids(stream, 3),
        prefix: ids(stream, 3),
        choices: (0..listed).map(|_| ids(stream, 4)).collect(),
    }
}

#[test]
fn whatever_is_asked_of_whatever_model_is_answered_or_refused() {
    let mut stream = Stream::new(&[17]);
    let (mut answered, mut refused) = (0, 0);
    for _ in 0..6000 {
        let vocabulary = 2 + stream.below(6);
        let settings = any_settings(&mut stream, vocabulary);
        let (key, kinds) = (stream.next_u64(), 4 + stream.below(6));
        let mut decoder = Scripted::new(vocabulary as usize, &[1, 2], |source, fed: &[u32]| {
            let mut stream = Stream::new(&[key, source, fed.len() as u64]);
            let values = [
                0.0,
                0.0,
                1.5,
                -40.0,
                f32::NEG_INFINITY,
                -3e38,
                3e38,
                f32::NAN,
                9.0,
            ];
            let value = |_| values[stream.below(kinds) as usize];
            (0..vocabulary).map(value).collect()
        });
        match search(&mut decoder, &settings, &[0, 1]) {
            Ok(answers) => {
                answered += 1;
                assert_eq!(answers.len(), 2);
                for answer in answers.iter().flatten() {
                    let written = answer.ids.len() - settings.prefix.len();
                    assert!(written <= settings.max_tokens, "{settings:?}: {answer:?}");
                    assert!(answer.log_prob <= 1e-5, "{settings:?}: {answer:?}");
                }
            }
            Err(Error::Setting { .. } | Error::Token { .. } | Error::NotANumber) => refused += 1,
            Err(other) => panic!("{settings:?}: {other}"),
        }
    }
    assert!(answered > 1000 && refused > 1000, "{answered} {refused}");
}
