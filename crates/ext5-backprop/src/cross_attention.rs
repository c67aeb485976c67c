use crate::norm::Norm;
use crate::pass::{Pass, Place, site};
use crate::{Batch, Rows};
use ext5_cpu::{Attention, Matrix, Output, matmul};
use std::ops::Range;

/// The decoder's attention to the encoder's output, with the norm before it.
#[derive(Clone, Debug)]
pub(crate) struct CrossAttention {
    pub(crate) norm: Norm,
    /// `[H * K, D]`
    pub(crate) q: Range<usize>,
    /// `[2 * H * K, D]`
    pub(crate) kv: Range<usize>,
    /// `[D, H * K]`
    pub(crate) o: Range<usize>,
    pub(crate) layer: usize,
}

/// What the way back needs of the way forward.
pub(crate) struct Saved {
    x: Vec<f32>,
    q: Vec<f32>,
    kv: Vec<f32>,
    attended: Vec<f32>,
    log_sums: Vec<f32>,
}

impl Saved {
    pub(crate) fn discard(self, pass: &Pass<'_>) {
        pass.give([self.x, self.q, self.kv, self.attended, self.log_sums]);
    }
}

type Pair = (Range<usize>, Range<usize>);

impl CrossAttention {
    fn attention<'a>(&self, pass: &Pass<'_>, pairs: &'a [Pair], rows: &'a Rows) -> Attention<'a> {
        let weights = site(true, self.layer, Place::CrossWeights);
        Attention {
            heads: pass.heads,
            pairs,
            bias: None,
            causal: false,
            dropout: pass
                .dropout
                .map(|dropout| (dropout, weights, rows.keys.as_slice())),
        }
    }

    /// The stream after the layer, `[N, D]`, with `encoded` `[M, D]`.
    pub(crate) fn forward(
        &self,
        pass: &Pass<'_>,
        x: Vec<f32>,
        encoded: &[f32],
        batch: &Batch,
    ) -> (Vec<f32>, Saved) {
        let rows = &batch.targets;
        let width = self.norm.weight.len();
        let normed = self.norm.forward(pass, &x);
        let q = pass.linear(&normed, width, &self.q);
        pass.pool.give(normed);
        let kv = pass.linear(encoded, width, &self.kv);
        let mut attended = pass.pool.take(q.len());
        let mut log_sums = pass.pool.take(rows.ids.len() * pass.heads.count);
        let pairs = pairs(batch);
        let attention = self.attention(pass, &pairs, rows);
        pass.profile.time("attention", || {
            attention.across(&q, &kv, &mut attended, &mut log_sums);
        });
        let drop = (
            site(true, self.layer, Place::CrossOutput),
            rows.keys.as_slice(),
        );
        let next = pass.add_projected(&x, &attended, &self.o, drop, width);
        let saved = Saved {
            x,
            q,
            kv,
            attended,
            log_sums,
        };
        (next, saved)
    }

    /// Turns `dx`, the gradient of the stream after the layer, into that before it; adds to `d_encoded`, `[M, D]`.
    pub(crate) fn backward(
        &self,
        pass: &Pass<'_>,
        saved: Saved,
        dx: &mut [f32],
        (encoded, batch): (&[f32], &Batch),
        (gradients, d_encoded): (&mut [f32], &mut [f32]),
    ) {
        let (width, total) = (self.norm.weight.len(), pass.heads.total());
        let rows = &batch.targets;
        let dropped = pass.dropped(
            dx,
            width,
            site(true, self.layer, Place::CrossOutput),
            &rows.keys,
        );
        let d_projected = dropped.as_deref().unwrap_or(dx);
        pass.weight_gradient(d_projected, &saved.attended, total, &self.o, gradients);
        let d_attended = pass.linear_gradient(d_projected, total, &self.o);
        let (mut d_q, mut d_kv) = (
            pass.pool.take(saved.q.len()),
            pass.pool.take(saved.kv.len()),
        );
        let pairs = pairs(batch);
        let attention = self.attention(pass, &pairs, rows);
        pass.profile.time("attention gradient", || {
            let done = (saved.attended.as_slice(), saved.log_sums.as_slice());
            attention.across_gradient(
                (&saved.q, &saved.kv),
                done,
                &d_attended,
                (&mut d_q, &mut d_kv),
            );
        });
        pass.give(dropped);
        pass.give([
            d_attended,
            saved.q,
            saved.kv,
            saved.attended,
            saved.log_sums,
        ]);
        pass.weight_gradient(&d_kv, encoded, width, &self.kv, gradients);
        let weight = Matrix::new(pass.weight(&self.kv), width);
        let d = Matrix::new(&d_kv, 2 * total);
        pass.profile.time("linear gradient", || {
            matmul(d, weight, Output::Add, d_encoded);
        });
        let normed = self.norm.forward(pass, &saved.x);
        pass.weight_gradient(&d_q, &normed, width, &self.q, gradients);
        let d_normed = pass.linear_gradient(&d_q, width, &self.q);
        self.norm.backward(pass, &saved.x, &d_normed, dx, gradients);
        pass.give([d_q, d_kv, normed, d_normed, saved.x]);
    }
}

/// Each segment of the targets looks at its source.
fn pairs(batch: &Batch) -> Vec<Pair> {
    let both = batch.targets.spans.iter().zip(&batch.sources.spans);
    both.map(|(target, source)| (target.clone(), source.clone()))
        .collect()
}
