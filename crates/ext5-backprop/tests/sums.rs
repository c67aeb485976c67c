//! What a batch adds up to: chunks of logits, weights of labels, empty segments; and the memory that steps keep.
#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking and says what it measured"
)]
use ext5_architecture::{FeedForwardProjection, T5Config, Weights};
use ext5_backprop::{Batch, Losses, Options, Parameters, Rows, T5};
use std::collections::BTreeSet;

const OPTIONS: Options = Options {
    z_loss: 1e-4,
    divisor: 3.0,
    dropout_rate: 0.1,
    recompute: false,
};

fn small() -> T5Config {
    T5Config {
        vocab_size: 500,
        d_model: 32,
        d_kv: 4,
        d_ff: 64,
        num_layers: 4,
        num_heads: 6,
        feed_forward_proj: FeedForwardProjection::GatedGelu,
        tie_word_embeddings: false,
        ..T5Config::default()
    }
}

/// Numbers around 0 that look random, of each name its own, from number `first` on.
fn drawn(name: &str, first: usize, out: &mut [f32]) {
    let mut state = name.bytes().fold(1_u64, |state, byte| {
        state.wrapping_mul(31).wrapping_add(u64::from(byte))
    }) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        3.0 * ((state >> 40) as f32 / (1 << 23) as f32 - 1.0)
    };
    (0..first).for_each(|_| {
        next();
    });
    for value in out {
        *value = next();
    }
}

struct Case {
    model: T5,
    parameters: Parameters,
}

impl Case {
    fn new(config: &T5Config) -> Self {
        let parameters = Parameters::initial(config, &drawn).unwrap();
        Self {
            model: T5::new(config, &parameters),
            parameters,
        }
    }

    fn add(&self, batch: &Batch, options: &Options, gradients: &mut Parameters) -> Losses {
        self.model
            .gradients(&self.parameters, batch, options, gradients)
            .unwrap()
    }

    fn gradients(&self, batch: &Batch, options: &Options) -> (Parameters, Losses) {
        let mut gradients = self.parameters.zeros_like();
        let losses = self.add(batch, options, &mut gradients);
        (gradients, losses)
    }
}

/// Appends a segment; `number` says what dropout is drawn by.
fn push(batch: &mut Batch, number: u64, source: &[u32], labels: &[u32]) {
    let keys = |side: u64| (0..).map(move |at: u64| ((2 * number + side) << 32) | at);
    let shifted: Vec<u32> = std::iter::once(0)
        .chain(labels.iter().copied())
        .take(labels.len())
        .collect();
    batch.sources.push(source, keys(0));
    batch.targets.push(&shifted, keys(1));
    batch.labels.extend(labels);
    batch.weights.extend(labels.iter().map(|_| 1.0));
}

/// Segments of `source` and `target` tokens each.
fn segments(count: u32, source: u32, target: u32, vocabulary: u32) -> Batch {
    let mut batch = Batch::default();
    for number in 0..count {
        let ids = |length: u32, step: u32| -> Vec<u32> {
            (0..length)
                .map(|at| (number * 37 + at * step + 2) % vocabulary)
                .collect()
        };
        push(
            &mut batch,
            u64::from(number),
            &ids(source, 13),
            &ids(target, 29),
        );
    }
    batch
}

fn assert_same(found: &Parameters, expected: &Parameters, within: f32) {
    for slot in expected.slots() {
        let both = || {
            let expected = &expected.values()[slot.range.clone()];
            found.values()[slot.range.clone()].iter().zip(expected)
        };
        let largest = both().fold(0.0_f32, |most, both| most.max(both.1.abs()));
        let worst = both().fold(0.0_f32, |worst, (a, b)| worst.max((a - b).abs()));
        assert!(
            worst <= within * largest,
            "gradient of {}: differs by {worst} of {largest}",
            slot.name
        );
    }
}

/// A vocabulary so large that two tokens fill a chunk, and embeddings of many parts.
#[test]
fn chunks_of_logits_add_up() {
    for tie_word_embeddings in [false, true] {
        let vocabulary = 1_u32 << 22;
        let case = Case::new(&T5Config {
            vocab_size: vocabulary as usize,
            d_model: 2,
            d_kv: 1,
            d_ff: 2,
            num_layers: 1,
            num_heads: 1,
            tie_word_embeddings,
            ..small()
        });
        let rows = [
            (vec![5, vocabulary - 1, 1024], vec![1023]),
            (vec![1025, 7], vec![vocabulary - 1, vocabulary / 2 + 1]),
            (vec![vocabulary / 3, 5, 5], vec![2048, 0]),
        ];
        let (mut whole, mut parts) = (Batch::default(), case.parameters.zeros_like());
        let mut losses = Vec::new();
        for (number, (source, labels)) in (0..).zip(&rows) {
            push(&mut whole, number, source, labels);
            let mut row = Batch::default();
            push(&mut row, number, source, labels);
            losses.extend(case.add(&row, &OPTIONS, &mut parts).per_token);
        }
        let (gradients, found) = case.gradients(&whole, &OPTIONS);
        assert_eq!(found.per_token.len(), 5);
        for (found, alone) in found.per_token.iter().zip(&losses) {
            assert!(
                (found - alone).abs() < 1e-5 * alone.abs(),
                "{found} {alone}"
            );
        }
        // Sums over four million ids in f32 round to three digits; a chunk left out would be a fifth or more.
        assert_same(&gradients, &parts, 2e-2);
        if !tie_word_embeddings {
            let taken: BTreeSet<u32> = [&whole.sources.ids, &whole.targets.ids]
                .into_iter()
                .flatten()
                .copied()
                .collect();
            let table = &gradients.slot("shared.weight").unwrap().range;
            let rows = (0..).zip(gradients.values()[table.clone()].chunks(2));
            let moved = rows.filter(|row| row.1.iter().any(|&value| value != 0.0));
            assert_eq!(moved.map(|row| row.0).collect::<BTreeSet<u32>>(), taken);
        }
    }
}

