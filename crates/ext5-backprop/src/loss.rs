use crate::pass::Pass;
use ext5_cpu::{Matrix, Output, cross_entropy_gradient, for_each_part, log_sum_exp, matmul};
use std::ops::Range;

/// Logits that are held at once, in numbers.
const LOGITS: usize = 1 << 23;

/// Labels, what each counts, and what becomes of their losses.
pub(crate) struct Labels<'a> {
    pub(crate) ids: &'a [u32],
    pub(crate) weights: &'a [f32],
    /// Coefficient of the z-loss.
    pub(crate) z_loss: f32,
    /// What gradients are divided by.
    pub(crate) divisor: f32,
}

/// Sums over tokens.
pub(crate) struct Sums {
    /// Weighted negative log-likelihoods, `[N]`.
    pub(crate) per_token: Vec<f32>,
    /// Sum of the weighted squares of log Z.
    pub(crate) log_z_squared: f64,
}

/// Loss of the decoder's output `hidden`, `[N, D]`, under the output layer `[V, D]`, a chunk of tokens at a time so that all
/// logits never exist together. With `gradients`, adds the layer's to them and answers that of `hidden` too.
pub(crate) fn cross_entropy(
    pass: &Pass<'_>,
    hidden: &[f32],
    head: &Range<usize>,
    labels: &Labels<'_>,
    mut gradients: Option<&mut [f32]>,
) -> (Sums, Option<Vec<f32>>) {
    let tokens = labels.ids.len();
    let width = hidden.len().checked_div(tokens).unwrap_or(0);
    let vocabulary = head.len().checked_div(width).unwrap_or(0);
    let chunk = (LOGITS / vocabulary.max(1)).clamp(1, tokens.max(1));
    let mut logits = pass.pool.take(chunk * vocabulary);
    let mut d_hidden = gradients.is_some().then(|| pass.pool.take(hidden.len()));
    let mut sums = Sums {
        per_token: Vec::with_capacity(tokens),
        log_z_squared: 0.0,
    };
    for first in (0..tokens).step_by(chunk) {
        let range = first..(first + chunk).min(tokens);
        let hidden = &hidden[range.start * width..range.end * width];
        let logits = &mut logits[..range.len() * vocabulary];
        let weight = Matrix::new(pass.weight(head), width);
        let states = Matrix::new(hidden, width);
        pass.profile.time("logits", || {
            matmul(states, weight.t(), Output::Replace, logits);
        });
        let mut found = vec![0.0; 2 * range.len()];
        pass.profile.time("cross-entropy", || {
            rows(
                logits,
                vocabulary,
                labels,
                range.clone(),
                gradients.is_some(),
                &mut found,
            );
        });
        for (both, &weight) in found
            .as_chunks::<2>()
            .0
            .iter()
            .zip(&labels.weights[range.clone()])
        {
            sums.per_token.push(both[0] * weight);
            sums.log_z_squared += f64::from(both[1]) * f64::from(both[1]) * f64::from(weight);
        }
        if let (Some(gradients), Some(d_hidden)) = (&mut gradients, &mut d_hidden) {
            let d_logits = Matrix::new(logits, vocabulary);
            let d_hidden = &mut d_hidden[range.start * width..range.end * width];
            pass.profile.time("logits gradient", || {
                matmul(d_logits, weight, Output::Replace, d_hidden);
                matmul(
                    d_logits.t(),
                    states,
                    Output::Add,
                    &mut gradients[head.clone()],
                );
            });
        }
    }
    pass.pool.give(logits);
    (sums, d_hidden)
}

/// Negative log-likelihood and log Z of each row, into `found`; the row becomes its gradient where `wanted`.
fn rows(
    logits: &mut [f32],
    vocabulary: usize,
    labels: &Labels<'_>,
    range: Range<usize>,
    wanted: bool,
    found: &mut [f32],
) {
    for_each_part(
        [(logits, vocabulary), (found, 2)],
        &|row, [logits, found]| {
            let token = range.start + row;
            let label = labels.ids[token] as usize;
            let (loss, log_z) = if wanted {
                let scale = labels.weights[token] / labels.divisor;
                cross_entropy_gradient(logits, label, scale, labels.z_loss)
            } else {
                let log_z = log_sum_exp(logits);
                (log_z - logits[label], log_z)
            };
            found.copy_from_slice(&[loss, log_z]);
        },
    );
}
