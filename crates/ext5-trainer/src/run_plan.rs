use crate::memory_plan::{
    MemoryPart, MicroBatch, activation_bytes, device_activation_bytes, optimizer_bytes,
};
use crate::mixture_plan::loader_bytes;
use crate::train_loop::{Probe, probe};
use crate::{Memory, Observer, Result, RunConfig, Session, device, loader_config};
use ext5_architecture::T5Config;
use ext5_data::storage;
use serde::Serialize;
use std::path::Path;
use std::time::Duration;

const MIB: f64 = 1_048_576.0;

/// How a run is tried out before it is planned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProbeOptions {
    /// Steps to take.
    pub steps: u64,
    /// Time after which no further step begins.
    pub limit: Duration,
}

/// What a run will cost, before it starts.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RunPlan {
    /// Preset, or the directory that the run starts from.
    pub model: String,
    /// Weights of the model.
    pub parameters: u64,
    /// Steps of the run.
    pub steps: u64,
    /// The largest micro-batch: of the probe, else with all rows full.
    pub micro_batch: MicroBatch,
    /// What a step holds, part by part.
    pub memory: Vec<MemoryPart>,
    /// All of that.
    pub memory_mib: f64,
    /// More of it while a checkpoint is written.
    pub checkpoint_memory_mib: f64,
    /// What the machine has left for it, what the program holds already included.
    pub memory_available_mib: Option<f64>,
    /// A checkpoint on disk.
    pub checkpoint_mib: f64,
    /// Checkpoints that lie there at once.
    pub checkpoints: u64,
    /// All of them.
    pub disk_mib: f64,
    /// Room on the disk.
    pub disk_free_mib: Option<f64>,
    /// What some real steps measured; absent where none was taken.
    pub probe: Option<Probe>,
    /// Seconds of the whole run's steps; validations and checkpoints come on top.
    pub run_seconds: Option<f64>,
    /// What will not fit, and what to change.
    pub warnings: Vec<String>,
}

/// Plans a run of `config`, after some real steps of it where `options` say so. `run_dir` is where the run would lie: caches are
/// built beside it where steps are taken, nothing else is written or changed.
///
/// # Errors
/// As [`crate::train`]. Not enough memory or disk is a warning in the plan.
pub fn plan_run(
    config: &RunConfig,
    run_dir: &Path,
    options: Option<ProbeOptions>,
    observer: &mut dyn Observer,
) -> Result<RunPlan> {
    config.validate()?;
    let session = Session::open(config, run_dir, observer)?;
    let shape = session.shape(config)?;
    let probe = options
        .map(|options| probe(config, run_dir, &session, options, observer))
        .transpose()?;
    Ok(plan(config, &shape, probe))
}

/// Plans a run of a model of this shape by formulas alone, every row full; no data, vocabulary or device is opened.
pub fn plan_shape(config: &RunConfig, shape: &T5Config) -> RunPlan {
    plan(config, shape, None)
}

fn plan(config: &RunConfig, shape: &T5Config, probe: Option<Probe>) -> RunPlan {
    let trainer = &config.trainer;
    let micro_batch = probe
        .as_ref()
        .map_or_else(|| full(config), |it| it.micro_batch);
    let program = probe
        .as_ref()
        .map_or_else(|| Memory::read().now_mib, |it| it.program_mib);
    let memory = parts(config, shape, micro_batch, program.unwrap_or(0.0));
    let memory_mib = memory.iter().map(|part| part.mib).sum();
    let parameters = shape.num_parameters();
    let weights = 4.0 * parameters as f64;
    let optimizer = optimizer_bytes(shape, &config.optimizer);
    let written = match trainer.checkpoint_every {
        0 => 1,
        every => trainer.steps.div_ceil(every),
    };
    // An old one goes when a new one is whole.
    let checkpoints = written.min(trainer.keep as u64 + 1);
    let checkpoint_mib = (weights + optimizer) / MIB;
    // How much a card has is not asked.
    let host = matches!(trainer.device.as_str(), device::CPU | device::FLEX);
    let available = Memory::available_mib()
        .filter(|_| host)
        .map(|left| left + program.unwrap_or(0.0));
    let seconds = probe.as_ref().map(|it| it.speed.seconds_per_step);
    let mut plan = RunPlan {
        model: config.init.from.as_ref().map_or_else(
            || config.model.preset.clone(),
            |from| from.display().to_string(),
        ),
        parameters: parameters as u64,
        steps: trainer.steps,
        micro_batch,
        memory,
        memory_mib,
        checkpoint_memory_mib: written_mib(config, shape),
        memory_available_mib: available,
        checkpoint_mib,
        checkpoints,
        disk_mib: checkpoints as f64 * checkpoint_mib,
        disk_free_mib: storage::free_bytes(Path::new(".")).map(|bytes| bytes as f64 / MIB),
        probe,
        run_seconds: seconds.map(|seconds| seconds * trainer.steps as f64),
        warnings: Vec::new(),
    };
    plan.warnings = warnings(&plan);
    plan
}

/// Every row of a micro-batch full to the last token.
fn full(config: &RunConfig) -> MicroBatch {
    let (data, trainer) = (&config.data, &config.trainer);
    let rows = match trainer.micro_batch_rows {
        0 => trainer.batch_rows,
        rows => rows.min(trainer.batch_rows),
    };
    MicroBatch {
        rows,
        inputs_tokens: rows * data.inputs_length,
        targets_tokens: rows * data.targets_length,
    }
}

