//! What a study will cost, before anything of it starts.
mod card;
mod cost;
mod disk;
mod families;
mod memory;
mod of_study;
mod pace;

pub use card::{CARDS, Card};
pub use cost::Cost;
pub use disk::DiskPlan;
pub use families::{FamilyPlan, TaskPlan};
pub use memory::LargestRun;

use crate::{Grid, Result, Scoring, StudySpec};
use cost::{Shaped, shaped};
use ext5_findings::Question;
use ext5_tasks::Catalogue;
use ext5_trainer::{Observer, ProbeOptions};
use families::{families, tasks_of};
use pace::{Measured, measure, seconds_per_step};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Share of a card's most products that training is taken to reach where nobody says another: an assumption.
pub const ASSUMED_MFU: f64 = 0.35;

/// How the time of a study is found.
#[derive(Clone, Debug, PartialEq)]
pub enum Pace {
    /// By arithmetic, on cards of this sort.
    Cards {
        /// The card.
        card: &'static Card,
        /// How many of them, each with runs of its own.
        count: u64,
        /// Share of [`Card::tflops`] that training is taken to reach.
        mfu: f64,
    },
    /// By some real steps on this machine; caches are built in the directory.
    Probe {
        /// The study's directory.
        dir: PathBuf,
        /// How long each kind of run is tried.
        options: ProbeOptions,
    },
    /// Not at all.
    Unknown,
}

/// What a study costs, before anything of it starts.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StudyPlan {
    /// The study.
    pub name: String,
    /// What it asks.
    pub question: Question,
    /// Its scale.
    pub scale: String,
    /// How often the grid is repeated.
    pub seeds: usize,
    /// The whole grid.
    pub whole: Cost,
    /// What of it is not finished.
    pub remaining: Cost,
    /// Runs that are alike but for what they train on.
    pub kinds: Vec<KindPlan>,
    /// The places of the grid.
    pub conditions: Vec<ConditionPlan>,
    /// The supervised tasks.
    pub families: Vec<FamilyPlan>,
    /// Checkpoints on the disk.
    pub disk: DiskPlan,
    /// The run that holds most memory; none of a grid without runs.
    pub largest: Option<LargestRun>,
    /// How its hours were found.
    pub time: StudyTime,
    /// Hours of the longest chain of runs of which each starts from the one before: no number of machines is faster.
    pub chain_hours: Option<f64>,
    /// What will not fit, and what to change.
    pub warnings: Vec<String>,
}

/// Runs that are alike but for what they train on.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct KindPlan {
    /// How their names begin: `pretrain`.
    pub kind: String,
    /// Preset, or the directory of the model that all start from.
    pub model: String,
    /// Weights of the model.
    pub parameters: u64,
    /// Rows of a batch.
    pub batch_rows: usize,
    /// Tokens of an encoder row.
    pub inputs_length: usize,
    /// Tokens of a decoder row.
    pub targets_length: usize,
    /// Optimizer updates of each.
    pub steps_each: u64,
    /// All of them.
    #[serde(flatten)]
    pub cost: Cost,
}

/// A place of the grid.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ConditionPlan {
    /// [`ext5_findings::Condition::id`].
    pub condition: String,
    /// What a person reads.
    pub label: String,
    /// The runs that are scored for it. Some are scored for several conditions, and what they start from is not counted.
    #[serde(flatten)]
    pub cost: Cost,
}

/// How the hours of a study were found.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum StudyTime {
    /// Operations over what a card does.
    Card {
        /// The card.
        card: &'static Card,
        /// How many, each with runs of its own.
        cards: u64,
        /// Share of its products that is assumed.
        mfu: f64,
        /// Hours of all the cards together, whatever their number: evenly spread, but no faster than the longest chain.
        hours: f64,
        /// Largest number of rows, a power of two, of which a micro-batch of the largest run fits its memory; 0 for none.
        rows_that_fit: usize,
    },
    /// Steps were taken here.
    Probe,
    /// Only the operations are known.
    Unknown {
        /// Why, and the next step.
        next: String,
    },
}

