use burn::tensor::{Tensor, activation};

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

/// Applies `kind` to every element.
pub fn activate<const D: usize>(kind: Activation, input: Tensor<D>) -> Tensor<D> {
    match kind {
        Activation::Relu => activation::relu(input),
        Activation::Silu => activation::silu(input),
        Activation::GeluTanh => {
            // x * x * x in place of a power: Burn's own approximation calls powf for every element.
            let cube = input.clone().mul(input.clone()).mul(input.clone());
            let inner = (input.clone() + cube.mul_scalar(0.044_715))
                .mul_scalar((2.0 / std::f64::consts::PI).sqrt());
            input.mul(inner.tanh().add_scalar(1.0)).mul_scalar(0.5)
        }
    }
}
