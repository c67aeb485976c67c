use crate::Result;
use ext5_architecture::{Activation, T5Config, Weights};
use ext5_cpu::{
    Heads, Panels, Precision, add, for_each_row, gelu_tanh, multiply, product, relu, rms_norm, silu,
};

/// Rows that go through a feed-forward layer at once: bounds the memory of its wide middle.
const CHUNK: usize = 1024;

/// Takes the weights of a model by their names, packed for products.
pub(crate) struct Loader<'a> {
    pub(crate) config: &'a T5Config,
    pub(crate) weights: &'a mut Weights,
    pub(crate) precision: Precision,
}

impl Loader<'_> {
    pub(crate) fn vector(&mut self, name: &str) -> Result<Vec<f32>> {
        Ok(self.weights.take(name, &[self.config.d_model])?)
    }

    /// Linear layers `[out, in]` beside each other, as one product.
    pub(crate) fn linear(&mut self, names: &[String], out: usize, inner: usize) -> Result<Panels> {
        let taken = |name: &String| Ok(self.weights.take(name, &[out, inner])?);
        let rows: Vec<Vec<f32>> = names.iter().map(taken).collect::<Result<_>>()?;
        Ok(Panels::of_transposed(&rows.concat(), inner, self.precision))
    }
}

/// Queries, keys, values and the way back, with the norm before them.
#[derive(Debug)]
pub(crate) struct SelfAttention {
    pub(crate) norm: Norm,
    pub(crate) qkv: Panels,
    pub(crate) o: Panels,
}

/// The decoder's attention to the encoder's output.
#[derive(Debug)]
pub(crate) struct CrossAttention {
    pub(crate) norm: Norm,
    pub(crate) q: Panels,
    pub(crate) kv: Panels,
    pub(crate) o: Panels,
}

/// A scale for each column of a row divided by its root mean square.
#[derive(Debug)]
pub(crate) struct Norm {
    weight: Vec<f32>,
    epsilon: f32,
}

#[derive(Debug)]
pub(crate) struct FeedForward {
    norm: Norm,
    wi: Panels,
    wo: Panels,
    activation: Activation,
    gated: bool,
}

fn layer(stack: &str, block: usize, index: usize, name: &str) -> String {
    format!("{stack}.block.{block}.layer.{index}.{name}.weight")
}

impl Norm {
    pub(crate) fn load(from: &mut Loader<'_>, name: &str) -> Result<Self> {
        Ok(Self {
            weight: from.vector(name)?,
            epsilon: from.config.layer_norm_epsilon as f32,
        })
    }

    /// `x`, `[N, D]`, normed.
    pub(crate) fn forward(&self, x: &[f32]) -> Vec<f32> {
        let width = self.weight.len();
        let mut out = vec![0.0; x.len()];
        let norm = |row: usize, out: &mut [f32]| {
            rms_norm(
                &x[row * width..(row + 1) * width],
                &self.weight,
                self.epsilon,
                out,
            );
        };
        if x.len() < 1 << 14 {
            out.chunks_exact_mut(width)
                .enumerate()
                .for_each(|(row, out)| norm(row, out));
        } else {
            for_each_row(&mut out, width, &norm);
        }
        out
    }
}

/// `x * weight`, `[N, n]`.
pub(crate) fn project(x: &[f32], weight: &Panels) -> Vec<f32> {
    let rows = x.len() / weight.k();
    let mut out = vec![0.0; rows * weight.n()];
    product(x, weight, &mut out);
    out
}

impl SelfAttention {
    pub(crate) fn load(from: &mut Loader<'_>, stack: &str, block: usize) -> Result<Self> {
        let (model, inner) = (from.config.d_model, from.config.d_attention());
        let name = |part: &str| layer(stack, block, 0, &format!("SelfAttention.{part}"));
        Ok(Self {
            norm: Norm::load(from, &layer(stack, block, 0, "layer_norm"))?,
            qkv: from.linear(&[name("q"), name("k"), name("v")], inner, model)?,
            o: from.linear(&[name("o")], model, inner)?,
        })
    }
}

impl CrossAttention {
    pub(crate) fn load(from: &mut Loader<'_>, block: usize) -> Result<Self> {
        let (model, inner) = (from.config.d_model, from.config.d_attention());
        let name = |part: &str| layer("decoder", block, 1, &format!("EncDecAttention.{part}"));
        Ok(Self {
            norm: Norm::load(from, &layer("decoder", block, 1, "layer_norm"))?,
            q: from.linear(&[name("q")], inner, model)?,
            kv: from.linear(&[name("k"), name("v")], inner, model)?,
            o: from.linear(&[name("o")], model, inner)?,
        })
    }
}

impl FeedForward {
    pub(crate) fn load(from: &mut Loader<'_>, stack: &str, block: usize) -> Result<Self> {
        let index = if stack == "decoder" { 2 } else { 1 };
        let (model, inner) = (from.config.d_model, from.config.d_ff);
        let name = |part: &str| layer(stack, block, index, &format!("DenseReluDense.{part}"));
        let form = from.config.feed_forward_proj;
        let wi = if form.is_gated() {
            from.linear(&[name("wi_0"), name("wi_1")], inner, model)?
        } else {
            from.linear(&[name("wi")], inner, model)?
        };
        Ok(Self {
            norm: Norm::load(from, &layer(stack, block, index, "layer_norm"))?,
            wi,
            wo: from.linear(&[name("wo")], model, inner)?,
            activation: form.activation(),
            gated: form.is_gated(),
        })
    }

    /// Adds the layer's output to `x`, `[N, D]`.
    pub(crate) fn forward(&self, x: &mut [f32]) {
        let width = self.wi.k();
        for x in x.chunks_mut(CHUNK * width) {
            let wide = project(&self.norm.forward(x), &self.wi); // [N, d_ff], or [N, 2 * d_ff] where gated
            let inner = self.wo.k();
            let both = self.wi.n();
            let mut hidden = vec![0.0; wide.len() / both * inner];
            let combine = |row: usize, out: &mut [f32]| {
                let wide = &wide[row * both..(row + 1) * both];
                out.copy_from_slice(&wide[..inner]);
                match self.activation {
                    Activation::Relu => relu(out),
                    Activation::Silu => silu(out),
                    Activation::GeluTanh => gelu_tanh(out),
                }
                if self.gated {
                    multiply(out, &wide[inner..]);
                }
            };
            if hidden.len() < 1 << 12 {
                hidden
                    .chunks_exact_mut(inner)
                    .enumerate()
                    .for_each(|(row, out)| combine(row, out));
            } else {
                for_each_row(&mut hidden, inner, &combine);
            }
            add(x, &project(&hidden, &self.wo));
        }
    }
}

/// The heads of every attention of this model.
pub(crate) fn heads(config: &T5Config) -> Heads {
    Heads {
        count: config.num_heads,
        width: config.d_kv,
    }
}
