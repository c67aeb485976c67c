use crate::table::text_table;
use crate::{Error, Result};
use ext5_data::{door, storage};
use ext5_eval::TaskReport;
use ext5_trainer::{
    EvaluationPlan, Event, ModelDir, ModelOptions, Observer, RunConfig, Stop, recipe, train,
};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// A result that is finished and need not be computed again.
const CELL: &str = "result.json";
const REPORT: &str = "report.json";
/// The configuration a study was begun with.
const STUDY: &str = "study.json";

/// One way to pre-train.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Arm {
    /// Its name in the table.
    pub name: String,
    /// Its pre-training.
    pub config: RunConfig,
}

/// Pre-trains each arm, fine-tunes each on each task for each seed, and scores them: does one pre-training help more?
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// The ways to pre-train, the baseline first.
    pub arms: Vec<Arm>,
    /// Fine-tuning; its mixture and start are set per cell.
    pub finetune: RunConfig,
    /// Tasks none of the arms has seen.
    pub tasks: Vec<String>,
    /// Seeds of fine-tuning.
    pub seeds: Vec<u64>,
    /// Split that is scored.
    pub split: String,
    /// Most examples that are scored.
    pub limit: Option<u64>,
}

/// The score of one arm on one task, over the seeds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cell {
    /// The task.
    pub task: String,
    /// The arm.
    pub arm: String,
    /// The task's first score, for example `accuracy`.
    pub score: String,
    /// Its mean over the seeds, times 100.
    pub mean: f64,
    /// Its value per seed.
    pub values: Vec<f64>,
    /// Half of the 95 % interval of one seed's score over the examples, mean over the seeds.
    pub half_interval: f64,
}

/// What a comparison found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ComparisonReport {
    /// Names of the arms, the baseline first.
    pub arms: Vec<String>,
    /// Task by task, arm by arm.
    pub cells: Vec<Cell>,
    /// Updates of pre-training, equal for all arms.
    pub pretraining_steps: u64,
    /// Updates of each fine-tuning.
    pub finetuning_steps: u64,
    /// Examples scored per task, at most.
    pub limit: Option<u64>,
    /// Seeds of fine-tuning.
    pub seeds: Vec<u64>,
}

/// The quickstart: T5 (denoising alone) against `ExT5` (R = 2) on the micro-world, fine-tuned on tasks that neither saw.
///
/// # Errors
/// [`Error::Trainer`] where an override is not valid.
pub fn quickstart(overrides: &[String]) -> Result<Comparison> {
    let arm = |name: &str, file: &str| -> Result<Arm> {
        Ok(Arm {
            name: name.to_owned(),
            config: recipe(file, overrides)?,
        })
    };
    Ok(Comparison {
        arms: vec![arm("T5", "micro_t5")?, arm("ExT5", "micro_ext5")?],
        finetune: recipe("micro_finetune", &[])?,
        tasks: ["micro_heldout_reading", "micro_heldout_recall"]
            .map(str::to_owned)
            .to_vec(),
        seeds: vec![0, 1, 2],
        split: "test".to_owned(),
        limit: Some(200),
    })
}

impl Comparison {
    /// Runs what is not done yet in `dir`, and writes `report.json` there.
    ///
    /// # Errors
    /// [`Error::Run`] naming the run that failed; finished ones are kept and not repeated.
    pub fn run(
        &self,
        dir: &Path,
        stop: &Stop,
        observer: &mut dyn Observer,
    ) -> Result<ComparisonReport> {
        storage::local().create_dir(dir)?;
        self.claim(dir)?;
        for arm in &self.arms {
            observer.on(&Event::Note(&format!("pre-training {}", arm.name)));
            ran(&arm.config, &dir.join(&arm.name), stop, observer).map_err(|source| {
                Error::Run {
                    cell: arm.name.clone(),
                    source,
                }
            })?;
        }
        let mut cells = Vec::new();
        for task in &self.tasks {
            for arm in &self.arms {
                let mut reports = Vec::new();
                for &seed in &self.seeds {
                    let cell = format!("{}_{task}_{seed}", arm.name);
                    let report = self
                        .cell(dir, arm, task, seed, stop, observer)
                        .map_err(|source| Error::Run { cell, source })?;
                    reports.push(report);
                }
                cells.extend(summary(task, &arm.name, &reports));
            }
        }
        let report = ComparisonReport {
            arms: self.arms.iter().map(|arm| arm.name.clone()).collect(),
            cells,
            pretraining_steps: self.arms.first().map_or(0, |arm| arm.config.trainer.steps),
            finetuning_steps: self.finetune.trainer.steps,
            limit: self.limit,
            seeds: self.seeds.clone(),
        };
        let text = serde_json::to_vec_pretty(&report).unwrap_or_default();
        storage::local().write(&dir.join(REPORT), &text)?;
        Ok(report)
    }

    /// Writes what the study is into its directory; a directory of another study is refused.
    fn claim(&self, dir: &Path) -> Result<()> {
        let path = dir.join(STUDY);
        let text = serde_json::to_string_pretty(self).unwrap_or_default();
        if storage::local().exists(&path)? {
            if door::read_text(&path, 1 << 20)? == text {
                return Ok(());
            }
            let reason = format!(
                "`{}` holds a study with another configuration; choose another directory",
                dir.display()
            );
            return Err(ext5_trainer::Error::RunDirectory { reason }.into());
        }
        Ok(storage::local().write(&path, text.as_bytes())?)
    }

