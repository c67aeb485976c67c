use burn::tensor::{Tensor, activation};
pub use ext5_architecture::Activation;

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
