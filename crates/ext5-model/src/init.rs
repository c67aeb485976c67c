use crate::hugging_face::fill;
use crate::{Result, T5, T5Config};
use burn::tensor::Device;
use ext5_architecture::initial_deviation;

/// A new T5 with T5's initialisation: norms 1, all else normal with the deviations of [`initial_deviation`].
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
        Ok(match initial_deviation(config, name) {
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
