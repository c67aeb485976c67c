//! Metrics, post-processing, suites and the evaluator.
mod predictor;

pub use predictor::{Predictor, Score};
