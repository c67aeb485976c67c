use crate::attention::{self, SelfAttention};
use crate::cross_attention::{self, CrossAttention};
use crate::feed_forward::{self, FeedForward};
use crate::norm::Norm;
use crate::pass::{Pass, Place, site};
use crate::{Batch, Parameters, Rows};
use ext5_architecture::{T5Config, relative_position_bucket};
use ext5_cpu::DistanceBias;
use std::ops::Range;

/// The layers of the encoder or the decoder: where their parameters lie.
#[derive(Clone, Debug)]
pub(crate) struct Stack {
    blocks: Vec<Block>,
    norm: Norm,
    /// Relative position biases `[num_buckets, H]`.
    table: Range<usize>,
    decoder: bool,
    buckets: usize,
    max_distance: usize,
}

#[derive(Clone, Debug)]
struct Block {
    own: SelfAttention,
    cross: Option<CrossAttention>,
    feed_forward: FeedForward,
}

/// What a block leaves for the way back: everything, or only what it was given, from which the rest is made again.
enum Kept {
    All(Box<SavedBlock>),
    Input(Vec<f32>),
}

struct SavedBlock {
    own: attention::Saved,
    cross: Option<cross_attention::Saved>,
    feed_forward: feed_forward::Saved,
}

/// What a stack leaves for the way back.
pub(crate) struct Saved {
    blocks: Vec<Kept>,
    /// The stream after the last block.
    x: Vec<f32>,
    bias: DistanceBias,
}

/// What a stack reads: its own rows and, in the decoder, the encoder's output.
#[derive(Clone, Copy)]
pub(crate) struct Inputs<'a> {
    pub(crate) batch: &'a Batch,
    pub(crate) encoded: Option<&'a [f32]>,
}

impl Inputs<'_> {
    fn rows(&self) -> &Rows {
        if self.encoded.is_some() {
            &self.batch.targets
        } else {
            &self.batch.sources
        }
    }
}

/// Finds parameters by their names; every one of a checked shape is there.
struct Places<'a> {
    parameters: &'a Parameters,
    stack: &'a str,
}

impl Places<'_> {
    fn one(&self, name: &str) -> Range<usize> {
        let name = format!("{}.{name}.weight", self.stack);
        self.parameters
            .slot(&name)
            .map_or(0..0, |slot| slot.range.clone())
    }

    /// From the first of parameters that lie beside each other to the last.
    fn all(&self, first: &str, last: &str) -> Range<usize> {
        self.one(first).start..self.one(last).end
    }
}

impl Stack {
    pub(crate) fn new(config: &T5Config, parameters: &Parameters, decoder: bool) -> Self {
        let stack = if decoder { "decoder" } else { "encoder" };
        let places = Places { parameters, stack };
        let layers = if decoder {
            config.decoder_layers()
        } else {
            config.num_layers
        };
        let norm = |name: String| Norm {
            weight: places.one(&name),
        };
        let block = |layer: usize| {
            let at = |index: usize, part: &str| format!("block.{layer}.layer.{index}.{part}");
            let own = |part: &str| at(0, &format!("SelfAttention.{part}"));
            let cross = |part: &str| at(1, &format!("EncDecAttention.{part}"));
            let last = if decoder { 2 } else { 1 };
            let dense = |part: &str| at(last, &format!("DenseReluDense.{part}"));
            let form = config.feed_forward_proj;
            let wi = if form.is_gated() {
                ["wi_0", "wi_1"]
            } else {
                ["wi"; 2]
            };
            Block {
                own: SelfAttention {
                    norm: norm(at(0, "layer_norm")),
                    qkv: places.all(&own("q"), &own("v")),
                    o: places.one(&own("o")),
                    decoder,
                    layer,
                },
                cross: decoder.then(|| CrossAttention {
                    norm: norm(at(1, "layer_norm")),
                    q: places.one(&cross("q")),
                    kv: places.all(&cross("k"), &cross("v")),
                    o: places.one(&cross("o")),
                    layer,
                }),
                feed_forward: FeedForward {
                    norm: norm(at(last, "layer_norm")),
                    wi: places.all(&dense(wi[0]), &dense(wi[1])),
                    wo: places.one(&dense("wo")),
                    form,
                    decoder,
                    layer,
                },
            }
        };
        Self {
            blocks: (0..layers).map(block).collect(),
            norm: norm("final_layer_norm".to_owned()),
            table: places.one("block.0.layer.0.SelfAttention.relative_attention_bias"),
            decoder,
            buckets: config.relative_attention_num_buckets,
            max_distance: config.relative_attention_max_distance,
        }
    }

