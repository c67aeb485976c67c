use crate::{Activation, Error, Result};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A T5's shape, with the keys of Hugging Face's `config.json`; keys the model does not need are kept as they came.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct T5Config {
    /// Rows of the embedding `V`; at least as many as the vocabulary has ids.
    pub vocab_size: usize,
    /// Width of the model `D`.
    pub d_model: usize,
    /// Width of one attention head `K`; `d_kv * num_heads` need not be `d_model`.
    pub d_kv: usize,
    /// Width of the feed-forward layer.
    pub d_ff: usize,
    /// Layers of the encoder.
    pub num_layers: usize,
    /// Layers of the decoder; as many as the encoder's where absent.
    pub num_decoder_layers: Option<usize>,
    /// Attention heads `H`.
    pub num_heads: usize,
    /// Rows of the relative position table.
    pub relative_attention_num_buckets: usize,
    /// Distance from which on all positions share the last bucket.
    pub relative_attention_max_distance: usize,
    /// Probability of dropping an activation in training.
    pub dropout_rate: f64,
    /// Added to the mean square in the layer norm.
    pub layer_norm_epsilon: f64,
    /// Scale of the initialisation.
    pub initializer_factor: f64,
    /// `relu` (1.0), `gated-gelu` (1.1), `gated-silu`, `gated-relu`, `gelu_new`, `silu`.
    pub feed_forward_proj: FeedForwardProjection,
    /// Whether the output layer is the embedding. transformers 5 writes `true` for untied models too, so
    /// whoever reads weights believes them.
    pub tie_word_embeddings: bool,
    /// Whether hidden states are scaled by `d_model`^-0.5 before the output layer; where absent, T5 does so iff tied.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scale_decoder_outputs: Option<bool>,
    /// Id of padding.
    pub pad_token_id: u32,
    /// Id that ends a sequence.
    pub eos_token_id: u32,
    /// Id the decoder starts from.
    pub decoder_start_token_id: u32,
    /// Every other key, as read.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// The feed-forward layer's form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FeedForwardProjection {
    /// wo(relu(wi x)).
    #[serde(rename = "relu")]
    Relu,
    /// wo(gelu(wi x)), tanh approximation.
    #[serde(rename = "gelu_new")]
    Gelu,
    /// wo(silu(wi x)).
    #[serde(rename = "silu")]
    Silu,
    /// `wo(gelu(wi_0` x) * `wi_1` x), tanh approximation.
    #[serde(rename = "gated-gelu")]
    GatedGelu,
    /// `wo(silu(wi_0` x) * `wi_1` x).
    #[serde(rename = "gated-silu")]
    GatedSilu,
    /// `wo(relu(wi_0` x) * `wi_1` x).
    #[serde(rename = "gated-relu")]
    GatedRelu,
}

impl FeedForwardProjection {
    /// Whether a second projection gates the first.
    pub fn is_gated(self) -> bool {
        matches!(self, Self::GatedGelu | Self::GatedSilu | Self::GatedRelu)
    }

    /// The non-linearity.
    pub fn activation(self) -> Activation {
        match self {
            Self::Relu | Self::GatedRelu => Activation::Relu,
            Self::Gelu | Self::GatedGelu => Activation::GeluTanh,
            Self::Silu | Self::GatedSilu => Activation::Silu,
        }
    }
}

impl Default for T5Config {
    /// The defaults of transformers' `T5Config`, which a `config.json` may leave out.
    fn default() -> Self {
        Self {
            vocab_size: 32_128,
            d_model: 512,
            d_kv: 64,
            d_ff: 2048,
            num_layers: 6,
            num_decoder_layers: None,
            num_heads: 8,
            relative_attention_num_buckets: 32,
            relative_attention_max_distance: 128,
            dropout_rate: 0.1,
            layer_norm_epsilon: 1e-6,
            initializer_factor: 1.0,
            feed_forward_proj: FeedForwardProjection::Relu,
            tie_word_embeddings: true,
            scale_decoder_outputs: None,
            pad_token_id: 0,
            eos_token_id: 1,
            decoder_start_token_id: 0,
            other: Map::new(),
        }
    }
}

/// (name, `d_model`, `d_ff`, layers, heads, `d_kv`, T5 1.1?) of the published sizes and of two small ones for one CPU.
pub const PRESETS: &[(&str, usize, usize, usize, usize, usize, bool)] = &[
    ("tiny", 64, 128, 2, 2, 32, true),
    ("mini", 256, 512, 4, 4, 64, true),
    ("t5_small", 512, 2048, 6, 8, 64, false),
    ("t5_base", 768, 3072, 12, 12, 64, false),
    ("t5_large", 1024, 4096, 24, 16, 64, false),
    ("t5_3b", 1024, 16_384, 24, 32, 128, false),
    ("t5_11b", 1024, 65_536, 24, 128, 128, false),
    ("t5_1_1_small", 512, 1024, 8, 6, 64, true),
    ("t5_1_1_base", 768, 2048, 12, 12, 64, true),
    ("t5_1_1_large", 1024, 2816, 24, 16, 64, true),
    ("t5_1_1_xl", 2048, 5120, 24, 32, 64, true),
    ("t5_1_1_xxl", 4096, 10_240, 24, 64, 64, true),
];

/// The configuration of a preset, with T5's vocabulary of 32,128 rows.
///
/// # Errors
/// [`Error::UnknownPreset`].
pub fn preset(name: &str) -> Result<T5Config> {
    let &(_, d_model, d_ff, num_layers, num_heads, d_kv, v1_1) = PRESETS
        .iter()
        .find(|preset| preset.0 == name)
        .ok_or_else(|| Error::UnknownPreset {
            name: name.to_owned(),
            known: PRESETS
                .iter()
                .map(|preset| preset.0)
                .collect::<Vec<_>>()
                .join(", "),
        })?;
    Ok(T5Config {
        d_model,
        d_ff,
        num_layers,
        num_heads,
        d_kv,
        feed_forward_proj: if v1_1 {
            FeedForwardProjection::GatedGelu
        } else {
            FeedForwardProjection::Relu
        },
        tie_word_embeddings: !v1_1,
        ..T5Config::default()
    })
}