/// What a step holds beside what the program holds before it, and a checkpoint while it is written, MiB.
pub(crate) fn needed_mib(config: &RunConfig, shape: &T5Config, batch: MicroBatch) -> f64 {
    let parts = parts(config, shape, batch, 0.0);
    parts.iter().map(|part| part.mib).sum::<f64>() + written_mib(config, shape)
}

/// More than a step holds, while a checkpoint is written: weights become bytes, then a file; beside it the optimizer's state is
/// copied, then made a file.
fn written_mib(config: &RunConfig, shape: &T5Config) -> f64 {
    let weights = 4.0 * shape.num_parameters() as f64;
    let optimizer = optimizer_bytes(shape, &config.optimizer);
    (weights + weights.max(2.0 * optimizer)) / MIB
}

fn parts(
    config: &RunConfig,
    shape: &T5Config,
    batch: MicroBatch,
    program_mib: f64,
) -> Vec<MemoryPart> {
    let weights = 4.0 * shape.num_parameters() as f64;
    let (activations, how) = if device::is_own_cpu(&config.trainer.device) {
        (
            activation_bytes(shape, batch, config.trainer.recompute),
            "4 bytes of: per layer (one, with recompute) and token the stream before each part, queries, keys, values, attended values and the wide \
             feed-forward; the widest part once more; logits in chunks; a tenth more for buffers that wait",
        )
    } else {
        let data = &config.data;
        (
            device_activation_bytes(shape, batch.rows, data.inputs_length, data.targets_length),
            "on the device, rough: what every operation of padded rows makes, scores and logits included",
        )
    };
    let optimizer = optimizer_bytes(shape, &config.optimizer);
    let loader = loader_bytes(&loader_config(config)) as f64;
    vec![
        MemoryPart::new(
            "program",
            program_mib * MIB,
            "measured before the model was made",
        ),
        MemoryPart::new("weights", weights, "4 P bytes"),
        MemoryPart::new("gradients", weights, "4 P bytes"),
        MemoryPart::new(
            "optimizer",
            optimizer,
            "AdamW 8 P bytes; Adafactor 4 bytes per row and column of a matrix from 128 by 128 on, else 4 P",
        ),
        MemoryPart::new("activations", activations, how),
        MemoryPart::new(
            "loader",
            loader,
            "4 bytes per token of the rows prepared ahead",
        ),
    ]
}

/// What does not fit, with the key to change.
fn warnings(plan: &RunPlan) -> Vec<String> {
    let mut warnings = Vec::new();
    let needed = plan.memory_mib + plan.checkpoint_memory_mib;
    if let Some(left) = plan.memory_available_mib.filter(|left| needed > *left) {
        warnings.push(format!(
            "memory: the run needs about {needed:.0} MiB, the machine has {left:.0} MiB left; lower `trainer.micro_batch_rows` (now {} rows) or, on the CPU, set `trainer.recompute=true`",
            plan.micro_batch.rows
        ));
    }
    if let Some(free) = plan.disk_free_mib.filter(|free| plan.disk_mib > *free) {
        warnings.push(format!(
            "disk: {} checkpoints need {:.0} MiB, {free:.0} MiB are free; lower `trainer.keep` or make room",
            plan.checkpoints, plan.disk_mib
        ));
    }
    warnings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan_of(memory: f64, left: f64, disk: f64, free: f64) -> RunPlan {
        RunPlan {
            model: "tiny".to_owned(),
            parameters: 1,
            steps: 1,
            micro_batch: MicroBatch::default(),
            memory: Vec::new(),
            memory_mib: memory,
            checkpoint_memory_mib: 1.0,
            memory_available_mib: Some(left),
            checkpoint_mib: disk,
            checkpoints: 1,
            disk_mib: disk,
            disk_free_mib: Some(free),
            probe: None,
            run_seconds: None,
            warnings: Vec::new(),
        }
    }

    #[test]
    fn what_fits_is_not_warned_of_and_what_does_not_is_named_with_its_key() {
        assert_eq!(warnings(&plan_of(8.0, 9.0, 5.0, 5.0)), [""; 0]);
        let warned = warnings(&plan_of(8.5, 9.0, 5.0, 4.0));
        assert_eq!(warned.len(), 2);
        assert!(warned[0].starts_with("memory:") && warned[0].contains("micro_batch_rows"));
        assert!(warned[1].starts_with("disk:") && warned[1].contains("trainer.keep"));
    }

    #[test]
    fn a_full_micro_batch_has_no_more_rows_than_the_batch() {
        let text = "[trainer]\nbatch_rows = 4\nmicro_batch_rows = 9\n[data]\ninputs_length = 10\ntargets_length = 3\n";
        let mut config = RunConfig::parse(Path::new("a.toml"), text, &[]).unwrap();
        let tokens = |config: &RunConfig| {
            let it = full(config);
            (it.rows, it.inputs_tokens, it.targets_tokens)
        };
        assert_eq!(tokens(&config), (4, 40, 12));
        config.trainer.micro_batch_rows = 2;
        assert_eq!(tokens(&config), (2, 20, 6));
        config.trainer.micro_batch_rows = 0;
        assert_eq!(tokens(&config), (4, 40, 12));
    }
}
