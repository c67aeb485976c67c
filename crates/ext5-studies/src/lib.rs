//! Studies: grids of trainer runs that answer a question about mixtures, and their tables.
mod comparison;
mod error;
mod table;

pub use comparison::{Arm, Cell, Comparison, ComparisonReport, quickstart};
pub use error::{Error, Result};
