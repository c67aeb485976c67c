use crate::T5Config;

/// The Hugging Face name of the parameter at `path` in the model's module tree, and whether that file holds it transposed
/// (`[out, in]`, as PyTorch's linear layers are stored). `None` where `path` is no parameter of T5.
pub fn name_of(path: &str, gated: bool) -> Option<(String, bool)> {
    let parts: Vec<&str> = path.split('.').collect();
    let plain = |name: String| Some((name, false));
    match *parts.as_slice() {
        ["shared"] => plain("shared.weight".to_owned()),
        ["lm_head"] => Some(("lm_head.weight".to_owned(), true)),
        [stack, "final_layer_norm"] => plain(format!("{stack}.final_layer_norm.weight")),
        [stack, "relative_attention_bias"] => plain(format!(
            "{stack}.block.0.layer.0.SelfAttention.relative_attention_bias.weight"
        )),
        [stack, "block", number, layer, ref rest @ ..] => {
            let feed_forward = if stack == "decoder" { 2 } else { 1 };
            let (index, module) = match layer.strip_suffix("_norm").unwrap_or(layer) {
                "self_attention" => (0, "SelfAttention"),
                "cross_attention" => (1, "EncDecAttention"),
                "feed_forward" => (feed_forward, "DenseReluDense"),
                _ => return None,
            };
            let prefix = format!("{stack}.block.{number}.layer.{index}");
            match *rest {
                [] => plain(format!("{prefix}.layer_norm.weight")),
                ["wi"] if gated => Some((format!("{prefix}.{module}.wi_0.weight"), true)),
                [weight] => Some((format!("{prefix}.{module}.{weight}.weight"), true)),
                _ => None,
            }
        }
        _ => None,
    }
}

/// Whether the Hugging Face name is that of a linear layer's weight, which Burn's model holds transposed (`[in, out]`).
pub fn is_linear(name: &str) -> bool {
    let plain = ["shared", "norm", "relative_attention_bias"];
    name.strip_suffix(".weight")
        .is_some_and(|name| !plain.iter().any(|end| name.ends_with(end)))
}

/// Every parameter of this shape by Hugging Face name, with its shape in the file.
pub fn names(config: &T5Config) -> Vec<(String, Vec<usize>)> {
    let (model, inner, ff) = (config.d_model, config.d_attention(), config.d_ff);
    let mut names = vec![("shared.weight".to_owned(), vec![config.vocab_size, model])];
    if !config.tie_word_embeddings {
        names.push(("lm_head.weight".to_owned(), vec![config.vocab_size, model]));
    }
    let layers = [
        ("encoder", config.num_layers),
        ("decoder", config.decoder_layers()),
    ];
    for (stack, count) in layers {
        let buckets = vec![config.relative_attention_num_buckets, config.num_heads];
        let mut paths = vec![
            ("final_layer_norm".to_owned(), vec![model]),
            ("relative_attention_bias".to_owned(), buckets),
        ];
        for block in 0..count {
            let cross = (stack == "decoder").then_some("cross_attention");
            for attention in ["self_attention"].into_iter().chain(cross) {
                let at = format!("block.{block}.{attention}");
                paths.extend(
                    ["q", "k", "v"].map(|name| (format!("{at}.{name}"), vec![inner, model])),
                );
                paths.push((format!("{at}.o"), vec![model, inner]));
                paths.push((format!("{at}_norm"), vec![model]));
            }
            let at = format!("block.{block}.feed_forward");
            paths.push((format!("{at}.wi"), vec![ff, model]));
            if config.feed_forward_proj.is_gated() {
                paths.push((format!("{at}.wi_1"), vec![ff, model]));
            }
            paths.push((format!("{at}.wo"), vec![model, ff]));
            paths.push((format!("{at}_norm"), vec![model]));
        }
        let gated = config.feed_forward_proj.is_gated();
        names.extend(paths.into_iter().filter_map(|(path, shape)| {
            name_of(&format!("{stack}.{path}"), gated).map(|(name, _)| (name, shape))
        }));
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn linear_layers_are_those_that_the_model_holds_transposed() {
        let paths = ["shared", "lm_head"].into_iter().map(str::to_owned);
        let parts = ["self_attention", "cross_attention", "feed_forward"];
        let inner = ["q", "k", "v", "o", "wi", "wi_1", "wo"];
        let blocks = parts.into_iter().flat_map(|part| {
            let at = format!("decoder.block.3.{part}");
            let weights = inner.map(|weight| format!("{at}.{weight}"));
            weights.into_iter().chain([format!("{at}_norm")])
        });
        let ends = ["final_layer_norm", "relative_attention_bias"];
        let ends = ends.map(|name| format!("encoder.{name}"));
        for path in paths.chain(blocks).chain(ends) {
            for gated in [false, true] {
                let (name, transposed) = name_of(&path, gated).unwrap();
                assert_eq!(is_linear(&name), transposed, "{name}");
            }
        }
    }
}
