use serde::{Deserialize, Serialize};

/// Learning rate as a function of the step, counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Schedule {
    /// Always `rate`; T5 fine-tunes at 1e-3.
    Constant {
        /// The learning rate.
        rate: f64,
    },
    /// `rate / sqrt(max(step, warmup))`: T5's pre-training with rate 1 and 10,000 steps (arXiv 1910.10683, section 3.1.2).
    InverseSquareRoot {
        /// Scale of the learning rate.
        rate: f64,
        /// Steps during which it stays flat.
        warmup: u64,
    },
    /// Up from 0 over `warmup` steps, then down to 0 at `total` (`get_linear_schedule_with_warmup` of transformers).
    Linear {
        /// Highest learning rate.
        rate: f64,
        /// Steps of the rise.
        warmup: u64,
        /// Step at which it is 0 again.
        total: u64,
    },
    /// Up from 0 over `warmup` steps, then half a cosine down to 0 at `total`
    /// (`get_cosine_schedule_with_warmup` of transformers).
    Cosine {
        /// Highest learning rate.
        rate: f64,
        /// Steps of the rise.
        warmup: u64,
        /// Step at which it is 0 again.
        total: u64,
    },
}

impl Default for Schedule {
    fn default() -> Self {
        Self::InverseSquareRoot {
            rate: 1.0,
            warmup: 10_000,
        }
    }
}

impl Schedule {
    /// The learning rate of `step`.
    pub fn rate(&self, step: u64) -> f64 {
        match *self {
            Self::Constant { rate } => rate,
            Self::InverseSquareRoot { rate, warmup } => {
                rate / (step.max(warmup).max(1) as f64).sqrt()
            }
            Self::Linear {
                rate,
                warmup,
                total,
            } => match progress(step, warmup, total) {
                Progress::Rising(part) => rate * part,
                Progress::Falling(part) => rate * (1.0 - part),
            },
            Self::Cosine {
                rate,
                warmup,
                total,
            } => match progress(step, warmup, total) {
                Progress::Rising(part) => rate * part,
                Progress::Falling(part) => rate * 0.5 * (1.0 + (std::f64::consts::PI * part).cos()),
            },
        }
    }
}

enum Progress {
    Rising(f64),
    Falling(f64),
}

/// How much of the rise, or of the fall, `step` has behind it, 0 to 1.
fn progress(step: u64, warmup: u64, total: u64) -> Progress {
    if step < warmup {
        return Progress::Rising(step as f64 / warmup as f64);
    }
    let fall = total.saturating_sub(warmup).max(1) as f64;
    Progress::Falling(((step - warmup) as f64 / fall).min(1.0))
}
