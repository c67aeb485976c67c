//! Every byte of batches, as hashes.
use std::ops::Range;

use blake3::{Hash, Hasher};
use ext5_data::{Batch, Loader};

use crate::row::Failure;

/// The hash of every byte of a batch, padding and provenance included.
pub(super) fn batch(batch: &Batch) -> Hash {
    let mut hasher = Hasher::new();
    numbers(
        &mut hasher,
        [batch.rows, batch.inputs_length, batch.targets_length],
    );
    rows(&mut hasher, batch, 0..batch.rows);
    hasher.finalize()
}

/// The hash of one row of a batch that holds an example a row: of the example, wherever the batch begins.
pub(super) fn example(batch: &Batch, row: usize) -> u64 {
    let mut hasher = Hasher::new();
    tokens(&mut hasher, batch, row..row + 1);
    if let Some(it) = batch.segments.get(row) {
        hasher.update(&it.draw.to_le_bytes());
        hasher.update(&it.epoch.to_le_bytes());
        hasher.update(&it.example.to_le_bytes());
        numbers(&mut hasher, [it.task]);
    }
    let mut first = [0; 8];
    hasher.finalize_xof().fill(&mut first);
    u64::from_le_bytes(first)
}

/// The hashes of the next batches.
pub(super) fn next(loader: &mut Loader, count: usize) -> Result<Vec<Hash>, Failure> {
    let mut hashes = Vec::with_capacity(count);
    for _ in 0..count {
        hashes.push(batch(&loader.next()?.0));
    }
    Ok(hashes)
}

/// Some rows of a batch, with their segments.
fn rows(hasher: &mut Hasher, batch: &Batch, rows: Range<usize>) {
    tokens(hasher, batch, rows.clone());
    for it in &batch.segments {
        if rows.contains(&it.row) {
            numbers(hasher, [it.row, it.segment as usize, it.task]);
            numbers(hasher, [it.inputs_tokens, it.targets_tokens]);
            numbers(hasher, [it.inputs_truncated, it.targets_truncated]);
            for number in [it.draw, it.epoch, it.example] {
                hasher.update(&number.to_le_bytes());
            }
        }
    }
}

fn tokens(hasher: &mut Hasher, batch: &Batch, rows: Range<usize>) {
    let (inputs, targets) = (batch.inputs_length, batch.targets_length);
    for (values, length) in [
        (&batch.encoder_input_tokens, inputs),
        (&batch.encoder_segment_ids, inputs),
        (&batch.decoder_input_tokens, targets),
        (&batch.decoder_target_tokens, targets),
        (&batch.decoder_segment_ids, targets),
    ] {
        for value in values
            .get(rows.start * length..rows.end * length)
            .unwrap_or_default()
        {
            hasher.update(&value.to_le_bytes());
        }
    }
    let weights = batch
        .decoder_loss_weights
        .get(rows.start * targets..rows.end * targets);
    for weight in weights.unwrap_or_default() {
        hasher.update(&weight.to_le_bytes());
    }
}

fn numbers<const N: usize>(hasher: &mut Hasher, numbers: [usize; N]) {
    for number in numbers {
        hasher.update(&(number as u64).to_le_bytes());
    }
}
