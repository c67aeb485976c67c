//! The objectives against T5's published figures and against properties that hold for any input.
use std::time::Instant;

use ext5_objectives::{Error, Lengths, Objective, Pair, Sentinels, Stream};
use proptest::prelude::*;

const T5: Sentinels = Sentinels {
    first: 32_099,
    count: 100,
};
const PLENTY: Sentinels = Sentinels {
    first: 9_999_999,
    count: 1_000_000,
};

fn spans(noise_density: f64, mean_noise_span_length: f64) -> Objective {
    Objective::span_corruption(noise_density, mean_noise_span_length)
}

#[test]
fn solved_lengths_are_those_of_t5() {
    // (inputs, density, mean span, raw, targets); the last two pairs are T5's own test of `random_spans_helper`.
    for (inputs, density, mean, raw, targets) in [
        (512, 0.15, 3.0, 568, 114),
        (1024, 0.15, 20.0, 1193, 189),
        (512, 0.15, 8.0, 588, 100),
        (512, 0.5, 3.0, 766, 512),
        (512, 0.5, 8.0, 908, 512),
        (512, 0.5, 64.0, 1006, 512),
        (512, 0.15, 64.0, 600, 92),
        (256, 0.15, 3.0, 284, 58),
        (128, 0.15, 3.0, 141, 29),
        (2048, 0.15, 3.0, 2274, 456),
        (64, 0.2, 2.0, 70, 22),
        (64, 0.2, 1.0, 63, 27),
    ] {
        let solved = spans(density, mean).lengths(inputs).unwrap();
        assert_eq!(
            (solved.raw, solved.targets),
            (raw, targets),
            "{inputs} {density} {mean}"
        );
        assert!(solved.inputs <= inputs);
    }
    let count = |inputs, density, mean| spans(density, mean).lengths(inputs).unwrap().spans;
    assert_eq!(count(512, 0.15, 3.0), 28);
    assert_eq!(count(512, 0.5, 3.0), 128);
    assert_eq!(count(512, 0.5, 8.0), 57);
    assert_eq!(count(2048, 0.15, 3.0), 114);
}

#[test]
fn prefix_lm_leaves_room_for_the_end_of_sequence() {
    let lengths = Objective::PrefixLm { noise_density: 0.5 }
        .lengths(512)
        .unwrap();
    assert_eq!(
        lengths,
        Lengths {
            raw: 511,
            inputs: 511,
            targets: 511,
            spans: 0
        }
    );
}

#[test]
fn rows_filled_to_the_raw_length_have_the_solved_lengths() {
    for (inputs, density, mean) in [
        (512, 0.15, 3.0),
        (1024, 0.15, 20.0),
        (512, 0.5, 8.0),
        (512, 0.15, 64.0),
        (256, 0.15, 3.0),
        (128, 0.15, 3.0),
        (64, 0.2, 2.0),
        (64, 0.2, 1.0),
    ] {
        let objective = spans(density, mean);
        let solved = objective.lengths(inputs).unwrap();
        let tokens: Vec<u32> = (1_000..1_000 + solved.raw as u32).collect();
        for seed in 0..50 {
            let pair = objective
                .apply(&tokens, PLENTY, &mut Stream::new(&[seed]))
                .unwrap();
            let found = (pair.inputs.len() + 1, pair.targets.len() + 1);
            assert_eq!(
                found,
                (solved.inputs, solved.targets),
                "{inputs} {density} {mean}"
            );
            assert_eq!(rebuild(&pair, PLENTY), tokens);
        }
    }
}

#[test]
fn too_few_sentinels_are_refused_with_both_counts() {
    // UL2's X denoiser and long inputs: 128 and 114 spans for 100 sentinels.
    for (inputs, density, needed) in [(512, 0.5, 128), (2048, 0.15, 114)] {
        let objective = spans(density, 3.0);
        let raw = objective.lengths(inputs).unwrap().raw;
        let tokens: Vec<u32> = (3..3 + raw as u32).collect();
        let error = objective
            .apply(&tokens, T5, &mut Stream::new(&[1]))
            .unwrap_err();
        assert_eq!(
            error,
            Error::SentinelOverflow {
                needed,
                available: 100,
                tokens: raw
            }
        );
        assert!(
            error.to_string().contains("mean_noise_span_length"),
            "{error}"
        );
    }
    let none = Sentinels {
        first: 258,
        count: 0,
    };
    assert!(
        spans(0.15, 3.0)
            .apply(&[5, 6, 7], none, &mut Stream::new(&[1]))
            .is_err()
    );
}

