use crate::optimizer_state::ParameterState;
use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::optim::{
    Adafactor, AdafactorConfig, AdamW, AdamWConfig, GradientsParams, Optimizer as _,
};
use burn::tensor::Tensor;
use ext5_model::{T5, name_of};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Smallest width at which T5X factors a matrix's second moment (`min_dim_size_to_factor`).
pub(crate) const FACTOR_FROM: usize = 128;

/// Which optimizer, and its constants.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum OptimizerConfig {
    /// Adafactor by T5X's rules: decay 1 - t^-0.8, update clipped at RMS 1, step scaled by the parameter's RMS
    /// (at least 1e-3), no momentum (arXiv 1804.04235; t5x `adafactor.py`).
    Adafactor {
        /// Decoupled weight decay, times the learning rate.
        #[serde(default)]
        weight_decay: f32,
    },
    /// Adam with decoupled weight decay (arXiv 1711.05101), constants as `PyTorch`'s.
    #[serde(rename = "adamw")]
    AdamW {
        /// Decoupled weight decay, times the learning rate.
        #[serde(default)]
        weight_decay: f32,
        /// Decay of the first moment.
        #[serde(default = "beta_1")]
        beta_1: f32,
        /// Decay of the second moment.
        #[serde(default = "beta_2")]
        beta_2: f32,
        /// Added to the root of the second moment.
        #[serde(default = "epsilon")]
        epsilon: f32,
    },
}

fn beta_1() -> f32 {
    0.9
}

fn beta_2() -> f32 {
    0.999
}

fn epsilon() -> f32 {
    1e-8
}

impl Default for OptimizerConfig {
    fn default() -> Self {
        Self::Adafactor { weight_decay: 0.0 }
    }
}

impl OptimizerConfig {
    /// What must hold of the constants, and what to say where it does not.
    pub(crate) fn rules(&self) -> Vec<(bool, &'static str)> {
        let (Self::Adafactor { weight_decay } | Self::AdamW { weight_decay, .. }) = *self;
        let mut rules = vec![(
            weight_decay.is_finite() && weight_decay >= 0.0,
            "`optimizer.weight_decay` must be a number of at least 0",
        )];
        if let Self::AdamW {
            beta_1,
            beta_2,
            epsilon,
            ..
        } = *self
        {
            let decays = |beta: f32| (0.0..1.0).contains(&beta);
            rules.extend([
                (
                    decays(beta_1) && decays(beta_2),
                    "`optimizer.beta_1` and `optimizer.beta_2` must be from 0 to below 1",
                ),
                (
                    epsilon.is_finite() && epsilon > 0.0,
                    "`optimizer.epsilon` must be above 0",
                ),
            ]);
        }
        rules
    }

    /// The rule by which the CPU's own optimizer does the same.
    pub fn rule(self) -> ext5_backprop::Rule {
        match self {
            Self::Adafactor { weight_decay } => ext5_backprop::Rule::Adafactor { weight_decay },
            Self::AdamW {
                weight_decay,
                beta_1,
                beta_2,
                epsilon,
            } => ext5_backprop::Rule::AdamW {
                weight_decay,
                beta_1,
                beta_2,
                epsilon,
            },
        }
    }
}

/// An optimizer and what it remembers of each parameter, by Hugging Face name.
///
/// The update of one parameter is Burn's. Burn's Adafactor factors every matrix where T5X factors only those of at
/// least 128 by 128: smaller ones are handed over flat, which keeps their whole second moment.
#[derive(Clone)]
pub struct Optimizer {
    rule: Rule,
    pub(crate) state: BTreeMap<String, ParameterState>,
}

#[derive(Clone)]
enum Rule {
    Adafactor(Adafactor),
    AdamW(AdamW),
}

impl Optimizer {
    /// An optimizer that has seen nothing yet.
    pub fn new(config: OptimizerConfig) -> Self {
        let rule = match config {
            OptimizerConfig::Adafactor { weight_decay } => Rule::Adafactor(
                AdafactorConfig::new()
                    .with_relative_step(false)
                    .with_weight_decay(weight_decay)
                    .build(),
            ),
            OptimizerConfig::AdamW {
                weight_decay,
                beta_1,
                beta_2,
                epsilon,
            } => Rule::AdamW(
                AdamWConfig::new()
                    .with_weight_decay(weight_decay)
                    .with_beta_1(beta_1)
                    .with_beta_2(beta_2)
                    .with_epsilon(epsilon)
                    .build(),
            ),
        };
        Self {
            rule,
            state: BTreeMap::new(),
        }
    }

