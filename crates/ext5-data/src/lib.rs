//! From files to host batches.
mod batch;

pub use batch::{Batch, Segment};
