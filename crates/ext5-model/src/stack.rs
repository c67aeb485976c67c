use crate::T5Config;
use crate::attention::{Attention, KeyValue};
use crate::feed_forward::FeedForward;
use crate::relative_position::position_bias;
use crate::weights::{matrix, vector};
use burn::module::{Module, Param};
use burn::nn::{Dropout, DropoutConfig};
use burn::tensor::{Device, Tensor};
use ext5_kernels::{TrainingPrecision, rms_norm};

/// One layer of the encoder or the decoder, pre-norm.
#[derive(Module, Debug)]
pub(crate) struct Block {
    self_attention: Attention,
    self_attention_norm: Param<Tensor<1>>,
    cross_attention: Option<Attention>,
    cross_attention_norm: Option<Param<Tensor<1>>>,
    feed_forward: FeedForward,
    feed_forward_norm: Param<Tensor<1>>,
    dropout: Dropout,
    #[module(skip)]
    epsilon: f64,
}

/// The encoder or the decoder: its layers, the relative position table they share, the final norm.
#[derive(Module, Debug)]
pub(crate) struct Stack {
    pub(crate) block: Vec<Block>,
    relative_attention_bias: Param<Tensor<2>>, // [num_buckets, H]
    final_layer_norm: Param<Tensor<1>>,
    dropout: Dropout,
    #[module(skip)]
    shape: StackShape,
}

#[derive(Clone, Debug)]
pub(crate) struct StackShape {
    decoder: bool,
    max_distance: usize,
    epsilon: f64,
}

/// What a decoder layer attends to besides itself.
#[derive(Clone, Debug)]
pub(crate) struct Memory {
    pub(crate) key_value: KeyValue,
    /// Additive mask `[B, 1, S or 1, T]`.
    pub(crate) mask: Tensor<4>,
}

impl Block {
    fn new(config: &T5Config, decoder: bool, device: &Device) -> Self {
        Self {
            self_attention: Attention::new(config, device),
            self_attention_norm: vector(config.d_model, device),
            cross_attention: decoder.then(|| Attention::new(config, device)),
            cross_attention_norm: decoder.then(|| vector(config.d_model, device)),
            feed_forward: FeedForward::new(config, device),
            feed_forward_norm: vector(config.d_model, device),
            dropout: DropoutConfig::new(config.dropout_rate).init(),
            epsilon: config.layer_norm_epsilon,
        }
    }

    fn set_precision(&mut self, precision: TrainingPrecision) {
        self.self_attention.precision = precision;
        if let Some(attention) = &mut self.cross_attention {
            attention.precision = precision;
        }
        self.feed_forward.precision = precision;
    }

    /// Keys and values of the encoder's output `[B, T, D]` for this layer; `None` in the encoder.
    pub(crate) fn cross_key_value(&self, encoded: Tensor<3>) -> Option<KeyValue> {
        self.cross_attention
            .as_ref()
            .map(|attention| attention.key_value(encoded))
    }

    /// One layer over `hidden` `[B, S, D]`. `own` turns this call's keys and values into those attended to: the same
    /// in training, the cache extended by them in decoding.
    pub(crate) fn forward(
        &self,
        hidden: Tensor<3>,
        bias: Tensor<4>,
        own: impl FnOnce(KeyValue) -> KeyValue,
        memory: Option<Memory>,
    ) -> Tensor<3> {
        let normed = rms_norm(hidden.clone(), self.self_attention_norm.val(), self.epsilon);
        let key_value = own(self.self_attention.key_value(normed.clone()));
        let attended = self.self_attention.forward(normed, key_value, bias);
        let mut hidden = hidden + self.dropout.forward(attended);
        if let (Some(attention), Some(norm), Some(memory)) =
            (&self.cross_attention, &self.cross_attention_norm, memory)
        {
            let normed = rms_norm(hidden.clone(), norm.val(), self.epsilon);
            let attended = attention.forward(normed, memory.key_value, memory.mask);
            hidden = hidden + self.dropout.forward(attended);
        }
        let normed = rms_norm(hidden.clone(), self.feed_forward_norm.val(), self.epsilon);
        hidden + self.dropout.forward(self.feed_forward.forward(normed))
    }
}

impl Stack {
    pub(crate) fn new(config: &T5Config, decoder: bool, device: &Device) -> Self {
        let layers = if decoder {
            config.decoder_layers()
        } else {
            config.num_layers
        };
        let table = [config.relative_attention_num_buckets, config.num_heads];
        Self {
            block: (0..layers)
                .map(|_| Block::new(config, decoder, device))
                .collect(),
            relative_attention_bias: matrix(table, device),
            final_layer_norm: vector(config.d_model, device),
            dropout: DropoutConfig::new(config.dropout_rate).init(),
            shape: StackShape {
                decoder,
                max_distance: config.relative_attention_max_distance,
                epsilon: config.layer_norm_epsilon,
            },
        }
    }

    pub(crate) fn set_precision(&mut self, precision: TrainingPrecision) {
        for block in &mut self.block {
            block.set_precision(precision);
        }
    }

    /// Position bias `[1, H, S, T]` for queries at `offset..offset + S`.
    pub(crate) fn position_bias(&self, offset: usize, lengths: [usize; 2]) -> Tensor<4> {
        let table = self.relative_attention_bias.val();
        position_bias(
            table,
            !self.shape.decoder,
            self.shape.max_distance,
            offset,
            lengths,
        )
    }

    /// All layers over embeddings `[B, S, D]`; `mask` is `[B, 1, S, S]`, `memory` the encoder's output with its mask.
    pub(crate) fn forward(
        &self,
        embedded: Tensor<3>,
        mask: Tensor<4>,
        memory: Option<(Tensor<3>, Tensor<4>)>,
    ) -> Tensor<3> {
        let [_, length, _] = embedded.dims();
        let bias = self.position_bias(0, [length, length]) + mask; // [B, H, S, S]
        let mut hidden = self.dropout.forward(embedded);
        for block in &self.block {
            let memory = memory.as_ref().and_then(|(encoded, mask)| {
                let key_value = block.cross_key_value(encoded.clone())?;
                Some(Memory {
                    key_value,
                    mask: mask.clone(),
                })
            });
            hidden = block.forward(hidden, bias.clone(), |own| own, memory);
        }
        self.finish(hidden)
    }

    /// The final norm and dropout.
    pub(crate) fn finish(&self, hidden: Tensor<3>) -> Tensor<3> {
        let normed = rms_norm(hidden, self.final_layer_norm.val(), self.shape.epsilon);
        self.dropout.forward(normed)
    }
}
