use serde::{Deserialize, Serialize};

/// What a study asks; each has its grid and its report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Question {
    /// Which families of tasks help which (section 2.1 of the paper).
    Transfer,
    /// Whether choosing families by their transfer pays (2.2).
    Curation,
    /// What more tasks bring.
    Scaling,
    /// How much plain text beside the tasks, R.
    Ratio,
    /// Multi-task pre-training against pre-finetuning.
    Stage,
    /// What fewer pre-training steps reach.
    Efficiency,
    /// T5 and `ExT5` on suites of tasks.
    Suites,
    /// Whether gradients of one run foretell the transfer matrix.
    TaskAffinity,
}

impl Question {
    /// The question as study files and commands write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Transfer => "transfer",
            Self::Curation => "curation",
            Self::Scaling => "scaling",
            Self::Ratio => "ratio",
            Self::Stage => "stage",
            Self::Efficiency => "efficiency",
            Self::Suites => "suites",
            Self::TaskAffinity => "task-affinity",
        }
    }
}

/// Everything a study measured: all that its report is made of. Holds no time but in [`CellRecord::seconds`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Results {
    /// The study's name, for example `transfer`.
    pub name: String,
    /// What it asks.
    pub question: Question,
    /// `micro`, `local`, `paper`, or a user's word.
    pub scale: String,
    /// A sentence.
    pub description: String,
    /// The command that repeats it.
    pub command: String,
    /// What all cells share, in words: model, vocabulary, steps, batch, data.
    pub facts: Vec<(String, String)>,
    /// The places of the grid, in the order in which they are shown; the first of a group that has one is its baseline.
    pub conditions: Vec<Condition>,
    /// What was scored, sorted by condition, replicate, task.
    pub scores: Vec<ScoreRecord>,
    /// Every cell of the grid, also those that failed or have not run, in the grid's order.
    pub cells: Vec<CellRecord>,
    /// What gradients say of pairs of families; of [`Question::TaskAffinity`] alone.
    pub affinities: Vec<Affinity>,
    /// Loss, slope and gradient of each family; of [`Question::TaskAffinity`] alone.
    #[serde(default)]
    pub probes: Vec<FamilyProbe>,
}

/// A place of the grid.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Condition {
    /// Its name in [`ScoreRecord::condition`], for example `nli+dialogue`.
    pub id: String,
    /// What a person reads.
    pub label: String,
    /// What it is compared with or drawn beside: `T5`, `ExT5`, `pair`, `alone_equal_data`, `alone_equal_compute`, `batch 16`.
    pub group: String,
    /// Families or tasks it trains on, where the question is about them.
    pub parts: Vec<String>,
    /// Its place on the lower axis: R, number of tasks, steps. Absent where there is none, and for R without bound.
    pub x: Option<f64>,
    /// Repetitions that the grid has of it, by seed or by subset and seed.
    pub replicates: u64,
}

/// One score of one task, of one repetition of a condition.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScoreRecord {
    /// [`Condition::id`].
    pub condition: String,
    /// Number of the repetition, from 0.
    pub replicate: u64,
    /// The task.
    pub task: String,
    /// The task's family, as in task files.
    pub family: String,
    /// Names of the scores of which [`ScoreRecord::value`] is the mean, as T5 averages the metrics of a task.
    pub metrics: Vec<String>,
    /// Mean of the task's scores, each from 0 to 100 (correlations times 100).
    pub value: f64,
    /// Half of the mean 95 % interval of these scores over the examples; absent where a metric has none.
    pub half_interval: Option<f64>,
    /// Examples that were scored.
    pub examples: u64,
    /// Score of the answer that is most frequent among these examples' targets, the same metrics; absent where not known.
    pub majority: Option<f64>,
}

/// What became of a cell.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum CellState {
    /// Trained and scored.
    Finished,
    /// Ended with an error; `study run --retry` runs it again.
    Failed {
        /// The error.
        reason: String,
    },
    /// Not run yet.
    Missing,
}

/// The record of one run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CellRecord {
    /// Its name in the grid.
    pub name: String,
    /// Hash of all that decides it.
    pub hash: String,
    /// Directory below the study's.
    pub directory: String,
    /// Conditions it is scored for.
    pub conditions: Vec<String>,
    /// What became of it.
    #[serde(flatten)]
    pub state: CellState,
    /// Optimizer updates.
    pub steps: u64,
    /// Seed.
    pub seed: u64,
    /// What it trains on.
    pub mixture: String,
    /// The cell it starts from, where it does.
    pub start: Option<String>,
    /// Tasks of the mixture that it did not train on since they had no data; their shares went to the rest.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub absent: Vec<String>,
    /// Training loss of the last step, nats per target token.
    pub loss: Option<f64>,
    /// Device that ran it.
    pub device: String,
    /// Version of ext5 that ran it.
    pub version: String,
    /// Time it took, with its scoring.
    pub seconds: Option<f64>,
}

/// What the gradients of two families say of one another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Affinity {
    /// One family or task.
    pub first: String,
    /// The other.
    pub second: String,
    /// Steps done when it was measured.
    pub step: u64,
    /// Seed of the run.
    pub replicate: u64,
    /// Cosine of the angle between their mean gradients, over all weights.
    pub cosine: f64,
    /// The same over the layers alone, without the embedding and the output layer: words that two families share count there no more.
    pub layers: f64,
}

/// What a run does for one family, measured on the same batches after some of its steps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FamilyProbe {
    /// The family or task.
    pub family: String,
    /// Steps done when it was measured.
    pub step: u64,
    /// Seed of the run.
    pub replicate: u64,
    /// Cross-entropy of the batches without dropout, nats per target token.
    pub loss: f64,
    /// Their target tokens.
    pub tokens: u64,
    /// Change of the loss per step since the probe before; none at the first.
    pub slope: Option<f64>,
    /// Euclidean norm of the mean gradient of the loss, over all weights.
    pub norm: f64,
    /// Cosine between the mean gradients of every second batch and of the others: how sure the direction is. None of one batch.
    pub agreement: Option<f64>,
}
