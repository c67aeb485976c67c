use ext5_architecture::{Error, T5Config, Weights, names};
use std::ops::Range;
use std::sync::Arc;

/// Where a parameter lies in the buffer of all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    /// Hugging Face name.
    pub name: String,
    /// Shape in the file: linear layers are `[out, in]`.
    pub shape: Vec<usize>,
    /// Its numbers, row-major.
    pub range: Range<usize>,
}

/// A number for each weight of a T5, in one buffer: the weights themselves, their gradients, or what an optimizer remembers.
///
/// Parameters that are multiplied with the same input lie one after the other (`q`, `k`, `v`; `wi_0`, `wi_1`), so that one
/// product serves them.
#[derive(Clone, Debug)]
pub struct Parameters {
    slots: Arc<[Slot]>,
    values: Vec<f32>,
}

impl Parameters {
    /// The weights of a model.
    ///
    /// # Errors
    /// Where one is missing, left over, or of another shape or type than `config` asks for.
    pub fn new(config: &T5Config, mut weights: Weights) -> Result<Self, Error> {
        let mut taken = Self::zeros(config);
        for slot in Arc::clone(&taken.slots).iter() {
            let values = weights.take(&slot.name, &slot.shape)?;
            taken.values[slot.range.clone()].copy_from_slice(&values);
        }
        weights.finish()?;
        Ok(taken)
    }

    /// Zero for every weight of `config`.
    pub fn zeros(config: &T5Config) -> Self {
        let mut first = 0;
        let slots: Arc<[Slot]> = names(config)
            .into_iter()
            .map(|(name, shape)| {
                let range = first..first + shape.iter().product::<usize>();
                first = range.end;
                Slot { name, shape, range }
            })
            .collect();
        Self {
            slots,
            values: vec![0.0; first],
        }
    }

    /// Zero for every weight of this model.
    pub fn zeros_like(&self) -> Self {
        Self {
            slots: Arc::clone(&self.slots),
            values: vec![0.0; self.values.len()],
        }
    }

    /// Where each parameter lies, in the order of the buffer.
    pub fn slots(&self) -> &[Slot] {
        &self.slots
    }

    /// All numbers.
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// All numbers, to change.
    pub fn values_mut(&mut self) -> &mut [f32] {
        &mut self.values
    }

    /// Place of the parameter `name`.
    pub fn slot(&self, name: &str) -> Option<&Slot> {
        self.slots.iter().find(|slot| slot.name == name)
    }
}
