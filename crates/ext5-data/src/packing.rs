use ext5_tokenizer::TokenId;

use crate::{Batch, Segment};

/// One example, cut to its lengths and ended, that waits for a place in a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Prepared {
    /// Where it comes from; row and number are filled in by the packing.
    pub(crate) segment: Segment,
    pub(crate) inputs: Vec<TokenId>,
    pub(crate) targets: Vec<TokenId>,
}

/// Rows of a batch: how many, how long, and whether a row may hold several examples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shape {
    pub(crate) rows: usize,
    pub(crate) inputs_length: usize,
    pub(crate) targets_length: usize,
    pub(crate) packing: bool,
}

/// Places examples in rows by next-fit: into the current row while inputs and targets both fit, else into the next one.
/// Without packing each example has a row of its own.
#[derive(Debug)]
pub(crate) struct Packing {
    shape: Shape,
    row: usize,
    /// Places used in the current row.
    inputs_at: usize,
    targets_at: usize,
    /// Examples in the current row.
    segments: u32,
}

impl Packing {
    pub(crate) fn new(shape: Shape) -> Self {
        Self {
            shape,
            row: 0,
            inputs_at: 0,
            targets_at: 0,
            segments: 0,
        }
    }

    /// The place of an example of these lengths: (row, number in the row, place of its inputs, place of its targets), `None`
    /// where the rows are full. The lengths do not exceed the row's.
    pub(crate) fn place(
        &mut self,
        inputs: usize,
        targets: usize,
    ) -> Option<(usize, u32, usize, usize)> {
        let fits = self.segments == 0
            || self.shape.packing
                && self.inputs_at + inputs <= self.shape.inputs_length
                && self.targets_at + targets <= self.shape.targets_length;
        let next = self.row + usize::from(!fits);
        if next >= self.shape.rows {
            return None;
        }
        if !fits {
            (self.row, self.segments, self.inputs_at, self.targets_at) = (next, 0, 0, 0);
        }
        let place = (self.row, self.segments + 1, self.inputs_at, self.targets_at);
        self.segments += 1;
        self.inputs_at += inputs;
        self.targets_at += targets;
        Some(place)
    }
}

/// A batch being filled.
#[derive(Debug)]
pub(crate) struct BatchBuilder {
    packing: Packing,
    batch: Batch,
}

impl BatchBuilder {
    pub(crate) fn new(shape: Shape) -> Self {
        Self {
            packing: Packing::new(shape),
            batch: Batch::empty(shape.rows, shape.inputs_length, shape.targets_length),
        }
    }

    /// Places an example, `false` where it belongs to the next batch.
    pub(crate) fn push(&mut self, example: &Prepared) -> bool {
        let lengths = (example.inputs.len(), example.targets.len());
        let Some((row, number, inputs_at, targets_at)) = self.packing.place(lengths.0, lengths.1)
        else {
            return false;
        };
        let segment = Segment {
            row,
            segment: number,
            ..example.segment.clone()
        };
        self.batch.write(
            segment,
            (inputs_at, &example.inputs),
            (targets_at, &example.targets),
        );
        true
    }

