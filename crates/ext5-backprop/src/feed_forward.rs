use crate::Rows;
use crate::norm::Norm;
use crate::pass::{Pass, Place, ROWS, site};
use ext5_architecture::{Activation, FeedForwardProjection};
use ext5_cpu::{
    for_each_part, gated_gelu_gradient, gated_relu_gradient, gated_silu_gradient, gelu_gradient,
    gelu_tanh, multiply, relu, relu_gradient, silu, silu_gradient,
};
use std::ops::Range;

/// A feed-forward layer, plain or gated, with the norm before it.
#[derive(Clone, Debug)]
pub(crate) struct FeedForward {
    pub(crate) norm: Norm,
    /// `[F, D]`, or `[2 * F, D]` where gated: gate first.
    pub(crate) wi: Range<usize>,
    /// `[D, F]`
    pub(crate) wo: Range<usize>,
    pub(crate) form: FeedForwardProjection,
    pub(crate) decoder: bool,
    pub(crate) layer: usize,
}

/// What the way back needs of the way forward.
pub(crate) struct Saved {
    x: Vec<f32>,
    wide: Vec<f32>,
}

impl Saved {
    pub(crate) fn discard(self, pass: &Pass<'_>) {
        pass.give([self.x, self.wide]);
    }
}

impl FeedForward {
    fn inner(&self) -> usize {
        self.wo.len() / self.norm.weight.len()
    }

    /// The stream after the layer, `[N, D]`.
    pub(crate) fn forward(&self, pass: &Pass<'_>, x: Vec<f32>, rows: &Rows) -> (Vec<f32>, Saved) {
        let width = self.norm.weight.len();
        let saved = self.widen(pass, x);
        let mut hidden = pass.pool.take(rows.ids.len() * self.inner());
        pass.profile
            .time("activation", || self.activate(&saved.wide, &mut hidden));
        let site = |place| site(self.decoder, self.layer, place);
        pass.drop_out(&mut hidden, self.inner(), site(Place::Hidden), &rows.keys);
        let drop = (site(Place::FeedForwardOutput), rows.keys.as_slice());
        let next = pass.add_projected(&saved.x, &hidden, &self.wo, drop, width);
        pass.pool.give(hidden);
        (next, saved)
    }

    /// The part of [`FeedForward::forward`] that the way back needs.
    pub(crate) fn widen(&self, pass: &Pass<'_>, x: Vec<f32>) -> Saved {
        let normed = self.norm.forward(pass, &x);
        let wide = pass.linear(&normed, self.norm.weight.len(), &self.wi);
        pass.pool.give(normed);
        Saved { x, wide }
    }

    fn activate(&self, wide: &[f32], hidden: &mut [f32]) {
        let inner = self.inner();
        let both = wide.len() / hidden.len().max(1) * inner;
        for_each_part([(hidden, ROWS * inner)], &|part, [hidden]| {
            let wide = &wide[part * ROWS * both..];
            for (wide, out) in wide.chunks_exact(both).zip(hidden.chunks_exact_mut(inner)) {
                out.copy_from_slice(&wide[..inner]);
                match self.form.activation() {
                    Activation::Relu => relu(out),
                    Activation::Silu => silu(out),
                    Activation::GeluTanh => gelu_tanh(out),
                }
                if self.form.is_gated() {
                    multiply(out, &wide[inner..]);
                }
            }
        });
    }

    /// Turns `dx`, the gradient of the stream after the layer, into that before it.
    pub(crate) fn backward(
        &self,
        pass: &Pass<'_>,
        saved: Saved,
        dx: &mut [f32],
        rows: &Rows,
        gradients: &mut [f32],
    ) {
        let (width, inner) = (self.norm.weight.len(), self.inner());
        let site = |place| site(self.decoder, self.layer, place);
        let dropped = pass.dropped(dx, width, site(Place::FeedForwardOutput), &rows.keys);
        let d_projected = dropped.as_deref().unwrap_or(dx);
        let Saved { x, mut wide } = saved;
        let mut hidden = pass.linear_gradient(d_projected, inner, &self.wo);
        pass.drop_out(&mut hidden, inner, site(Place::Hidden), &rows.keys);
        // From here `hidden` is the layer's own middle again, and `wide` its gradient.
        pass.profile.time("activation gradient", || {
            self.activation_gradient(&mut wide, &mut hidden);
        });
        pass.drop_out(&mut hidden, inner, site(Place::Hidden), &rows.keys);
        pass.weight_gradient(d_projected, &hidden, inner, &self.wo, gradients);
        pass.give(dropped);
        pass.pool.give(hidden);
        let normed = self.norm.forward(pass, &x);
        pass.weight_gradient(&wide, &normed, width, &self.wi, gradients);
        let d_normed = pass.linear_gradient(&wide, width, &self.wi);
        self.norm.backward(pass, &x, &d_normed, dx, gradients);
        pass.give([x, wide, normed, d_normed]);
    }

    fn activation_gradient(&self, wide: &mut [f32], hidden: &mut [f32]) {
        let inner = self.inner();
        let both = wide.len() / hidden.len().max(1) * inner;
        let gradient = match (self.form.activation(), self.form.is_gated()) {
            (Activation::Relu, false) => relu_gradient,
            (Activation::Relu, true) => gated_relu_gradient,
            (Activation::Silu, false) => silu_gradient,
            (Activation::Silu, true) => gated_silu_gradient,
            (Activation::GeluTanh, false) => gelu_gradient,
            (Activation::GeluTanh, true) => gated_gelu_gradient,
        };
        for_each_part([(wide, ROWS * both), (hidden, ROWS * inner)], &|_,
                                                                       [
            wide,
            hidden,
        ]| {
            for (wide, hidden) in wide
                .chunks_exact_mut(both)
                .zip(hidden.chunks_exact_mut(inner))
            {
                gradient(wide, hidden);
            }
        });
    }
}