    fn width(&self) -> usize {
        self.norm.weight.len()
    }

    /// Bucket of each distance from `1 - reach` to `reach - 1`.
    fn bucket_of(&self, reach: usize) -> Vec<usize> {
        let last = reach as i64;
        let bucket = |distance| {
            relative_position_bucket(distance, !self.decoder, self.buckets, self.max_distance)
        };
        (1 - last..last).map(bucket).collect()
    }

    fn bias(&self, pass: &Pass<'_>, longest: usize) -> DistanceBias {
        let (heads, reach) = (pass.heads.count, longest.max(1));
        let (buckets, table) = (self.bucket_of(reach), pass.weight(&self.table));
        DistanceBias::new(heads, reach, |head, distance| {
            table[buckets[(distance + reach as i64 - 1) as usize] * heads + head]
        })
    }

    /// The stack over embeddings `x`, `[N, D]`. With `recompute`, blocks keep their input alone.
    pub(crate) fn forward(
        &self,
        pass: &Pass<'_>,
        mut x: Vec<f32>,
        inputs: Inputs<'_>,
        recompute: bool,
    ) -> (Vec<f32>, Saved) {
        let rows = inputs.rows();
        let bias = self.bias(pass, rows.longest());
        pass.drop_out(
            &mut x,
            self.width(),
            site(self.decoder, 0, Place::Embedding),
            &rows.keys,
        );
        let mut blocks = Vec::with_capacity(self.blocks.len());
        for block in &self.blocks {
            let (next, saved) = block.forward(pass, x, inputs, &bias);
            x = next;
            blocks.push(if recompute {
                Kept::Input(saved.into_input(pass))
            } else {
                Kept::All(Box::new(saved))
            });
        }
        let mut out = self.norm.forward(pass, &x);
        pass.drop_out(
            &mut out,
            self.width(),
            site(self.decoder, 0, Place::Output),
            &rows.keys,
        );
        (out, Saved { blocks, x, bias })
    }

    /// Gradient of the embeddings, given `d_out`, that of the stack's output; the decoder adds to `d_encoded`.
    pub(crate) fn backward(
        &self,
        pass: &Pass<'_>,
        saved: Saved,
        mut d_out: Vec<f32>,
        inputs: Inputs<'_>,
        (gradients, d_encoded): (&mut [f32], &mut [f32]),
    ) -> Vec<f32> {
        let Saved { blocks, x, bias } = saved;
        let rows = inputs.rows();
        pass.drop_out(
            &mut d_out,
            self.width(),
            site(self.decoder, 0, Place::Output),
            &rows.keys,
        );
        let mut dx = pass.pool.zeros(x.len());
        self.norm.backward(pass, &x, &d_out, &mut dx, gradients);
        pass.give([x, d_out]);
        let mut d_bias = vec![0.0; pass.heads.count * (2 * bias.reach() - 1)];
        for (block, kept) in self.blocks.iter().zip(blocks).rev() {
            let saved = match kept {
                Kept::All(saved) => *saved,
                Kept::Input(x) => block.again(pass, x, inputs, &bias),
            };
            block.backward(
                pass,
                saved,
                &mut dx,
                (inputs, &bias),
                (gradients, d_encoded, &mut d_bias),
            );
        }
        pass.drop_out(
            &mut dx,
            self.width(),
            site(self.decoder, 0, Place::Embedding),
            &rows.keys,
        );
        self.bias_gradient(pass, &d_bias, bias.reach(), gradients);
        dx
    }