    /// One update of `model` by `gradients`, each times `scale` first (global-norm clipping).
    pub fn step(&mut self, model: T5, gradients: GradientsParams, rate: f64, scale: f64) -> T5 {
        let gated = model.config().feed_forward_proj.is_gated();
        model.map(&mut Update {
            optimizer: self,
            gradients,
            rate,
            scale,
            gated,
            path: Vec::new(),
        })
    }

    /// The updated value of the parameter `name`, which has any rank; its state is kept flat or as a matrix.
    ///
    /// # Shapes
    /// - `value`, `gradient`: equal, rank 1 or 2
    pub fn update<const D: usize>(
        &mut self,
        name: &str,
        value: Tensor<D>,
        gradient: Tensor<D>,
        rate: f64,
    ) -> Tensor<D> {
        let shape = value.dims();
        let factored = shape.len() == 2 && shape.iter().all(|&width| width >= FACTOR_FROM);
        let flat = |tensor: Tensor<D>| tensor.reshape([shape.iter().product::<usize>()]);
        let state = self.state.remove(name);
        let (value, state) = match &self.rule {
            Rule::Adafactor(rule) if factored => {
                let matrix = |tensor: Tensor<D>| tensor.reshape([shape[0], shape[D - 1]]);
                let state = state.and_then(ParameterState::factored);
                let (value, state) = rule.step(rate, matrix(value), matrix(gradient), state);
                (value.reshape(shape), state.map(ParameterState::Factored))
            }
            Rule::Adafactor(rule) => {
                let state = state.and_then(ParameterState::unfactored);
                let (value, state) = rule.step(rate, flat(value), flat(gradient), state);
                (value.reshape(shape), state.map(ParameterState::Unfactored))
            }
            Rule::AdamW(rule) => {
                let state = state.and_then(ParameterState::adam);
                let (value, state) = rule.step(rate, flat(value), flat(gradient), state);
                (value.reshape(shape), state.map(ParameterState::Adam))
            }
        };
        if let Some(state) = state {
            self.state.insert(name.to_owned(), state);
        }
        value
    }
}

struct Update<'a> {
    optimizer: &'a mut Optimizer,
    gradients: GradientsParams,
    rate: f64,
    scale: f64,
    gated: bool,
    path: Vec<String>,
}

impl ModuleMapper for Update<'_> {
    fn enter_module(&mut self, name: &str, _container_type: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.path.pop();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let Some(mut gradient) = self.gradients.remove::<D>(param.id) else {
            return param;
        };
        let Some((name, _)) = name_of(&self.path.join("."), self.gated) else {
            return param;
        };
        #[expect(clippy::float_cmp, reason = "exactly 1 is what no clipping gives")]
        if self.scale != 1.0 {
            gradient = gradient.mul_scalar(self.scale);
        }
        let value = self
            .optimizer
            .update(&name, param.val().inner(), gradient, self.rate);
        Param::initialized(param.id, Tensor::from_inner(value).require_grad())
    }
}

/// Euclidean norm of all gradients together, `[1]`: no number where one is none, or a weight.
pub(crate) fn global_norm(model: &T5, gradients: &GradientsParams) -> Option<Tensor<1>> {
    let mut squares = Squares {
        gradients,
        sums: Vec::new(),
        zeros: Vec::new(),
    };
    model.visit(&mut squares);
    let zeros = squares.zeros;
    (!squares.sums.is_empty())
        .then(|| Tensor::cat(squares.sums, 0).sum().sqrt() + Tensor::cat(zeros, 0).sum())
}

struct Squares<'a> {
    gradients: &'a GradientsParams,
    sums: Vec<Tensor<1>>,
    /// Each weight times 0, added up.
    zeros: Vec<Tensor<1>>,
}

impl ModuleVisitor for Squares<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if let Some(gradient) = self.gradients.get::<D>(param.id) {
            self.sums.push(gradient.square().sum());
            self.zeros.push(param.val().inner().mul_scalar(0.0).sum());
        }
    }
}
