//! What must hold whatever the model says.
use crate::scripted::{Scripted, log_softmax, noise};
use ext5_inference::{Answer, Beam, BeamRule, EarlyStopping, Sample, Settings, Strategy, search};

const VOCABULARY: usize = 9;

fn strategies() -> Vec<(Strategy, usize)> {
    let beam = |rule| (Strategy::Beam(Beam { beams: 3, rule }), 3);
    let transformers = |length_penalty, early_stopping| {
        beam(BeamRule::Transformers {
            length_penalty,
            early_stopping,
        })
    };
    let sample = Sample {
        temperature: 1.3,
        top_k: 6,
        top_p: 0.9,
        seed: 5,
    };
    vec![
        (Strategy::Greedy, 1),
        beam(BeamRule::T5 { alpha: 0.6 }),
        transformers(1.0, EarlyStopping::No),
        transformers(0.5, EarlyStopping::Yes),
        transformers(2.0, EarlyStopping::Never),
        (Strategy::Sample(sample), 2),
    ]
}

/// Settings that exercise everything but choices.
fn varied() -> Vec<Settings> {
    let all = strategies().into_iter().flat_map(|(strategy, answers)| {
        let plain = Settings {
            strategy,
            answers,
            max_tokens: 12,
            ..Settings::default()
        };
        let limited = Settings {
            min_tokens: 4,
            no_repeat_ngram: 2,
            suppressed: vec![5],
            prefix: vec![2, 7],
            ..plain.clone()
        };
        [plain, limited]
    });
    all.collect()
}

fn run(settings: &Settings, sources: &[u64]) -> Vec<Vec<Answer>> {
    let mut decoder = Scripted::new(VOCABULARY, sources, noise(VOCABULARY));
    search(&mut decoder, settings, sources).unwrap()
}

#[test]
fn a_row_does_not_depend_on_its_batch() {
    let sources: Vec<u64> = (0..24).collect();
    let reversed: Vec<u64> = sources.iter().copied().rev().collect();
    for settings in varied() {
        let together = run(&settings, &sources);
        let mut backwards = run(&settings, &reversed);
        backwards.reverse();
        assert_eq!(together, backwards, "{settings:?}");
        for batch in [1, 5] {
            let apart: Vec<_> = sources
                .chunks(batch)
                .flat_map(|some| run(&settings, some))
                .collect();
            assert_eq!(together, apart, "{settings:?} by {batch}");
        }
    }
}

#[test]
fn limits_hold_and_scores_are_what_the_model_says() {
    let model = noise(VOCABULARY);
    let sources: Vec<u64> = (0..40).collect();
    for settings in varied() {
        for (&source, answers) in sources.iter().zip(run(&settings, &sources)) {
            assert!(!answers.is_empty() && answers.len() <= settings.answers);
            for answer in &answers {
                assert!(answer.ids.starts_with(&settings.prefix), "{answer:?}");
                let written = &answer.ids[settings.prefix.len()..];
                let ended = written.last() == Some(&settings.end);
                let unfinished = written.len() == settings.max_tokens;
                assert!(ended || unfinished, "{settings:?}: {answer:?}");
                assert!(
                    written.len() > settings.min_tokens && written.len() <= settings.max_tokens
                );
                assert!(!written.iter().any(|id| settings.suppressed.contains(id)));
                if settings.no_repeat_ngram == 2 {
                    assert_no_pair_repeats(&answer.ids);
                }
                let log_prob = log_likelihood(&model, source, &answer.ids, settings.prefix.len());
                assert!(
                    (answer.log_prob - log_prob).abs() < 1e-4,
                    "{answer:?} for {log_prob}"
                );
            }
            let ranked = matches!(settings.strategy, Strategy::Beam(_));
            assert!(!ranked || answers.is_sorted_by(|one, other| one.score >= other.score));
        }
    }
}

fn assert_no_pair_repeats(ids: &[u32]) {
    let fed = [&[0], ids].concat();
    let mut pairs: Vec<&[u32]> = fed.windows(2).collect();
    pairs.sort_unstable();
    assert!(pairs.windows(2).all(|two| two[0] != two[1]), "{ids:?}");
}

/// By the model alone: the sum over what follows the prefix.
fn log_likelihood(
    model: impl Fn(u64, &[u32]) -> Vec<f32>,
    source: u64,
    ids: &[u32],
    prefix: usize,
) -> f64 {
    let fed = [&[0], ids].concat();
    let log_prob = |at: usize| log_softmax(&model(source, &fed[..at]))[fed[at] as usize];
    (prefix + 1..fed.len()).map(log_prob).sum()
}

