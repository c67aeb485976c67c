//! From the scores of a study's runs to its answer: intervals over repetitions, tests corrected for their number, verdicts on the
//! paper's findings, and the pages and tables that show them. Knows no model: [`Results`] are data.
mod analysis;
mod findings;
mod results;
pub mod statistics;

pub use analysis::{analyse, analyse_beside};
pub use findings::{
    Answer, Contrast, Curve, CurvePoint, Findings, Learning, Matrix, Mean, Rank, Trend, Verdict,
};
pub use results::{
    Affinity, CellRecord, CellState, Condition, FamilyProbe, Question, Results, ScoreRecord,
};