    /// Adds the gradients of biases by distance to those of their buckets.
    fn bias_gradient(&self, pass: &Pass<'_>, d_bias: &[f32], reach: usize, gradients: &mut [f32]) {
        let heads = pass.heads.count;
        let buckets = self.bucket_of(reach);
        let table = &mut gradients[self.table.clone()];
        for (head, d_bias) in d_bias.chunks_exact(2 * reach - 1).enumerate() {
            for (&bucket, d) in buckets.iter().zip(d_bias) {
                table[bucket * heads + head] += d;
            }
        }
    }
}

impl Saved {
    /// Gives back what nobody will ask for.
    pub(crate) fn discard(self, pass: &Pass<'_>) {
        pass.pool.give(self.x);
        for kept in self.blocks {
            pass.pool.give(match kept {
                Kept::All(saved) => saved.into_input(pass),
                Kept::Input(x) => x,
            });
        }
    }
}

impl SavedBlock {
    fn into_input(self, pass: &Pass<'_>) -> Vec<f32> {
        self.feed_forward.discard(pass);
        if let Some(cross) = self.cross {
            cross.discard(pass);
        }
        self.own.into_x(pass)
    }
}

impl Block {
    fn forward(
        &self,
        pass: &Pass<'_>,
        x: Vec<f32>,
        inputs: Inputs<'_>,
        bias: &DistanceBias,
    ) -> (Vec<f32>, SavedBlock) {
        let (x, own, cross) = self.attend(pass, x, inputs, bias);
        let (x, feed_forward) = self.feed_forward.forward(pass, x, inputs.rows());
        let saved = SavedBlock {
            own,
            cross,
            feed_forward,
        };
        (x, saved)
    }

    /// What [`Block::forward`] saves, without its output.
    fn again(
        &self,
        pass: &Pass<'_>,
        x: Vec<f32>,
        inputs: Inputs<'_>,
        bias: &DistanceBias,
    ) -> SavedBlock {
        let (x, own, cross) = self.attend(pass, x, inputs, bias);
        SavedBlock {
            own,
            cross,
            feed_forward: self.feed_forward.widen(pass, x),
        }
    }

    /// The stream after the layers of attention.
    fn attend(
        &self,
        pass: &Pass<'_>,
        x: Vec<f32>,
        inputs: Inputs<'_>,
        bias: &DistanceBias,
    ) -> (Vec<f32>, attention::Saved, Option<cross_attention::Saved>) {
        let (x, own) = self.own.forward(pass, x, inputs.rows(), bias);
        if let (Some(cross), Some(encoded)) = (&self.cross, inputs.encoded) {
            let (next, saved) = cross.forward(pass, x, encoded, inputs.batch);
            return (next, own, Some(saved));
        }
        (x, own, None)
    }

    fn backward(
        &self,
        pass: &Pass<'_>,
        saved: SavedBlock,
        dx: &mut [f32],
        (inputs, bias): (Inputs<'_>, &DistanceBias),
        (gradients, d_encoded, d_bias): (&mut [f32], &mut [f32], &mut [f32]),
    ) {
        let rows = inputs.rows();
        self.feed_forward
            .backward(pass, saved.feed_forward, dx, rows, gradients);
        if let (Some(cross), Some(saved), Some(encoded)) =
            (&self.cross, saved.cross, inputs.encoded)
        {
            cross.backward(
                pass,
                saved,
                dx,
                (encoded, inputs.batch),
                (gradients, d_encoded),
            );
        }
        self.own
            .backward(pass, saved.own, dx, (rows, bias), (gradients, d_bias));
    }
}
