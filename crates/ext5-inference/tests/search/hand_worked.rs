//! Cases small enough to be worked with a pencil.
use crate::scripted::Scripted;
use ext5_inference::{Answer, Beam, BeamRule, EarlyStopping, Settings, Strategy, search};

/// After the start (0): a (2) 0.6, b (3) 0.4. After a: the end (1) 0.3, a and b 0.35 each. After b: the end 0.9, a and b
/// 0.05 each. Pad is never written.
fn garden_path(_: u64, fed: &[u32]) -> Vec<f32> {
    let probabilities: [f32; 4] = match fed.last() {
        Some(0) => [0.0, 0.0, 0.6, 0.4],
        Some(2) => [0.0, 0.3, 0.35, 0.35],
        _ => [0.0, 0.9, 0.05, 0.05],
    };
    probabilities.iter().map(|share| share.ln()).collect()
}

fn run(settings: &Settings) -> Vec<Answer> {
    let mut decoder = Scripted::new(4, &[0], garden_path);
    search(&mut decoder, settings, &[0]).unwrap().remove(0)
}

fn beams(beams: usize, max_tokens: usize, rule: BeamRule) -> Settings {
    Settings {
        max_tokens,
        answers: beams,
        strategy: Strategy::Beam(Beam { beams, rule }),
        ..Settings::default()
    }
}

fn transformers(length_penalty: f64, early_stopping: EarlyStopping) -> BeamRule {
    BeamRule::Transformers {
        length_penalty,
        early_stopping,
    }
}

fn assert_answers(answers: &[Answer], expected: &[(&[u32], f64)]) {
    let ids: Vec<&[u32]> = answers.iter().map(|answer| answer.ids.as_slice()).collect();
    assert_eq!(
        ids,
        expected.iter().map(|(ids, _)| *ids).collect::<Vec<_>>()
    );
    for (answer, (ids, score)) in answers.iter().zip(expected) {
        assert!(
            (answer.score - score).abs() < 1e-6,
            "{ids:?}: {} for {score}",
            answer.score
        );
    }
}

#[test]
fn greedy_takes_the_lowest_of_equals_and_its_probability_is_a_product() {
    let settings = Settings {
        max_tokens: 3,
        ..Settings::default()
    };
    let answers = run(&settings);
    assert_answers(&answers, &[(&[2, 2, 2], (0.6_f64 * 0.35 * 0.35).ln())]);
}

#[test]
fn two_beams_leave_the_garden_path() {
    // Continuations of a 0.6 and b 0.4: b end 0.36, a a 0.21, a b 0.21, a end 0.18.
    let rule = transformers(0.0, EarlyStopping::No);
    let cut = run(&beams(2, 2, rule));
    // By transformers' rule only the best two continuations may finish, and the greatest length finishes what it cuts.
    assert_answers(&cut, &[(&[3, 1], 0.36_f64.ln()), (&[2, 2], 0.21_f64.ln())]);
    // By T5's rule ends among the best four finish, and nothing else does.
    let cut = run(&beams(2, 2, BeamRule::T5 { alpha: 0.0 }));
    assert_answers(&cut, &[(&[3, 1], 0.36_f64.ln()), (&[2, 1], 0.18_f64.ln())]);
}

#[test]
fn the_t5_penalty_is_a_power_of_a_shifted_length() {
    let answers = run(&beams(2, 2, BeamRule::T5 { alpha: 0.6 }));
    let penalty = (7.0_f64 / 6.0).powf(0.6);
    let expected = [
        (&[3, 1][..], 0.36_f64.ln() / penalty),
        (&[2, 1][..], 0.18_f64.ln() / penalty),
    ];
    assert_answers(&answers, &expected);
    // A forced prefix counts: its one token makes three of two, and is no part of the probability.
    let mut settings = beams(1, 1, BeamRule::T5 { alpha: 0.6 });
    settings.prefix = vec![3];
    assert_answers(&run(&settings), &[(&[3, 1], 0.9_f64.ln() / penalty)]);
}

#[test]
fn the_t5_rule_returns_live_answers_where_none_is_finished() {
    // The first tokens a and b are no ends, so both live on, unscored.
    let answers = run(&beams(2, 1, BeamRule::T5 { alpha: 0.6 }));
    assert_answers(&answers, &[(&[2], 0.6_f64.ln()), (&[3], 0.4_f64.ln())]);
}

#[test]
fn early_stopping_at_once_misses_what_never_finds() {
    // Second tokens: b end 0.36 is finished, a a and a b, 0.21 each, live on. Third: a b end 0.189 is finished, a a a and
    // a a b, 0.0735 each, live on. Both places are taken, by scores of ln(0.36) / 2^p and ln(0.189) / 3^p.
    let (b, ab) = (0.36_f64.ln(), 0.189_f64.ln());
    for early_stopping in [EarlyStopping::Yes, EarlyStopping::No] {
        // The best live one at its length of three is worse than both, for p 1 (-0.870) and for p 2 (-0.290).
        let answers = run(&beams(2, 4, transformers(1.0, early_stopping)));
        assert_answers(&answers, &[(&[3, 1], b / 2.0), (&[2, 3, 1], ab / 3.0)]);
        let answers = run(&beams(2, 4, transformers(2.0, early_stopping)));
        assert_answers(&answers, &[(&[2, 3, 1], ab / 9.0), (&[3, 1], b / 4.0)]);
    }
    // At the greatest length of four it would be ln(0.0735) / 16 = -0.163, better than b end's -0.255, so there is one
    // step more: a a b end, 0.06615, takes the place of b end; a a a a, 0.0257, is cut there and too weak (-0.229).
    let answers = run(&beams(2, 4, transformers(2.0, EarlyStopping::Never)));
    let aab = (0.6_f64 * 0.35 * 0.35 * 0.9).ln();
    assert_answers(
        &answers,
        &[(&[2, 2, 3, 1], aab / 16.0), (&[2, 3, 1], ab / 9.0)],
    );
}
