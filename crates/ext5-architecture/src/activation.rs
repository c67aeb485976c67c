/// The non-linearity of the feed-forward layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activation {
    /// max(x, 0): T5 1.0.
    Relu,
    /// tanh approximation of GELU, `gelu_new` of transformers: T5 1.1.
    GeluTanh,
    /// x * sigmoid(x).
    Silu,
}