#[test]
fn beams_enough_for_everything_find_the_best_of_everything() {
    const SMALL: usize = 4;
    let model = noise(SMALL);
    for source in 0..12 {
        for (alpha, max_tokens) in [(0.0, 3), (0.6, 4), (1.5, 4)] {
            let penalty = |ids: &[u32]| ((5.0 + ids.len() as f64) / 6.0).powf(alpha);
            let mut expected = Vec::new();
            enumerate(SMALL as u32, max_tokens, &mut Vec::new(), &mut |ids| {
                let ended = ids.last() == Some(&1);
                if ended {
                    let score = log_likelihood(&model, source, ids, 0) / penalty(ids);
                    expected.push((score, ids.to_vec()));
                }
            });
            expected.sort_by(|one, other| other.0.total_cmp(&one.0));
            let settings = Settings {
                max_tokens,
                answers: 20,
                strategy: Strategy::Beam(Beam {
                    beams: 300,
                    rule: BeamRule::T5 { alpha },
                }),
                ..Settings::default()
            };
            let mut decoder = Scripted::new(SMALL, &[source], &model);
            let answers = search(&mut decoder, &settings, &[0]).unwrap().remove(0);
            for (answer, (score, ids)) in answers.iter().zip(&expected) {
                assert_eq!(&answer.ids, ids, "source {source}, alpha {alpha}");
                assert!((answer.score - score).abs() < 1e-5);
            }
            assert_eq!(answers.len(), expected.len().min(20));
        }
    }
}

/// Calls `each` with every sequence of up to `most` tokens that has no end before its last.
fn enumerate(vocabulary: u32, most: usize, ids: &mut Vec<u32>, each: &mut impl FnMut(&[u32])) {
    for token in 0..vocabulary {
        ids.push(token);
        each(ids);
        if token != 1 && ids.len() < most {
            enumerate(vocabulary, most, ids, each);
        }
        ids.pop();
    }
}

fn choices() -> Vec<Vec<u32>> {
    // Some are beginnings of others, one is empty, one is long.
    let listed: [&[u32]; 7] = [
        &[2],
        &[2, 3],
        &[2, 3, 3],
        &[4, 8, 6, 2, 2],
        &[7, 7],
        &[],
        &[4, 8],
    ];
    listed.map(<[u32]>::to_vec).to_vec()
}

#[test]
fn enough_beams_rank_all_choices_by_likelihood() {
    let model = noise(VOCABULARY);
    let sources: Vec<u64> = (0..60).collect();
    let rule = BeamRule::Transformers {
        length_penalty: 0.0,
        early_stopping: EarlyStopping::No,
    };
    for (beams, rule) in [(7, rule), (12, rule), (7, BeamRule::T5 { alpha: 0.0 })] {
        let settings = Settings {
            max_tokens: 6,
            answers: 7,
            choices: choices(),
            prefix: vec![5],
            strategy: Strategy::Beam(Beam { beams, rule }),
            ..Settings::default()
        };
        for (&source, answers) in sources.iter().zip(run(&settings, &sources)) {
            let likelihood = |choice: &Vec<u32>| {
                let ids = [&[5], choice.as_slice(), &[1]].concat();
                (log_likelihood(&model, source, &ids, 1), ids)
            };
            let mut expected: Vec<_> = choices().iter().map(likelihood).collect();
            expected.sort_by(|one, other| other.0.total_cmp(&one.0));
            let found: Vec<_> = answers.iter().map(|answer| answer.ids.clone()).collect();
            assert_eq!(
                found,
                expected.iter().map(|it| it.1.clone()).collect::<Vec<_>>()
            );
            assert!((answers[0].score - expected[0].0).abs() < 1e-5);
        }
    }
}

#[test]
fn only_choices_are_written() {
    for (strategy, answers) in strategies() {
        let settings = Settings {
            strategy,
            answers,
            choices: choices(),
            max_tokens: 6,
            ..Settings::default()
        };
        for answer in run(&settings, &(0..50).collect::<Vec<_>>())
            .into_iter()
            .flatten()
        {
            let (end, choice) = answer.ids.split_last().unwrap();
            assert!(
                *end == 1 && choices().iter().any(|it| it == choice),
                "{answer:?}"
            );
        }
    }
}

#[test]
fn rows_that_have_ended_leave_the_batch() {
    // Source n ends after n tokens.
    let ends = |source: u64, fed: &[u32]| {
        let end = if fed.len() as u64 > source { 9.0 } else { -9.0 };
        vec![0.0, end, 1.0]
    };
    let mut decoder = Scripted::new(3, &[3, 0, 2], ends);
    let settings = Settings::default();
    let answers = search(&mut decoder, &settings, &[0, 1, 2]).unwrap();
    let lengths: Vec<usize> = answers.iter().map(|it| it[0].ids.len()).collect();
    assert_eq!((lengths, decoder.widths), (vec![4, 1, 3], vec![3, 2, 2, 1]));
}

#[test]
fn a_row_that_may_write_nothing_ends_as_it_stands() {
    // Unigrams may not repeat, and the end comes too late: three tokens beside start and end.
    for (strategy, _) in strategies() {
        let settings = Settings {
            strategy,
            min_tokens: 10,
            no_repeat_ngram: 1,
            max_tokens: 12,
            ..Settings::default()
        };
        let mut decoder = Scripted::new(5, &[0, 1], noise(5));
        for answers in search(&mut decoder, &settings, &[0, 1]).unwrap() {
            let mut ids = answers[0].ids.clone();
            ids.sort_unstable();
            assert_eq!(ids, [2, 3, 4], "{settings:?}");
        }
    }
}
