//! Scores against recorded results of the reference packages, and the evaluator over scripted models.
mod golden;
mod rouge_fixture;
mod scripted;
mod speed;
mod suite;
mod worked;
