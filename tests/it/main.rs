//! End-to-end tests of the library: whole runs on the micro-world, seconds each.
#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking and says what it measured"
)]
mod damage;
mod finetune;
mod import;
mod micro;
mod planted;
mod planted_world;
mod ranks;
mod real_data;
mod recipes;
mod resume;
mod workers;
