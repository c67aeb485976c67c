//! The numbers of a tensor among those of its storage.
use super::pickle::Tensor;

/// Bytes that a tensor has row by row, where it lies in its storage.
///
/// # Errors
/// Why it does not, in words.
pub(super) fn size(tensor: &Tensor<'_>, storage: &[u8]) -> Result<usize, String> {
    let width = tensor.storage.dtype.bitsize() / 8;
    let declared = tensor.storage.count.checked_mul(width);
    if declared != Some(storage.len()) {
        return Err(format!(
            "its storage has {} bytes, declared are {} numbers of {width}",
            storage.len(),
            tensor.storage.count
        ));
    }
    let far = || {
        format!(
            "shape {:?} with strides {:?} leaves its storage",
            tensor.shape, tensor.strides
        )
    };
    let numbers = tensor
        .shape
        .iter()
        .try_fold(1_usize, |all, side| all.checked_mul(*side));
    let numbers = numbers.ok_or_else(far)?;
    if numbers == 0 {
        return Ok(0);
    }
    let mut last = tensor.offset;
    for (side, stride) in tensor.shape.iter().zip(&tensor.strides) {
        let reach = (side - 1).checked_mul(*stride);
        last = reach
            .and_then(|reach| last.checked_add(reach))
            .ok_or_else(far)?;
    }
    // Numbers that are counted several times would make much of little.
    if last >= tensor.storage.count || numbers > tensor.storage.count {
        return Err(far());
    }
    Ok(numbers * width)
}

/// The bytes of a tensor whose [`size`] is known, row by row.
pub(super) fn rows(tensor: &Tensor<'_>, storage: &[u8]) -> Vec<u8> {
    let width = tensor.storage.dtype.bitsize() / 8;
    let numbers: usize = tensor.shape.iter().product();
    let mut out = Vec::with_capacity(numbers * width);
    let mut index = vec![0; tensor.shape.len()];
    for _ in 0..numbers {
        let steps = index
            .iter()
            .zip(&tensor.strides)
            .map(|(at, stride)| at * stride);
        let place = (tensor.offset + steps.sum::<usize>()) * width;
        out.extend(storage.get(place..place + width).unwrap_or_default());
        for (at, side) in index.iter_mut().zip(&tensor.shape).rev() {
            *at += 1;
            if *at < *side {
                break;
            }
            *at = 0;
        }
    }
    out
}
