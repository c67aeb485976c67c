use ext5_data::{Batch, Segment};
use ext5_objectives::Stream;

/// Tag of the stream of tokens.
const TOKENS: u64 = 0x746F_6B65;

/// Rows, and tokens of each.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape {
    pub(super) rows: usize,
    pub(super) inputs: usize,
    pub(super) targets: usize,
}

/// Batch `number` of full rows, one example each, of ids that are neither padding, end nor sentinels.
pub(super) fn random_batch(shape: Shape, vocabulary: usize, number: u64) -> Batch {
    let most = vocabulary.saturating_sub(130).max(1) as u64;
    let mut stream = Stream::new(&[TOKENS, number]);
    let mut ids =
        |count: usize| -> Vec<u32> { (0..count).map(|_| 2 + stream.below(most) as u32).collect() };
    let Shape {
        rows,
        inputs,
        targets,
    } = shape;
    let (encoder, decoder) = (ids(rows * inputs), ids(rows * targets));
    let mut shifted = decoder.clone();
    for row in shifted.chunks_mut(targets.max(1)) {
        row.rotate_right(1);
        if let Some(first) = row.first_mut() {
            *first = 0;
        }
    }
    Batch {
        rows,
        inputs_length: inputs,
        targets_length: targets,
        encoder_input_tokens: encoder,
        encoder_segment_ids: vec![1; rows * inputs],
        decoder_input_tokens: shifted,
        decoder_target_tokens: decoder,
        decoder_segment_ids: vec![1; rows * targets],
        decoder_loss_weights: vec![1.0; rows * targets],
        segments: (0..rows)
            .map(|row| Segment {
                row,
                segment: 1,
                task: 0,
                draw: row as u64,
                epoch: 0,
                example: row as u64,
                inputs_tokens: inputs,
                targets_tokens: targets,
                inputs_truncated: 0,
                targets_truncated: 0,
            })
            .collect(),
    }
}