    /// Fine-tunes and scores one arm on one task with one seed.
    fn cell(
        &self,
        dir: &Path,
        arm: &Arm,
        task: &str,
        seed: u64,
        stop: &Stop,
        observer: &mut dyn Observer,
    ) -> ext5_trainer::Result<TaskReport> {
        let run_dir = dir.join(format!("{}_{task}_{seed}", arm.name));
        let finished = run_dir.join(CELL);
        if storage::local().exists(&finished)? {
            let bytes = door::read(&finished, 1 << 24)?;
            return Ok(door::parse(&finished, || serde_json::from_slice(&bytes))?);
        }
        observer.on(&Event::Note(&format!(
            "fine-tuning {} on {task}, seed {seed}",
            arm.name
        )));
        let mut config = self.finetune.clone();
        task.clone_into(&mut config.data.mixture);
        config.init.from = Some(dir.join(&arm.name));
        config.trainer.seed = seed;
        ran(&config, &run_dir, stop, observer)?;
        let options = ModelOptions {
            device: config.trainer.device.clone(),
            inputs_length: config.data.inputs_length,
            batch_rows: 64,
            vocabulary: None,
            ..ModelOptions::default()
        };
        let mut predictor = options.predictor(&ModelDir::find(&run_dir)?)?;
        let plan = EvaluationPlan {
            data_root: config.data.root.clone(),
            split: self.split.clone(),
            limit: self.limit,
            ..EvaluationPlan::default()
        };
        let mut reports = plan.tasks(task, &mut predictor, None, observer, &mut |_| Ok(()))?;
        let report = match reports.pop() {
            Some((_, Ok(report))) => report,
            Some((_, Err(reason))) => return Err(ext5_trainer::Error::RunDirectory { reason }),
            None => {
                let reason = format!("the task `{task}` has no metric to compare by");
                return Err(ext5_trainer::Error::RunDirectory { reason });
            }
        };
        let text = serde_json::to_vec_pretty(&report).unwrap_or_default();
        storage::local().write(&finished, &text)?;
        Ok(report)
    }
}

/// Begins a run, or goes on with it; a finished one takes no step.
fn ran(
    config: &RunConfig,
    run_dir: &Path,
    stop: &Stop,
    observer: &mut dyn Observer,
) -> ext5_trainer::Result<()> {
    let begun = storage::local().exists(&run_dir.join("run.toml"))?;
    train(config, run_dir, begun, stop, observer).map(drop)
}

fn summary(task: &str, arm: &str, reports: &[TaskReport]) -> Option<Cell> {
    let scores: Vec<_> = reports
        .iter()
        .filter_map(|report| report.scores.first())
        .collect();
    let values: Vec<f64> = scores.iter().filter_map(|score| score.value).collect();
    let halves = scores.iter().filter_map(|score| score.interval.as_ref());
    let halves: Vec<f64> = halves
        .map(|interval| (interval.high - interval.low) / 2.0)
        .collect();
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len().max(1) as f64;
    Some(Cell {
        task: task.to_owned(),
        arm: arm.to_owned(),
        score: scores.first()?.name.clone(),
        mean: mean(&values),
        half_interval: mean(&halves),
        values,
    })
}

impl ComparisonReport {
    /// A table: a row per task, a column per arm, the difference of each arm to the first.
    pub fn to_text(&self) -> String {
        let mut header = vec!["task".to_owned(), "score".to_owned()];
        header.extend(self.arms.iter().cloned());
        header.extend(
            self.arms
                .iter()
                .skip(1)
                .map(|arm| format!("{arm} - {}", self.arms[0])),
        );
        let mut rows = vec![header];
        for cells in self.cells.chunks(self.arms.len().max(1)) {
            let Some(first) = cells.first() else { continue };
            let mut row = vec![first.task.clone(), first.score.clone()];
            row.extend(
                cells
                    .iter()
                    .map(|cell| format!("{:.1} ± {:.1}", cell.mean, cell.half_interval)),
            );
            row.extend(
                cells
                    .iter()
                    .skip(1)
                    .map(|cell| format!("{:+.1}", cell.mean - first.mean)),
            );
            rows.push(row);
        }
        let mut averages = vec!["mean".to_owned(), String::new()];
        let mean = |arm: &str| {
            let means = self
                .cells
                .iter()
                .filter(|cell| cell.arm == arm)
                .map(|cell| cell.mean);
            means.clone().sum::<f64>() / means.count().max(1) as f64
        };
        averages.extend(self.arms.iter().map(|arm| format!("{:.1}", mean(arm))));
        let first = self.arms.first().map_or(0.0, |arm| mean(arm));
        averages.extend(
            self.arms
                .iter()
                .skip(1)
                .map(|arm| format!("{:+.1}", mean(arm) - first)),
        );
        rows.push(averages);
        let limit = self
            .limit
            .map_or("all".to_owned(), |limit| format!("at most {limit}"));
        format!(
            "{}\nfine-tuning seeds: {}; {} pre-training and {} fine-tuning steps; {limit} test examples a task; ± is half the 95 % interval over examples, not over pre-training seeds\n",
            text_table(&rows),
            self.seeds.len(),
            self.pretraining_steps,
            self.finetuning_steps,
        )
    }
}