/// Plans a study. `finished` names cells that are done. Nothing is read but the catalogue and, of tasks, whether their files are
/// there, unless `pace` takes steps.
///
/// # Errors
/// [`crate::Error::Grid`] for a grid whose runs are out of order, [`crate::Error::Trainer`] for a preset, task or mixture that
/// is not known. What is too large is no error here: see [`crate::check_budget`].
pub fn plan_study(
    spec: &StudySpec,
    (grid, finished): (&Grid, &BTreeSet<String>),
    catalogue: &Catalogue,
    pace: &Pace,
    observer: &mut dyn Observer,
) -> Result<StudyPlan> {
    let shaped = shaped(grid)?;
    let seconds = match pace {
        Pace::Probe { dir, options } => {
            let generated = grid.mixtures.iter().map(|it| it.name.as_str()).collect();
            measure(&shaped, &generated, (dir, *options), observer)?
        }
        Pace::Cards { .. } | Pace::Unknown => {
            let next = "name a card with `--gpu`, or let some steps be tried on this machine";
            Measured::Not(next.to_owned())
        }
    };
    let mut costs = Vec::with_capacity(shaped.len());
    for it in &shaped {
        costs.push(cost_of(it, catalogue, pace, &seconds)?);
    }
    let first = grid.cells.first().map(|cell| &cell.config.data);
    let root = first.map_or(Path::new("."), |data| &data.root);
    let split = first.map_or("train", |data| &data.split);
    let largest = LargestRun::of(&shaped, matches!(pace, Pace::Cards { .. }));
    let chain_hours = longest_chain(&shaped, &costs, finished);
    let mut plan = StudyPlan {
        name: spec.name.clone(),
        question: spec.question,
        scale: spec.scale.clone(),
        seeds: spec.seeds.len(),
        whole: sum(costs.iter()),
        remaining: sum(shaped
            .iter()
            .zip(&costs)
            .filter(|(it, _)| !finished.contains(&it.cell.name))
            .map(|(_, cost)| cost)),
        kinds: kinds(&shaped, &costs),
        conditions: conditions(grid, catalogue, &costs)?,
        families: families(spec, catalogue, (root, split))?,
        disk: DiskPlan::of(&shaped, finished),
        time: StudyTime::Probe,
        largest,
        chain_hours,
        warnings: Vec::new(),
    };
    plan.time = time(&plan, pace, seconds);
    plan.warnings = plan.warned();
    Ok(plan)
}

fn sum<'a>(costs: impl Iterator<Item = &'a Cost>) -> Cost {
    costs.fold(Cost::none(), |mut sum, cost| {
        sum.add(cost);
        sum
    })
}

fn cost_of(
    it: &Shaped<'_>,
    catalogue: &Catalogue,
    pace: &Pace,
    measured: &Measured,
) -> Result<Cost> {
    let mut cost = it.training();
    (cost.scores, cost.examples) = scores(&it.cell.scorings, catalogue, |_| true)?;
    let seconds = match (pace, measured) {
        (Pace::Cards { card, mfu, .. }, _) => Some(cost.flops / (card.tflops * 1e12 * mfu)),
        (_, Measured::Paces(paces)) => {
            seconds_per_step(paces, it).map(|seconds| seconds * cost.steps as f64)
        }
        (_, Measured::Not(_)) => None,
    };
    cost.hours = seconds.map(|seconds| seconds / 3600.0);
    Ok(cost)
}

/// Scores that are taken of the scorings that count, and most examples that are answered for them.
fn scores(
    scorings: &[Scoring],
    catalogue: &Catalogue,
    counts: impl Fn(&Scoring) -> bool,
) -> Result<(u64, Option<u64>)> {
    let (mut scores, mut examples) = (0, Some(0_u64));
    for scoring in scorings.iter().filter(|scoring| counts(scoring)) {
        let tasks = tasks_of(catalogue, &scoring.subject)?;
        let limit = scoring.limit.map(|limit| limit.saturating_mul(tasks));
        scores += tasks;
        examples = examples
            .zip(limit)
            .map(|(sum, more)| sum.saturating_add(more));
    }
    Ok((scores, examples))
}

