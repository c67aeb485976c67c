use crate::pass::Pass;
use ext5_cpu::{add, for_each_part, rms_norm, rms_norm_gradient};
use std::ops::Range;

/// Rows of a part.
const ROWS: usize = 64;

/// RMS norm with a scale for each column.
#[derive(Clone, Debug)]
pub(crate) struct Norm {
    pub(crate) weight: Range<usize>,
}

impl Norm {
    /// `x`, `[N, D]`, normed.
    pub(crate) fn forward(&self, pass: &Pass<'_>, x: &[f32]) -> Vec<f32> {
        let weight = pass.weight(&self.weight);
        let (width, epsilon) = (weight.len(), pass.epsilon);
        let mut out = pass.pool.take(x.len());
        pass.profile.time("norm", || {
            for_each_part([(&mut out, ROWS * width)], &|part, [out]| {
                let x = &x[part * ROWS * width..][..out.len()];
                for (x, out) in x.chunks_exact(width).zip(out.chunks_exact_mut(width)) {
                    rms_norm(x, weight, epsilon, out);
                }
            });
        });
        out
    }

    /// Adds the gradient of [`Norm::forward`] to `dx`, given `dy`, that of its output.
    pub(crate) fn backward(
        &self,
        pass: &Pass<'_>,
        x: &[f32],
        dy: &[f32],
        dx: &mut [f32],
        gradients: &mut [f32],
    ) {
        let weight = pass.weight(&self.weight);
        let (width, epsilon) = (weight.len(), pass.epsilon);
        let parts = x.len().div_ceil(ROWS * width);
        let mut sums = pass.pool.zeros(parts * width);
        pass.profile.time("norm gradient", || {
            for_each_part(
                [(dx, ROWS * width), (&mut sums, width)],
                &|part, [dx, sum]| {
                    let first = part * ROWS * width;
                    let (x, dy) = (&x[first..][..dx.len()], &dy[first..][..dx.len()]);
                    for ((x, dy), dx) in x
                        .chunks_exact(width)
                        .zip(dy.chunks_exact(width))
                        .zip(dx.chunks_exact_mut(width))
                    {
                        rms_norm_gradient(x, weight, epsilon, dy, dx, sum);
                    }
                },
            );
        });
        let gradient = &mut gradients[self.weight.clone()];
        for sum in sums.chunks_exact(width) {
            add(gradient, sum);
        }
        pass.pool.give(sums);
    }
}