impl T5Config {
    /// Reads a Hugging Face `config.json` and checks it.
    ///
    /// # Errors
    /// [`Error::ConfigSyntax`] or [`Error::ConfigValue`].
    pub fn from_json(bytes: &[u8]) -> Result<Self> {
        let config: Self = serde_json::from_slice(bytes).map_err(Error::ConfigSyntax)?;
        config.validate()?;
        Ok(config)
    }

    /// Layers of the decoder.
    pub fn decoder_layers(&self) -> usize {
        self.num_decoder_layers.unwrap_or(self.num_layers)
    }

    /// Width of all heads together, `H * K`.
    pub fn d_attention(&self) -> usize {
        self.num_heads * self.d_kv
    }

    /// Whether hidden states are scaled before the output layer; mT5 never does.
    pub fn scales_output(&self) -> bool {
        let multilingual = self
            .other
            .get("model_type")
            .is_some_and(|kind| kind == "mt5");
        self.scale_decoder_outputs
            .unwrap_or(self.tie_word_embeddings && !multilingual)
    }

    /// This configuration for weights whose output layer is its own, or the embedding; the scaling stays.
    #[must_use]
    pub fn with_tied_output(&self, tied: bool) -> Self {
        let scaled = self.scales_output();
        let mut config = Self {
            tie_word_embeddings: tied,
            ..self.clone()
        };
        config.scale_decoder_outputs = None;
        config.scale_decoder_outputs = (config.scales_output() != scaled).then_some(scaled);
        config
    }

    /// Number of weights of this shape.
    pub fn num_parameters(&self) -> usize {
        crate::names(self)
            .iter()
            .map(|(_, shape)| shape.iter().product::<usize>())
            .sum()
    }

    /// Checks every value that a wrong file could bring.
    ///
    /// # Errors
    /// [`Error::ConfigValue`] with the first value out of range.
    pub fn validate(&self) -> Result<()> {
        self.validate_sizes()?;
        let buckets = self.relative_attention_num_buckets;
        if !buckets.is_multiple_of(4) {
            return Err(bad_value(
                "relative_attention_num_buckets",
                buckets.to_string(),
                "a multiple of 4",
            ));
        }
        if self.relative_attention_max_distance <= buckets / 2 {
            let found = self.relative_attention_max_distance.to_string();
            let expected = "more than half the number of buckets";
            return Err(bad_value(
                "relative_attention_max_distance",
                found,
                expected,
            ));
        }
        if !(0.0..1.0).contains(&self.dropout_rate) {
            return Err(bad_value(
                "dropout_rate",
                self.dropout_rate.to_string(),
                "0 up to below 1",
            ));
        }
        if !(self.layer_norm_epsilon > 0.0 && self.layer_norm_epsilon < 1.0) {
            let found = self.layer_norm_epsilon.to_string();
            return Err(bad_value("layer_norm_epsilon", found, "between 0 and 1"));
        }
        if !(self.initializer_factor > 0.0 && self.initializer_factor.is_finite()) {
            let found = self.initializer_factor.to_string();
            return Err(bad_value("initializer_factor", found, "above 0"));
        }
        let ids = [
            ("pad_token_id", self.pad_token_id),
            ("eos_token_id", self.eos_token_id),
            ("decoder_start_token_id", self.decoder_start_token_id),
        ];
        for (key, id) in ids {
            if id as usize >= self.vocab_size {
                return Err(bad_value(key, id.to_string(), "an id below `vocab_size`"));
            }
        }
        Ok(())
    }

    fn validate_sizes(&self) -> Result<()> {
        for (key, value) in [
            ("num_layers", self.num_layers),
            ("num_decoder_layers", self.decoder_layers()),
        ] {
            if !(1..=1024).contains(&value) {
                return Err(bad_value(key, value.to_string(), "1 to 1,024 layers"));
            }
        }
        for (key, value) in [
            ("vocab_size", self.vocab_size),
            ("d_model", self.d_model),
            ("d_kv", self.d_kv),
            ("d_ff", self.d_ff),
            ("num_heads", self.num_heads),
            (
                "relative_attention_num_buckets",
                self.relative_attention_num_buckets,
            ),
            (
                "relative_attention_max_distance",
                self.relative_attention_max_distance,
            ),
        ] {
            if !(1..=1 << 24).contains(&value) {
                let expected = "a whole number from 1 to 16,777,216";
                return Err(bad_value(key, value.to_string(), expected));
            }
        }
        Ok(())
    }

    /// This configuration as a Hugging Face `config.json` that transformers loads.
    pub fn to_json(&self) -> Value {
        let mut config = self.clone();
        config.num_decoder_layers = Some(self.decoder_layers());
        let own = [
            (
                "architectures",
                Value::from(vec!["T5ForConditionalGeneration"]),
            ),
            ("model_type", "t5".into()),
            ("is_encoder_decoder", true.into()),
            ("use_cache", true.into()),
            ("is_gated_act", self.feed_forward_proj.is_gated().into()),
        ];
        for (key, value) in own {
            config.other.entry(key).or_insert(value);
        }
        serde_json::to_value(config).unwrap_or(Value::Null)
    }
}

fn bad_value(key: &'static str, value: String, expected: &'static str) -> Error {
    Error::ConfigValue {
        key,
        value,
        expected,
    }
}
