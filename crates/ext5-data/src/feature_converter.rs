use ext5_tokenizer::TokenId;

use crate::{Batch, Segment};

/// Cuts `tokens` to `length - 1` and appends the end of sequence (T5's `append_eos_after_trim`), so that it is always there.
/// Answers how many tokens were cut off.
pub(crate) fn trim_and_append_eos(tokens: &mut Vec<TokenId>, length: usize, eos: TokenId) -> usize {
    let room = length.saturating_sub(1);
    let truncated = tokens.len().saturating_sub(room);
    tokens.truncate(room);
    tokens.push(eos);
    truncated
}

impl Batch {
    /// An empty batch: all places are padding.
    pub(crate) fn empty(rows: usize, inputs_length: usize, targets_length: usize) -> Self {
        let (inputs, targets) = (rows * inputs_length, rows * targets_length);
        Self {
            rows,
            inputs_length,
            targets_length,
            encoder_input_tokens: vec![0; inputs],
            encoder_segment_ids: vec![0; inputs],
            decoder_input_tokens: vec![0; targets],
            decoder_target_tokens: vec![0; targets],
            decoder_segment_ids: vec![0; targets],
            decoder_loss_weights: vec![0.0; targets],
            segments: Vec::new(),
        }
    }

    /// Writes one example into its row, its inputs from place `inputs_at` and its targets from `targets_at`.
    ///
    /// The decoder's inputs are the targets shifted right, beginning with 0 and not with the end of the example before. Segments
    /// carry their number from the packing: seqio counts it from the positions, and loses count at empty inputs.
    ///
    /// The caller has checked that both fit.
    pub(crate) fn write(
        &mut self,
        segment: Segment,
        (inputs_at, inputs): (usize, &[TokenId]),
        (targets_at, targets): (usize, &[TokenId]),
    ) {
        let number = segment.segment;
        let start = segment.row * self.inputs_length + inputs_at;
        let end = start + inputs.len();
        self.encoder_input_tokens[start..end].copy_from_slice(inputs);
        self.encoder_segment_ids[start..end].fill(number);

        let start = segment.row * self.targets_length + targets_at;
        let end = start + targets.len();
        self.decoder_target_tokens[start..end].copy_from_slice(targets);
        if let Some((_, shifted)) = targets.split_last() {
            self.decoder_input_tokens[start + 1..end].copy_from_slice(shifted);
        }
        self.decoder_segment_ids[start..end].fill(number);
        self.decoder_loss_weights[start..end].fill(1.0);
        self.segments.push(segment);
    }
}

#[cfg(test)]
mod tests {
    use super::trim_and_append_eos;

    #[test]
    fn the_end_of_sequence_survives_trimming() {
        let trim = |tokens: &[u32], length| {
            let mut tokens = tokens.to_vec();
            let truncated = trim_and_append_eos(&mut tokens, length, 1);
            (tokens, truncated)
        };
        assert_eq!(trim(&[7, 8, 9], 4), (vec![7, 8, 9, 1], 0));
        assert_eq!(trim(&[7, 8, 9], 3), (vec![7, 8, 1], 1));
        assert_eq!(trim(&[7, 8, 9], 1), (vec![1], 3));
        assert_eq!(trim(&[], 4), (vec![1], 0));
    }
}
