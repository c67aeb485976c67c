use crate::layers::{CrossAttention, FeedForward, Loader, Norm, SelfAttention, heads, project};
use crate::{Error, Result};
use ext5_architecture::{T5Config, Weights, relative_position_bucket};
use ext5_cpu::{DistanceBias, KeyValue, Panels, Precision, add, cross_attention, self_attention};
use std::ops::Range;

/// A T5 that answers on the CPU, its weights packed for products. A row's numbers do not depend on the batch it is in: there
/// is no padding, and every sum has one order.
#[derive(Debug)]
pub struct T5 {
    config: T5Config,
    precision: Precision,
    /// Rows `[V, D]`; none where the output layer is the embedding.
    embedding: Option<Vec<f32>>,
    head: Panels,
    encoder: Stack,
    pub(crate) decoder: Stack,
}

/// The layers of the encoder or the decoder.
#[derive(Debug)]
pub(crate) struct Stack {
    pub(crate) blocks: Vec<Block>,
    pub(crate) norm: Norm,
    /// Relative position biases `[num_buckets, H]`.
    table: Vec<f32>,
    is_decoder: bool,
}

#[derive(Debug)]
pub(crate) struct Block {
    pub(crate) own: SelfAttention,
    pub(crate) cross: Option<CrossAttention>,
    pub(crate) feed_forward: FeedForward,
}

/// What the decoder attends to: keys and values of every encoded row, for each layer of the decoder.
#[derive(Debug)]
pub struct Memory {
    /// `[layers][rows * H]`
    layers: Vec<Vec<KeyValue>>,
    heads: usize,
    rows: usize,
}

impl Memory {
    /// Rows encoded.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        self.layers.iter().flatten().map(KeyValue::bytes).sum()
    }

    /// Keys and values of one row in one layer, one for each head.
    pub(crate) fn of(&self, layer: usize, row: usize) -> &[KeyValue] {
        &self.layers[layer][row * self.heads..(row + 1) * self.heads]
    }
}

impl T5 {
    /// The model of `config` with `weights`, stored at `precision`; norms and position tables stay f32, and so does the
    /// embedding where it is not the output layer too.
    ///
    /// # Errors
    /// [`Error::Architecture`] where a weight is missing, left over, or of another shape or type.
    pub fn new(config: &T5Config, mut weights: Weights, precision: Precision) -> Result<Self> {
        let config = weights.settle(config);
        let shape = [config.vocab_size, config.d_model];
        let shared = weights.take("shared.weight", &shape)?;
        let (embedding, head) = if config.tie_word_embeddings {
            (
                None,
                Panels::of_transposed(&shared, config.d_model, precision),
            )
        } else {
            let head = weights.take("lm_head.weight", &shape)?;
            (
                Some(shared),
                Panels::of_transposed(&head, config.d_model, precision),
            )
        };
        let mut from = Loader {
            config: &config,
            weights: &mut weights,
            precision,
        };
        let encoder = Stack::load(&mut from, "encoder", config.num_layers)?;
        let decoder = Stack::load(&mut from, "decoder", config.decoder_layers())?;
        weights.finish()?;
        Ok(Self {
            config,
            precision,
            embedding,
            head,
            encoder,
            decoder,
        })
    }

    /// The shape of this model.
    pub fn config(&self) -> &T5Config {
        &self.config
    }

    /// How its weights are stored.
    pub fn precision(&self) -> Precision {
        self.precision
    }

    /// Bytes that [`T5::encode`] keeps for one token of a source, in all layers.
    pub fn memory_per_token(&self) -> usize {
        2 * self.config.d_attention() * self.config.decoder_layers() * size_of::<f32>()
    }

    /// Embeddings of `ids`, `[N, D]`.
    pub(crate) fn embed(&self, ids: impl ExactSizeIterator<Item = u32>) -> Result<Vec<f32>> {
        let (width, rows) = (self.config.d_model, self.config.vocab_size);
        let mut x = vec![0.0; ids.len() * width];
        for (id, x) in ids.zip(x.chunks_exact_mut(width)) {
            let row = id as usize;
            if row >= rows {
                return Err(Error::Token {
                    id,
                    vocabulary: rows,
                });
            }
            match &self.embedding {
                Some(values) => x.copy_from_slice(&values[row * width..(row + 1) * width]),
                None => self.head.column(row, x),
            }
        }
        Ok(x)
    }

    /// Logits `[N, V]` of the decoder's output `[N, D]`.
    pub(crate) fn logits(&self, mut hidden: Vec<f32>) -> Vec<f32> {
        if self.config.scales_output() {
            let scale = (self.config.d_model as f32).powf(-0.5);
            for value in &mut hidden {
                *value *= scale;
            }
        }
        project(&hidden, &self.head)
    }

