use crate::{Error, Result};
use safetensors::tensor::{Dtype, TensorView};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Name of the file of weights.
pub const SAFETENSORS: &str = "model.safetensors";
/// Name of the index where the weights lie in several files.
pub const SAFETENSORS_INDEX: &str = "model.safetensors.index.json";

/// The index of weights that lie in several files.
#[derive(Debug, Deserialize)]
pub struct Index {
    weight_map: BTreeMap<String, String>,
}

impl Index {
    /// Reads `model.safetensors.index.json`.
    ///
    /// # Errors
    /// [`Error::Index`].
    pub fn from_json(bytes: &[u8]) -> Result<Self> {
        serde_json::from_slice(bytes).map_err(Error::Index)
    }

    /// The files it names, each once.
    pub fn files(&self) -> BTreeSet<&str> {
        self.weight_map.values().map(String::as_str).collect()
    }
}

/// The values of a tensor's little-endian bytes as f32, exactly; `None` where `dtype` is not F32, F16 or BF16.
pub fn floats(dtype: Dtype, bytes: &[u8]) -> Option<Vec<f32>> {
    Some(match dtype {
        Dtype::F32 => bytes
            .as_chunks()
            .0
            .iter()
            .map(|&four| f32::from_le_bytes(four))
            .collect(),
        Dtype::BF16 => bytes
            .as_chunks()
            .0
            .iter()
            .map(|&two| f32::from_bits(u32::from(u16::from_le_bytes(two)) << 16))
            .collect(),
        Dtype::F16 => bytes
            .as_chunks()
            .0
            .iter()
            .map(|&two| half_to_f32(u16::from_le_bytes(two)))
            .collect(),
        _ => return None,
    })
}

/// IEEE 754 binary16 to f32, exact.
fn half_to_f32(bits: u16) -> f32 {
    let sign = if bits >> 15 == 0 { 1.0 } else { -1.0 };
    let fraction = f32::from(bits & 0x3FF);
    sign * match (bits >> 10) & 0x1F {
        0 => fraction * 2_f32.powi(-24),
        31 if fraction == 0.0 => f32::INFINITY,
        31 => f32::NAN,
        exponent => (1.0 + fraction / 1024.0) * 2_f32.powi(i32::from(exponent) - 15),
    }
}

/// Weights as one file of safetensors, f32, with the mark `format: pt` that transformers asks for.
///
/// # Errors
/// [`Error::Device`] where numbers and shape do not belong together.
pub fn weights_to_bytes<V: AsRef<[f32]>>(
    weights: impl IntoIterator<Item = (String, Vec<usize>, V)>,
) -> Result<Vec<u8>> {
    let weights: BTreeMap<String, (Vec<usize>, Vec<u8>)> = weights
        .into_iter()
        .map(|(name, shape, values)| {
            let bytes = values.as_ref().iter().flat_map(|value| value.to_le_bytes());
            (name, (shape, bytes.collect()))
        })
        .collect();
    let failed = |error: safetensors::SafeTensorError| Error::Device(error.to_string());
    let views = weights.iter().map(|(name, (shape, bytes))| {
        let view = TensorView::new(Dtype::F32, shape.clone(), bytes);
        view.map(|view| (name.as_str(), view)).map_err(failed)
    });
    let views = views.collect::<Result<Vec<_>>>()?;
    let metadata = HashMap::from([("format".to_owned(), "pt".to_owned())]);
    safetensors::serialize(views, Some(metadata)).map_err(failed)
}
