//! What an optimizer remembers, as bytes of a checkpoint: the same from the CPU and from any other device, so that a run may
//! go on where it did not begin.
use crate::{Error, Result};
use ext5_backprop::{Remembered, StateTensor};
use safetensors::tensor::{Dtype, SafeTensors, View};
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

/// The state of all parameters as safetensors: `<parameter>/<tensor>`, and the number of updates in the metadata.
///
/// # Errors
/// [`Error::Device`] where they cannot be written.
pub fn to_bytes(state: &BTreeMap<String, Remembered>) -> Result<Vec<u8>> {
    let tensors = state.iter().flat_map(|(name, remembered)| {
        let parts = remembered.tensors.iter();
        parts.map(move |(part, tensor)| (format!("{name}/{part}"), Written(tensor)))
    });
    // A hash map would write its entries in another order each time: one sorted entry holds them all.
    let times: BTreeMap<_, _> = state
        .iter()
        .map(|(name, remembered)| (name, remembered.updates.to_string()))
        .collect();
    let times = HashMap::from([(
        "times".to_owned(),
        serde_json::to_string(&times).unwrap_or_default(),
    )]);
    safetensors::serialize(tensors, Some(times)).map_err(|error| Error::device("write", &error))
}

/// A tensor whose bytes are made when they are written, one tensor at a time.
struct Written<'a>(&'a StateTensor);

impl View for Written<'_> {
    fn dtype(&self) -> Dtype {
        Dtype::F32
    }

    fn shape(&self) -> &[usize] {
        &self.0.shape
    }

    fn data(&self) -> Cow<'_, [u8]> {
        let values = self.0.values.iter();
        values.flat_map(|value| value.to_le_bytes()).collect()
    }

    fn data_len(&self) -> usize {
        self.0.values.len() * size_of::<f32>()
    }
}

/// Reads what [`to_bytes`] wrote.
///
/// # Errors
/// What is wrong with the bytes, in words.
pub fn from_bytes(bytes: &[u8]) -> std::result::Result<BTreeMap<String, Remembered>, String> {
    let file = SafeTensors::deserialize(bytes).map_err(|error| error.to_string())?;
    let (_, header) = SafeTensors::read_metadata(bytes).map_err(|error| error.to_string())?;
    let times = header
        .metadata()
        .as_ref()
        .and_then(|metadata| metadata.get("times"));
    let times: BTreeMap<String, String> = times
        .and_then(|times| serde_json::from_str(times).ok())
        .ok_or("its header has no `times`")?;
    let mut state = BTreeMap::new();
    for (name, time) in times {
        let updates = time
            .parse()
            .map_err(|_| format!("`{time}` is no number of updates"))?;
        let tensors = BTreeMap::new();
        state.insert(name, Remembered { updates, tensors });
    }
    for (path, view) in file.iter() {
        let (name, part) = path.rsplit_once('/').unwrap_or((path, ""));
        let remembered = state
            .get_mut(name)
            .ok_or_else(|| format!("its header lacks the updates of `{name}`"))?;
        if view.dtype() != Dtype::F32 {
            return Err(format!("`{path}` is {}, expected F32", view.dtype()));
        }
        let fours = view.data().as_chunks().0;
        let tensor = StateTensor {
            shape: view.shape().to_vec(),
            values: fours.iter().map(|&four| f32::from_le_bytes(four)).collect(),
        };
        remembered.tensors.insert(part.to_owned(), tensor);
    }
    Ok(state)
}
