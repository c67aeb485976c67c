use ext5_architecture::{Error, T5Config, Weights, initial_deviation, names, weights_to_bytes};
use ext5_cpu::run;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

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
    /// The weights of a model of the shape `config`, which [`Weights::settle`] has made fit them.
    ///
    /// # Errors
    /// Where one is missing, left over, or of another shape or type than `config` asks for.
    pub fn new(config: &T5Config, mut weights: Weights) -> Result<Self, Error> {
        // Before memory is asked for, which another model's configuration may want more of than there is.
        weights.check(names(config))?;
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

    /// First weights of a new model: `normal(name)` gives standard normal numbers for one parameter, which depend on nothing else.
    ///
    /// # Errors
    /// Where the shape is impossible.
    pub fn initial<N: Iterator<Item = f32>>(
        config: &T5Config,
        normal: impl Fn(&str) -> N + Sync,
    ) -> Result<Self, Error> {
        config.validate()?;
        let mut new = Self::zeros(config);
        let slots = Arc::clone(&new.slots);
        // A part for each parameter: threads take them in turns.
        let mut rest = new.values.as_mut_slice();
        let mut parts: Vec<Mutex<&mut [f32]>> = Vec::with_capacity(slots.len());
        for slot in slots.iter() {
            let (part, behind) = rest.split_at_mut(slot.range.len());
            parts.push(Mutex::new(part));
            rest = behind;
        }
        run(parts.len(), &|number| {
            let name = &slots[number].name;
            let mut part = parts[number].lock().unwrap_or_else(PoisonError::into_inner);
            match initial_deviation(config, name) {
                None => part.fill(1.0),
                Some(deviation) => {
                    let deviation = deviation as f32;
                    let drawn = normal(name).map(|value| value * deviation);
                    part.iter_mut()
                        .zip(drawn)
                        .for_each(|(to, value)| *to = value);
                }
            }
        });
        drop(parts);
        Ok(new)
    }

    /// Zero for every weight of this model.
    #[must_use]
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

    /// A file of safetensors in Hugging Face's layout.
    ///
    /// # Errors
    /// [`Error::Device`] where numbers and shapes do not belong together.
    pub fn to_safetensors(&self) -> Result<Vec<u8>, Error> {
        let weight = |slot: &Slot| {
            (
                slot.name.clone(),
                slot.shape.clone(),
                &self.values[slot.range.clone()],
            )
        };
        weights_to_bytes(self.slots.iter().map(weight))
    }

    /// Place of the parameter `name`.
    pub fn slot(&self, name: &str) -> Option<&Slot> {
        self.slots.iter().find(|slot| slot.name == name)
    }
}