    /// Encodes rows of token ids of any lengths; nothing is padded.
    ///
    /// # Errors
    /// [`Error::EmptyRow`], [`Error::Token`].
    pub fn encode(&self, rows: &[&[u32]]) -> Result<Memory> {
        let spans = spans(rows)?;
        let ids: Vec<u32> = rows.iter().copied().flatten().copied().collect();
        let mut x = self.embed(ids.into_iter())?;
        let bias = self.bias(false, rows.iter().map(|row| row.len()).max().unwrap_or(0));
        for block in &self.encoder.blocks {
            block.attend_within(&mut x, &spans, heads(&self.config), &bias, false);
            block.feed_forward.forward(&mut x);
        }
        let encoded = self.encoder.norm.forward(&x);
        drop(x);
        let heads = heads(&self.config);
        let cross = self
            .decoder
            .blocks
            .iter()
            .filter_map(|block| block.cross.as_ref());
        let layers = cross
            .map(|cross| KeyValue::of_spans(&project(&encoded, &cross.kv), &spans, heads))
            .collect();
        Ok(Memory {
            layers,
            heads: heads.count,
            rows: rows.len(),
        })
    }

    /// The decoder's output `[N, D]` after reading whole `rows`, each of a source of `memory` and none empty.
    ///
    /// # Errors
    /// [`Error::EmptyRow`], [`Error::Token`].
    pub(crate) fn read(&self, memory: &Memory, rows: &[(usize, &[u32])]) -> Result<Vec<f32>> {
        let ids: Vec<&[u32]> = rows.iter().map(|row| row.1).collect();
        let spans = spans(&ids)?;
        let mut x = self.embed(ids.concat().into_iter())?;
        let longest = ids.iter().map(|row| row.len()).max().unwrap_or(0);
        let bias = self.bias(true, longest);
        let heads = heads(&self.config);
        for (layer, block) in self.decoder.blocks.iter().enumerate() {
            block.attend_within(&mut x, &spans, heads, &bias, true);
            let groups: Vec<(Range<usize>, &[KeyValue])> = rows
                .iter()
                .zip(&spans)
                .map(|(row, span)| (span.clone(), memory.of(layer, row.0)))
                .collect();
            block.attend_across(&mut x, &groups, heads);
            block.feed_forward.forward(&mut x);
        }
        Ok(self.decoder.norm.forward(&x))
    }

    /// Biases by distance, far enough for rows of `length`.
    pub(crate) fn bias(&self, decoder: bool, length: usize) -> DistanceBias {
        let stack = if decoder {
            &self.decoder
        } else {
            &self.encoder
        };
        let (config, heads) = (&self.config, self.config.num_heads);
        let bucket = |distance| {
            let buckets = config.relative_attention_num_buckets;
            let most = config.relative_attention_max_distance;
            relative_position_bucket(distance, !stack.is_decoder, buckets, most)
        };
        let reach = length.max(1);
        let last = reach as i64;
        let buckets: Vec<usize> = (1 - last..last).map(bucket).collect();
        DistanceBias::new(heads, reach, |head, distance| {
            let bucket = buckets[(distance + last - 1) as usize];
            stack.table[bucket * heads + head]
        })
    }
}

/// The places of rows one after another.
fn spans(rows: &[&[u32]]) -> Result<Vec<Range<usize>>> {
    let mut first = 0;
    rows.iter()
        .enumerate()
        .map(|(number, row)| {
            if row.is_empty() {
                return Err(Error::EmptyRow { row: number });
            }
            first += row.len();
            Ok(first - row.len()..first)
        })
        .collect()
}

impl Stack {
    fn load(from: &mut Loader<'_>, name: &'static str, count: usize) -> Result<Self> {
        let is_decoder = name == "decoder";
        let blocks = (0..count)
            .map(|block| {
                Ok(Block {
                    own: SelfAttention::load(from, name, block)?,
                    cross: is_decoder
                        .then(|| CrossAttention::load(from, block))
                        .transpose()?,
                    feed_forward: FeedForward::load(from, name, block)?,
                })
            })
            .collect::<Result<_>>()?;
        let table = format!("{name}.block.0.layer.0.SelfAttention.relative_attention_bias.weight");
        let shape = [
            from.config.relative_attention_num_buckets,
            from.config.num_heads,
        ];
        Ok(Self {
            blocks,
            norm: Norm::load(from, &format!("{name}.final_layer_norm.weight"))?,
            table: from.weights.take(&table, &shape)?,
            is_decoder,
        })
    }
}

impl Block {
    /// Adds self-attention inside each span to `x`, `[N, D]`.
    fn attend_within(
        &self,
        x: &mut [f32],
        spans: &[Range<usize>],
        heads: ext5_cpu::Heads,
        bias: &DistanceBias,
        causal: bool,
    ) {
        let qkv = project(&self.own.norm.forward(x), &self.own.qkv);
        let mut attended = vec![0.0; qkv.len() / 3];
        self_attention(&qkv, spans, heads, bias, causal, &mut attended);
        add(x, &project(&attended, &self.own.o));
    }

    /// Adds attention to the encoder's output to `x`, `[N, D]`.
    pub(crate) fn attend_across(
        &self,
        x: &mut [f32],
        groups: &[(Range<usize>, &[KeyValue])],
        heads: ext5_cpu::Heads,
    ) {
        let Some(cross) = &self.cross else { return };
        let q = project(&cross.norm.forward(x), &cross.q);
        let mut attended = vec![0.0; q.len()];
        cross_attention(&q, groups, heads, &mut attended);
        add(x, &project(&attended, &cross.o));
    }
}
