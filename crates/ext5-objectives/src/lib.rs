//! Token ids to (inputs, targets).
mod stream;

pub use stream::Stream;
