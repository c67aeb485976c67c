use super::{Memory, Optimizer, moments::Moments};
use crate::{Error, Result};
use ext5_architecture::is_linear;
use std::collections::BTreeMap;

/// What an optimizer remembers of one parameter, as it is written to a checkpoint: linear layers lie transposed, `[in, out]`,
/// as Burn's model holds them, so that a run may move between the CPU and other devices.
#[derive(Clone, Debug, PartialEq)]
pub struct Remembered {
    /// Updates so far.
    pub updates: usize,
    /// By name: `row` `[in, 1]` and `column` `[1, out]` of a factored second moment, `second_moment` `[n]` of one that is
    /// not, `moment_1` and `moment_2` `[n]` of `AdamW`.
    pub tensors: BTreeMap<String, StateTensor>,
}

/// One tensor of the state, on the host.
#[derive(Clone, Debug, PartialEq)]
pub struct StateTensor {
    /// Dimensions.
    pub shape: Vec<usize>,
    /// Its numbers, row-major.
    pub values: Vec<f32>,
}

impl Optimizer {
    /// A copy of what is remembered of each parameter that was updated, by name.
    pub fn state(&self) -> BTreeMap<String, Remembered> {
        let seen = self.memories.iter().filter(|memory| memory.updates > 0);
        seen.map(|memory| (memory.slot.name.clone(), memory.remembered()))
            .collect()
    }

    /// Goes on from `state`. Parameters that it lacks, or for which it has the moments of another rule, begin anew.
    ///
    /// # Errors
    /// [`Error::OptimizerState`] where a tensor has not the size its parameter asks for.
    pub fn restore(&mut self, mut state: BTreeMap<String, Remembered>) -> Result<()> {
        self.memories
            .iter_mut()
            .filter_map(|memory| Some((state.remove(&memory.slot.name)?, memory)))
            .try_for_each(|(remembered, memory)| memory.restore(remembered))
    }
}

impl Memory {
    /// Rows and columns of a matrix that the checkpoint holds transposed.
    fn transposed(&self) -> Option<(usize, usize)> {
        match *self.slot.shape.as_slice() {
            [height, width] if is_linear(&self.slot.name) => Some((height, width)),
            _ => None,
        }
    }

    fn remembered(&self) -> Remembered {
        let flat = |values: &[f32]| StateTensor {
            shape: vec![values.len()],
            values: match self.transposed() {
                Some((height, width)) => transpose(values, height, width),
                None => values.to_vec(),
            },
        };
        let tensors = match &self.moments {
            Moments::Factored { rows, columns } => {
                let (row, column) = match self.transposed() {
                    Some(_) => (columns, rows),
                    None => (rows, columns),
                };
                let tensor = |shape, values: &[f32]| StateTensor {
                    shape,
                    values: values.to_vec(),
                };
                vec![
                    ("row", tensor(vec![row.len(), 1], row)),
                    ("column", tensor(vec![1, column.len()], column)),
                ]
            }
            Moments::Unfactored { second } => vec![("second_moment", flat(second))],
            Moments::Adam { first, second, .. } => {
                vec![("moment_1", flat(first)), ("moment_2", flat(second))]
            }
        };
        let tensors = tensors.into_iter();
        Remembered {
            updates: self.updates,
            tensors: tensors.map(|(part, it)| (part.to_owned(), it)).collect(),
        }
    }

    fn restore(&mut self, mut remembered: Remembered) -> Result<()> {
        let transposed = self.transposed();
        let mut parts = match &mut self.moments {
            Moments::Factored { rows, columns } if transposed.is_some() => {
                vec![("row", columns), ("column", rows)]
            }
            Moments::Factored { rows, columns } => vec![("row", rows), ("column", columns)],
            Moments::Unfactored { second } => vec![("second_moment", second)],
            Moments::Adam { first, second, .. } => vec![("moment_1", first), ("moment_2", second)],
        };
        let factored = parts.iter().any(|(part, _)| *part == "row");
        if (parts.iter()).any(|(part, _)| !remembered.tensors.contains_key(*part)) {
            return Ok(());
        }
        for (part, moment) in &mut parts {
            let Some(tensor) = remembered.tensors.remove(*part) else {
                continue;
            };
            if tensor.values.len() != moment.len() {
                return Err(Error::OptimizerState {
                    name: format!("{}/{part}", self.slot.name),
                    found: tensor.values.len(),
                    expected: moment.len(),
                });
            }
            **moment = match transposed {
                Some((height, width)) if !factored => transpose(&tensor.values, width, height),
                _ => tensor.values,
            };
        }
        self.updates = remembered.updates;
        Ok(())
    }
}

/// The transpose of `[height, width]`, in blocks that stay in the cache.
fn transpose(values: &[f32], height: usize, width: usize) -> Vec<f32> {
    const BLOCK: usize = 32;
    let mut out = vec![0.0; values.len()];
    for top in (0..height).step_by(BLOCK) {
        for left in (0..width).step_by(BLOCK) {
            for row in top..height.min(top + BLOCK) {
                for column in left..width.min(left + BLOCK) {
                    out[column * height + row] = values[row * width + column];
                }
            }
        }
    }
    out
}
