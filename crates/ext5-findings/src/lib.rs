//! From the scores of a study's runs to its answer: intervals over repetitions, tests corrected for their number, verdicts on the
//! paper's findings, and the pages and tables that show them. Knows no model: [`Results`] are data.
mod analysis;
mod findings;
mod paper;
pub mod report;
mod results;
pub mod statistics;

pub use analysis::{analyse, analyse_beside};
pub use findings::{
    Answer, Contrast, Curve, CurvePoint, Findings, Learning, Matrix, Mean, Rank, Trend, Verdict,
};
pub use paper::{PaperRow, PaperTable, Provenance, paper};
pub use results::{
    Affinity, CellRecord, CellState, Condition, FamilyProbe, Question, Results, ScoreRecord,
};
