//! Settings that contradict themselves, and models that are broken.
use crate::scripted::{Scripted, noise};
use ext5_inference::{Beam, BeamRule, Error, Sample, Settings, Strategy, search};

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
