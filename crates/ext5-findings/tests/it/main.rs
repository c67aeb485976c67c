//! Statistics against recorded results of reference packages and against simulated studies; analyses against cases by hand;
//! reports as a browser, a spreadsheet and a program read them.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test may panic, in its helping functions too; shares that are measured are shown"
)]

mod agreement;
mod coverage;
mod false_positives;
mod golden;
mod grids;
mod made;
#[path = "../../../ext5-report/tests/it/markup.rs"]
mod markup;
mod pages;
mod paper;
mod planted;
mod robust;
mod synthetic;
mod texts;
mod worked;
