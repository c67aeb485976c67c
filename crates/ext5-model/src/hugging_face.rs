use crate::{Error, Result, T5, T5Config};
use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::{Device, Tensor, TensorData};
use ext5_architecture::{Weights, name_of, weights_to_bytes};
use serde_json::{Value, json};

/// A T5 with `weights`, which may be stored as F32, F16 or BF16.
///
/// # Errors
/// Where a weight is missing, left over, or of another shape or type than `config` asks for.
pub fn import(config: &T5Config, device: &Device, mut weights: Weights) -> Result<T5> {
    let config = &weights.settle(config);
    let model = fill(config, device, |name, shape| weights.take(name, shape))?;
    weights.finish()?;
    Ok(model)
}

/// A T5 whose every parameter is `source(name, shape in the file)`.
pub(crate) fn fill(
    config: &T5Config,
    device: &Device,
    source: impl FnMut(&str, &[usize]) -> Result<Vec<f32>>,
) -> Result<T5> {
    let mut fill = Fill {
        path: Vec::new(),
        gated: config.feed_forward_proj.is_gated(),
        source,
        device: device.clone(),
        error: None,
    };
    let model = T5::empty(config, device).map(&mut fill);
    fill.error.map_or(Ok(model), Err)
}

struct Fill<F> {
    path: Vec<String>,
    gated: bool,
    source: F,
    device: Device,
    error: Option<Error>,
}

impl<F: FnMut(&str, &[usize]) -> Result<Vec<f32>>> ModuleMapper for Fill<F> {
    fn enter_module(&mut self, name: &str, _container_type: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.path.pop();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let Some((name, transposed)) = name_of(&self.path.join("."), self.gated) else {
            return param;
        };
        let shape = param.lazy_shape();
        let mut in_file: Vec<usize> = shape.iter().copied().collect();
        if transposed {
            in_file.reverse();
        }
        match (self.source)(&name, &in_file) {
            Ok(values) => {
                let values = if transposed {
                    transpose(&values, in_file[0])
                } else {
                    values
                };
                let tensor = Tensor::from_data(TensorData::new(values, shape), &self.device);
                let trained = self.device.is_autodiff();
                Param::initialized(param.id, tensor.set_require_grad(trained))
            }
            Err(error) => {
                self.error.get_or_insert(error);
                param
            }
        }
    }
}

/// Transposes a matrix of `rows` rows.
fn transpose(values: &[f32], rows: usize) -> Vec<f32> {
    let columns = values.len().checked_div(rows).unwrap_or(0);
    (0..columns)
        .flat_map(|column| (0..rows).map(move |row| values[row * columns + column]))
        .collect()
}

/// The weights as one safetensors file in Hugging Face's layout, f32: `shared.weight` once, `lm_head.weight` only where
/// untied, `format: pt`.
///
/// # Errors
/// [`Error::Device`] where a tensor cannot be read back.
pub fn export_safetensors(model: &T5) -> Result<Vec<u8>> {
    let gated = model.config().feed_forward_proj.is_gated();
    let mut collect = Collect {
        path: Vec::new(),
        gated,
        weights: Vec::new(),
        error: None,
    };
    model.visit(&mut collect);
    if let Some(error) = collect.error {
        return Err(error);
    }
    weights_to_bytes(collect.weights)
}

struct Collect {
    path: Vec<String>,
    gated: bool,
    weights: Vec<(String, Vec<usize>, Vec<f32>)>,
    error: Option<Error>,
}

impl ModuleVisitor for Collect {
    fn enter_module(&mut self, name: &str, _container_type: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.path.pop();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let Some((name, transposed)) = name_of(&self.path.join("."), self.gated) else {
            return;
        };
        let tensor = param.val();
        let mut shape = tensor.dims().to_vec();
        match tensor.try_to_vec_as::<f32>() {
            Ok(mut values) => {
                if transposed {
                    values = transpose(&values, shape[0]);
                    shape.reverse();
                }
                self.weights.push((name, shape, values));
            }
            Err(error) => {
                self.error
                    .get_or_insert(Error::Device(format!("{error:?}")));
            }
        }
    }
}

/// The `generation_config.json` that belongs to `config`.
pub fn generation_config(config: &T5Config) -> Value {
    json!({
        "decoder_start_token_id": config.decoder_start_token_id,
        "eos_token_id": config.eos_token_id,
        "pad_token_id": config.pad_token_id,
    })
}
