//! Weights as torch 1.6 and later save them: a zip archive with a pickle of a dictionary of tensors, and their numbers.
//!
//! A pickle is a program. This one is read by an interpreter that knows the few instructions and the few names of which such a
//! dictionary is made, and refuses all others by name; nothing of it is run, no name of it becomes a path.
mod archive;
mod pickle;
mod strided;

use safetensors::tensor::Dtype;

/// Copies of tensors that share their numbers are written out: this many times the file at most, in bytes.
const MOST_COPIES: usize = 5;

/// A tensor, row by row.
pub(crate) struct TorchTensor {
    pub(crate) name: String,
    pub(crate) dtype: Dtype,
    pub(crate) shape: Vec<usize>,
    pub(crate) bytes: Vec<u8>,
}

/// The tensors of a file.
///
/// # Errors
/// Why it is refused, in words.
pub(crate) fn read(content: &[u8]) -> Result<Vec<TorchTensor>, String> {
    let members = archive::members(content)?;
    let data: Vec<&str> = members
        .keys()
        .filter_map(|name| name.strip_suffix("/data.pkl"))
        .filter(|prefix| !prefix.contains('/'))
        .collect();
    let [prefix] = data.as_slice() else {
        return Err("it has no `data.pkl`, or several".to_owned());
    };
    let member = |name: &str| members.get(format!("{prefix}/{name}").as_str()).copied();
    if member("byteorder").is_some_and(|order| order != b"little") {
        return Err("its numbers are not little-endian".to_owned());
    }
    if member("constants.pkl").is_some() {
        return Err("it is a program (TorchScript), expected a dictionary of tensors".to_owned());
    }
    let tensors = pickle::tensors(member("data.pkl").unwrap_or_default())?;
    let mut left = content.len().saturating_mul(MOST_COPIES);
    let mut read = Vec::new();
    for (name, tensor) in tensors {
        let wrong = |reason: String| format!("`{name}`: {reason}");
        let key = format!("data/{}", tensor.storage.key);
        let storage = member(&key).ok_or_else(|| wrong(format!("`{key}` is missing")))?;
        let size = strided::size(&tensor, storage).map_err(wrong)?;
        left = left
            .checked_sub(size)
            .ok_or_else(|| wrong("its tensors are far larger than the file".to_owned()))?;
        read.push(TorchTensor {
            name: name.to_owned(),
            dtype: tensor.storage.dtype,
            bytes: strided::rows(&tensor, storage),
            shape: tensor.shape,
        });
    }
    Ok(read)
}
