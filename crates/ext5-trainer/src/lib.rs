//! Composes model, data and evaluation into runs: configuration, step loop, optimizers, schedules, checkpoints, prediction.
mod agreement;
mod batch;
mod ceiling;
mod checkpoint;
pub mod device;
mod device_learner;
mod engine;
mod error;
mod evaluation;
mod exchange;
mod feeds;
mod gradient_probe;
mod host_learner;
mod learner;
mod ledger;
mod machine;
mod memory;
mod memory_limit;
mod memory_plan;
mod mixture_plan;
mod model_dir;
mod observer;
mod optimizer;
pub mod optimizer_file;
mod optimizer_state;
mod predictor;
mod ranks;
mod recipe;
mod recovery;
mod run_config;
mod run_plan;
mod schedule;
mod session;
mod spike;
mod throughput;
mod train_loop;
mod validation;
mod vocabulary;

pub use ceiling::product_ceiling;
pub use checkpoint::Checkpoint;
pub use device_learner::DeviceLearner;
pub use error::{Error, Result};
pub use evaluation::{EvaluationPlan, ModelOptions, OnSample, parted};
pub use ext5_inference::Precision;
pub use ext5_model::TrainingPrecision;
pub use feeds::{Feeds, cache_requests, feeds};
pub use gradient_probe::{GradientCosine, GradientProbe, MixtureGradient};
pub use host_learner::HostLearner;
pub use learner::{Learner, StepOptions, StepOutcome};
pub use ledger::{Ledger, TaskLedger};
pub use machine::{DeviceAdvice, ExpectedSpeed, Machine};
pub use memory::{Memory, MemoryLimit};
pub use memory_plan::{
    MemoryPart, MicroBatch, activation_bytes, device_activation_bytes, optimizer_bytes,
};
pub use mixture_plan::{MixturePlan, PublishedPlan, PublishedTask, plan_mixture, plan_published};
pub use model_dir::ModelDir;
pub use observer::{Event, Observer, Silent, Stop};
pub use optimizer::{Optimizer, OptimizerConfig};
pub use predictor::{T5Predictor, TextAnswer};
pub use ranks::{Alone, Ranks, join};
pub use recipe::{RECIPES, recipe};
pub use recovery::{NonFiniteConfig, NonFinitePolicy, RollbackConfig, SpikeConfig, SpikePolicy};
pub use run_config::{
    BadRows, DataConfig, InitConfig, ModelConfig, RunConfig, TrainerConfig, ValidationConfig,
    VocabularyConfig,
};
pub use run_plan::{ProbeOptions, RunPlan, plan_run, plan_shape};
pub use schedule::Schedule;
pub use session::{Session, catalogue, model_config};
pub use spike::{Spike, SpikeDetector};
pub use throughput::{Place, Speed, SpeedSummary, Throughput, Work, uptime};
pub use train_loop::{
    METRICS, Probe, SPEED, SPEED_SUMMARY, TrainReport, loader_config, saved_config, train,
    train_among,
};
