//! From files to host batches.
mod batch;
pub mod door;
mod error;
mod error_kind;
mod filters;
pub mod micro_world;
mod program;
mod row;
mod source;
mod spec;
pub mod storage;
mod suggest;
mod task;
mod template;
pub mod toml_file;
mod validate;
mod vocabulary;

pub use batch::{Batch, Segment};
pub use error::{Error, Result};
pub use error_kind::ErrorKind;
pub use filters::{FILTERS, Filter};
pub use row::Row;
pub use source::{Rows, Source, SourceRow};
pub use spec::{
    ExampleSpec, ExmixSpec, ExpectedSpec, ExplodeSpec, Family, Format, HubSpec, LetSpec,
    ObjectiveKind, ObjectiveSpec, Provenance, SourceSpec, TaskSpec,
};
pub use suggest::{did_you_mean, suggest};
pub use task::{Example, SplitName, Task};
pub use vocabulary::load_vocabulary;
