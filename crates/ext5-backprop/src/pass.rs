use crate::Profile;
use crate::pool::Pool;
use ext5_cpu::{Dropout, Heads, Matrix, Output, add, for_each_part, matmul};
use std::ops::Range;

/// Rows of a part of work that goes row by row.
pub(crate) const ROWS: usize = 64;

/// What every layer needs on its way forward and back.
#[derive(Clone, Copy)]
pub(crate) struct Pass<'a> {
    pub(crate) parameters: &'a [f32],
    pub(crate) heads: Heads,
    pub(crate) epsilon: f32,
    pub(crate) dropout: Option<Dropout>,
    pub(crate) pool: &'a Pool,
    pub(crate) profile: &'a Profile,
}

/// Places of dropout in a stack; heads are counted from a place of attention on.
#[derive(Clone, Copy)]
pub(crate) enum Place {
    Embedding,
    Output,
    SelfWeights,
    SelfOutput,
    CrossWeights,
    CrossOutput,
    Hidden,
    FeedForwardOutput,
}

/// Number of a place in the model, unlike all others'.
pub(crate) fn site(decoder: bool, layer: usize, place: Place) -> u32 {
    u32::from(decoder) << 31 | (layer as u32 + 1) << 16 | (place as u32) << 12
}

impl<'a> Pass<'a> {
    /// The numbers of a parameter.
    pub(crate) fn weight(&self, range: &Range<usize>) -> &'a [f32] {
        &self.parameters[range.clone()]
    }

    /// `x * weight^T`, `[N, out]`, of `x` `[N, in]` and a layer `[out, in]`.
    pub(crate) fn linear(&self, x: &[f32], inner: usize, weight: &Range<usize>) -> Vec<f32> {
        let weight = Matrix::new(self.weight(weight), inner);
        let x = Matrix::new(x, inner);
        let mut out = self.pool.take(x.rows() * weight.rows());
        self.profile.time("linear", || {
            matmul(x, weight.t(), Output::Replace, &mut out);
        });
        out
    }

    /// Gradient of [`Pass::linear`] for `x`, given `dy`, that of its output.
    pub(crate) fn linear_gradient(
        &self,
        dy: &[f32],
        inner: usize,
        weight: &Range<usize>,
    ) -> Vec<f32> {
        let weight = Matrix::new(self.weight(weight), inner);
        let dy = Matrix::new(dy, weight.rows());
        let mut dx = self.pool.take(dy.rows() * inner);
        self.profile.time("linear gradient", || {
            matmul(dy, weight, Output::Replace, &mut dx);
        });
        dx
    }

    /// Adds the gradient of [`Pass::linear`] for its weight.
    pub(crate) fn weight_gradient(
        &self,
        dy: &[f32],
        x: &[f32],
        inner: usize,
        weight: &Range<usize>,
        gradients: &mut [f32],
    ) {
        let gradient = &mut gradients[weight.clone()];
        let (dy, x) = (
            Matrix::new(dy, gradient.len() / inner),
            Matrix::new(x, inner),
        );
        self.profile.time("weight gradient", || {
            matmul(dy.t(), x, Output::Add, gradient);
        });
    }

    /// `x + dropout(hidden * weight^T)`: the way back into the stream of a layer.
    pub(crate) fn add_projected(
        &self,
        x: &[f32],
        hidden: &[f32],
        weight: &Range<usize>,
        (site, keys): (u32, &[u64]),
        width: usize,
    ) -> Vec<f32> {
        let inner = (weight.len()) / width;
        if self.dropout.is_some() {
            let mut out = self.linear(hidden, inner, weight);
            self.drop_out(&mut out, width, site, keys);
            self.profile.time("add", || {
                for_each_part([(&mut out, ROWS * width)], &|part, [out]| {
                    add(out, &x[part * ROWS * width..][..out.len()]);
                });
            });
            return out;
        }
        let mut out = self.profile.time("add", || self.pool.copy(x));
        let weight = Matrix::new(self.weight(weight), inner);
        let hidden = Matrix::new(hidden, inner);
        self.profile.time("linear", || {
            matmul(hidden, weight.t(), Output::Add, &mut out);
        });
        out
    }

    /// Dropout of each row of `values`, by the row's key.
    pub(crate) fn drop_out(&self, values: &mut [f32], width: usize, site: u32, keys: &[u64]) {
        let Some(dropout) = self.dropout else { return };
        self.profile.time("dropout", || {
            for_each_part([(values, ROWS * width)], &|part, [values]| {
                let keys = &keys[part * ROWS..];
                for (row, &key) in values.chunks_exact_mut(width).zip(keys) {
                    dropout.apply(key, site, row);
                }
            });
        });
    }

    /// What reaches the projection of a layer of the gradient `dx` of the stream after it: `None` for all of it.
    pub(crate) fn dropped(
        &self,
        dx: &[f32],
        width: usize,
        site: u32,
        keys: &[u64],
    ) -> Option<Vec<f32>> {
        self.dropout.map(|_| {
            let mut copy = self.pool.copy(dx);
            self.drop_out(&mut copy, width, site, keys);
            copy
        })
    }

    pub(crate) fn give(&self, buffers: impl IntoIterator<Item = Vec<f32>>) {
        buffers
            .into_iter()
            .for_each(|buffer| self.pool.give(buffer));
    }
}
