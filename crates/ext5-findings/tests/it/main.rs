//! Statistics against recorded results of reference packages and against simulated studies; analyses against cases by hand.
#![allow(
    clippy::unwrap_used,
    reason = "a test may panic, in its helping functions too"
)]

mod agreement;
mod coverage;
mod false_positives;
mod golden;
mod grids;
mod made;
mod planted;
mod robust;
mod worked;
