use crate::T5Config;
use crate::attention::project;
use crate::weights::matrix;
use burn::module::{Module, Param};
use burn::nn::{Dropout, DropoutConfig};
use burn::tensor::{Device, Tensor};
use ext5_kernels::{TrainingPrecision, activate};

/// T5's feed-forward layer, plain (1.0) or gated (1.1; GLU variants, arXiv 2002.05202).
#[derive(Module, Debug)]
pub(crate) struct FeedForward {
    wi: Param<Tensor<2>>,           // [D, d_ff]; wi_0 where gated
    wi_1: Option<Param<Tensor<2>>>, // [D, d_ff]
    wo: Param<Tensor<2>>,           // [d_ff, D]
    dropout: Dropout,
    #[module(skip)]
    projection: crate::FeedForwardProjection,
    #[module(skip)]
    pub(crate) precision: TrainingPrecision,
}

impl FeedForward {
    pub(crate) fn new(config: &T5Config, device: &Device) -> Self {
        let (model, inner) = (config.d_model, config.d_ff);
        Self {
            wi: matrix([model, inner], device),
            wi_1: config
                .feed_forward_proj
                .is_gated()
                .then(|| matrix([model, inner], device)),
            wo: matrix([inner, model], device),
            dropout: DropoutConfig::new(config.dropout_rate).init(),
            projection: config.feed_forward_proj,
            precision: TrainingPrecision::default(),
        }
    }

    /// `[B, S, D]` to `[B, S, D]`.
    pub(crate) fn forward(&self, input: Tensor<3>) -> Tensor<3> {
        let project = |input, weight| project(input, weight, self.precision);
        let mut hidden = activate(
            self.projection.activation(),
            project(input.clone(), &self.wi),
        );
        if let Some(gate) = &self.wi_1 {
            hidden = hidden.mul(project(input, gate));
        }
        project(self.dropout.forward(hidden), &self.wo)
    }
}
