//! From files to host batches.
mod batch;
pub mod door;
mod error;
mod error_kind;
mod row;
mod spec;
pub mod storage;
mod suggest;
mod task;
pub mod toml_file;

pub use batch::{Batch, Segment};
pub use error::{Error, Result};
pub use error_kind::ErrorKind;
pub use row::Row;
pub use spec::{
    ExampleSpec, ExmixSpec, ExpectedSpec, ExplodeSpec, Family, Format, HubSpec, LetSpec,
    ObjectiveKind, ObjectiveSpec, Provenance, SourceSpec, TaskSpec,
};
pub use suggest::{did_you_mean, suggest};
pub use task::{Example, SplitName, Task};
