use crate::{Error, Optimizer, Result};
use burn::optim::{AdafactorState, AdamWState, AdaptiveMomentumState};
use burn::tensor::{Device, Tensor, TensorData};
use ext5_backprop::{Remembered, StateTensor};
use std::collections::BTreeMap;

/// What an optimizer remembers of one parameter.
#[derive(Clone)]
#[expect(
    clippy::large_enum_variant,
    reason = "one a parameter, and most are of the largest kind"
)]
pub(crate) enum ParameterState {
    /// Adafactor, row and column means of a matrix.
    Factored(AdafactorState<2>),
    /// Adafactor, every element.
    Unfactored(AdafactorState<1>),
    /// `AdamW`, every element.
    Adam(AdamWState<1>),
}

impl Optimizer {
    /// What is remembered of each parameter, read back from the device, by Hugging Face name.
    ///
    /// # Errors
    /// [`Error::Device`] where a tensor cannot be read back.
    pub fn state(&self) -> Result<BTreeMap<String, Remembered>> {
        self.state
            .iter()
            .map(|(name, state)| Ok((name.clone(), state.remembered()?)))
            .collect()
    }

    /// Goes on from `state`, on `device`.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn restore(
        &mut self,
        state: BTreeMap<String, Remembered>,
        device: &Device,
    ) -> std::result::Result<(), String> {
        self.state = state
            .into_iter()
            .map(|(name, remembered)| {
                let state = ParameterState::new(remembered, device)
                    .ok_or_else(|| format!("it lacks the moments of `{name}`"))?;
                Ok((name, state))
            })
            .collect::<std::result::Result<_, String>>()?;
        Ok(())
    }
}

impl ParameterState {
    /// The state on `device`; `None` where it holds the moments of no rule.
    fn new(remembered: Remembered, device: &Device) -> Option<Self> {
        let Remembered {
            updates: time,
            mut tensors,
        } = remembered;
        let mut take = |part: &str| tensors.remove(part);
        Some(if let Some(row) = take("row") {
            let column = take("column")?;
            Self::Factored(AdafactorState {
                time,
                second_moment: tensor(row, device)?,
                column_second_moment: Some(tensor(column, device)?),
            })
        } else if let Some(second_moment) = take("second_moment") {
            Self::Unfactored(AdafactorState {
                time,
                second_moment: tensor(second_moment, device)?,
                column_second_moment: None,
            })
        } else {
            let momentum = AdaptiveMomentumState {
                time,
                moment_1: tensor(take("moment_1")?, device)?,
                moment_2: tensor(take("moment_2")?, device)?,
                max_moment_2: None,
            };
            Self::Adam(AdamWState { momentum })
        })
    }

    fn remembered(&self) -> Result<Remembered> {
        let (updates, parts) = match self {
            Self::Factored(state) => {
                let mut parts = vec![("row", host(&state.second_moment)?)];
                if let Some(column) = &state.column_second_moment {
                    parts.push(("column", host(column)?));
                }
                (state.time, parts)
            }
            Self::Unfactored(state) => (
                state.time,
                vec![("second_moment", host(&state.second_moment)?)],
            ),
            Self::Adam(state) => {
                let momentum = &state.momentum;
                let parts = vec![
                    ("moment_1", host(&momentum.moment_1)?),
                    ("moment_2", host(&momentum.moment_2)?),
                ];
                (momentum.time, parts)
            }
        };
        let parts = parts.into_iter();
        Ok(Remembered {
            updates,
            tensors: parts.map(|(part, it)| (part.to_owned(), it)).collect(),
        })
    }

    pub(crate) fn factored(self) -> Option<AdafactorState<2>> {
        if let Self::Factored(state) = self {
            Some(state)
        } else {
            None
        }
    }

    pub(crate) fn unfactored(self) -> Option<AdafactorState<1>> {
        if let Self::Unfactored(state) = self {
            Some(state)
        } else {
            None
        }
    }

    pub(crate) fn adam(self) -> Option<AdamWState<1>> {
        if let Self::Adam(state) = self {
            Some(state)
        } else {
            None
        }
    }
}

fn host<const D: usize>(tensor: &Tensor<D>) -> Result<StateTensor> {
    let values = tensor
        .try_to_vec_as::<f32>()
        .map_err(|error| Error::device("read", &error))?;
    Ok(StateTensor {
        shape: tensor.dims().to_vec(),
        values,
    })
}

fn tensor<const D: usize>(tensor: StateTensor, device: &Device) -> Option<Tensor<D>> {
    let shape: [usize; D] = tensor.shape.try_into().ok()?;
    let data = TensorData::new(tensor.values, shape);
    Some(Tensor::from_data(data, device))
}
