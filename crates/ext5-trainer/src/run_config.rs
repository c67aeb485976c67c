use crate::recovery::is_default;
use crate::{
    Error, NonFiniteConfig, NonFinitePolicy, OptimizerConfig, Result, RollbackConfig, Schedule,
    SpikeConfig, SpikePolicy,
};
use ext5_model::TrainingPrecision;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use toml::Table;

/// Largest number of rows of a batch and of tokens of a row.
const MOST: usize = 1 << 20;

/// Everything that describes a run: what a recipe holds, and what is written into the run directory.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RunConfig {
    /// What the run is for, in a sentence.
    pub description: String,
    /// What enters the model.
    pub data: DataConfig,
    /// The model's shape, where `init.from` does not bring it.
    pub model: ModelConfig,
    /// Where the weights come from.
    pub init: InitConfig,
    /// The step loop.
    pub trainer: TrainerConfig,
    /// The optimizer.
    pub optimizer: OptimizerConfig,
    /// The learning rate.
    pub schedule: Schedule,
    /// Scores during the run.
    pub validation: ValidationConfig,
}

/// What enters the model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DataConfig {
    /// Directory under which the tasks' files lie.
    pub root: PathBuf,
    /// Task or mixture to train on.
    pub mixture: String,
    /// Examples of plain text for each supervised one, the paper's R: 0 for none, `inf` for nothing else; as the mixture says where
    /// absent.
    pub ratio: Option<f64>,
    /// Split to train on.
    pub split: String,
    /// Tokens of an encoder row, end of sequence included.
    pub inputs_length: usize,
    /// Tokens of a decoder row, end of sequence included.
    pub targets_length: usize,
    /// Several examples in a row, their attention kept apart.
    pub packing: bool,
    /// Threads that prepare batches; 0 prepares them in the step loop. The batches are the same for any number.
    pub workers: usize,
    /// Batches prepared ahead.
    pub prefetch: usize,
    /// Directory of token caches; `<run directory>/../cache` where absent.
    pub cache: Option<PathBuf>,
    /// The vocabulary.
    pub vocabulary: VocabularyConfig,
    /// Further directories with task, mixture and suite files.
    pub task_dirs: Vec<PathBuf>,
    /// Most examples of a task that are used.
    pub max_examples: Option<u64>,
    /// What becomes of a row that cannot be read or rendered.
    // The default is not written: it decides no weights, and the hashes of studies made before there was a choice stay.
    #[serde(skip_serializing_if = "is_default")]
    pub bad_rows: BadRows,
    /// Largest share of a task's rows that may be left out.
    #[serde(skip_serializing_if = "is_usual_fraction")]
    pub max_bad_fraction: f64,
}

/// What becomes of a row that cannot be read or rendered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BadRows {
    /// The first one stops the run, naming file, row and what is wrong.
    #[default]
    Error,
    /// It is left out and counted; too many of a task stop the run.
    Skip,
}

/// `max_bad_fraction` where nothing is said.
const MAX_BAD_FRACTION: f64 = 0.01;

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
fn is_usual_fraction(fraction: &f64) -> bool {
    fraction.to_bits() == MAX_BAD_FRACTION.to_bits()
}

/// Where the vocabulary comes from. A run that starts from a model takes the model's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum VocabularyConfig {
    /// `spiece.model`, `tokenizer.json` or a directory with one, relative to `data.root`.
    File(PathBuf),
    /// Bytes, as `ByT5`, with this many sentinels.
    Bytes {
        /// Number of sentinels.
        extra_ids: usize,
    },
    /// A unigram vocabulary trained on the texts of tasks, kept in the cache.
    Trained {
        /// Task or mixture whose texts are read.
        mixture: String,
        /// Number of ids, sentinels included.
        size: usize,
    },
}

/// The model's shape.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ModelConfig {
    /// A preset of `ext5_model::PRESETS`.
    pub preset: String,
    /// Probability of dropout in training; T5 1.1 pre-trains with 0 and fine-tunes with 0.1.
    pub dropout_rate: f64,
}

/// Where the weights come from.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct InitConfig {
    /// A run directory, a checkpoint or a Hugging Face directory; new weights where absent.
    pub from: Option<PathBuf>,
}

