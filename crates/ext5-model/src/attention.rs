use crate::T5Config;
use crate::weights::matrix;
use burn::module::{Module, Param};
use burn::nn::{Dropout, DropoutConfig};
use burn::tensor::{Device, Tensor};
use ext5_kernels::{TrainingPrecision, attention_weights, product};

/// Keys and values of what a layer attends to, each `[B, H, T, K]`.
#[derive(Clone, Debug)]
pub(crate) struct KeyValue {
    pub(crate) key: Tensor<4>,
    pub(crate) value: Tensor<4>,
}

/// Multi-head attention of T5: no biases, no scaling; the position bias comes from outside.
#[derive(Module, Debug)]
pub(crate) struct Attention {
    q: Param<Tensor<2>>, // [D, H * K]
    k: Param<Tensor<2>>, // [D, H * K]
    v: Param<Tensor<2>>, // [D, H * K]
    o: Param<Tensor<2>>, // [H * K, D]
    dropout: Dropout,
    #[module(skip)]
    num_heads: usize,
    #[module(skip)]
    pub(crate) precision: TrainingPrecision,
}

impl Attention {
    pub(crate) fn new(config: &T5Config, device: &Device) -> Self {
        let (model, inner) = (config.d_model, config.d_attention());
        Self {
            q: matrix([model, inner], device),
            k: matrix([model, inner], device),
            v: matrix([model, inner], device),
            o: matrix([inner, model], device),
            dropout: DropoutConfig::new(config.dropout_rate).init(),
            num_heads: config.num_heads,
            precision: TrainingPrecision::default(),
        }
    }

    /// Keys and values of `input`, `[B, T, D]`.
    pub(crate) fn key_value(&self, input: Tensor<3>) -> KeyValue {
        KeyValue {
            key: self.split_heads(self.project(input.clone(), &self.k)),
            value: self.split_heads(self.project(input, &self.v)),
        }
    }

    /// Attention of `input` `[B, S, D]` to `memory` under `bias` `[B or 1, H or 1, S, T]`; answers `[B, S, D]`.
    pub(crate) fn forward(&self, input: Tensor<3>, memory: KeyValue, bias: Tensor<4>) -> Tensor<3> {
        let [batch, length, _] = input.dims();
        let query = self.split_heads(self.project(input, &self.q));
        let weights = attention_weights(query, memory.key, bias, self.precision);
        let weights = self.dropout.forward(weights);
        let mixed = product(weights, memory.value, self.precision).swap_dims(1, 2); // [B, S, H, K]
        let inner = mixed.dims()[2] * mixed.dims()[3];
        self.project(mixed.reshape([batch, length, inner]), &self.o)
    }

    fn project(&self, input: Tensor<3>, weight: &Param<Tensor<2>>) -> Tensor<3> {
        project(input, weight, self.precision)
    }

    fn split_heads(&self, input: Tensor<3>) -> Tensor<4> {
        let [batch, length, inner] = input.dims();
        input
            .reshape([batch, length, self.num_heads, inner / self.num_heads])
            .swap_dims(1, 2)
    }
}

/// `[B, S, in]` times `[in, out]`, as one product over all positions.
pub(crate) fn project(
    input: Tensor<3>,
    weight: &Param<Tensor<2>>,
    precision: TrainingPrecision,
) -> Tensor<3> {
    let [batch, length, width] = input.dims();
    let weight = weight.val();
    let [_, out] = weight.dims();
    let rows = input.reshape([batch * length, width]);
    product(rows, weight, precision).reshape([batch, length, out])
}
