//! The searches against transformers, T5X's rules, cases worked by hand, and exhaustive enumeration.
#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking and says what it measured"
)]
mod hand_worked;
mod properties;
mod recorded;
mod refusals;
mod sampling;
mod scripted;
