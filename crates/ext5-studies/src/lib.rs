//! Studies: grids of trainer runs that answer a question about mixtures, and their tables.
mod cell;
mod comparison;
mod error;
mod spec;
mod table;

pub use cell::{AffinityProbe, Cell as StudyCell, Grid, Scoring, Start, Subject};
pub use comparison::{Arm, Cell, Comparison, ComparisonReport, quickstart};
pub use error::{Error, Result};
pub use spec::{Budget, DataSpec, GridSpec, RunSpec, ScoreSpec, StudySpec, SuiteRun};
