use ext5_data::MixtureSpec;
use ext5_findings::Condition;
use ext5_trainer::RunConfig;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Everything a study runs, before it runs: a function of the study file and the catalogue alone.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Grid {
    /// The places, in the order in which they are shown.
    pub conditions: Vec<Condition>,
    /// The runs; one comes after the one it starts from.
    pub cells: Vec<Cell>,
    /// Mixtures made for it (random subsets), written as files beside its runs, where runs find them.
    pub mixtures: Vec<MixtureSpec>,
    /// A hash for each task, mixture and suite that is named, of its file and of those it leads to.
    pub definitions: BTreeMap<String, String>,
    /// What all cells share, in words.
    pub facts: Vec<(String, String)>,
}

/// One run: trained, then scored, once or at several of its checkpoints.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cell {
    /// Its name, unique in the grid, made of what it is (`pretrain_r2_s0`) so that studies that share a run share its name.
    pub name: String,
    /// The run; `init.from`, `data.cache` and `data.task_dirs` are set when it runs.
    pub config: RunConfig,
    /// The cell it starts from.
    pub start: Option<Start>,
    /// What is scored of it.
    pub scorings: Vec<Scoring>,
    /// Gradients that are compared at its checkpoints.
    pub affinity: Option<AffinityProbe>,
}

/// Where a cell starts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Start {
    /// [`Cell::name`].
    pub cell: String,
    /// The checkpoint after this many steps; the last where absent.
    pub step: Option<u64>,
}

/// A score that is taken of a cell.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scoring {
    /// [`Condition::id`] it counts for.
    pub condition: String,
    /// Repetition of the condition.
    pub replicate: u64,
    /// The checkpoint after this many steps; the last where absent.
    pub step: Option<u64>,
    /// What is scored.
    pub subject: Subject,
    /// Split; a suite names its own.
    pub split: String,
    /// Most examples per task.
    pub limit: Option<u64>,
}

/// What is scored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// A task, or all tasks of a mixture.
    Tasks(String),
    /// A suite.
    Suite(String),
}

/// Gradients of families, compared after some steps of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AffinityProbe {
    /// Steps done, of checkpoints that the run keeps.
    pub steps: Vec<u64>,
    /// Name and mixture of each family.
    pub families: Vec<(String, String)>,
    /// Batches whose gradients are averaged.
    pub batches: usize,
    /// Repetition.
    pub replicate: u64,
}
