use ext5_tokenizer::TokenId;

/// Which task, and which of its examples, one segment of a row holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Row of the batch.
    pub row: usize,
    /// Number of the segment in its row, from 1, as in the segment ids.
    pub segment: u32,
    /// Index into [`Batch::tasks`]' order (the mixture's tasks, sorted by name).
    pub task: usize,
    /// Position of this draw in the mixture's endless stream.
    pub draw: u64,
    /// Epoch of the task this example belongs to, from 0.
    pub epoch: u64,
    /// Index of the example in the task's cache.
    pub example: u64,
    /// Tokens of the inputs, end of sequence included.
    pub inputs_tokens: usize,
    /// Tokens of the targets, end of sequence included.
    pub targets_tokens: usize,
    /// Tokens cut off the inputs to fit.
    pub inputs_truncated: usize,
    /// Tokens cut off the targets to fit.
    pub targets_truncated: usize,
}

/// One host batch of an encoder-decoder, row-major; unused places are 0.
///
/// A packed row holds several examples; segment ids count from 1 in a row and keep their attention apart:
///
/// ```text
/// encoder_input_tokens    [7 8 1 | 9 1 | 0]      two examples, then padding
/// encoder_segment_ids     [1 1 1 | 2 2 | 0]
/// decoder_target_tokens   [5 1 | 6 6 1 | 0]
/// decoder_input_tokens    [0 5 | 0 6 6 | 0]      shifted right inside each segment
/// decoder_segment_ids     [1 1 | 2 2 2 | 0]
/// decoder_loss_weights    [1 1 | 1 1 1 | 0]
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Batch {
    /// Rows `B`.
    pub rows: usize,
    /// Length `S` of the encoder's rows.
    pub inputs_length: usize,
    /// Length `T` of the decoder's rows.
    pub targets_length: usize,
    /// `[B, S]`.
    pub encoder_input_tokens: Vec<TokenId>,
    /// `[B, S]`, 0 on padding.
    pub encoder_segment_ids: Vec<u32>,
    /// `[B, T]`, the targets shifted right, 0 at the start of each segment.
    pub decoder_input_tokens: Vec<TokenId>,
    /// `[B, T]`.
    pub decoder_target_tokens: Vec<TokenId>,
    /// `[B, T]`, 0 on padding.
    pub decoder_segment_ids: Vec<u32>,
    /// `[B, T]`, 0 on padding.
    pub decoder_loss_weights: Vec<f32>,
    /// What each row holds, in order of row and segment.
    pub segments: Vec<Segment>,
}
