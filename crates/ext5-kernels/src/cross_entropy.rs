use burn::tensor::{FloatDType, Int, Tensor};

/// Loss of each target token, not yet weighted.
#[derive(Clone, Debug)]
pub struct TokenLosses {
    /// Negative log-likelihood in nats, `[N]`.
    pub nll: Tensor<1>,
    /// Square of the logarithm of the softmax's denominator, `[N]`; times its coefficient it is the z-loss
    /// (t5x `losses.cross_entropy_with_logits`).
    pub log_z_squared: Tensor<1>,
}

/// Cross-entropy of each row of logits against its target, in f32.
///
/// # Shapes
/// - `logits`: `[N, V]`
/// - `targets`: `[N]`, each in `0..V`
pub fn cross_entropy(logits: Tensor<2>, targets: Tensor<1, Int>) -> TokenLosses {
    let [tokens, _] = logits.dims();
    let logits = logits.cast(FloatDType::F32);
    // The maximum only keeps exp in range; it carries no gradient.
    let highest = logits.clone().detach().max_dim(1); // [N, 1]
    let log_z = logits.clone().sub(highest.clone()).exp().sum_dim(1).log() + highest;
    let target_logit = logits.gather(1, targets.reshape([tokens, 1])); // [N, 1]
    let nll = (log_z.clone() - target_logit).reshape([tokens]);
    TokenLosses {
        nll,
        log_z_squared: log_z.square().reshape([tokens]),
    }
}
