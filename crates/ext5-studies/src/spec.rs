use ext5_findings::Question;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// A study file: what is asked, of which runs, scored how, at what price.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StudySpec {
    /// Its name.
    pub name: String,
    /// What it asks.
    pub question: Question,
    /// `micro`, `local`, `paper`, or a word of yours.
    pub scale: String,
    /// A sentence.
    pub description: String,
    /// Seeds: each repeats the whole grid.
    pub seeds: Vec<u64>,
    /// The self-supervised text, the supervised tasks, and the two mixed.
    pub data: DataSpec,
    /// Pre-training.
    pub pretrain: RunSpec,
    /// Training after it: of `transfer` on families, of the others on the tasks that are scored.
    #[serde(default)]
    pub finetune: Option<RunSpec>,
    /// What is scored.
    pub score: ScoreSpec,
    /// The places of the grid; which keys count depends on the question.
    #[serde(default)]
    pub grid: GridSpec,
    /// What it may cost.
    #[serde(default)]
    pub budget: Budget,
}

/// What a study trains on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataSpec {
    /// The task of plain text: `micro_text`.
    pub text: String,
    /// The mixture of supervised tasks, its members tasks: `micro_exmix`.
    pub supervised: String,
    /// Text and supervised tasks, where `data.ratio` says how much of each: `micro_ext5`.
    pub mixture: String,
    /// Examples of plain text for each supervised one, the paper's R, where the grid does not vary it.
    #[serde(default = "paper_ratio")]
    pub ratio: f64,
}

/// R as it is remembered of the paper.
fn paper_ratio() -> f64 {
    2.0
}

/// A kind of run: a recipe with changes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunSpec {
    /// A built-in recipe.
    pub recipe: String,
    /// Overrides, `key=value` as `--set` has them.
    #[serde(default)]
    pub set: Vec<String>,
}

/// What is scored, and where.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScoreSpec {
    /// Tasks, or mixtures of tasks, each fine-tuned on alone and scored; of `transfer` and `task-affinity` the families' own tasks where empty.
    #[serde(default)]
    pub tasks: Vec<String>,
    /// Suites instead: each is fine-tuned on by the mixture beside it, once for the whole suite.
    #[serde(default)]
    pub suites: Vec<SuiteRun>,
    /// Split that is scored; a suite names its own.
    #[serde(default = "validation")]
    pub split: String,
    /// Most examples per task.
    #[serde(default)]
    pub limit: Option<u64>,
}

fn validation() -> String {
    "validation".to_owned()
}

/// A suite, and the mixture that a model is fine-tuned on for it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SuiteRun {
    /// The suite that is scored.
    pub suite: String,
    /// The task or mixture that is trained on.
    pub mixture: String,
}

/// The places of a grid. Of each question its own keys are read; others are refused.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GridSpec {
    /// `transfer`, `task-affinity`: families; all of the mixture's that are the paper's where empty.
    pub families: Vec<String>,
    /// `curation`: the families chosen by hand or from a transfer matrix.
    pub best_effort: Vec<String>,
    /// `curation`: the directory of a finished transfer study to choose from, in place of `best_effort`.
    pub transfer: Option<PathBuf>,
    /// `curation`, `scaling`: random subsets of each size; each seed draws its own.
    pub subsets: u64,
    /// `scaling`: numbers of tasks, 0 for plain text alone.
    pub counts: Vec<usize>,
    /// `scaling`: rows of a pre-training batch.
    pub batch_rows: Vec<usize>,
    /// `ratio`: values of R, `inf` for plain text alone.
    #[serde(with = "crate::ratios")]
    pub ratios: Vec<f64>,
    /// `stage`: share of the steps that pre-finetuning takes at the end.
    pub prefinetune_share: Option<f64>,
    /// `efficiency`, `task-affinity`: steps of pre-training after which is scored or measured.
    pub steps: Vec<u64>,
    /// `task-affinity`: batches of each family whose gradients are averaged.
    pub batches: usize,
}

/// What a study may cost; `study run` refuses what is planned to cost more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Budget {
    /// Hours of the whole grid on one machine; none where absent.
    pub hours: Option<f64>,
    /// Room on the disk for runs and checkpoints, GiB; none where absent.
    pub disk_gib: Option<f64>,
}
