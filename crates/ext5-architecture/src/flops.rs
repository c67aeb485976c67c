use crate::T5Config;

/// Floating-point operations of one forward pass over `rows` rows of `inputs` and `targets` tokens, a multiplication and an
/// addition counted as two: every weight matrix that a token passes, the output layer, and both products of each
/// attention, causal ones whole. Look-ups of embeddings, norms, activations and softmax do not count.
///
/// Linear in `rows`: rows of several lengths, or segments packed into a row, each add their own.
pub fn forward_flops(config: &T5Config, rows: usize, inputs: usize, targets: usize) -> f64 {
    let [width, inner] = [config.d_model, config.d_attention()].map(|size| size as f64);
    let [rows, inputs, targets] = [rows, inputs, targets].map(|size| size as f64);
    let matrices = if config.feed_forward_proj.is_gated() {
        3.0
    } else {
        2.0
    };
    let feed_forward = matrices * width * config.d_ff as f64;
    let projection = width * inner; // one of q, k, v, o
    let encoder = inputs * (4.0 * projection + feed_forward) + 2.0 * inner * inputs * inputs;
    let decoder = targets * (6.0 * projection + feed_forward) // self-attention, q and o of the cross-attention
        + inputs * 2.0 * projection // its k and v
        + 2.0 * inner * targets * (targets + inputs);
    let head = targets * width * config.vocab_size as f64;
    let layers = config.num_layers as f64 * encoder + config.decoder_layers() as f64 * decoder;
    2.0 * rows * (layers + head)
}

/// Floating-point operations of one training step, three times those of [`forward_flops`]: the backward pass makes two
/// products, for the gradients of inputs and weights, where the forward pass makes one. Work done twice to save memory
/// does not count.
pub fn flops_per_step(config: &T5Config, rows: usize, inputs: usize, targets: usize) -> f64 {
    3.0 * forward_flops(config, rows, inputs, targets)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preset;

    fn whole(flops: f64) -> u64 {
        flops as u64
    }

    #[test]
    fn a_model_small_enough_to_count_by_hand() {
        let mut config = preset("t5_1_1_small").unwrap();
        (config.d_model, config.d_kv, config.num_heads) = (2, 3, 1);
        (config.d_ff, config.vocab_size, config.num_layers) = (5, 10, 1);
        // Encoder: 3 tokens by q, k, v, o (6 each) and wi_0, wi_1, wo (10 each); scores and values 3 * 3 * 3 each.
        let encoder = 3 * (4 * 6 + 3 * 10) + 2 * 27;
        // Decoder: 2 tokens by six projections and the feed-forward layer; k and v of 3 inputs; scores and values 2 * 2 * 3
        // and 2 * 3 * 3; output layer 2 by 10.
        let decoder = 2 * (6 * 6 + 3 * 10) + 3 * 2 * 6 + 2 * (12 + 18) + 2 * 20;
        assert_eq!(encoder + decoder, 484);
        assert_eq!(whole(forward_flops(&config, 1, 3, 2)), 2 * 484);
        assert_eq!(whole(flops_per_step(&config, 7, 3, 2)), 7 * 6 * 484);
    }

    #[test]
    fn published_sizes_count_as_elsewhere() {
        // Computed apart, in Python, for 4,096 inputs and 912 targets, or 1,024.
        let flops = |name, rows, inputs, targets| {
            whole(flops_per_step(
                &preset(name).unwrap(),
                rows,
                inputs,
                targets,
            ))
        };
        assert_eq!(flops("t5_1_1_small", 8, 512, 114), 850_027_216_896);
        assert_eq!(flops("t5_small", 32, 128, 32), 802_890_448_896);
    }
}