#[test]
fn empty_and_single_tokens_have_their_own_cases() {
    let pair = |tokens: &[u32], density| {
        spans(density, 3.0)
            .apply(tokens, T5, &mut Stream::new(&[1]))
            .unwrap()
    };
    assert_eq!(pair(&[], 0.15), Pair::default());
    assert_eq!(
        pair(&[7], 0.15),
        Pair {
            inputs: vec![7],
            targets: vec![32_099]
        }
    );
    assert_eq!(
        pair(&[7, 8], 0.15),
        Pair {
            inputs: vec![7, 32_099],
            targets: vec![32_099, 8]
        }
    );
    assert_eq!(
        pair(&[7, 8, 9], 0.0),
        Pair {
            inputs: vec![7, 8, 9],
            targets: vec![32_099]
        }
    );
}

/// Early versions of transformers' `run_t5_mlm_flax.py` counted sentinels upwards and kept only ids above 0, so that a sentinel
/// outside the vocabulary appeared and padding's id vanished from the text.
#[test]
fn sentinels_count_down_and_token_0_stays() {
    let tokens: Vec<u32> = (0..40).map(|index| index % 4).collect();
    let pair = spans(0.15, 3.0)
        .apply(&tokens, T5, &mut Stream::new(&[1]))
        .unwrap();
    let places = |side: &[u32]| -> Vec<u32> {
        let sentinels = side.iter().filter(|token| **token > 100);
        sentinels.copied().collect()
    };
    let found = places(&pair.inputs);
    assert!(found.len() > 1);
    let ours: Vec<u32> = (0..found.len() as u32).map(|span| 32_099 - span).collect();
    let upwards: Vec<u32> = (0..found.len() as u32).map(|span| 32_099 + span).collect();
    assert_eq!(found, ours);
    assert_ne!(found, upwards);
    let kept: Vec<u32> = rebuild(&pair, T5);
    assert_eq!(kept, tokens);
    let above_0 = kept.iter().filter(|token| **token > 0).count();
    assert_eq!((kept.len(), above_0), (40, 30));
}

#[test]
fn parameters_out_of_range_are_named() {
    for (objective, name) in [
        (spans(1.0, 3.0), "noise_density"),
        (spans(f64::NAN, 3.0), "noise_density"),
        (spans(-0.1, 3.0), "noise_density"),
        (spans(0.15, 0.0), "mean_noise_span_length"),
        (spans(0.15, f64::INFINITY), "mean_noise_span_length"),
        (Objective::PrefixLm { noise_density: 0.6 }, "noise_density"),
        (Objective::PrefixLm { noise_density: 0.0 }, "noise_density"),
    ] {
        let error = objective.lengths(512).unwrap_err();
        assert!(error.to_string().contains(name), "{error}");
        assert_eq!(
            objective
                .apply(&[1, 2], T5, &mut Stream::new(&[1]))
                .map(|_| ())
                .unwrap_err()
                .to_string(),
            error.to_string()
        );
    }
    for inputs_length in [0, 1] {
        assert!(matches!(
            spans(0.15, 3.0).lengths(inputs_length),
            Err(Error::InputsLength { .. })
        ));
    }
    // A density so high that one row would swallow any text must end, not spin.
    assert!(matches!(
        spans(0.999_999_999, 1e9).lengths(512),
        Err(Error::InputsLength { .. })
    ));
}