/// The step loop.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TrainerConfig {
    /// Optimizer updates.
    pub steps: u64,
    /// Rows of a step's batch.
    pub batch_rows: usize,
    /// Rows that go through the model at once; 0 for all.
    pub micro_batch_rows: usize,
    /// Seed of order, noise, weights and dropout.
    pub seed: u64,
    /// Device: `cpu`, `flex` (the CPU by Burn, the reference), `wgpu`, `vulkan`, `cuda`.
    pub device: String,
    /// Numbers in which products are taken: `f32` or, on devices other than `cpu`, `bf16`; everything else is f32.
    pub precision: TrainingPrecision,
    /// Whether layers are computed again on the way back, on the CPU: a quarter more time, a fraction of the memory.
    pub recompute: bool,
    /// Coefficient of the z-loss; T5 uses 1e-4.
    pub z_loss: f64,
    /// Largest global norm of the gradients; 0 for no clipping.
    pub clip_norm: f64,
    /// Steps between lines of `metrics.jsonl`.
    pub log_every: u64,
    /// Steps between checkpoints; 0 for one at the end only.
    pub checkpoint_every: u64,
    /// Newest checkpoints that are kept.
    pub keep: usize,
    /// Most that the device computes, TFLOP/s, of which the model FLOPs utilisation (MFU) is a share; measured on the CPU
    /// where absent, elsewhere there is no MFU without it.
    pub peak_tflops: Option<f64>,
    /// What becomes of steps whose numbers are none.
    #[serde(skip_serializing_if = "is_default")]
    pub non_finite: NonFiniteConfig,
    /// What counts as a spike, and what is done about it.
    #[serde(skip_serializing_if = "is_default")]
    pub spikes: SpikeConfig,
    /// How far a run goes back, where it does.
    #[serde(skip_serializing_if = "is_default")]
    pub rollback: RollbackConfig,
}

impl TrainerConfig {
    /// Steps that the run may go back, where it does.
    pub(crate) fn goes_back(&self) -> Option<u64> {
        let goes_back = self.non_finite.policy == NonFinitePolicy::Rollback
            || self.spikes.policy == SpikePolicy::Rollback;
        goes_back.then_some(self.rollback.min_steps)
    }

    /// What must hold for a run whose numbers go wrong, and what to say where it does not.
    fn mishap_rules(&self) -> [(bool, &'static str); 4] {
        [
            (
                (2..=MOST).contains(&self.spikes.window),
                "`trainer.spikes.window` must be from 2 to 1048576",
            ),
            (
                self.spikes.threshold > 0.0,
                "`trainer.spikes.threshold` must be above 0",
            ),
            (
                self.rollback.min_steps >= 1,
                "`trainer.rollback.min_steps` must be at least 1",
            ),
            (
                self.goes_back().is_none() || self.checkpoint_every > 0,
                "a run can only go back to checkpoints: set `trainer.checkpoint_every` for `trainer.non_finite.policy` or `trainer.spikes.policy` `rollback`",
            ),
        ]
    }
}

/// Scores during the run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ValidationConfig {
    /// Steps between validations; 0 for none.
    pub every: u64,
    /// Split to validate on.
    pub split: String,
    /// Tasks or mixtures whose loss is measured; the training mixture's where empty.
    pub loss: Vec<String>,
    /// Tasks or mixtures whose metrics are measured by generating.
    pub metrics: Vec<String>,
    /// Most examples per task.
    pub limit: u64,
}

impl Default for DataConfig {
    fn default() -> Self {
        Self {
            root: PathBuf::from("."),
            mixture: String::new(),
            ratio: None,
            split: "train".to_owned(),
            inputs_length: 512,
            targets_length: 114,
            packing: true,
            workers: 1,
            prefetch: 4,
            cache: None,
            vocabulary: VocabularyConfig::File(PathBuf::from("tokenizer/spiece.model")),
            task_dirs: Vec::new(),
            max_examples: None,
            bad_rows: BadRows::Error,
            max_bad_fraction: MAX_BAD_FRACTION,
        }
    }
}

impl Default for ModelConfig {
    fn default() -> Self {
        Self {
            preset: "t5_1_1_small".to_owned(),
            dropout_rate: 0.0,
        }
    }
}

impl Default for TrainerConfig {
    fn default() -> Self {
        Self {
            steps: 1000,
            batch_rows: 32,
            micro_batch_rows: 0,
            seed: 0,
            device: "cpu".to_owned(),
            precision: TrainingPrecision::F32,
            recompute: false,
            z_loss: 1e-4,
            clip_norm: 0.0,
            log_every: 10,
            checkpoint_every: 500,
            keep: 3,
            peak_tflops: None,
            non_finite: NonFiniteConfig::default(),
            spikes: SpikeConfig::default(),
            rollback: RollbackConfig::default(),
        }
    }
}

