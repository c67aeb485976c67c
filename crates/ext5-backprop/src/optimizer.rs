mod moments;
mod state;

pub use state::{Remembered, StateTensor};

use crate::{Parameters, Slot};
use moments::Moments;

/// Which optimizer, and its constants.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Rule {
    /// Adafactor by T5X's rules: decay 1 - t^-0.8, update clipped at RMS 1, step scaled by the parameter's RMS (at least
    /// 1e-3), no momentum, moments factored where both dimensions are at least 128 (arXiv 1804.04235).
    Adafactor {
        /// Decoupled weight decay, times the learning rate.
        weight_decay: f32,
    },
    /// Adam with decoupled weight decay (arXiv 1711.05101).
    AdamW {
        /// Decoupled weight decay, times the learning rate.
        weight_decay: f32,
        /// Decay of the first moment.
        beta_1: f32,
        /// Decay of the second moment.
        beta_2: f32,
        /// Added to the root of the second moment.
        epsilon: f32,
    },
}

/// An optimizer and what it remembers of each parameter.
#[derive(Clone, Debug)]
pub struct Optimizer {
    weight_decay: f32,
    memories: Vec<Memory>,
}

/// What is remembered of one parameter.
#[derive(Clone, Debug)]
struct Memory {
    slot: Slot,
    /// Updates so far.
    updates: usize,
    moments: Moments,
}

/// The numbers of one update that are the same for all parameters.
#[derive(Clone, Copy)]
struct Step {
    /// Learning rate.
    rate: f64,
    /// The gradient is multiplied by it first.
    scale: f32,
    /// The value is multiplied by it: 1 less rate times weight decay.
    keep: f32,
}

impl Optimizer {
    /// An optimizer of `parameters` that has seen nothing yet.
    pub fn new(rule: Rule, parameters: &Parameters) -> Self {
        let (Rule::Adafactor { weight_decay } | Rule::AdamW { weight_decay, .. }) = rule;
        let memory = |slot: &Slot| Memory {
            slot: slot.clone(),
            updates: 0,
            moments: Moments::new(rule, &slot.shape),
        };
        Self {
            weight_decay,
            memories: parameters.slots().iter().map(memory).collect(),
        }
    }

    /// One update of `parameters` by `gradients`, each times `scale` first (global-norm clipping), at the learning rate
    /// `rate`; the same bits on any number of threads.
    ///
    /// # Panics
    /// Where either is of a smaller model than the optimizer's.
    pub fn step(
        &mut self,
        parameters: &mut Parameters,
        gradients: &Parameters,
        rate: f64,
        scale: f64,
    ) {
        let step = Step {
            rate,
            scale: scale as f32,
            keep: (1.0 - rate * f64::from(self.weight_decay)) as f32,
        };
        for memory in &mut self.memories {
            memory.updates += 1;
            let values = &mut parameters.values_mut()[memory.slot.range.clone()];
            let gradient = &gradients.values()[memory.slot.range.clone()];
            memory
                .moments
                .update(values, gradient, memory.updates, step);
        }
    }
}

/// Euclidean norm of all numbers together; the same bits on any number of threads.
pub fn global_norm(parameters: &Parameters) -> f64 {
    ext5_cpu::sum_of_squares(parameters.values()).sqrt()
}
