//! Studies: grids of trainer runs that answer a question about mixtures, and their tables.
mod affinity;
mod budget;
mod cell;
mod comparison;
mod definitions;
mod engine;
mod error;
mod failure;
mod grid;
mod hash;
mod majority;
mod plan;
mod ratios;
mod register;
mod rules;
mod scoring;
mod spec;
mod study_file;
mod table;
mod training;

pub use affinity::{Affinities, finished_affinity, measure_affinity};
pub use budget::check_budget;
pub use cell::{AffinityProbe, Cell as StudyCell, Grid, Scoring, Start, Subject};
pub use comparison::{Arm, Cell, Comparison, ComparisonReport, quickstart};
pub use engine::{Study, StudyOptions, collect};
pub use error::{Error, Result};
pub use plan::{
    ASSUMED_MFU, CARDS, Card, ConditionPlan, Cost, DiskPlan, FamilyPlan, KindPlan, LargestRun,
    Pace, StudyPlan, StudyTime, TaskPlan, plan_study,
};
pub use spec::{Budget, DataSpec, GridSpec, RunSpec, ScoreSpec, StudySpec, SuiteRun};
pub use study_file::{STUDIES, scales, shipped};