    /// The batch, its last rows empty where too few examples came.
    pub(crate) fn finish(self) -> Batch {
        self.batch
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn example(draw: u64, inputs: &[u32], targets: &[u32]) -> Prepared {
        let segment = Segment {
            row: 0,
            segment: 0,
            task: 0,
            draw,
            epoch: 0,
            example: draw,
            inputs_tokens: inputs.len(),
            targets_tokens: targets.len(),
            inputs_truncated: 0,
            targets_truncated: 0,
        };
        Prepared {
            segment,
            inputs: inputs.to_vec(),
            targets: targets.to_vec(),
        }
    }

    fn pack(shape: Shape, examples: &[Prepared]) -> Vec<Batch> {
        let mut batches = Vec::new();
        let mut builder = BatchBuilder::new(shape);
        for example in examples {
            if !builder.push(example) {
                let full = std::mem::replace(&mut builder, BatchBuilder::new(shape));
                batches.push(full.finish());
                assert!(builder.push(example));
            }
        }
        batches.push(builder.finish());
        batches
    }

    fn shape(rows: usize, inputs_length: usize, targets_length: usize, packing: bool) -> Shape {
        Shape {
            rows,
            inputs_length,
            targets_length,
            packing,
        }
    }

    #[test]
    fn two_examples_share_a_row() {
        // The example of seqio's `trim_and_pack_dataset`, worked by hand: lengths 10 and 10.
        let examples = [
            example(0, &[8, 7, 1], &[4, 1]),
            example(1, &[2, 3, 4, 1], &[5, 6, 1]),
        ];
        let batch = pack(shape(1, 10, 10, true), &examples).remove(0);
        assert_eq!(batch.encoder_input_tokens, [8, 7, 1, 2, 3, 4, 1, 0, 0, 0]);
        assert_eq!(batch.encoder_segment_ids, [1, 1, 1, 2, 2, 2, 2, 0, 0, 0]);
        assert_eq!(batch.decoder_target_tokens, [4, 1, 5, 6, 1, 0, 0, 0, 0, 0]);
        assert_eq!(batch.decoder_input_tokens, [0, 4, 0, 5, 6, 0, 0, 0, 0, 0]);
        assert_eq!(batch.decoder_segment_ids, [1, 1, 2, 2, 2, 0, 0, 0, 0, 0]);
        assert_eq!(
            batch.decoder_loss_weights,
            [1., 1., 1., 1., 1., 0., 0., 0., 0., 0.]
        );
    }

    #[test]
    fn rows_hold_one_example_without_packing() {
        let examples = [
            example(0, &[7, 8, 5, 1], &[3, 9, 1]),
            example(1, &[8, 1], &[4, 1]),
        ];
        let batch = pack(shape(2, 5, 4, false), &examples).remove(0);
        assert_eq!(batch.encoder_input_tokens, [7, 8, 5, 1, 0, 8, 1, 0, 0, 0]);
        assert_eq!(batch.encoder_segment_ids, [1, 1, 1, 1, 0, 1, 1, 0, 0, 0]);
        assert_eq!(batch.decoder_target_tokens, [3, 9, 1, 0, 4, 1, 0, 0]);
        assert_eq!(batch.decoder_input_tokens, [0, 3, 9, 0, 0, 4, 0, 0]);
        assert_eq!(batch.decoder_loss_weights, [1., 1., 1., 0., 1., 1., 0., 0.]);
        let rows: Vec<_> = batch.segments.iter().map(|s| (s.row, s.segment)).collect();
        assert_eq!(rows, [(0, 1), (1, 1)]);
    }

    #[test]
    fn an_example_that_does_not_fit_on_one_side_opens_a_row() {
        // Inputs would fit (2 + 2 of 4), targets do not (2 + 2 of 3); the last opens a batch.
        let examples = [
            example(0, &[7, 1], &[5, 1]),
            example(1, &[8, 1], &[6, 1]),
            example(2, &[9, 1], &[1]),
            example(3, &[2, 3, 1], &[4, 1]),
        ];
        let batches = pack(shape(2, 4, 3, true), &examples);
        assert_eq!(batches.len(), 2);
        assert_eq!(batches[0].encoder_input_tokens, [7, 1, 0, 0, 8, 1, 9, 1]);
        assert_eq!(batches[0].decoder_target_tokens, [5, 1, 0, 6, 1, 1]);
        assert_eq!(batches[0].decoder_input_tokens, [0, 5, 0, 0, 6, 0]);
        assert_eq!(batches[0].decoder_segment_ids, [1, 1, 0, 1, 1, 2]);
        assert_eq!(batches[1].encoder_input_tokens, [2, 3, 1, 0, 0, 0, 0, 0]);
    }

    #[test]
    fn empty_inputs_keep_their_number() {
        // seqio counts segments by positions equal to 0: the third example's inputs would be segment 2, its targets 3.
        let examples = [
            example(0, &[7, 1], &[5]),
            example(1, &[], &[6]),
            example(2, &[8], &[9]),
        ];
        let batch = pack(shape(1, 4, 4, true), &examples).remove(0);
        assert_eq!(batch.encoder_segment_ids, [1, 1, 3, 0]);
        assert_eq!(batch.decoder_segment_ids, [1, 2, 3, 0]);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(500) })]

        #[test]
        fn no_token_is_lost_or_crosses(
            lengths in prop::collection::vec((0_usize..=12, 1_usize..=9), 1..60),
            rows in 1_usize..5,
            packing in any::<bool>(),
        ) {
            let examples: Vec<Prepared> = lengths.iter().enumerate().map(|(draw, (inputs, targets))| {
                let token = 2 + draw as u32;
                example(draw as u64, &vec![token; *inputs], &vec![token; *targets])
            }).collect();
            let mut next = 0;
            for batch in pack(shape(rows, 12, 9, packing), &examples) {
                let mut before = (0, 0);
                let mut inputs_at = vec![0; rows];
                let mut targets_at = vec![0; rows];
                for segment in &batch.segments {
                    prop_assert_eq!(segment.draw, next);
                    let place = (segment.row, segment.segment);
                    prop_assert!(place.0 == before.0 && place.1 == before.1 + 1 || place.0 == before.0 + 1 && place.1 == 1);
                    before = place;
                    let from = &examples[next as usize];
                    let at = segment.row * 12 + inputs_at[segment.row];
                    let range = at..at + segment.inputs_tokens;
                    prop_assert_eq!(&batch.encoder_input_tokens[range.clone()], &from.inputs[..]);
                    prop_assert!(batch.encoder_segment_ids[range].iter().all(|id| *id == segment.segment));
                    let at = segment.row * 9 + targets_at[segment.row];
                    let range = at..at + segment.targets_tokens;
                    prop_assert_eq!(&batch.decoder_target_tokens[range.clone()], &from.targets[..]);
                    prop_assert_eq!(batch.decoder_input_tokens[at], 0);
                    prop_assert_eq!(&batch.decoder_input_tokens[at + 1..range.end], &from.targets[1..]);
                    prop_assert!(batch.decoder_segment_ids[range].iter().all(|id| *id == segment.segment));
                    inputs_at[segment.row] += segment.inputs_tokens;
                    targets_at[segment.row] += segment.targets_tokens;
                    next += 1;
                }
                let tokens: usize = batch.segments.iter().map(|segment| segment.targets_tokens).sum();
                prop_assert_eq!(batch.decoder_loss_weights.iter().sum::<f32>() as usize, tokens);
                prop_assert_eq!(batch.decoder_segment_ids.iter().filter(|id| **id > 0).count(), tokens);
            }
            prop_assert_eq!(next as usize, examples.len());
        }
    }
}