#[test]
fn configurations_read_with_defaults_and_refuse_unknown_keys() {
    let read = serde_json::from_str::<Objective>;
    assert_eq!(
        read(r#"{"kind":"span_corruption"}"#).unwrap(),
        spans(0.15, 3.0)
    );
    assert_eq!(
        read(r#"{"kind":"span_corruption","noise_density":0.5,"mean_noise_span_length":8,"random_roll":true}"#).unwrap(),
        Objective::SpanCorruption { noise_density: 0.5, mean_noise_span_length: 8.0, random_roll: true }
    );
    assert_eq!(
        read(r#"{"kind":"prefix_lm"}"#).unwrap(),
        Objective::PrefixLm { noise_density: 0.5 }
    );
    let error = read(r#"{"kind":"span_corruption","density":0.5}"#)
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("density") && error.contains("noise_density"),
        "{error}"
    );
    assert!(read(r#"{"kind":"ul2"}"#).is_err());
}

#[test]
fn speed_for_the_rows_of_t5() {
    let objective = spans(0.15, 3.0);
    let tokens: Vec<u32> = (3..571).collect();
    let start = Instant::now();
    let mut total = 0;
    for seed in 0..20_000 {
        total += objective
            .apply(&tokens, T5, &mut Stream::new(&[seed]))
            .unwrap()
            .inputs
            .len();
    }
    let seconds = start.elapsed().as_secs_f64();
    println!(
        "span corruption 568 -> 512/114: {:.0} examples/s on one thread",
        20_000.0 / seconds
    );
    assert_eq!(total, 20_000 * 511);
}

/// Puts the spans of the targets back in the place of the sentinels of the inputs.
fn rebuild(pair: &Pair, sentinels: Sentinels) -> Vec<u32> {
    let lowest = sentinels.first - sentinels.count as u32;
    let is_sentinel = |token: &u32| *token > lowest && *token <= sentinels.first;
    let kept = pair
        .inputs
        .split(is_sentinel)
        .filter(|span| !span.is_empty());
    let noise = pair
        .targets
        .split(is_sentinel)
        .filter(|span| !span.is_empty());
    // Whoever starts without a sentinel comes first; a random roll may put the noise there.
    let kept_first = pair.inputs.first().is_some_and(|token| !is_sentinel(token));
    let (mut first, mut second): (Vec<_>, Vec<_>) = (kept.collect(), noise.collect());
    if !kept_first {
        std::mem::swap(&mut first, &mut second);
    }
    let mut rebuilt = Vec::new();
    for at in 0..first.len().max(second.len()) {
        rebuilt.extend(first.get(at).copied().unwrap_or_default());
        rebuilt.extend(second.get(at).copied().unwrap_or_default());
    }
    rebuilt
}

fn sentinels_of(side: &[u32], sentinels: Sentinels) -> Vec<u32> {
    let lowest = sentinels.first - sentinels.count as u32;
    side.iter()
        .copied()
        .filter(|&token| token > lowest && token <= sentinels.first)
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(10_000) })]

    #[test]
    fn inputs_and_targets_rebuild_the_text(
        length in 0_usize..700,
        density in 0.0_f64..0.95,
        mean in 0.5_f64..70.0,
        roll in any::<bool>(),
        seed in any::<u64>(),
    ) {
        let objective = Objective::SpanCorruption {
            noise_density: density,
            mean_noise_span_length: mean,
            random_roll: roll,
        };
        let tokens: Vec<u32> = (3..3 + length as u32).collect();
        let pair = objective.apply(&tokens, PLENTY, &mut Stream::new(&[seed])).unwrap();
        prop_assert_eq!(&pair, &objective.apply(&tokens, PLENTY, &mut Stream::new(&[seed])).unwrap());
        prop_assert_eq!(rebuild(&pair, PLENTY), tokens);

        let (kept, noise) = (
            sentinels_of(&pair.inputs, PLENTY),
            sentinels_of(&pair.targets, PLENTY),
        );
        for (side, ids) in [("inputs", &kept), ("targets", &noise)] {
            let expected: Vec<u32> = (0..ids.len() as u32).map(|n| PLENTY.first - n).collect();
            prop_assert_eq!(ids, &expected, "sentinels of {} do not descend by one", side);
        }
        if length < 2 || density == 0.0 {
            prop_assert!(kept.is_empty());
            return Ok(());
        }
        // Density within one token of the request, but never none and never all.
        let masked = pair.targets.len() - noise.len();
        let wanted = (length as f64 * density).clamp(1.0, length as f64 - 1.0);
        prop_assert!((masked as f64 - wanted).abs() <= 0.5 + 1e-3, "{masked} of {wanted}");
        if !roll {
            prop_assert_eq!(kept.len(), noise.len());
            prop_assert!(pair.inputs[0] < PLENTY.first - 1_000_000, "the first token is kept");
            prop_assert_eq!(pair.targets[0], PLENTY.first);
        }
    }

    #[test]
    fn a_solved_raw_length_is_the_longest_that_fits(
        inputs in 12_usize..3_000,
        density in 0.02_f64..0.9,
        mean in 1.0_f64..70.0,
    ) {
        let solved = spans(density, mean).lengths(inputs).unwrap();
        prop_assert!(solved.inputs <= inputs);
        let noise = (solved.raw as f64 * density).round_ties_even() as usize;
        prop_assert_eq!(solved.inputs + solved.targets, solved.raw + 2 * solved.spans + 2);
        prop_assert_eq!(solved.targets, noise + solved.spans + 1);
        let next = solved.raw + 1;
        let noise = (next as f64 * density).round_ties_even();
        let next_inputs = next as f64 - noise + (noise / mean).round_ties_even() + 1.0;
        prop_assert!(next_inputs > inputs as f64);
    }
}
