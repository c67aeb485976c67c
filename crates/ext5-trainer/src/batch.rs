//! Where host batches become tensors.
use burn::tensor::{Device, Int, Tensor, TensorData};
use ext5_data::Batch;
use ext5_model::Seq2SeqInput;
use std::ops::Range;

/// Lengths are rounded up to a multiple of this, so that few shapes occur.
const LENGTH_STEP: usize = 16;

/// Some rows of a host batch on a device, cut to the longest of them.
pub(crate) struct DeviceBatch {
    pub(crate) input: Seq2SeqInput,
    /// `[B, T]`
    pub(crate) targets: Tensor<2, Int>,
    /// `[B, T]`
    pub(crate) weights: Tensor<2>,
    /// `T` after the cut.
    pub(crate) targets_length: usize,
}

pub(crate) fn to_device(batch: &Batch, rows: Range<usize>, device: &Device) -> DeviceBatch {
    let encoder = Cut::new(
        &batch.encoder_segment_ids,
        batch.inputs_length,
        rows.clone(),
    );
    let decoder = Cut::new(&batch.decoder_segment_ids, batch.targets_length, rows);
    let weights = decoder
        .values(&batch.decoder_loss_weights)
        .collect::<Vec<f32>>();
    DeviceBatch {
        input: Seq2SeqInput {
            encoder_tokens: encoder.ints(&batch.encoder_input_tokens, device),
            encoder_segments: encoder.ints(&batch.encoder_segment_ids, device),
            decoder_tokens: decoder.ints(&batch.decoder_input_tokens, device),
            decoder_segments: decoder.ints(&batch.decoder_segment_ids, device),
        },
        targets: decoder.ints(&batch.decoder_target_tokens, device),
        weights: Tensor::from_data(TensorData::new(weights, decoder.shape()), device),
        targets_length: decoder.cut,
    }
}

/// Rows of a row-major array, each cut to the same length.
struct Cut {
    rows: Range<usize>,
    length: usize,
    cut: usize,
}

impl Cut {
    fn new(segments: &[u32], length: usize, rows: Range<usize>) -> Self {
        let row = |row: usize| &segments[row * length..(row + 1) * length];
        let used = |ids: &[u32]| {
            ids.iter()
                .rposition(|&id| id != 0)
                .map_or(0, |last| last + 1)
        };
        let longest = rows
            .clone()
            .map(|index| used(row(index)))
            .max()
            .unwrap_or(0);
        let cut = longest.max(1).next_multiple_of(LENGTH_STEP).min(length);
        Self { rows, length, cut }
    }

    fn shape(&self) -> [usize; 2] {
        [self.rows.len(), self.cut]
    }

    fn values<'a, T: Copy>(&'a self, values: &'a [T]) -> impl Iterator<Item = T> + 'a {
        self.rows.clone().flat_map(move |row| {
            values[row * self.length..row * self.length + self.cut]
                .iter()
                .copied()
        })
    }

    fn ints(&self, values: &[u32], device: &Device) -> Tensor<2, Int> {
        let values: Vec<i64> = self.values(values).map(i64::from).collect();
        Tensor::from_data(TensorData::new(values, self.shape()), device)
    }
}

/// Sum of the losses of each segment of `rows`, in the order of `batch.segments`; `per_token` is `[rows, length]`.
pub(crate) fn losses_by_segment(
    batch: &Batch,
    rows: Range<usize>,
    per_token: &[f32],
    length: usize,
) -> Vec<f64> {
    let inside = batch
        .segments
        .iter()
        .filter(|segment| rows.contains(&segment.row));
    inside
        .map(|segment| {
            let first = segment.row * batch.targets_length;
            let ids = &batch.decoder_segment_ids[first..first + length];
            let losses = &per_token[(segment.row - rows.start) * length..][..length];
            let own = ids
                .iter()
                .zip(losses)
                .filter(|(id, _)| **id == segment.segment);
            own.map(|(_, loss)| f64::from(*loss)).sum()
        })
        .collect()
}
