//! Scores against recorded results of the reference packages, and the evaluator over scripted models.
#![allow(
    clippy::unwrap_used,
    reason = "a test may panic, in its helping functions too"
)]

mod answers;
mod bad_input;
mod columns;
mod compare;
mod diversity_golden;
mod golden;
mod kept_answers;
mod memory;
mod meteor_golden;
mod on_disk;
mod outputs;
mod protocols;
mod rank;
mod readings;
mod resume;
mod rouge_fixture;
mod rouge_golden;
mod scripted;
mod significance;
mod speed;
mod submit;
mod suite;
mod translation;
mod unlabelled;
mod worked;
