use serde::{Deserialize, Serialize};

/// What a study found: means, differences, and what they say of the paper's findings. Independent of times.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Findings {
    /// Verdict per finding of the paper that the study can test.
    pub verdicts: Vec<Verdict>,
    /// Means of conditions; of a condition without all its repetitions there is none.
    pub means: Vec<Mean>,
    /// Differences between conditions.
    pub contrasts: Vec<Contrast>,
    /// Of transfer and task affinity: families by families.
    pub matrix: Option<Matrix>,
    /// Of scaling, ratio and efficiency.
    pub curves: Vec<Curve>,
    /// Of task affinity: how well it foretells a matrix.
    pub rank: Option<Rank>,
    /// What is missing or failed, and what is left out for it.
    pub incomplete: Vec<String>,
    /// How the numbers were made: what the intervals mean, which tests, which correction.
    pub method: Vec<String>,
}

/// What a study says of a finding of the paper.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// The same direction, beyond chance after correction.
    Reproduced,
    /// The opposite, beyond chance after correction.
    NotReproduced,
    /// Neither, at this scale.
    Undecided,
}

/// A finding of the paper, and what this study says of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// The finding, in own words.
    pub finding: String,
    /// Where it stands in the paper and how sure that is: `abstract, verified` or `section 2.4, recalled`.
    pub source: String,
    /// The answer.
    pub answer: Answer,
    /// Why, with numbers.
    pub because: String,
}

/// A mean over repetitions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Mean {
    /// [`crate::Condition::id`].
    pub condition: String,
    /// What is averaged: a task, a family, or `all`.
    pub measure: String,
    /// Repetitions.
    pub count: u64,
    /// Points from 0 to 100.
    pub mean: f64,
    /// 95 % interval over repetitions.
    pub low: f64,
    /// Its other end.
    pub high: f64,
    /// Half of the 95 % interval over the examples of one repetition.
    pub over_examples: Option<f64>,
    /// What answering with the most frequent target scores.
    pub majority: Option<f64>,
}

/// A difference between two conditions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Contrast {
    /// The condition.
    pub condition: String,
    /// What it is compared with.
    pub baseline: String,
    /// What is compared: a task, a family, or `all`.
    pub measure: String,
    /// Condition minus baseline, points.
    pub difference: f64,
    /// 95 % interval.
    pub low: f64,
    /// Its other end.
    pub high: f64,
    /// Two-sided.
    pub p_value: f64,
    /// The same by Holm over all contrasts of the study's family of tests.
    pub p_adjusted: f64,
}

impl Contrast {
    /// Whether the difference is beyond chance after correction, at 5 %.
    pub fn is_significant(&self) -> bool {
        self.p_adjusted < 0.05
    }
}

/// Families by families: row i, column j is what family i, trained with j, does to the score of j.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Matrix {
    /// What a cell is: `equal data`, `equal compute`, `gradient cosine`.
    pub name: String,
    /// Families, of rows and of columns.
    pub families: Vec<String>,
    /// The cells; none on the diagonal and where runs are missing.
    pub cells: Vec<Vec<Option<Contrast>>>,
    /// Mean of each row: what a family does to the others.
    pub row_means: Vec<Option<f64>>,
    /// Mean of each column: what the others do to a family.
    pub column_means: Vec<Option<f64>>,
    /// Pairs whose difference is below 0, of how many.
    pub negative: (u64, u64),
    /// Pairs whose difference is below 0 beyond chance after correction.
    pub negative_significant: u64,
}

/// Means along an axis.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Curve {
    /// What it shows: `ExT5`, `batch 16`.
    pub name: String,
    /// What is averaged: a task, a family, or `all`.
    pub measure: String,
    /// Its points in the order of `x`.
    pub points: Vec<CurvePoint>,
}

/// A point of a curve.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct CurvePoint {
    /// Where; absent for R without bound, which is drawn as a level.
    pub x: Option<f64>,
    /// Mean over repetitions.
    pub mean: f64,
    /// 95 % interval over repetitions.
    pub low: f64,
    /// Its other end.
    pub high: f64,
    /// Repetitions.
    pub count: u64,
}

/// How well one order foretells another.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rank {
    /// Spearman's correlation.
    pub spearman: f64,
    /// 95 % interval, resampling families.
    pub low: f64,
    /// Its other end.
    pub high: f64,
    /// By exchanging families.
    pub p_value: f64,
    /// Pairs of families.
    pub pairs: u64,
}
