use crate::{Error, Result};
use burn::optim::{AdafactorState, AdamWState, AdaptiveMomentumState};
use burn::tensor::{Device, Tensor, TensorData};
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use std::collections::{BTreeMap, HashMap};

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

/// One tensor of the state on the host: shape and values.
type HostTensor = (Vec<usize>, Vec<f32>);

impl ParameterState {
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

    /// Updates so far, and the tensors by name.
    fn tensors(&self) -> Result<(usize, Vec<(&'static str, HostTensor)>)> {
        Ok(match self {
            Self::Factored(state) => {
                let mut tensors = vec![("row", host(&state.second_moment)?)];
                if let Some(column) = &state.column_second_moment {
                    tensors.push(("column", host(column)?));
                }
                (state.time, tensors)
            }
            Self::Unfactored(state) => (
                state.time,
                vec![("second_moment", host(&state.second_moment)?)],
            ),
            Self::Adam(state) => {
                let momentum = &state.momentum;
                let tensors = vec![
                    ("moment_1", host(&momentum.moment_1)?),
                    ("moment_2", host(&momentum.moment_2)?),
                ];
                (momentum.time, tensors)
            }
        })
    }
}

fn host<const D: usize>(tensor: &Tensor<D>) -> Result<HostTensor> {
    let values = tensor
        .try_to_vec_as::<f32>()
        .map_err(|error| Error::device("read", &error))?;
    Ok((tensor.dims().to_vec(), values))
}

/// The state of all parameters as safetensors: `<parameter>/<tensor>`, and the number of updates in the metadata.
pub(crate) fn to_bytes(state: &BTreeMap<String, ParameterState>) -> Result<Vec<u8>> {
    let mut tensors = BTreeMap::new();
    let mut metadata = HashMap::new();
    for (name, state) in state {
        let (time, parts) = state.tensors()?;
        metadata.insert(name.clone(), time.to_string());
        for (part, (shape, values)) in parts {
            let bytes: Vec<u8> = values
                .iter()
                .flat_map(|value| value.to_le_bytes())
                .collect();
            tensors.insert(format!("{name}/{part}"), (shape, bytes));
        }
    }
    let views = tensors
        .iter()
        .map(|(name, (shape, bytes))| {
            Ok((
                name.as_str(),
                TensorView::new(Dtype::F32, shape.clone(), bytes)?,
            ))
        })
        .collect::<std::result::Result<Vec<_>, safetensors::SafeTensorError>>();
    // A hash map would write its entries in another order each time: one sorted entry holds them all.
    let times = metadata.into_iter().collect::<BTreeMap<_, _>>();
    let times = HashMap::from([(
        "times".to_owned(),
        serde_json::to_string(&times).unwrap_or_default(),
    )]);
    views
        .and_then(|views| safetensors::serialize(views, Some(times)))
        .map_err(|error| Error::device("write", &error))
}

/// Reads what [`to_bytes`] wrote. `reason` names what is wrong.
pub(crate) fn from_bytes(
    bytes: &[u8],
    device: &Device,
) -> std::result::Result<BTreeMap<String, ParameterState>, String> {
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
        let time = time
            .parse()
            .map_err(|_| format!("`{time}` is no number of updates"))?;
        let vector = |part: &str| tensor::<1>(&file, &name, part, device);
        let parameter = if let Some(row) = tensor::<2>(&file, &name, "row", device) {
            let column_second_moment = tensor::<2>(&file, &name, "column", device);
            ParameterState::Factored(AdafactorState {
                time,
                second_moment: row,
                column_second_moment,
            })
        } else if let Some(second_moment) = vector("second_moment") {
            let column_second_moment = None;
            ParameterState::Unfactored(AdafactorState {
                time,
                second_moment,
                column_second_moment,
            })
        } else if let (Some(moment_1), Some(moment_2)) = (vector("moment_1"), vector("moment_2")) {
            let momentum = AdaptiveMomentumState {
                time,
                moment_1,
                moment_2,
                max_moment_2: None,
            };
            ParameterState::Adam(AdamWState { momentum })
        } else {
            return Err(format!("it lacks the moments of `{name}`"));
        };
        state.insert(name, parameter);
    }
    Ok(state)
}

fn tensor<const D: usize>(
    file: &SafeTensors<'_>,
    name: &str,
    part: &str,
    device: &Device,
) -> Option<Tensor<D>> {
    let view = file.tensor(&format!("{name}/{part}")).ok()?;
    let shape: [usize; D] = view.shape().try_into().ok()?;
    let values: Vec<f32> = view
        .data()
        .as_chunks()
        .0
        .iter()
        .map(|&four| f32::from_le_bytes(four))
        .collect();
    Some(Tensor::from_data(TensorData::new(values, shape), device))
}
