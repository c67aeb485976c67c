use crate::{Error, Grid, Result, StudyCell};
use ext5_architecture::{T5Config, flops_per_step};
use ext5_trainer::{ModelDir, RunConfig, RunPlan, VocabularyConfig, model_config, plan_shape};
use serde::Serialize;
use std::collections::BTreeMap;

/// Ids of T5's vocabulary, which a vocabulary in a file is taken to have.
const T5_IDS: usize = 32_100;
/// Bytes and special ids of a vocabulary of bytes.
const BYTE_IDS: usize = 259;

/// What some runs cost together.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Cost {
    /// Runs.
    pub runs: u64,
    /// Optimizer updates.
    pub steps: u64,
    /// Tokens of the encoder with every row full: the most there can be.
    pub inputs_tokens: u64,
    /// The same of the decoder.
    pub targets_tokens: u64,
    /// Floating-point operations of training on full rows, multiplications and additions: the most there can be.
    pub flops: f64,
    /// Hours of training, one run after another; validations, checkpoints and scoring come on top. Absent where not known.
    pub hours: Option<f64>,
    /// Scores that are taken: tasks times checkpoints.
    pub scores: u64,
    /// Most examples that are answered for them; absent where a score has no limit.
    pub examples: Option<u64>,
}

impl Cost {
    /// Nothing yet.
    pub fn none() -> Self {
        Self {
            hours: Some(0.0),
            examples: Some(0),
            ..Self::default()
        }
    }

    /// Counts `other` too.
    pub fn add(&mut self, other: &Self) {
        let sum = |one: Option<f64>, other: Option<f64>| Some(one? + other?);
        self.runs += other.runs;
        self.steps += other.steps;
        self.inputs_tokens += other.inputs_tokens;
        self.targets_tokens += other.targets_tokens;
        self.flops += other.flops;
        self.hours = sum(self.hours, other.hours);
        self.scores += other.scores;
        self.examples = self
            .examples
            .zip(other.examples)
            .map(|(one, other)| one.saturating_add(other));
    }
}

/// A cell with its model's shape.
pub(crate) struct Shaped<'a> {
    pub(crate) cell: &'a StudyCell,
    /// The cell at the end of what it starts from, which has the model's preset and vocabulary; itself where it starts from none.
    pub(crate) root: &'a StudyCell,
    pub(crate) shape: T5Config,
    pub(crate) plan: RunPlan,
}

/// The cells of a grid with the shapes of their models, without data: a preset with the vocabulary's size, or the shape of what is
/// started from.
pub(crate) fn shaped(grid: &Grid) -> Result<Vec<Shaped<'_>>> {
    let mut seen: BTreeMap<&str, (&StudyCell, T5Config)> = BTreeMap::new();
    let mut all = Vec::with_capacity(grid.cells.len());
    for cell in &grid.cells {
        let (root, shape) = match &cell.start {
            None => (cell, first_shape(&cell.config)?),
            Some(start) => {
                let known = seen.get(start.cell.as_str()).cloned();
                known.ok_or_else(|| Error::Grid {
                    reason: format!(
                        "the run `{}` starts from `{}`, which does not come before it in the grid",
                        cell.name, start.cell
                    ),
                })?
            }
        };
        seen.insert(&cell.name, (root, shape.clone()));
        let plan = plan_shape(&cell.config, &shape);
        all.push(Shaped {
            cell,
            root,
            shape,
            plan,
        });
    }
    Ok(all)
}

fn first_shape(config: &RunConfig) -> Result<T5Config> {
    if let Some(from) = &config.init.from {
        return Ok(ModelDir::find(from)?.config()?);
    }
    let ids = match &config.data.vocabulary {
        VocabularyConfig::File(_) => T5_IDS,
        VocabularyConfig::Bytes { extra_ids } => BYTE_IDS.saturating_add(*extra_ids),
        VocabularyConfig::Trained { size, .. } => *size,
    };
    Ok(model_config(config, ids)?)
}

impl Shaped<'_> {
    /// Operations of one step with every row full.
    pub(crate) fn flops_per_step(&self) -> f64 {
        let (data, trainer) = (&self.cell.config.data, &self.cell.config.trainer);
        let (inputs, targets) = (data.inputs_length, data.targets_length);
        flops_per_step(&self.shape, trainer.batch_rows, inputs, targets)
    }

    /// What it costs to train; time and scores are not known here.
    pub(crate) fn training(&self) -> Cost {
        let (data, trainer) = (&self.cell.config.data, &self.cell.config.trainer);
        let rows = trainer.steps.saturating_mul(trainer.batch_rows as u64);
        Cost {
            runs: 1,
            steps: trainer.steps,
            inputs_tokens: rows.saturating_mul(data.inputs_length as u64),
            targets_tokens: rows.saturating_mul(data.targets_length as u64),
            flops: trainer.steps as f64 * self.flops_per_step(),
            ..Cost::none()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_of_one_is_not_known_of_all() {
        let run = |hours, examples| Cost {
            runs: 1,
            hours,
            examples,
            ..Cost::none()
        };
        let mut sum = Cost::none();
        sum.add(&run(Some(1.0), Some(7)));
        sum.add(&run(Some(0.5), Some(u64::MAX)));
        assert_eq!(
            (sum.runs, sum.hours, sum.examples),
            (2, Some(1.5), Some(u64::MAX))
        );
        sum.add(&run(None, None));
        assert_eq!((sum.hours, sum.examples), (None, None));
    }
}
