use crate::{Error, Result, T5Config, floats};
use safetensors::tensor::{Dtype, SafeTensors};
use std::collections::BTreeMap;
use std::ops::Range;

/// The weights in files of safetensors, each turned into f32 only when it is taken.
#[derive(Debug, Default)]
pub struct Weights {
    files: Vec<Vec<u8>>,
    tensors: BTreeMap<String, Place>,
}

#[derive(Debug)]
struct Place {
    file: usize,
    bytes: Range<usize>,
    shape: Vec<usize>,
    dtype: Dtype,
}

impl Weights {
    /// Adds the content of a file; `name` is for errors.
    ///
    /// # Errors
    /// [`Error::Safetensors`] where it is none.
    pub fn add(&mut self, name: &str, content: Vec<u8>) -> Result<()> {
        let damaged = |error: safetensors::SafeTensorError| Error::Safetensors {
            file: name.to_owned(),
            reason: error.to_string(),
        };
        let tensors = SafeTensors::deserialize(&content).map_err(damaged)?;
        let file = self.files.len();
        for name in tensors.names() {
            let view = tensors.tensor(name).map_err(damaged)?;
            let first = view.data().as_ptr() as usize - content.as_ptr() as usize;
            let place = Place {
                file,
                bytes: first..first + view.data().len(),
                shape: view.shape().to_vec(),
                dtype: view.dtype(),
            };
            self.tensors.insert(name.to_owned(), place);
        }
        self.files.push(content);
        Ok(())
    }

    /// Drops the copies that some files have of the embedding, and answers the configuration that these weights mean: the
    /// output layer is tied if and only if there is none, or it equals the embedding.
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
        let found = |name| self.tensors.get(name).map(|place| self.content(place));
        match (found("lm_head.weight"), found("shared.weight")) {
            (Some(head), Some(shared)) if head == shared => {
                self.tensors.remove("lm_head.weight");
                config.with_tied_output(true)
            }
            (Some(_), _) => config.with_tied_output(false),
            (None, _) => config.clone(),
        }
    }

    fn content<'a>(&'a self, place: &'a Place) -> (Dtype, &'a [usize], &'a [u8]) {
        let file = self.files.get(place.file).map_or(&[][..], Vec::as_slice);
        let bytes = file.get(place.bytes.clone()).unwrap_or(&[]);
        (place.dtype, &place.shape, bytes)
    }

    /// Takes a weight out, row by row.
    ///
    /// # Errors
    /// [`Error::MissingWeight`], [`Error::WeightShape`], [`Error::WeightType`].
    pub fn take(&mut self, name: &str, shape: &[usize]) -> Result<Vec<f32>> {
        let place = self
            .tensors
            .remove(name)
            .ok_or_else(|| Error::MissingWeight {
                name: name.to_owned(),
                shape: shape.to_vec(),
            })?;
        if place.shape != shape {
            return Err(Error::WeightShape {
                name: name.to_owned(),
                found: place.shape,
                expected: shape.to_vec(),
            });
        }
        let (dtype, _, bytes) = self.content(&place);
        floats(dtype, bytes).ok_or_else(|| Error::WeightType {
            name: name.to_owned(),
            dtype: format!("{dtype:?}"),
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
