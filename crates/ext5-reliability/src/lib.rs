//! What fuzzers call: one function a parser of ours, which must take any bytes.
pub mod fuzz;
