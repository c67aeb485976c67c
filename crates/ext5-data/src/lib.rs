//! From files to host batches.
mod batch;
mod cache;
mod content;
pub mod door;
mod error;
mod error_kind;
mod feature_converter;
mod feed;
mod filters;
#[cfg(test)]
#[path = "../tests/letters/mod.rs"]
mod letters;
mod loader;
pub mod micro_world;
mod mixture;
mod mixture_spec;
mod order;
mod packing;
mod pipeline;
mod plan;
mod prepare;
mod program;
mod rate;
mod row;
mod scope;
mod skip;
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
pub use cache::{
    CacheCheck, CacheEvent, CacheOptions, CachedExample, FileRecord, LengthStatistics, OnEvent,
    Statistics, TokenCache, check_caches,
};
pub use error::{Error, Result};
pub use error_kind::ErrorKind;
pub use feed::TaskFeed;
pub use filters::{FILTERS, Filter};
pub use loader::{Loader, LoaderConfig, one_pass, order};
pub use mixture::{Member, Members, Mixture, Resolved, Share};
pub use mixture_spec::{MemberSpec, MixtureSpec};
pub use order::{Cursor, Order};
pub use plan::{Plan, TaskPlan, plan};
pub use prepare::{
    AbsentCache, CacheRequest, OnPrepare, PrepareOptions, Prepared, PreparedCache, Shard, prepare,
};
pub use rate::Rate;
pub use row::Row;
pub use skip::Skipped;
pub use source::{Rows, Source, SourceRow};
pub use spec::{
    ExampleSpec, ExmixSpec, ExpectedSpec, ExplodeSpec, Family, Format, HubSpec, LetSpec,
    ObjectiveKind, ObjectiveSpec, Provenance, SourceSpec, TaskSpec,
};
pub use suggest::{did_you_mean, suggest};
pub use task::{Example, SplitName, Task};
pub use validate::is_name;
pub use vocabulary::load_vocabulary;
