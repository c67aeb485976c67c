use crate::hugging_face::fill;
use crate::{Result, T5, T5Config};
use burn::tensor::Device;

/// A new T5 with T5's initialisation (Mesh TensorFlow's, as in transformers' `_init_weights`): norms 1, embedding
/// normal with deviation 1, projections normal scaled by their fan-in, 1/sqrt(`d_kv`) folded into q. The untied output
/// layer is scaled by its fan-in too, as t5x does, so that the first loss is near ln V; transformers draws it with
/// deviation 1.
///
/// `normal(name, count)` gives standard normal numbers for one parameter: the weights depend on it alone, so they
/// are equal on every device.
///
/// # Errors
/// [`crate::Error::ConfigValue`] where the shape is impossible.
pub fn initialise(
    config: &T5Config,
    device: &Device,
    mut normal: impl FnMut(&str, usize) -> Vec<f32>,
) -> Result<T5> {
    config.validate()?;
    fill(config, device, |name, shape| {
        let count = shape.iter().product();
        Ok(match deviation(config, name) {
            None => vec![1.0; count],
            Some(deviation) => {
                let mut values = normal(name, count);
                for value in &mut values {
                    *value *= deviation as f32;
                }
                values
            }
        })
    })
}

/// Standard deviation of a parameter's first values; `None` for norms, which start at 1.
fn deviation(config: &T5Config, name: &str) -> Option<f64> {
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
