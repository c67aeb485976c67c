//! A run of the micro-world that lasts seconds.
use ext5_trainer::{RunConfig, Silent, Stop, TrainReport, recipe, train};
use std::path::Path;

/// The recipe `micro_ext5`, much smaller, with further overrides.
pub(crate) fn config(overrides: &[&str]) -> RunConfig {
    let small = [
        "trainer.steps=8",
        "trainer.batch_rows=4",
        "trainer.log_every=1",
        "trainer.checkpoint_every=2",
        "data.max_examples=200",
        "data.inputs_length=32",
        "data.targets_length=24",
        "data.vocabulary={trained={mixture=\"micro_text\",size=512}}",
    ];
    let all: Vec<String> = small
        .iter()
        .chain(overrides)
        .map(|&text| text.to_owned())
        .collect();
    recipe("micro_ext5", &all).unwrap()
}

pub(crate) fn run(
    config: &RunConfig,
    dir: &Path,
    resume: bool,
) -> ext5_trainer::Result<TrainReport> {
    train(config, dir, resume, &Stop::default(), &mut Silent)
}

/// The log of a run.
pub(crate) fn metrics(dir: &Path) -> String {
    std::fs::read_to_string(dir.join(ext5_trainer::METRICS)).unwrap()
}

/// The weights of a checkpoint.
pub(crate) fn weights(dir: &Path, step: u64) -> Vec<u8> {
    let file = format!("checkpoints/step_{step:08}/model.safetensors");
    std::fs::read(dir.join(file)).unwrap()
}
