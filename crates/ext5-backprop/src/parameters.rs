use ext5_architecture::{Error, T5Config, Weights, initial_deviation, names, weights_to_bytes};
use ext5_cpu::for_each_part;
use std::ops::Range;
use std::sync::Arc;

/// Numbers that a thread draws or clears at once.
const PIECE: usize = 1 << 16;

/// What draws normal numbers: `(name, first, out)`.
pub type Normal<'a> = &'a (dyn Fn(&str, usize, &mut [f32]) + Sync);

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

    /// First weights of a new model: `normal(name, first, out)` writes standard normal numbers, those of the parameter `name` from
    /// number `first` on, which depend on nothing else. It is asked for pieces, on all threads.
    ///
    /// # Errors
    /// Where the shape is impossible.
    pub fn initial(config: &T5Config, normal: Normal<'_>) -> Result<Self, Error> {
        config.validate()?;
        let mut new = Self::zeros(config);
        let slots = Arc::clone(&new.slots);
        for_each_part([(&mut new.values, PIECE)], &|number, [mut rest]| {
            let mut place = number * PIECE;
            let from = slots.partition_point(|slot| slot.range.end <= place);
            for slot in &slots[from..] {
                let size = rest.len().min(slot.range.end - place);
                let (piece, behind) = std::mem::take(&mut rest).split_at_mut(size);
                draw(config, slot, place, piece, normal);
                (place, rest) = (place + size, behind);
                if rest.is_empty() {
                    break;
                }
            }
        });
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

    /// Makes all numbers zero, on all threads.
    pub fn clear(&mut self) {
        for_each_part([(&mut self.values, PIECE)], &|_, [part]| part.fill(0.0));
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

/// The first weights of `slot` that lie from `place` of the buffer on.
fn draw(config: &T5Config, slot: &Slot, place: usize, piece: &mut [f32], normal: Normal<'_>) {
    match initial_deviation(config, &slot.name) {
        None => piece.fill(1.0),
        Some(deviation) => {
            normal(&slot.name, place - slot.range.start, piece);
            let deviation = deviation as f32;
            for value in piece {
                *value *= deviation;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ext5_architecture::preset;

    /// A number that says which it is of which parameter.
    fn marked(name: &str, first: usize, out: &mut [f32]) {
        for (at, value) in (first..).zip(out) {
            *value = (name.len() * 1000 + at) as f32;
        }
    }

    /// Matrices of many pieces, pieces of many norms.
    #[test]
    fn pieces_are_what_is_drawn_at_once() {
        let config = T5Config {
            vocab_size: 2000,
            ..preset("tiny").unwrap()
        };
        let found = Parameters::initial(&config, &marked).unwrap();
        assert!(found.values().len() > 2 * PIECE);
        for slot in found.slots() {
            let mut expected = vec![1.0; slot.range.len()];
            if let Some(deviation) = initial_deviation(&config, &slot.name) {
                marked(&slot.name, 0, &mut expected);
                for value in &mut expected {
                    *value *= deviation as f32;
                }
            }
            assert_eq!(
                found.values()[slot.range.clone()],
                expected,
                "{}",
                slot.name
            );
        }
    }
}
