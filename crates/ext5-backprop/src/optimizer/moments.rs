use super::{Rule, Step};
use ext5_cpu::{
    AdamWStep, adamw, factored_apply, factored_moments, factored_squares, for_each_part,
    sum_of_squares, unfactored_apply, unfactored_moments,
};

/// Numbers that a thread clears at once.
const PART: usize = 1 << 16;

/// Smallest width at which T5X factors a matrix's second moment (`min_dim_size_to_factor`).
const FACTOR_FROM: usize = 128;
/// Smallest RMS of a parameter that scales a step of Adafactor (T5X's `eps2`).
const SMALLEST_SCALE: f64 = 1e-3;

/// Moving averages over the gradients of one parameter, in its own layout.
#[derive(Clone, Debug)]
pub(super) enum Moments {
    /// Adafactor, means of the squares over each row and each column.
    Factored { rows: Vec<f32>, columns: Vec<f32> },
    /// Adafactor, the square of every element.
    Unfactored { second: Vec<f32> },
    /// `AdamW`, every element and its square.
    Adam {
        first: Vec<f32>,
        second: Vec<f32>,
        betas: [f32; 2],
        epsilon: f32,
    },
}

/// Zeros, written: fresh memory that is read before it is written is mapped twice, and each time all threads are told.
fn zeros(len: usize) -> Vec<f32> {
    let mut values = vec![0.0; len];
    for_each_part([(&mut values, PART)], &|_, [part]| part.fill(0.0));
    values
}

impl Moments {
    pub(super) fn new(rule: Rule, shape: &[usize]) -> Self {
        let zeros = || zeros(shape.iter().product());
        match (rule, shape) {
            (
                Rule::AdamW {
                    beta_1,
                    beta_2,
                    epsilon,
                    ..
                },
                _,
            ) => Self::Adam {
                first: zeros(),
                second: zeros(),
                betas: [beta_1, beta_2],
                epsilon,
            },
            (Rule::Adafactor { .. }, &[height, width]) if height.min(width) >= FACTOR_FROM => {
                Self::Factored {
                    rows: vec![0.0; height],
                    columns: vec![0.0; width],
                }
            }
            (Rule::Adafactor { .. }, _) => Self::Unfactored { second: zeros() },
        }
    }

    /// Update number `time`, from 1, of a parameter and of what is remembered of it.
    pub(super) fn update(&mut self, values: &mut [f32], gradient: &[f32], time: usize, step: Step) {
        let new = (time as f64).powf(-0.8);
        let weights = ((1.0 - new) as f32, new as f32);
        match self {
            Self::Factored { rows, columns } => {
                factored_moments(gradient, step.scale, weights, rows, columns);
                // The rows are divided by their mean first: a product of two small moments could vanish.
                let mean = rows.iter().map(|&row| f64::from(row)).sum::<f64>() / rows.len() as f64;
                let root = |row: &f32| step.scale / (row / mean as f32).sqrt();
                let rows: Vec<f32> = rows.iter().map(root).collect();
                let columns: Vec<f32> = columns.iter().map(|column| 1.0 / column.sqrt()).collect();
                let squares = factored_squares(gradient, &rows, &columns);
                let factor = adafactor_factor(values, squares, step.rate);
                factored_apply(values, gradient, &rows, &columns, (step.keep, factor));
            }
            Self::Unfactored { second } => {
                let squares = unfactored_moments(gradient, step.scale, weights, second);
                let factor = adafactor_factor(values, squares, step.rate) * step.scale;
                unfactored_apply(values, gradient, second, (step.keep, factor));
            }
            Self::Adam {
                first,
                second,
                betas,
                epsilon,
            } => {
                let power = i32::try_from(time).unwrap_or(i32::MAX);
                let bias = betas.map(|beta| 1.0 - f64::from(beta).powi(power));
                let constants = AdamWStep {
                    scale: step.scale,
                    beta_1: betas[0],
                    beta_2: betas[1],
                    epsilon: *epsilon,
                    keep: step.keep,
                    rate: (step.rate / bias[0]) as f32,
                    correction: (1.0 / bias[1]) as f32,
                };
                adamw(values, gradient, first, second, &constants);
            }
        }
    }
}

/// What an update with this sum of squares is multiplied by: the rate, times the parameter's RMS, less what clips the
/// update's RMS at 1.
fn adafactor_factor(values: &[f32], squares: f64, rate: f64) -> f32 {
    let count = values.len() as f64;
    let rms = |squares: f64| (squares / count).sqrt();
    let scale = at_least(rms(sum_of_squares(values)), SMALLEST_SCALE);
    (rate * scale / at_least(rms(squares), 1.0)) as f32
}

/// The larger of both; damage (NaN) stays, so that it shows.
fn at_least(value: f64, bound: f64) -> f64 {
    if value < bound { bound } else { value }
}
