use crate::Rows;
use crate::norm::Norm;
use crate::pass::{Pass, Place, site};
use ext5_cpu::{Attention, DistanceBias};
use std::ops::Range;

/// Self-attention with the norm before it.
#[derive(Clone, Debug)]
pub(crate) struct SelfAttention {
    pub(crate) norm: Norm,
    /// `[3 * H * K, D]`
    pub(crate) qkv: Range<usize>,
    /// `[D, H * K]`
    pub(crate) o: Range<usize>,
    pub(crate) decoder: bool,
    pub(crate) layer: usize,
}

/// What the way back needs of the way forward.
pub(crate) struct Saved {
    /// The stream before the layer, `[N, D]`.
    pub(crate) x: Vec<f32>,
    qkv: Vec<f32>,
    attended: Vec<f32>,
    log_sums: Vec<f32>,
}

impl Saved {
    /// Gives up all but the stream before the layer.
    pub(crate) fn into_x(self, pass: &Pass<'_>) -> Vec<f32> {
        pass.give([self.qkv, self.attended, self.log_sums]);
        self.x
    }
}

type Pair = (Range<usize>, Range<usize>);

impl SelfAttention {
    fn attention<'a>(
        &self,
        pass: &Pass<'_>,
        pairs: &'a [Pair],
        rows: &'a Rows,
        bias: &'a DistanceBias,
    ) -> Attention<'a> {
        let weights = site(self.decoder, self.layer, Place::SelfWeights);
        Attention {
            heads: pass.heads,
            pairs,
            bias: Some(bias),
            causal: self.decoder,
            dropout: pass
                .dropout
                .map(|dropout| (dropout, weights, rows.keys.as_slice())),
        }
    }

    /// The stream after the layer, `[N, D]`.
    pub(crate) fn forward(
        &self,
        pass: &Pass<'_>,
        x: Vec<f32>,
        rows: &Rows,
        bias: &DistanceBias,
    ) -> (Vec<f32>, Saved) {
        let width = self.norm.weight.len();
        let total = pass.heads.total();
        let normed = self.norm.forward(pass, &x);
        let qkv = pass.linear(&normed, width, &self.qkv);
        pass.pool.give(normed);
        let mut attended = pass.pool.take(rows.ids.len() * total);
        let mut log_sums = pass.pool.take(rows.ids.len() * pass.heads.count);
        let pairs = pairs(rows);
        let attention = self.attention(pass, &pairs, rows, bias);
        pass.profile.time("attention", || {
            attention.within(&qkv, &mut attended, &mut log_sums);
        });
        let drop = (
            site(self.decoder, self.layer, Place::SelfOutput),
            rows.keys.as_slice(),
        );
        let next = pass.add_projected(&x, &attended, &self.o, drop, width);
        let saved = Saved {
            x,
            qkv,
            attended,
            log_sums,
        };
        (next, saved)
    }

    /// Turns `dx`, the gradient of the stream after the layer, into that before it; adds to `d_bias`, `[H, 2 * reach - 1]`.
    pub(crate) fn backward(
        &self,
        pass: &Pass<'_>,
        saved: Saved,
        dx: &mut [f32],
        (rows, bias): (&Rows, &DistanceBias),
        (gradients, d_bias): (&mut [f32], &mut [f32]),
    ) {
        let (width, total) = (self.norm.weight.len(), pass.heads.total());
        let dropped = pass.dropped(
            dx,
            width,
            site(self.decoder, self.layer, Place::SelfOutput),
            &rows.keys,
        );
        let d_projected = dropped.as_deref().unwrap_or(dx);
        pass.weight_gradient(d_projected, &saved.attended, total, &self.o, gradients);
        let d_attended = pass.linear_gradient(d_projected, total, &self.o);
        let mut d_qkv = pass.pool.take(saved.qkv.len());
        let pairs = pairs(rows);
        let attention = self.attention(pass, &pairs, rows, bias);
        pass.profile.time("attention gradient", || {
            let done = (saved.attended.as_slice(), saved.log_sums.as_slice());
            attention.within_gradient(&saved.qkv, done, &d_attended, &mut d_qkv, d_bias);
        });
        pass.give(dropped);
        pass.give([d_attended, saved.qkv, saved.attended, saved.log_sums]);
        let normed = self.norm.forward(pass, &saved.x);
        pass.weight_gradient(&d_qkv, &normed, width, &self.qkv, gradients);
        let d_normed = pass.linear_gradient(&d_qkv, width, &self.qkv);
        self.norm.backward(pass, &saved.x, &d_normed, dx, gradients);
        pass.give([d_qkv, normed, d_normed, saved.x]);
    }
}

/// Each segment looks at itself.
fn pairs(rows: &Rows) -> Vec<Pair> {
    rows.spans
        .iter()
        .map(|span| (span.clone(), span.clone()))
        .collect()
}