fn kinds(shaped: &[Shaped<'_>], costs: &[Cost]) -> Vec<KindPlan> {
    let mut kinds: Vec<KindPlan> = Vec::new();
    for (it, cost) in shaped.iter().zip(costs) {
        let (data, trainer) = (&it.cell.config.data, &it.cell.config.trainer);
        let name = it.cell.name.split('_').next().unwrap_or_default();
        let root = &it.root.config;
        let from = root.init.from.as_ref();
        let new = KindPlan {
            kind: name.to_owned(),
            model: from.map_or_else(
                || root.model.preset.clone(),
                |from| from.display().to_string(),
            ),
            parameters: it.plan.parameters,
            batch_rows: trainer.batch_rows,
            inputs_length: data.inputs_length,
            targets_length: data.targets_length,
            steps_each: trainer.steps,
            cost: cost.clone(),
        };
        let same = |kind: &&mut KindPlan| {
            let cost = new.cost.clone();
            KindPlan {
                cost,
                ..(**kind).clone()
            } == new
        };
        match kinds.iter_mut().find(same) {
            Some(kind) => kind.cost.add(cost),
            None => kinds.push(new),
        }
    }
    kinds
}

fn conditions(grid: &Grid, catalogue: &Catalogue, costs: &[Cost]) -> Result<Vec<ConditionPlan>> {
    let mut plans = Vec::with_capacity(grid.conditions.len());
    for condition in &grid.conditions {
        let counts = |scoring: &Scoring| scoring.condition == condition.id;
        let mut sum = Cost::none();
        for (cell, cost) in grid.cells.iter().zip(costs) {
            if cell.scorings.iter().any(counts) {
                let (scores, examples) = scores(&cell.scorings, catalogue, counts)?;
                sum.add(&Cost {
                    scores,
                    examples,
                    ..cost.clone()
                });
            }
        }
        plans.push(ConditionPlan {
            condition: condition.id.clone(),
            label: condition.label.clone(),
            cost: sum,
        });
    }
    Ok(plans)
}

/// Hours of the runs that have to wait for one another, without those that are finished.
fn longest_chain(
    shaped: &[Shaped<'_>],
    costs: &[Cost],
    finished: &BTreeSet<String>,
) -> Option<f64> {
    let mut until: BTreeMap<&str, f64> = BTreeMap::new();
    let mut longest = 0.0_f64;
    for (it, cost) in shaped.iter().zip(costs) {
        let start = it.cell.start.as_ref();
        let before = start.and_then(|start| until.get(start.cell.as_str()));
        let is_open = !finished.contains(&it.cell.name);
        let own = if is_open { cost.hours? } else { 0.0 };
        let hours = own + before.copied().unwrap_or(0.0);
        until.insert(&it.cell.name, hours);
        longest = longest.max(hours);
    }
    Some(longest)
}

fn time(plan: &StudyPlan, pace: &Pace, measured: Measured) -> StudyTime {
    if let &Pace::Cards { card, count, mfu } = pace {
        let all = plan.remaining.hours.unwrap_or_default() / count.max(1) as f64;
        let largest = plan.largest.as_ref();
        return StudyTime::Card {
            card,
            cards: count,
            mfu,
            hours: all.max(plan.chain_hours.unwrap_or_default()),
            rows_that_fit: largest.map_or(0, |it| it.rows_that_fit(card.memory_mib())),
        };
    }
    match measured {
        Measured::Not(next) => StudyTime::Unknown { next },
        Measured::Paces(_) => StudyTime::Probe,
    }
}

impl StudyPlan {
    fn warned(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        if let (
            StudyTime::Card {
                card,
                rows_that_fit,
                ..
            },
            Some(largest),
        ) = (&self.time, &self.largest)
            && largest.memory_mib > card.memory_mib()
        {
            let next = match rows_that_fit {
                0 => "choose a card with more memory or a smaller model".to_owned(),
                rows => format!("set `trainer.micro_batch_rows={rows}`"),
            };
            warnings.push(format!(
                "`{}` needs about {:.0} GiB with {} rows at once, an `{}` has {:.0} GiB: {next}",
                largest.cell,
                largest.memory_mib / 1024.0,
                largest.rows,
                card.name,
                card.memory_mib() / 1024.0,
            ));
        }
        if let Some(largest) = &self.largest
            && let Some(left) = largest.machine_mib
            && largest.memory_mib > left
        {
            warnings.push(format!(
                "`{}` needs about {:.0} MiB, the machine has {left:.0} MiB left: lower `trainer.micro_batch_rows` (now {} rows) or set `trainer.recompute=true`",
                largest.cell, largest.memory_mib, largest.rows,
            ));
        }
        let tasks = self.families.iter().flat_map(|family| &family.tasks);
        let absent = tasks.clone().filter(|task| task.absent.is_some()).count();
        if absent > 0 {
            warnings.push(format!(
                "the data of {absent} of {} supervised tasks are not here; `ext5 data fetch` brings those that may be fetched, the others' shares go to the rest",
                tasks.count()
            ));
        }
        warnings
    }
}
