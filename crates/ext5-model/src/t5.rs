use crate::T5Config;
use crate::mask::attention_mask;
use crate::stack::Stack;
use crate::weights::matrix;
use burn::module::{Module, Param};
use burn::tensor::module::embedding;
use burn::tensor::{Device, Int, Tensor};
use ext5_kernels::{TokenLosses, TrainingPrecision, cross_entropy, product};

/// T5, an encoder-decoder over token ids (arXiv 1910.10683; 1.1 and Flan alike).
///
/// Created with weights by [`crate::initialise`] or [`crate::import`].
#[derive(Module, Debug)]
pub struct T5 {
    shared: Param<Tensor<2>>, // [V, D]
    pub(crate) encoder: Stack,
    pub(crate) decoder: Stack,
    lm_head: Option<Param<Tensor<2>>>, // [D, V], absent where tied
    #[module(skip)]
    config: T5Config,
    #[module(skip)]
    precision: TrainingPrecision,
}

/// Token ids of one batch. Segment ids are 0 on padding and count from 1 in a row; without packing they are a
/// padding mask.
#[derive(Clone, Debug)]
pub struct Seq2SeqInput {
    /// `[B, S]`
    pub encoder_tokens: Tensor<2, Int>,
    /// `[B, S]`
    pub encoder_segments: Tensor<2, Int>,
    /// `[B, T]`, the targets shifted right.
    pub decoder_tokens: Tensor<2, Int>,
    /// `[B, T]`
    pub decoder_segments: Tensor<2, Int>,
}

/// Loss of a batch, as sums: dividing is the caller's, once, by the weight of the whole step.
#[derive(Clone, Debug)]
pub struct Losses {
    /// Weighted negative log-likelihood of each target token, `[B, T]`, nats.
    pub per_token: Tensor<2>,
    /// Sum of `per_token`, `[1]`.
    pub cross_entropy: Tensor<1>,
    /// Sum of the weighted squares of log Z, not yet times the coefficient, `[1]`.
    pub log_z_squared: Tensor<1>,
}

impl T5 {
    /// The modules without weights: every parameter is zero until it is filled.
    pub(crate) fn empty(config: &T5Config, device: &Device) -> Self {
        let embedding = [config.vocab_size, config.d_model];
        Self {
            shared: matrix(embedding, device),
            encoder: Stack::new(config, false, device),
            decoder: Stack::new(config, true, device),
            lm_head: (!config.tie_word_embeddings)
                .then(|| matrix([config.d_model, config.vocab_size], device)),
            config: config.clone(),
            precision: TrainingPrecision::default(),
        }
    }

    /// This model with its products taken in `precision`; its weights stay f32. A device that does not know bf16
    /// (`Device::supports_dtype`) fails at the first product.
    #[must_use]
    pub fn with_precision(mut self, precision: TrainingPrecision) -> Self {
        self.encoder.set_precision(precision);
        self.decoder.set_precision(precision);
        self.precision = precision;
        self
    }

    /// The shape of this model.
    pub fn config(&self) -> &T5Config {
        &self.config
    }

    /// The device of the weights.
    pub fn device(&self) -> Device {
        self.shared.val().device()
    }

    /// Embeddings of token ids `[B, S]`, `[B, S, D]`.
    pub(crate) fn embed(&self, tokens: Tensor<2, Int>) -> Tensor<3> {
        embedding(self.shared.val(), tokens)
    }

    /// The encoder's output `[B, S, D]`.
    ///
    /// # Shapes
    /// - `tokens`, `segments`: `[B, S]`
    pub fn encode(&self, tokens: Tensor<2, Int>, segments: Tensor<2, Int>) -> Tensor<3> {
        let mask = attention_mask(segments.clone(), segments, false);
        self.encoder.forward(self.embed(tokens), mask, None)
    }

    /// The decoder's hidden states `[B, T, D]` under teacher forcing.
    fn decode(&self, encoded: Tensor<3>, input: &Seq2SeqInput) -> Tensor<3> {
        let own = input.decoder_segments.clone();
        let mask = attention_mask(own.clone(), own.clone(), true);
        let cross = attention_mask(own, input.encoder_segments.clone(), false);
        self.decoder.forward(
            self.embed(input.decoder_tokens.clone()),
            mask,
            Some((encoded, cross)),
        )
    }

    /// Logits `[N, V]` of hidden states `[N, D]`; T5 1.0, whose embedding is tied, scales the states by `d_model`^-0.5.
    pub(crate) fn project(&self, hidden: Tensor<2>) -> Tensor<2> {
        let scale = (self.config.d_model as f64).powf(-0.5);
        let hidden = if self.config.scales_output() {
            hidden.mul_scalar(scale)
        } else {
            hidden
        };
        let matrix = match &self.lm_head {
            Some(head) => head.val(),
            None => self.shared.val().transpose(),
        };
        product(hidden, matrix, self.precision)
    }

    /// Logits `[B, T, V]` under teacher forcing.
    pub fn forward(&self, input: &Seq2SeqInput) -> Tensor<3> {
        let [batch, length] = input.decoder_tokens.dims();
        let logits = self.logits_by_token(input);
        logits.reshape([batch, length, self.config.vocab_size])
    }

    fn logits_by_token(&self, input: &Seq2SeqInput) -> Tensor<2> {
        let encoded = self.encode(input.encoder_tokens.clone(), input.encoder_segments.clone());
        let hidden = self.decode(encoded, input); // [B, T, D]
        let [batch, length, width] = hidden.dims();
        self.project(hidden.reshape([batch * length, width]))
    }

    /// Loss of `targets` `[B, T]`, each token weighted by `weights` `[B, T]` (0 on padding).
    pub fn losses(
        &self,
        input: &Seq2SeqInput,
        targets: Tensor<2, Int>,
        weights: Tensor<2>,
    ) -> Losses {
        let [batch, length] = targets.dims();
        let tokens = batch * length;
        let logits = self.logits_by_token(input);
        let TokenLosses { nll, log_z_squared } = cross_entropy(logits, targets.reshape([tokens]));
        let weights = weights.reshape([tokens]);
        let per_token = nll.mul(weights.clone());
        Losses {
            cross_entropy: per_token.clone().sum(),
            log_z_squared: log_z_squared.mul(weights).sum(),
            per_token: per_token.reshape([batch, length]),
        }
    }
}
