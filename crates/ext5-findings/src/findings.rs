use serde::{Deserialize, Serialize};

/// What a study found: means, differences, and what they say of the paper's findings. Independent of times.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Findings {
    /// Verdict per finding of the paper that the study can test.
    pub verdicts: Vec<Verdict>,
    /// Means of conditions; of a condition without all its repetitions there is none.
    pub means: Vec<Mean>,
    /// Whether the models know more than the most frequent answer; absent where that answer's score is not known.
    pub learning: Option<Learning>,
    /// Differences between conditions; those of transfer stand in its matrices.
    pub contrasts: Vec<Contrast>,
    /// Families by families: of transfer at equal data, then at equal compute; of task affinity the cosines over all
    /// weights, those over the layers alone, then the differences that they are to foretell.
    pub matrices: Vec<Matrix>,
    /// Of scaling, ratio and efficiency.
    pub curves: Vec<Curve>,
    /// Of task affinity: how well it foretells a matrix.
    pub rank: Option<Rank>,
    /// What else the numbers say, in words: who helps and who hurts, the best R, the steps that are saved.
    pub notes: Vec<String>,
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
    /// The paper's own figures, each with how sure it is; never ours. Absent where none is known.
    pub paper: Option<String>,
    /// The answer.
    pub answer: Answer,
    /// Why, with numbers.
    pub because: String,
}

/// Which conditions' models have learned: score above the most frequent answer's by more than the 95 % intervals, over
/// repetitions and over examples. Between models that have not, a difference says little.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Learning {
    /// [`crate::Condition::id`] of those that are above.
    pub learned: Vec<String>,
    /// Of those that are not, or of which one repetition cannot tell.
    pub not_learned: Vec<String>,
    /// A sentence with numbers.
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
    /// 95 % interval over repetitions; one repetition has none, nor have equal ones.
    pub low: Option<f64>,
    /// Its other end.
    pub high: Option<f64>,
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
    /// 95 % interval of this difference alone; absent where repetitions do not vary or each condition has one.
    pub low: Option<f64>,
    /// Its other end.
    pub high: Option<f64>,
    /// Two-sided, of this difference alone; absent with the interval.
    pub p_value: Option<f64>,
    /// The same by Holm over all tests of the study. Absent where the difference is shown and not tested (a single task beside
    /// the mean that the question is about), and where there is no p-value.
    pub p_adjusted: Option<f64>,
}

impl Contrast {
    /// Whether the difference is beyond chance after correction, at 5 %.
    pub fn is_significant(&self) -> bool {
        self.p_adjusted.is_some_and(|p_value| p_value < 0.05)
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
    /// Its points in the order of `x`, those without one last.
    pub points: Vec<CurvePoint>,
    /// Whether it rises; of scaling alone.
    pub trend: Option<Trend>,
}

/// The straight line through the means of a curve.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trend {
    /// Points from 0 to 100 for each unit of `x`.
    pub slope: f64,
    /// 95 % interval of this slope alone; absent where repetitions do not vary.
    pub low: Option<f64>,
    /// Its other end.
    pub high: Option<f64>,
    /// Two-sided; absent with the interval.
    pub p_value: Option<f64>,
    /// The same by Holm over all tests of the study.
    pub p_adjusted: Option<f64>,
}

/// A point of a curve.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct CurvePoint {
    /// Where; absent for R without bound, which is drawn as a level.
    pub x: Option<f64>,
    /// Mean over repetitions.
    pub mean: f64,
    /// 95 % interval over repetitions; one repetition has none, nor have equal ones.
    pub low: Option<f64>,
    /// Its other end.
    pub high: Option<f64>,
    /// Repetitions.
    pub count: u64,
}

/// How well one order foretells another.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rank {
    /// Spearman's correlation.
    pub spearman: f64,
    /// 95 % interval, resampling families; absent for fewer than four.
    pub low: Option<f64>,
    /// Its other end.
    pub high: Option<f64>,
    /// Two-sided, by exchanging families.
    pub p_value: f64,
    /// Pairs of families.
    pub pairs: u64,
}
