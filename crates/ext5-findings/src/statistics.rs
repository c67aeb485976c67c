//! Student's t for few repetitions, conditions paired by seed, and rank correlation between matrices of families.
mod estimate;
mod exchange;
mod spearman;
mod spread;
pub mod student;

pub use estimate::Estimate;
pub use exchange::{Draws, rank_agreement};
pub use spearman::spearman;
pub use spread::mean;
