use super::{CHUNK, for_each_chunk};
use crate::isa::{for_each_isa, multiply_add};
use crate::team::Shared;

/// The constants of one `AdamW` update.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AdamWStep {
    /// The gradient is multiplied by it first.
    pub scale: f32,
    /// Decay of the first moment.
    pub beta_1: f32,
    /// Decay of the second moment.
    pub beta_2: f32,
    /// Added to the root of the corrected second moment.
    pub epsilon: f32,
    /// The value is multiplied by it: 1 less rate times weight decay.
    pub keep: f32,
    /// Learning rate over the bias of the first moment, `1 - beta_1^t`.
    pub rate: f32,
    /// 1 over the bias of the second moment, `1 - beta_2^t`.
    pub correction: f32,
}

/// One update of `values` and of both moments by `gradients` (arXiv 1711.05101), in one pass; all of equal lengths, the
/// shortest counts.
pub fn adamw(
    values: &mut [f32],
    gradients: &[f32],
    moment_1: &mut [f32],
    moment_2: &mut [f32],
    step: &AdamWStep,
) {
    let lengths = [
        values.len(),
        gradients.len(),
        moment_1.len(),
        moment_2.len(),
    ];
    let len = lengths.into_iter().min().unwrap_or(0);
    let (values, moment_1) = (Shared::new(values), Shared::new(moment_1));
    let moment_2 = Shared::new(moment_2);
    for_each_chunk(len, CHUNK, &|range| {
        // SAFETY: each task has its own range of all three.
        let (values, moment_1, moment_2) = unsafe {
            (
                values.range(range.clone()),
                moment_1.range(range.clone()),
                moment_2.range(range.clone()),
            )
        };
        chunk(values, &gradients[range], moment_1, moment_2, step);
    });
}

for_each_isa! {
    fn chunk(
        values: &mut [f32],
        gradients: &[f32],
        moment_1: &mut [f32],
        moment_2: &mut [f32],
        step: &AdamWStep,
    ) => chunk_body
}

#[inline(always)]
fn chunk_body<const FMA: bool>(
    values: &mut [f32],
    gradients: &[f32],
    moment_1: &mut [f32],
    moment_2: &mut [f32],
    step: &AdamWStep,
) {
    let step = *step;
    let (fresh_1, fresh_2) = (1.0 - step.beta_1, 1.0 - step.beta_2);
    let moments = moment_1.iter_mut().zip(moment_2);
    for ((value, &gradient), (first, second)) in values.iter_mut().zip(gradients).zip(moments) {
        let gradient = gradient * step.scale;
        *first = multiply_add::<FMA>(step.beta_1, *first, gradient * fresh_1);
        *second = multiply_add::<FMA>(step.beta_2, *second, gradient * gradient * fresh_2);
        let root = (*second * step.correction).sqrt() + step.epsilon;
        *value = multiply_add::<FMA>(step.keep, *value, -(step.rate * *first / root));
    }
}
