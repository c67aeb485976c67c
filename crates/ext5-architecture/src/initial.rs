use crate::T5Config;

/// Standard deviation of a parameter's first values, by its Hugging Face name; `None` for norms, which start at 1.
///
/// T5's initialisation (Mesh TensorFlow's, as in transformers' `_init_weights`): embedding normal with deviation 1, projections
/// scaled by their fan-in, 1/sqrt(`d_kv`) folded into q. The untied output layer is scaled by its fan-in too, as t5x does, so that
/// the first loss is near ln V; transformers draws it with deviation 1.
pub fn initial_deviation(config: &T5Config, name: &str) -> Option<f64> {
    let fan_in = |width: usize| (width as f64).powf(-0.5);
    let model = fan_in(config.d_model);
    let parts: Vec<&str> = name.split('.').collect();
    let deviation = match *parts.as_slice() {
        ["shared", _] => 1.0,
        [.., "layer_norm" | "final_layer_norm", _] => return None,
        [.., "q", _] => model * fan_in(config.d_kv),
        [.., "o", _] => fan_in(config.d_attention()),
        [.., "wo", _] => fan_in(config.d_ff),
        _ => model,
    };
    Some(deviation * config.initializer_factor)
}
