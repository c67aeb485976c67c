//! Student's t for few repetitions, variances pooled over conditions, and rank correlation between matrices of families.
mod estimate;
mod exchange;
mod pool;
mod spearman;
mod spread;
pub mod student;

pub use estimate::Estimate;
pub use exchange::{Draws, rank_agreement};
pub use pool::Pool;
pub use spearman::spearman;
pub use spread::mean;