#[test]
fn weights_scale_what_each_label_adds() {
    let case = Case::new(&small());
    let mut batch = segments(2, 9, 3, 500);
    let weights = [0.0, 0.5, 1.0, 1.0, 0.0, 0.5];
    batch.weights = weights.to_vec();
    let (found, losses) = case.gradients(&batch, &OPTIONS);
    let mut expected = case.parameters.zeros_like();
    for (token, weight) in weights.into_iter().enumerate() {
        let mut alone = batch.clone();
        alone.weights.fill(0.0);
        alone.weights[token] = 1.0;
        let (gradients, loss) = case.gradients(&alone, &OPTIONS);
        let both = expected.values_mut().iter_mut().zip(gradients.values());
        both.for_each(|(sum, gradient)| *sum += weight * gradient);
        let (found, expected) = (losses.per_token[token], weight * loss.per_token[token]);
        assert!(
            (found - expected).abs() <= 1e-5 * expected,
            "{found} {expected}"
        );
    }
    assert_same(&found, &expected, 1e-5);
}

#[test]
fn segments_without_targets_add_nothing() {
    let case = Case::new(&small());
    let mut plain = Batch::default();
    push(&mut plain, 0, &[3, 4, 5, 6], &[7, 8, 9]);
    push(&mut plain, 1, &[10, 11], &[12, 1]);
    let mut more = Batch::default();
    push(&mut more, 5, &[20, 21, 22], &[]);
    push(&mut more, 0, &[3, 4, 5, 6], &[7, 8, 9]);
    push(&mut more, 6, &[], &[]);
    push(&mut more, 1, &[10, 11], &[12, 1]);
    push(&mut more, 7, &[30], &[]);
    for recompute in [false, true] {
        let options = Options {
            recompute,
            ..OPTIONS
        };
        let (expected, losses) = case.gradients(&plain, &options);
        let (found, with) = case.gradients(&more, &options);
        assert_eq!(with.per_token.len(), losses.per_token.len());
        assert_same(&found, &expected, 1e-5);
    }
}

#[test]
fn a_second_step_needs_no_more_memory() {
    for recompute in [false, true] {
        let options = Options {
            recompute,
            ..OPTIONS
        };
        let case = Case::new(&small());
        let batch = segments(4, 40, 11, 500);
        case.gradients(&batch, &options);
        let first = case.model.buffer_bytes();
        case.model.losses(&case.parameters, &batch).unwrap();
        case.gradients(&batch, &options);
        assert_eq!(case.model.buffer_bytes(), first);
    }
}

/// Buffers of slightly smaller batches are replaced, not kept for something else.
#[test]
fn growing_batches_need_little_more_than_the_largest() {
    for recompute in [false, true] {
        let options = Options {
            recompute,
            ..OPTIONS
        };
        for step in [1, 4] {
            let case = Case::new(&small());
            for number in 0..20 {
                let batch = segments(4, 60 + step * number, 20 + step * number / 3, 500);
                case.gradients(&batch, &options);
            }
            let largest = segments(4, 60 + step * 19, 20 + step * 19 / 3, 500);
            let fresh = Case::new(&small());
            fresh.gradients(&largest, &options);
            let (grown, fresh) = (case.model.buffer_bytes(), fresh.model.buffer_bytes());
            assert!(4 * grown <= 5 * fresh, "{grown} bytes, fresh {fresh}");
        }
    }
}

#[test]
fn segments_that_do_not_follow_each_other_are_refused() {
    let case = Case::new(&small());
    let good = segments(2, 4, 3, 500);
    let last = 8;
    let mut gradients = case.parameters.zeros_like();
    for spans in [
        vec![4..8, 0..4],
        vec![0..5, 3..6],
        vec![0..9, 9..last],
        vec![0..4, 5..9],
    ] {
        let sources = Rows {
            spans,
            ..good.sources.clone()
        };
        let bad = Batch {
            sources,
            ..good.clone()
        };
        let refused = case
            .model
            .gradients(&case.parameters, &bad, &OPTIONS, &mut gradients);
        assert!(refused.unwrap_err().to_string().contains("segment"));
    }
}

/// A configuration of terabytes beside small weights is an error, before memory is asked for.
#[test]
fn weights_of_another_shape_are_named() {
    let config = small();
    let file = Case::new(&config).parameters.to_safetensors().unwrap();
    let mut weights = Weights::default();
    weights.add("file", file).unwrap();
    let wide = T5Config {
        d_ff: 1 << 24,
        d_model: 1 << 24,
        ..config
    };
    let refused = Parameters::new(&wide, weights).unwrap_err().to_string();
    assert!(refused.contains("`shared.weight` has shape"), "{refused}");
}