impl Default for ValidationConfig {
    fn default() -> Self {
        Self {
            every: 0,
            split: "validation".to_owned(),
            loss: Vec::new(),
            metrics: Vec::new(),
            limit: 200,
        }
    }
}

impl RunConfig {
    /// Reads a configuration: TOML text, then `key=value` overrides in order, each a dotted path and a TOML value (a
    /// word that is no TOML is taken as a string).
    ///
    /// # Errors
    /// [`Error::Data`] naming file, line and nearest key; [`Error::Config`] naming an override that cannot be.
    pub fn parse(path: &Path, text: &str, overrides: &[String]) -> Result<Self> {
        let mut table: Table = ext5_data::toml_file::parse(path, text)?;
        for assignment in overrides {
            let set = ext5_data::toml_file::set(&mut table, assignment);
            set.map_err(|problem| Error::Config {
                problems: vec![problem],
            })?;
        }
        if overrides.is_empty() {
            return Ok(ext5_data::toml_file::parse(path, text)?);
        }
        let text = toml::to_string(&table).map_err(|error| Error::Config {
            problems: vec![error.to_string()],
        })?;
        Ok(ext5_data::toml_file::parse(Path::new("--set"), &text)?)
    }

    /// This configuration as TOML.
    ///
    /// # Errors
    /// [`Error::Config`] where a value has no form in TOML.
    pub fn to_toml(&self) -> Result<String> {
        toml::to_string(self).map_err(|error| Error::Config {
            problems: vec![error.to_string()],
        })
    }

    /// Checks every value that can be checked without data.
    ///
    /// # Errors
    /// [`Error::Config`] with all problems.
    pub fn validate(&self) -> Result<()> {
        let (data, trainer) = (&self.data, &self.trainer);
        let rate = self.schedule.rate(1);
        let length = |length: usize| (2..=MOST).contains(&length);
        let rules = [
            (
                !data.mixture.is_empty(),
                "`data.mixture` is empty, expected a task or mixture",
            ),
            (
                data.ratio.is_none_or(|ratio| ratio >= 0.0),
                "`data.ratio` must be a number of at least 0, or `inf`",
            ),
            (
                length(data.inputs_length),
                "`data.inputs_length` must be from 2 to 1048576",
            ),
            (
                length(data.targets_length),
                "`data.targets_length` must be from 2 to 1048576",
            ),
            (
                (0.0..=1.0).contains(&data.max_bad_fraction),
                "`data.max_bad_fraction` must be from 0 to 1",
            ),
            (data.workers <= 1024, "`data.workers` must be at most 1024"),
            (
                data.prefetch <= 1024,
                "`data.prefetch` must be at most 1024",
            ),
            (
                (1..=MOST).contains(&trainer.batch_rows),
                "`trainer.batch_rows` must be from 1 to 1048576",
            ),
            (trainer.steps >= 1, "`trainer.steps` must be at least 1"),
            (
                trainer.log_every >= 1,
                "`trainer.log_every` must be at least 1",
            ),
            (trainer.keep >= 2, "`trainer.keep` must be at least 2"),
            (
                trainer.peak_tflops.is_none_or(|peak| peak > 0.0),
                "`trainer.peak_tflops` must be above 0",
            ),
            (
                trainer.z_loss >= 0.0,
                "`trainer.z_loss` must not be below 0",
            ),
            (
                trainer.clip_norm >= 0.0,
                "`trainer.clip_norm` must not be below 0",
            ),
            (
                (0.0..1.0).contains(&self.model.dropout_rate),
                "`model.dropout_rate` must be from 0 to below 1",
            ),
            (
                rate.is_finite() && rate >= 0.0,
                "`schedule.rate` must be a number of at least 0",
            ),
        ];
        let rules = rules.into_iter().chain(self.optimizer.rules());
        let broken = rules.chain(trainer.mishap_rules()).filter(|it| !it.0);
        let problems: Vec<String> = broken.map(|(_, problem)| problem.to_owned()).collect();
        if problems.is_empty() {
            Ok(())
        } else {
            Err(Error::Config { problems })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_about_bad_rows_is_written_and_its_absence_is_not() {
        let plain = RunConfig::default();
        let text = plain.to_toml().unwrap();
        assert!(!text.contains("bad"), "{text}");
        let mut skipping = plain.clone();
        skipping.data.bad_rows = BadRows::Skip;
        skipping.data.max_bad_fraction = 0.5;
        let text = skipping.to_toml().unwrap();
        let read = |text: &str| RunConfig::parse(Path::new("run.toml"), text, &[]).unwrap();
        assert_eq!(read(&text), skipping);
        assert_eq!(read("[data]\n"), plain);
    }
}
