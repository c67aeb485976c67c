use crate::{Error, Result, T5Config, floats, torch_file};
use safetensors::tensor::{Dtype, SafeTensors};
use std::collections::BTreeMap;

/// Most bytes of a file's header: 100,000 tensors have 10 MB.
const MOST_HEADER: u64 = 16 << 20;

/// The weights in files of safetensors, each turned into f32, and its bytes dropped, when it is taken.
#[derive(Debug, Default)]
pub struct Weights {
    tensors: BTreeMap<String, Stored>,
}

#[derive(Debug)]
struct Stored {
    bytes: Vec<u8>,
    shape: Vec<usize>,
    dtype: Dtype,
}

impl Weights {
    /// Adds the content of a file; `name` is for errors.
    ///
    /// # Errors
    /// [`Error::Safetensors`] where it is none.
    pub fn add(&mut self, name: &str, mut content: Vec<u8>) -> Result<()> {
        for (first, name, shape, dtype) in places(name, &content)? {
            // From the back, so that a file is never in memory twice.
            let bytes = content.split_off(first);
            content.shrink_to_fit();
            self.tensors.insert(
                name,
                Stored {
                    bytes,
                    shape,
                    dtype,
                },
            );
        }
        Ok(())
    }

    /// Adds the content of a file of torch's, which is read as [`crate::Error::Torch`] says and never run; `name` is for errors.
    ///
    /// # Errors
    /// [`Error::Torch`] where it is anything but a dictionary of tensors.
    pub fn add_torch(&mut self, name: &str, content: &[u8]) -> Result<()> {
        let tensors = torch_file::read(content).map_err(|reason| Error::Torch {
            file: name.to_owned(),
            reason,
        })?;
        for tensor in tensors {
            let stored = Stored {
                bytes: tensor.bytes,
                shape: tensor.shape,
                dtype: tensor.dtype,
            };
            self.tensors.insert(tensor.name, stored);
        }
        Ok(())
    }

    /// Drops the copies that some files have of the embedding, and answers the configuration that these weights mean: an
    /// output layer that equals the embedding is tied, any other is not; where there is none the configuration decides.
    pub fn settle(&mut self, config: &T5Config) -> T5Config {
        // Files of T5 1.0 repeat the embedding under these names; some hold only them.
        for alias in ["encoder.embed_tokens.weight", "decoder.embed_tokens.weight"] {
            if let Some(place) = self.tensors.remove(alias) {
                self.tensors
                    .entry("shared.weight".to_owned())
                    .or_insert(place);
            }
        }
        let unused = "decoder.block.0.layer.1.EncDecAttention.relative_attention_bias.weight";
        self.tensors.remove(unused);
        let same = match (
            self.tensors.get("lm_head.weight"),
            self.tensors.get("shared.weight"),
        ) {
            (Some(head), Some(shared)) => Some(head.equals(shared)),
            (Some(_), None) => Some(false),
            (None, _) => None,
        };
        match same {
            Some(true) => {
                self.tensors.remove("lm_head.weight");
                config.with_tied_output(true)
            }
            Some(false) => config.with_tied_output(false),
            None => config.clone(),
        }
    }

    /// Checks that every weight of `names` is there in its shape; nothing is read.
    ///
    /// # Errors
    /// [`Error::MissingWeight`], [`Error::WeightShape`].
    pub fn check(&self, names: impl IntoIterator<Item = (String, Vec<usize>)>) -> Result<()> {
        names
            .into_iter()
            .try_for_each(|(name, shape)| fits(self.tensors.get(&name), &name, &shape).map(drop))
    }

    /// Takes a weight out, row by row.
    ///
    /// # Errors
    /// [`Error::MissingWeight`], [`Error::WeightShape`], [`Error::WeightType`].
    pub fn take(&mut self, name: &str, shape: &[usize]) -> Result<Vec<f32>> {
        let stored = self.tensors.remove(name);
        let stored = fits(stored.as_ref(), name, shape)?;
        floats(stored.dtype, &stored.bytes).ok_or_else(|| Error::WeightType {
            name: name.to_owned(),
            dtype: format!("{:?}", stored.dtype),
        })
    }

    /// Checks that every weight was taken.
    ///
    /// # Errors
    /// [`Error::UnexpectedWeights`].
    pub fn finish(self) -> Result<()> {
        match self.tensors.keys().next() {
            None => Ok(()),
            Some(first) => Err(Error::UnexpectedWeights {
                count: self.tensors.len(),
                first: first.clone(),
            }),
        }
    }
}

fn fits<'a>(stored: Option<&'a Stored>, name: &str, shape: &[usize]) -> Result<&'a Stored> {
    let stored = stored.ok_or_else(|| Error::MissingWeight {
        name: name.to_owned(),
        shape: shape.to_vec(),
    })?;
    if stored.shape == shape {
        Ok(stored)
    } else {
        Err(Error::WeightShape {
            name: name.to_owned(),
            found: stored.shape.clone(),
            expected: shape.to_vec(),
        })
    }
}

impl Stored {
    /// Whether both hold the same numbers.
    fn equals(&self, other: &Self) -> bool {
        if self.dtype == other.dtype {
            return self.shape == other.shape && self.bytes == other.bytes;
        }
        self.shape == other.shape
            && floats(self.dtype, &self.bytes) == floats(other.dtype, &other.bytes)
    }
}

type Place = (usize, String, Vec<usize>, Dtype);

/// Where the tensors of a file begin, the last first.
fn places(file: &str, content: &[u8]) -> Result<Vec<Place>> {
    let damaged = |error: safetensors::SafeTensorError| Error::Safetensors {
        file: file.to_owned(),
        reason: error.to_string(),
    };
    // The length of the header comes first. It takes ten times its size in memory to read one.
    let header = content
        .first_chunk()
        .map_or(0, |bytes| u64::from_le_bytes(*bytes));
    if header > MOST_HEADER {
        let reason = format!("its header has {header} bytes, expected at most {MOST_HEADER}");
        let file = file.to_owned();
        return Err(Error::Safetensors { file, reason });
    }
    let tensors = SafeTensors::deserialize(content).map_err(damaged)?;
    let mut places: Vec<Place> = tensors
        .iter()
        .map(|(name, view)| {
            let first = view.data().as_ptr() as usize - content.as_ptr() as usize;
            (first, name.to_owned(), view.shape().to_vec(), view.dtype())
        })
        .collect();
    // Empty tensors share their place with the next one; they must be cut off first, and hold nothing either way.
    places.sort_by_key(|place| (place.0, place.2.iter().product::<usize>() > 0));
    places.reverse();
    Ok(places)
}
